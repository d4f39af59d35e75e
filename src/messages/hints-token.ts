import { rows } from './hint-rows.ts';

const KNOWN = `Administrator: the daemon knows $1 but does not let it in: {ALLOW_READ ALLOW_WRITE ALLOW_DAEMON}, and DENY_*. Where they have *@$(UID_DOMAIN), an identity must end in that, not in TRUST_DOMAIN.
Workflow: a credential limited to other levels is refused like this too (“limited authorization” in the daemon's log): condor_token_list shows its scope.`;
const IN_CLEAR = 'Nothing was sent in clear.';

/** From what daemon and client agree on to where the token goes. */
export const GRANTING = {
  ERR_NO_COMMON_METHOD: rows`
/does not agree to authenticate
Administrator: the daemon must not be set to NEVER authenticate: {SEC_DEFAULT_AUTHENTICATION}.
/
Administrator: or add a method that there is a credential for to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
`,
  ERR_NO_ENCRYPTION: rows`
/it offers ((?:BLOWFISH|3DES|TRIPLEDES)\b.*)\)
Administrator: the daemon encrypts with $1, as HTCondor before 9.0 does, and this client with AES only: put AES first in {SEC_DEFAULT_CRYPTO_METHODS}. ${IN_CLEAR}
/none of the ciphers
Administrator: the daemon accepts BLOWFISH or 3DES only, which HTCondor's own tools still offer: add AES in front of {SEC_DEFAULT_CRYPTO_METHODS}. ${IN_CLEAR}
/sends no ECDHPublicKey
Administrator: update the daemon to HTCondor 9.9 or later (10.0 or later of the long-term releases): older daemons send the session key protected by 3DES at best. ${IN_CLEAR}
Workflow: for a daemon that cannot be updated use HTCondor's own condor_token_fetch.
/
Administrator: the daemon must encrypt: {SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_INTEGRITY}. ${IN_CLEAR}
`,
  ERR_DENIED: rows`
/@unmapped
Administrator: the daemon's map file needs a line SSL or SCITOKENS for this credential, then condor_reconfig: {CERTIFICATE_MAPFILE}.
/^locate .*we are (\S+)
${KNOWN}
Workflow: with address no collector is asked.
/we are (\S+)
${KNOWN}
/
Administrator: the daemon names nobody: it must authenticate ({SEC_DEFAULT_AUTHENTICATION}); lines with DC_AUTHENTICATE in {%_LOG} tell whom it took this for.
`,
  ERR_COMMAND_NOT_REGISTERED: rows`
/
Administrator: only HTCondor 9.9 or later (10.0 of the long-term releases) can issue tokens to this client, and not every type of daemon: condor_status -any -pool POOL -af Name CondorVersion.
`,
  ERR_TOKEN_MALFORMED: rows`
/nor the id of a request
Administrator: the daemon answered a token request with neither: lines with TOKEN in {%_LOG} tell why, and condor_token_request_list shows pending requests.
/
Administrator: the daemon answered without an IDTOKEN; its log at this time tells why ({%_LOG}). Nothing was delivered.
`,
  ERR_TOKEN_CLAIM: rows`
/^sub .*expected-identity
Workflow: store the credential of that account in the secret (condor_token_list shows whom tokens are for), or correct expected-identity.
Administrator: for SSL and SCITOKENS the map file decides; an identity should end in UID_DOMAIN, not in TRUST_DOMAIN: {CERTIFICATE_MAPFILE UID_DOMAIN TRUST_DOMAIN}.
/^iss .*expected-
Workflow: another pool answered: correct pool and name, or expected-trust-domain.
Administrator: a pool is known by its TRUST_DOMAIN, not by its UID_DOMAIN: {TRUST_DOMAIN}.
/^iss
Administrator: with remote, schedd and collector must have one TRUST_DOMAIN: {TRUST_DOMAIN}, condor_config_val -collector TRUST_DOMAIN. Nothing was delivered.
Workflow: or leave remote out, so that the schedd itself is asked.
/
Administrator: the daemon issued something else than was asked for, and nothing was delivered: {TRUST_DOMAIN SEC_TOKEN_ISSUER_KEY}.
`,
  ERR_TOKEN_REDUCED: rows`
/
Workflow: ask for less (authz, lifetime), give a credential that has more (condor_token_list shows scope and exp), or set on-reduced to warn.
Administrator: lifetimes are cut to the rest of the credential's own, and to {SEC_ISSUED_TOKEN_EXPIRATION}.
`,
  ERR_TOKEN_REFUSED: rows`
/restricted to (.+), which does not include ([A-Z_ ]+)
Workflow: the credential itself has only $1: use one that has $2 as well (condor_token_list shows the scope of each), or leave $2 out of authz.
/does not allow (\w+) to (\S+)
Administrator: $2 must be in ALLOW_$1, and not in DENY_$1: {ALLOW_$1 DENY_$1}.
Administrator: where that has *@$(UID_DOMAIN), $2 must end in {UID_DOMAIN}, and may need an account: condor_token_create -identity USER@UID_DOMAIN makes a credential that fits.
Workflow: or leave $1 out of authz.
/
Administrator: where the token was issued and where it is used, key and clock must be the same: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
`,
  ERR_OUTPUT: rows`
/runner does not accept
Runner: its own file for this cannot be written to: is the disk full (df -h), or the step in a container without it?
/standard output
Workflow: the command behind the pipe has gone: see why, or write with -file.
/symbolic link|no regular file
Workflow: choose another token-directory or file: ls -ld PATH shows what is there.
/
Runner: this account must be able to write there (ls -ld DIRECTORY, df -h DIRECTORY); or choose another token-directory or file.
`,
} satisfies Readonly<Record<string, ReturnType<typeof rows>>>;
