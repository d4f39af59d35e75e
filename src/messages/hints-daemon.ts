import type { DaemonReason } from '../reasons.ts';
import { DETAILED_LOG, FRESH, type Hints } from './hint-text.ts';

const ITSELF = 'omit remote to query the schedd directly';

const enabling = (setting: string) =>
  `A: set ${setting} = True on the daemon's host, then run condor_reconfig: {${setting}}.`;
const OTHER_DAEMON = 'W: use another daemon in the pool (type: collector)';
const NO_REQUESTER = `A: map the credential to an identity. A token's sub must be user@domain (condor_token_list shows it). A certificate or SciToken needs a line in the map file: {CERTIFICATE_MAPFILE}.`;
const NO_SIGNING_KEY = `A: copy the signing key from the collector's host to the daemon's host, with owner root and mode 0600: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
W: fetch the token from the collector (type: collector).`;
const KEY_UNREADABLE = `A: restore the key file if it is missing, or set its owner to root and its mode to 0600: {SEC_PASSWORD_DIRECTORY} shows its directory.
W: omit key, so that the daemon signs with its default key.`;
const SCHEDD_FAILED = `W: try again, or ${ITSELF}.
A: check the connection from the collector to the schedd: condor_ping -type schedd -name NAME DAEMON on the collector's host.`;
const REQUEST_EXPIRED = `A: approve requests within [SEC_TOKEN_REQUEST_LIFETIME]; a restart of the daemon also discards them.
W: run this step again, and have the request approved while the step waits: condor_token_request_approve -reqid ID.`;

/** Hints for errors that the daemon reports. */
export const DAEMON_HINTS: Hints<DaemonReason> = {
  'token-fetch-disabled': `${enabling('SEC_ENABLE_TOKEN_FETCH')}
${OTHER_DAEMON}, or use mode request.`,
  'not-sign-with-requested-key': `W: omit key, or specify a key that the daemon may use; the administrator can add one to [SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS].`,
  'original-one-expired': `W: renew the secret (${FRESH}, with a longer -lifetime), because the credential expired during the run.`,
  'allow-requested-authorization': `W: restrict authz to levels of the credential (condor_token_list shows its scope), or use a credential with more levels.`,
  'not-successfully-authenticate': NO_REQUESTER,
  'missing-requester-identity': NO_REQUESTER,
  'not-have-access-to-configured-key': NO_SIGNING_KEY,
  'signing-key-configured': NO_SIGNING_KEY,
  'failed-to-read-file': KEY_UNREADABLE,
  'failed-to-fetch-key': KEY_UNREADABLE,
  'not-known-to-the-collector': `W: ${ITSELF}: HTCondor 9.9 to at least 25.14 always returns this error, even to its own condor_token_fetch -remote.
A: in a release that fixes this error, set SEC_ENABLE_IMPERSONATION_TOKENS = True on the schedd, whose name must match the requested one (condor_status -schedd -af Name): {SEC_ENABLE_IMPERSONATION_TOKENS}.`,
  'no-schedd-target': `W: set name to the name that condor_status -schedd -af Name shows.`,
  'not-encrypted': `A: change the daemon's encryption setting, which must not be NEVER: {SEC_DAEMON_ENCRYPTION SEC_DEFAULT_ENCRYPTION}.`,
  'sec-impersonation-token-limits': `W: restrict authz to levels in [SEC_IMPERSONATION_TOKEN_LIMITS], or omit remote.`,
  dcschedd: SCHEDD_FAILED,
  secman: SCHEDD_FAILED,
  'issuer-namespace': `A: set the trust domain to a name without spaces or commas, then run condor_reconfig: {TRUST_DOMAIN}.`,
  'token-request-disabled': `${enabling('SEC_ENABLE_TOKEN_REQUEST')}
${OTHER_DAEMON}.`,
  'sec-token-request-limits': `W: restrict authz to levels in [SEC_TOKEN_REQUEST_LIMITS].`,
  'request-has-expired': REQUEST_EXPIRED,
  'request-id-is-not-known': REQUEST_EXPIRED,
  'request-failed': `A: check the signing key and the trust domain ({SEC_TOKEN_ISSUER_KEY TRUST_DOMAIN}); the daemon's log shows why it could not issue the token.`,
  'using-anonymous': `A: configure a host certificate and enable SSL on the daemon, because a request without a credential requires both: {AUTH_SSL_SERVER_CERTFILE SEC_DEFAULT_AUTHENTICATION_METHODS}.`,
  'rate-limit': `W: try again later, because the daemon is limiting token requests.
A: check the pending requests with condor_token_request_list; each expires after [SEC_TOKEN_REQUEST_LIFETIME].`,
  'too-many-requests': `A: approve pending requests, or wait until they expire, because this daemon has more than 1,000; condor_token_request_list lists them, and each expires after [SEC_TOKEN_REQUEST_LIFETIME].`,
  'scitoken-exchange-disabled': `${enabling('SEC_ENABLE_SCITOKEN_EXCHANGE')}
W: use mode fetch with the same scitoken.`,
  'failed-to-map-scitoken': `A: add the line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE}.`,
  'not-built-with-scitokens': `W: use another credential, such as idtoken: the daemon's HTCondor build does not support SciTokens.`,
  scitokens: `A: fix the cause that the daemon reports: a wrong audience ({SCITOKENS_SERVER_AUDIENCE}), an expired token, an invalid signature, or an unreachable issuer (curl ISSUER/.well-known/openid-configuration on the daemon's host).`,
  daemon: `${DETAILED_LOG}check the daemon's log ({%_LOG}); HTCondor's error code is $errorCode.`,
};
