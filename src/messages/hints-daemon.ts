import { rows } from './hint-rows.ts';

const ITSELF = 'omit remote to query the schedd directly.';

/** Hints by error text: HTCondor uses one number for several errors (handle_dc_session_token). */
export const DAEMON_TEXTS = rows`
/Token fetch disabled
Administrator: set SEC_ENABLE_TOKEN_FETCH = True on the daemon's host, then run condor_reconfig: {SEC_ENABLE_TOKEN_FETCH}.
Workflow: or use another daemon of the pool (type: collector), or mode request.
/will not sign with requested key
Workflow: omit key, or specify a key that the daemon may use; the administrator can add it: {SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS}.
/original one expired
Workflow: renew the secret, because the credential expired during the run: condor_token_fetch on the access point, with a longer -lifetime.
/doesn't allow requested authorization
Workflow: request only levels of the credential in authz (condor_token_list shows its scope), or use a credential with more levels.
/did not successfully authenticate|Missing requester identity
Administrator: map the credential to an identity: the sub of a token must be user@domain (condor_token_list), and a certificate or SciToken needs a line in {CERTIFICATE_MAPFILE}.
/does not have (access to configured key|a signing key configured)
Administrator: copy the signing key from the collector's host, because this daemon cannot read it (mode 0600, owned by root): {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
Workflow: or fetch the token from the collector, with type: collector.
/Failed to (read file|fetch key)
Administrator: restore the file of the key, which is missing or not owned by root with mode 0600: ls -l of {SEC_PASSWORD_DIRECTORY}.
Workflow: or omit key, so that the daemon signs with its own key.
/is not known to the collector
Workflow: HTCondor 9.9 to at least 25.14 always returns this error, also to its own condor_token_fetch -remote: ${ITSELF}
Administrator: with a release that fixes this, set SEC_ENABLE_IMPERSONATION_TOKENS = True on the schedd of exactly this name (condor_status -schedd -af Name): {SEC_ENABLE_IMPERSONATION_TOKENS}.
/No schedd target specified
Workflow: specify name as condor_status -schedd -af Name shows it.
/Request to server was not encrypted
Administrator: change the encryption setting of the daemon, which must not be NEVER: {SEC_DAEMON_ENCRYPTION SEC_DEFAULT_ENCRYPTION}.
/eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS
Workflow: request only levels of {SEC_IMPERSONATION_TOKEN_LIMITS} in authz, or omit remote.
/\b(DCSCHEDD|SECMAN):\d
Workflow: the collector could not fetch the token from the schedd: try again, or ${ITSELF}
Administrator: check the connection between the two daemons: condor_ping -type schedd -name NAME DAEMON on the collector's host.
/Issuer namespace
Administrator: set the trust domain to one name without spaces and commas, then run condor_reconfig: {TRUST_DOMAIN}.
/Token request disabled
Administrator: set SEC_ENABLE_TOKEN_REQUEST = True on the daemon's host, then run condor_reconfig: {SEC_ENABLE_TOKEN_REQUEST}.
Workflow: or use another daemon of the pool (type: collector).
/SEC_TOKEN_REQUEST_LIMITS
Workflow: request only levels of {SEC_TOKEN_REQUEST_LIMITS} in authz.
/Request has expired|Request ID is not known
Administrator: the request was not approved within {SEC_TOKEN_REQUEST_LIFETIME}, or the daemon was restarted.
Workflow: run this step again, and have the request approved while it waits: condor_token_request_approve -reqid ID.
/Request failed
Administrator: check the signing key and the trust domain, because the daemon could not issue the token: {SEC_TOKEN_ISSUER_KEY TRUST_DOMAIN}; its log shows the reason.
/ANONYMOUS or no authentication
Administrator: configure a host certificate and enable SSL on the daemon, which requests without a credential require: {AUTH_SSL_SERVER_CERTFILE SEC_DEFAULT_AUTHENTICATION_METHODS}.
/rate limit
Workflow: try again later, because the daemon received too many requests.
Administrator: condor_token_request_list lists the pending requests; each remains for {SEC_TOKEN_REQUEST_LIFETIME}.
/Too many requests in the system
Administrator: approve or wait for pending requests, because this daemon has more than 1,000: condor_token_request_list shows them; each expires after {SEC_TOKEN_REQUEST_LIFETIME}.
/SciToken exchange disabled
Administrator: set SEC_ENABLE_SCITOKEN_EXCHANGE = True on the daemon's host, then run condor_reconfig: {SEC_ENABLE_SCITOKEN_EXCHANGE}.
Workflow: or use mode fetch with the same scitoken.
/Failed to map SciToken
Administrator: add a line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE}.
/not built with SciTokens
Workflow: use another credential, such as idtoken: this HTCondor does not support SciTokens (condor_version on its host shows the release).
/SCITOKENS:
Administrator: fix the cause that the daemon reports: the audience ({SCITOKENS_SERVER_AUDIENCE}), the expiry, the signature, or an unreachable issuer (curl ISSUER/.well-known/openid-configuration on its host).
/error (-?\d+):
Administrator: check the daemon's log, with %_DEBUG = D_SECURITY: {%_LOG}; HTCondor's error code is $1.
/
Administrator: check the daemon's log at the time of the error: {%_LOG}.
`;
