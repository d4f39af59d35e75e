import type { AuthorizationReason, NegotiationReason, OutputReason, TokenReason } from '../reasons.ts';
import { type Hints, IN_UID_DOMAIN } from './hint-text.ts';

const AES_FIRST = 'A: put AES first in [SEC_DEFAULT_CRYPTO_METHODS]: the daemon';
const SUPPORTED = 'HTCondor 9.9 or later (10.0 or later among long-term releases)';
const NOTHING_SENT = 'Nothing was sent in cleartext.';
const OTHER_METHOD =
  'A: make the daemon accept a method for which the client has a credential: {SEC_DEFAULT_AUTHENTICATION_METHODS}.';

export const NEGOTIATION_HINTS: Hints<NegotiationReason> = {
  'no-authentication': `A: change the daemon's authentication setting, which must not be NEVER: {SEC_DEFAULT_AUTHENTICATION}.`,
  'no-common-method': OTHER_METHOD,
  'old-cipher': `${AES_FIRST} encrypts with $ciphers, as releases earlier than 9.0 do, and this client supports only AES. ${NOTHING_SENT}`,
  'no-cipher': `${AES_FIRST} accepts only BLOWFISH or 3DES, which HTCondor's own tools still offer. ${NOTHING_SENT}`,
  'no-key-agreement': `A: update the daemon to ${SUPPORTED}: older daemons protect the session key with 3DES at best. ${NOTHING_SENT}
W: for a daemon that cannot be updated, use HTCondor's own condor_token_fetch.`,
  'no-encryption': `A: enable encryption on the daemon: {SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_INTEGRITY}. ${NOTHING_SENT}`,
};

export const AUTHORIZATION_HINTS: Hints<AuthorizationReason> = {
  unmapped: `A: add an SSL or SCITOKENS line for this credential to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE}.`,
  denied: `A: authorize the identity $user, which the daemon authenticated but denied (see {ALLOW_READ ALLOW_WRITE ALLOW_DAEMON}, and the DENY_* settings). If these settings contain *@$(UID_DOMAIN), the identity must ${IN_UID_DOMAIN}.
W: check the credential's scope (condor_token_list): the daemon also denies levels that the scope does not include, and logs "limited authorization".`,
  'no-identity': `A: configure the daemon to authenticate its clients ({SEC_DEFAULT_AUTHENTICATION}); lines with DC_AUTHENTICATE in [%_LOG] show the assigned identity.`,
  'command-not-registered': `A: use a daemon of a type that issues tokens and that runs ${SUPPORTED}: condor_status -any -pool POOL -af Name CondorVersion.`,
};

export const TOKEN_HINTS: Hints<TokenReason> = {
  'no-request-id': `A: check the lines that contain TOKEN in [%_LOG]; condor_token_request_list shows pending requests.`,
  'token-malformed': `A: check the daemon's log ({%_LOG}), because the reply contained no IDTOKEN.`,
  'other-identity': `W: store a credential for the expected identity in the secret (condor_token_list shows the identity of each token), or correct expected-identity.
A: check the map file, which determines the identity for SSL and SCITOKENS. The identity should ${IN_UID_DOMAIN}: {CERTIFICATE_MAPFILE UID_DOMAIN TRUST_DOMAIN}.`,
  'other-trust-domain': `W: correct pool and name, or correct expected-trust-domain: another pool's daemon replied.
W: set expected-trust-domain to the pool's TRUST_DOMAIN, not to its UID_DOMAIN: {TRUST_DOMAIN}.`,
  'other-issuer': `A: for requests with remote, set the same TRUST_DOMAIN on the schedd ({TRUST_DOMAIN}) and the collector (condor_config_val -collector TRUST_DOMAIN). No token was delivered.
W: omit remote to query the schedd directly.`,
  'token-claim': `A: check the daemon's configuration ({TRUST_DOMAIN SEC_TOKEN_ISSUER_KEY}): the token differs from the request. The client did not deliver it.`,
  'token-reduced': `W: request fewer levels or a shorter lifetime, use a credential that permits more (condor_token_list shows its scope and exp), or set on-reduced to warn.
A: check {SEC_ISSUED_TOKEN_EXPIRATION}: the daemon limits lifetimes to this value and to the credential's remaining lifetime.`,
  'level-missing': `W: use a credential that includes $missing (condor_token_list shows the scope of each token), or omit $missing from authz: the current credential is restricted to $levels.`,
  'level-denied': `A: add $subject to ALLOW_$level, and check that it is not in DENY_$level: {ALLOW_$level DENY_$level}.
A: if ALLOW_$level contains *@$(UID_DOMAIN), the identity must end in [UID_DOMAIN] and might need an account. To issue a suitable credential, run condor_token_create -identity USER@UID_DOMAIN.
W: omit $level from authz.`,
  'token-refused': `A: make sure that the daemons that issued and rejected the token have the same signing key and synchronized clocks: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.`,
};

export const OUTPUT_HINTS: Hints<OutputReason> = {
  'runner-refused': `R: check whether the disk is full (df -h), and whether the step runs in a container that lacks the runner's files.`,
  'output-closed': `W: check why the command that reads the pipe exited, or write the token with -file.`,
  'path-occupied': `W: choose another token-directory or file: ls -ld PATH shows the existing file.`,
  output: `R: make the directory writable by this account (ls -ld DIRECTORY), free disk space (df -h DIRECTORY), or choose another token-directory or file.`,
};
