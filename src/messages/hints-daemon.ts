import { rows } from './hint-rows.ts';

const ITSELF = 'leave remote out, so that the schedd itself is asked.';

/** By the daemon's words: HTCondor uses one number for several errors (handle_dc_session_token). */
export const DAEMON_TEXTS = rows`
/Token fetch disabled
Administrator: set SEC_ENABLE_TOKEN_FETCH = True there, then condor_reconfig: {SEC_ENABLE_TOKEN_FETCH}.
Workflow: or ask another daemon of the pool (type: collector), or use mode request.
/will not sign with requested key
Workflow: leave key out, or ask for one that the daemon signs with; the administrator can add it: {SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS}.
/original one expired
Workflow: your credential expired while in use: renew the secret with condor_token_fetch on the access point, with a longer -lifetime.
/doesn't allow requested authorization
Workflow: your credential is limited to other levels (condor_token_list shows its scope): ask for one of them in authz, or use a credential with more.
/did not successfully authenticate|Missing requester identity
Administrator: the daemon maps the credential to nobody: the sub of a token must be user@domain (condor_token_list), and a certificate or SciToken needs a line in {CERTIFICATE_MAPFILE}.
/does not have (access to configured key|a signing key configured)
Administrator: this daemon cannot read its signing key: copy the file from the collector's machine, mode 0600, owned by root: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
Workflow: or ask the collector, with type: collector.
/Failed to (read file|fetch key)
Administrator: the key is allowed, but its file is missing there, or not of root with mode 0600: ls -l of {SEC_PASSWORD_DIRECTORY}.
Workflow: or leave key out, so that the daemon signs with its own.
/is not known to the collector
Workflow: HTCondor from 9.9 to at least 25.14 answers this to everybody, to its own condor_token_fetch -remote too: ${ITSELF}
Administrator: where that is mended, a schedd of exactly this name (condor_status -schedd -af Name) needs SEC_ENABLE_IMPERSONATION_TOKENS = True: {SEC_ENABLE_IMPERSONATION_TOKENS}.
/No schedd target specified
Workflow: give name, as condor_status -schedd -af Name shows it.
/Request to server was not encrypted
Administrator: the daemon must not be set to NEVER encrypt: {SEC_DAEMON_ENCRYPTION SEC_DEFAULT_ENCRYPTION}.
/eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS
Workflow: ask in authz for levels of {SEC_IMPERSONATION_TOKEN_LIMITS}, or leave remote out.
/\b(DCSCHEDD|SECMAN):\d
Workflow: the collector could not fetch the token from the schedd: try again, or ${ITSELF}
Administrator: condor_ping -type schedd -name NAME DAEMON on the collector's machine shows whether the two can talk.
/Issuer namespace
Administrator: set one name, without spaces and commas, then condor_reconfig: {TRUST_DOMAIN}.
/Token request disabled
Administrator: set SEC_ENABLE_TOKEN_REQUEST = True there, then condor_reconfig: {SEC_ENABLE_TOKEN_REQUEST}.
Workflow: or ask another daemon of the pool (type: collector).
/SEC_TOKEN_REQUEST_LIMITS
Workflow: ask in authz for levels of {SEC_TOKEN_REQUEST_LIMITS}.
/Request has expired|Request ID is not known
Administrator: nobody approved it within {SEC_TOKEN_REQUEST_LIFETIME}, or the daemon was restarted.
Workflow: run this step again, and have it approved while it waits: condor_token_request_approve -reqid ID.
/Request failed
Administrator: the daemon could not make the token, most often for want of a key or a trust domain: {SEC_TOKEN_ISSUER_KEY TRUST_DOMAIN}; its log at this time tells.
/ANONYMOUS or no authentication
Administrator: for requests without a credential the daemon needs a host certificate, and SSL among its methods: {AUTH_SSL_SERVER_CERTFILE SEC_DEFAULT_AUTHENTICATION_METHODS}.
/rate limit
Workflow: too many ask this daemon at once: try again later.
Administrator: condor_token_request_list shows who; they stay for {SEC_TOKEN_REQUEST_LIFETIME}.
/Too many requests in the system
Administrator: more than 1,000 token requests are pending in this daemon: condor_token_request_list shows them, and they expire after {SEC_TOKEN_REQUEST_LIFETIME}.
/SciToken exchange disabled
Administrator: set SEC_ENABLE_SCITOKEN_EXCHANGE = True there, then condor_reconfig: {SEC_ENABLE_SCITOKEN_EXCHANGE}.
Workflow: or use mode fetch, with the same scitoken.
/Failed to map SciToken
Administrator: the daemon's map file needs a line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN, then condor_reconfig: {CERTIFICATE_MAPFILE}.
/not built with SciTokens
Workflow: this HTCondor (condor_version there shows which) has no SciTokens: use another credential, such as idtoken.
/SCITOKENS:
Administrator: the daemon gives its reason: audience ({SCITOKENS_SERVER_AUDIENCE}), expiry, signature, or an issuer that it cannot reach: curl ISSUER/.well-known/openid-configuration there.
/error (-?\d+):
Administrator: the daemon's log has more, with %_DEBUG = D_SECURITY: {%_LOG}; HTCondor's error code is $1.
/
Administrator: the daemon's log at this time has more: {%_LOG}.
`;
