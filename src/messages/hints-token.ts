import { rows } from './hint-rows.ts';

const KNOWN = `Administrator: authorize $1, which the daemon knows but denies: {ALLOW_READ ALLOW_WRITE ALLOW_DAEMON}, and DENY_*. If they contain *@$(UID_DOMAIN), an identity must end in UID_DOMAIN, not in TRUST_DOMAIN.
Workflow: check the scope of the credential (condor_token_list): the daemon also denies levels to which it is not restricted (“limited authorization” in the daemon's log).`;
const NOTHING_SENT = 'Nothing was sent in cleartext.';

/** Hints from the security negotiation to the delivery of the token. */
export const GRANTING = {
  ERR_NO_COMMON_METHOD: rows`
/does not agree to authenticate
Administrator: change the authentication setting of the daemon, which must not be NEVER: {SEC_DEFAULT_AUTHENTICATION}.
/
Administrator: or add a method for which the client has a credential to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
`,
  ERR_NO_ENCRYPTION: rows`
/it offers ((?:BLOWFISH|3DES|TRIPLEDES)\b.*)\)
Administrator: put AES first in {SEC_DEFAULT_CRYPTO_METHODS}: the daemon encrypts with $1, as HTCondor before 9.0 does, and this client supports only AES. ${NOTHING_SENT}
/none of the ciphers
Administrator: add AES in front of {SEC_DEFAULT_CRYPTO_METHODS}: the daemon accepts only BLOWFISH or 3DES, which HTCondor's own tools still offer. ${NOTHING_SENT}
/sends no ECDHPublicKey
Administrator: update the daemon to HTCondor 9.9 or later (10.0 or later of the long-term releases): older daemons protect the session key with 3DES at best. ${NOTHING_SENT}
Workflow: for a daemon that cannot be updated, use HTCondor's own condor_token_fetch.
/
Administrator: enable encryption on the daemon: {SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_INTEGRITY}. ${NOTHING_SENT}
`,
  ERR_DENIED: rows`
/@unmapped
Administrator: add a line SSL or SCITOKENS for this credential to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE}.
/^locate .*authenticated the client as (\S+)
${KNOWN}
Workflow: or specify address, which skips the collector.
/authenticated the client as (\S+)
${KNOWN}
/
Administrator: make the daemon authenticate its clients ({SEC_DEFAULT_AUTHENTICATION}); lines with DC_AUTHENTICATE in {%_LOG} show the identity that it assigned.
`,
  ERR_COMMAND_NOT_REGISTERED: rows`
/
Administrator: use a daemon of HTCondor 9.9 or later (10.0 or later of the long-term releases) whose type issues tokens: condor_status -any -pool POOL -af Name CondorVersion.
`,
  ERR_TOKEN_MALFORMED: rows`
/nor a request id
Administrator: check the lines with TOKEN in {%_LOG}: the daemon returned neither a token nor a request id; condor_token_request_list shows pending requests.
/
Administrator: check the daemon's log ({%_LOG}), because its reply contained no IDTOKEN. Nothing was delivered.
`,
  ERR_TOKEN_CLAIM: rows`
/^sub .*expected-identity
Workflow: store the credential of that account in the secret (condor_token_list shows the identity of each token), or correct expected-identity.
Administrator: with SSL and SCITOKENS, check the map file, which determines the identity; it should end in UID_DOMAIN, not in TRUST_DOMAIN: {CERTIFICATE_MAPFILE UID_DOMAIN TRUST_DOMAIN}.
/^iss .*expected-
Workflow: correct pool and name, because another pool replied, or correct expected-trust-domain.
Administrator: compare with the TRUST_DOMAIN of the pool, not with its UID_DOMAIN: {TRUST_DOMAIN}.
/^iss
Administrator: with remote, set the same TRUST_DOMAIN on schedd and collector: {TRUST_DOMAIN}, condor_config_val -collector TRUST_DOMAIN. Nothing was delivered.
Workflow: or omit remote to query the schedd directly.
/
Administrator: check the configuration of the daemon, which issued a token that differs from the request: {TRUST_DOMAIN SEC_TOKEN_ISSUER_KEY}. Nothing was delivered.
`,
  ERR_TOKEN_REDUCED: rows`
/
Workflow: request less (authz, lifetime), use a credential with more permissions (condor_token_list shows scope and exp), or set on-reduced to warn.
Administrator: check {SEC_ISSUED_TOKEN_EXPIRATION}: the daemon limits lifetimes to it and to the remaining lifetime of the credential.
`,
  ERR_TOKEN_REFUSED: rows`
/restricted to ([A-Z_, ]+?), which does not include ([A-Z_ ]+)
Workflow: use a credential that includes $2, because the current one is restricted to $1 (condor_token_list shows the scope of each), or omit $2 from authz.
/denied (\w+) for (\S+)
Administrator: add $2 to ALLOW_$1, and check that it is not in DENY_$1: {ALLOW_$1 DENY_$1}.
Administrator: if ALLOW_$1 contains *@$(UID_DOMAIN), $2 must end in {UID_DOMAIN} and may need an account: condor_token_create -identity USER@UID_DOMAIN issues a suitable credential.
Workflow: or omit $1 from authz.
/
Administrator: use the same signing key and synchronized clocks on the daemon that issued the token and the daemon that rejected it: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
`,
  ERR_OUTPUT: rows`
/runner did not accept
Runner: check whether the disk is full (df -h), and whether the step runs in a container without the runner's own file for this.
/standard output
Workflow: check why the command behind the pipe exited, or write the token with -file.
/symbolic link|not a regular file
Workflow: choose another token-directory or file: ls -ld PATH shows the existing file.
/
Runner: make the directory writable for this account (ls -ld DIRECTORY, df -h DIRECTORY), or choose another token-directory or file.
`,
} satisfies Readonly<Record<string, ReturnType<typeof rows>>>;
