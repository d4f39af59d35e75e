import { rows } from './hint-rows.ts';
import { KERBEROS_CONNECT, KERBEROS_MISSING, KERBEROS_UNREADABLE } from './hints-kerberos.ts';

const ELSEWHERE = 'use a self-hosted runner, a VPN, or an SSH tunnel with address.';
const STALE =
  'specify pool and name instead of address (condor_status -schedd -pool POOL -af MyAddress shows the current address)';
const OWNED =
  'must be owned by the account of this step and must not be accessible to other accounts: ls -ln FILE, chmod 600 FILE, chown USER FILE.';
const THREE_PARTS = 'one line with three parts separated by dots.';
const PRIVATE = String.raw`/^[\w-]+ no connection to (?:.*, )?(?:10\.\d|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)
Network: this address is reachable only from its private network: run this step there, or use a VPN or an SSH tunnel with address.
Administrator: or make the daemon reachable with CCB_ADDRESS = $(COLLECTOR_HOST) or TCP_FORWARDING_HOST: {CCB_ADDRESS TCP_FORWARDING_HOST}.`;
const RESTARTED =
  'check whether the daemon restarted a moment ago (condor_status -any lists it when it is back), then run the job again with a longer timeout.';
const WRONG_PEER = rows`
/
Workflow: check host and port, and that the daemon runs HTCondor 9.9 or later: condor_ping -address "<HOST:PORT>" READ in the pool.
Workflow: if HTCondor's own condor_token_fetch succeeds, report a bug with the output of -debug (ACTIONS_STEP_DEBUG).
`;

/** Hints for errors that occur before an HTCondor daemon replies. */
export const REACHING = {
  ERR_INPUT: rows`
/argument: --?id
Workflow: omit the flag: HTCondor's condor_token_fetch does not support it either, although its manual page lists it. condor_token_list shows the identity of a credential, which is the identity of the token.
/^arguments
Workflow: correct the flag; condor_token_fetch -help lists all flags.
/configuration cannot be read
Runner: fix the files that condor_config_val -config lists, or set CONDOR_CONFIG to a readable file.
/^(\S+)
Workflow: correct $1; the README lists the valid values.
`,
  ERR_NO_CREDENTIAL: [
    ...KERBEROS_MISSING,
    ...rows`
/empty, and no other credential
Workflow: check that the job can read the secret: GitHub passes an empty value to pull requests from forks and from Dependabot, to jobs without the environment of the secret, to reusable workflows without secrets: inherit, and for misspelled names. gh secret list shows the names.
Workflow: for such jobs, skip this step (if: github.event.pull_request.head.repo.fork != true), or use oidc-audience, which needs no secret.
/other accounts can access it|owned by user|this account cannot read it
Runner: the file ${OWNED}
/ignores files with such a name
Runner: rename the file: condor_config_val LOCAL_CONFIG_DIR_EXCLUDE_REGEXP shows which names HTCondor ignores.
/is another host
Workflow: run this step on the daemon's host, because FS works only there, or set idtoken (condor_token_fetch on the access point prints one).
/through CCB requires
Workflow: set idtoken, scitoken, client-certificate or password: a daemon behind CCB must authenticate itself, which FS and MUNGE do not support.
/not permitted to request an OIDC token
Workflow: add permissions: id-token: write to the job. Pull requests from forks cannot request a token.
/OIDC service of the runner issued no token
Workflow: add permissions: id-token: write to the job, and correct oidc-audience; the OIDC service of the runner returned its reason.
/issued no token: (30\d)
Workflow: correct token-service: the service redirects ($1), and redirects are not followed. curl -v URL shows the location.
/issued no token: 40[45]
Workflow: correct the path of token-service: there is no token endpoint at this URL; condor_token_service has it at /token.
/Invalid token audience|aud: expected
Workflow: omit oidc-audience, or set it to the audience that the service expects: for Keycloak, exactly the issuer of its realm.
/Token reuse detected|used already
Workflow: use a separate job token for each request: omit scitoken and BEARER_TOKEN if the runner can issue one.
Administrator: for a CI system with one token for each job, add reuse: job to the entry (condor_token_service check -offline checks it).
/unauthorized_client|invalid_client
Workflow: set token-grant: client-credentials if the service is Keycloak; its client must have federated authentication for this issuer and sub.
/token service issued no token
Workflow: compare the claims of the job token, which the log shows, with the reason of the service: usually the repository, branch or environment differs.
Administrator: condor_token_service explain -claims FILE shows the differences from each entry, and the entry that would admit this job.
/token-service: there is no token
Workflow: add permissions: id-token: write to the job; outside of GitHub and Forgejo, set BEARER_TOKEN to the job's OIDC token for this one command, or set scitoken.
/SciToken (to exchange|is sent)
Workflow: mode exchange needs scitoken and a daemon that authenticates itself: omit authentication-methods, or include SCITOKENS, SSL, IDTOKENS or PASSWORD.
/
Workflow: set idtoken from a secret (condor_token_fetch on the access point prints a token), or set scitoken or client-certificate.
Runner: or store a token in the directory that condor_config_val SEC_TOKEN_DIRECTORY shows, in a file of this account with mode 0600; condor_token_list shows the tokens that are found.
`,
  ],
  ERR_CREDENTIAL_UNREADABLE: [
    ...KERBEROS_UNREADABLE,
    ...rows`
/\bexpired at|not valid before
Workflow: renew client-certificate: openssl x509 -noout -dates -in CERTIFICATE shows its validity period.
/passphrase|PEM|private key|certificate
Workflow: provide complete PEM and a key without a passphrase: openssl x509 -noout -subject -in CERTIFICATE, openssl pkey -noout -in KEY.
/mode exchange accepts more
Workflow: request a shorter token from the issuer, or use mode exchange with another credential in addition to scitoken.
/returned an IDTOKEN
Workflow: omit mode and remote, because the IDTOKEN is already the result; or set the URL at which the service issues a SciToken.
/returned an HTML page
Workflow: correct token-service: this is the URL of a web page, such as a sign-in page (curl -v URL shows it). condor_token_service has its endpoint at /token.
Network: or a proxy answers instead of the service: correct https_proxy, or add the host to no_proxy.
/returned no token in
Workflow: correct token-service: it must be the URL of a token endpoint (RFC 8693, whose response contains access_token) or of a service whose response contains token.
/SciToken|scitoken
Workflow: set scitoken exactly as its issuer printed it: ${THREE_PARTS}
/^\S* ?password:
Workflow: set password to the line that was passed to condor_store_cred add -c on the daemon's host.
/
Workflow: set idtoken exactly as condor_token_fetch printed it: ${THREE_PARTS}
`,
  ],
  ERR_NOT_FOUND: rows`
/it may be restarting
Administrator: ${RESTARTED}
Workflow: or correct pool or name (condor_status -any -pool POOL -af MyType Name lists all daemons).
/on this host
Workflow: specify pool and name, or run this step where HTCondor runs: condor_config_val COLLECTOR_HOST DAEMON_LIST shows the configuration of this host.
/
Workflow: correct pool or name (condor_status -any -pool POOL -af MyType Name lists all daemons), or specify address.
Administrator: if the daemon is not listed, check its COLLECTOR_HOST and whether it is authorized to advertise itself: {ALLOW_ADVERTISE_SCHEDD}.
`,
  ERR_AMBIGUOUS: rows`
/
Workflow: specify name as one of the listed names (condor_status -any -pool POOL -af MyType Name).
`,
  ERR_CONNECT: [
    ...KERBEROS_CONNECT,
    ...rows`
/the proxy \S+ did not connect
Network: check the proxy in https_proxy or HTTPS_PROXY. Status 407: add user and password to its URL. Otherwise, curl -v -x PROXY https://HOST on the runner shows its response.
Runner: if HOST is reachable without a proxy, add it to no_proxy.
/the host name (\S+) does not resolve
Runner: check the spelling, and whether this runner resolves the name: getent hosts $1. Hosted runners resolve public names only: ${ELSEWHERE}
${PRIVATE}
/returned status (?:429|503)
Workflow: increase timeout or retries, because the service requests a later attempt.
Administrator: journalctl -u condor-token-service shows the reason: an unusable seed, or an unreachable daemon or issuer.
/no response from (\S+):|service (?:of the runner )?returned status \d
Network: check the connection and the certificate with curl -v on this runner; if a local CA issued the certificate, set ca-certificate to that CA.
/connection refused
Administrator: ${RESTARTED}
Workflow: or correct pool (port 9618, 9619 for an HTCondor-CE, or the port that condor_config_val COLLECTOR_HOST shows in the pool) or address (condor_status -schedd -pool POOL -af MyAddress).
/
Network: check whether nc -zv HOST 9618 succeeds on this runner. Hosted runners are outside your network: ${ELSEWHERE}
`,
  ],
  ERR_TIMEOUT: rows`
/request (\w+) was not approved
Administrator: approve the request while this step waits: condor_token_request_approve -reqid $1; condor_token_request_list lists all requests.
Workflow: each run creates a new request: increase timeout, and notify the administrator before the run.
/cancelled
Workflow: run the job again: it was cancelled from outside, and no token was delivered.
/no response from https?:
Network: the service does not answer: curl -v URL on this runner shows how far the connection gets. A firewall may drop the packets.
Administrator: systemctl status condor-token-service, if it is the service; every request there ends within 10 s.
Workflow: for a slow network raise timeout.
${PRIVATE}
/no connection to
Network: check whether nc -zv HOST 9618 succeeds on this runner. Hosted runners are outside your network: ${ELSEWHERE}
Workflow: increase timeout if the network is slow.
/
Network: check for a firewall that drops packets: nc -zv HOST 9618 on the runner.
Workflow: increase timeout if the network is slow or the daemon is busy.
`,
  ERR_CLOSED: rows`
/
Administrator: ${RESTARTED}
Administrator: check that the daemon authenticates, encrypts with AES, and runs HTCondor 9.9 or later: {SEC_DEFAULT_AUTHENTICATION SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_CRYPTO_METHODS}; lines with DC_AUTHENTICATE in {%_LOG} show the reason.
Workflow: if sock= in address is out of date, ${STALE}; if another service, such as a TLS server, listens there, correct host and port.
`,
  ERR_CCB_ONLY: rows`
/no daemon is currently registered
Workflow: the address is out of date: ${STALE}, or try again in a minute.
Administrator: if the error persists, the daemon has lost its CCB broker: {CCB_ADDRESS}, and lines with CCBListener in its log.
/
Network: open the port of the daemon's CCB broker, usually the collector, to this runner: nc -zv BROKER 9618.
Administrator: use a CCB broker of HTCondor 25.12 or later, which relays the connection (condor_config_val -collector CCB_SERVER_STREAMING); older brokers make the daemon connect to this runner, which hosted runners do not allow.
Workflow: or run this step where it can reach the daemon, or use an SSH tunnel with address.
`,
  ERR_FRAME: [
    ...rows`
/it responds like (an? [\w ]+\w)
Workflow: correct host and port, because $1 responds here, not HTCondor; condor_config_val COLLECTOR_HOST in the pool shows them (default port 9618).
`,
    ...WRONG_PEER,
  ],
  ERR_MESSAGE: WRONG_PEER,
  ERR_CLASSAD: [
    ...rows`
/no usable address
Administrator: restart the daemon, because its ad has no address (condor_status -any -pool POOL -af Name MyAddress), or specify address in the workflow.
`,
    ...WRONG_PEER,
  ],
  ERR_DECRYPT: rows`
/
Network: find out whether a device modifies the data or the peer is not the real daemon before you try again: compare condor_ping -address "<HOST:PORT>" READ in the pool and from this runner.
`,
} satisfies Readonly<Record<string, ReturnType<typeof rows>>>;
