import { rows } from './hint-rows.ts';
import { KERBEROS_CONNECT, KERBEROS_MISSING, KERBEROS_UNREADABLE } from './hints-kerberos.ts';

const ELSEWHERE = 'use a self-hosted one, a VPN, or an SSH tunnel with address.';
const STALE = 'use pool and name instead of address (condor_status -schedd -pool POOL -af MyAddress shows the new one)';
const OWNED =
  'must belong to the account of this step, and nobody else may read it: ls -ln FILE, chmod 600 FILE, chown USER FILE.';
const THREE_PARTS = 'one line, three parts with dots between them.';
const PRIVATE = String.raw`/^[\w-]+ no connection to (?:.*, )?(?:10\.\d|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)
Network: only that private network reaches this address: run this step there, or use a VPN or an SSH tunnel with address.
Administrator: or open a way in with CCB_ADDRESS = $(COLLECTOR_HOST) or TCP_FORWARDING_HOST: {CCB_ADDRESS TCP_FORWARDING_HOST}.`;
const RESTARTED =
  'did the daemon restart a moment ago? condor_status -any shows whether it is back; then run the job again, with a higher timeout.';
const WRONG_PEER = rows`
/
Workflow: is this HTCondor 9.9 or later? Check host and port: condor_ping -address "<HOST:PORT>" READ in the pool.
Workflow: if HTCondor's own condor_token_fetch gets along with it, report a bug, with the output of -debug (ACTIONS_STEP_DEBUG).
`;

/** Until a daemon of HTCondor answers. */
export const REACHING = {
  ERR_INPUT: rows`
/argument: --?id
Workflow: leave it out: HTCondor's condor_token_fetch has no such flag either, whatever its manual page shows. condor_token_list shows whom a credential, and so its token, is for.
/^arguments
Workflow: correct the flag; condor_token_fetch -help lists them all.
/configuration cannot be read
Runner: mend the files that condor_config_val -config shows, or have CONDOR_CONFIG name one that can be read.
/^(\S+)
Workflow: correct $1; the README says what it may be.
`,
  ERR_NO_CREDENTIAL: [
    ...KERBEROS_MISSING,
    ...rows`
/empty, and no other credential
Workflow: GitHub passes an empty secret where the job cannot read it: pull requests from forks and of Dependabot, a job without the environment that has the secret, a reusable workflow called without secrets: inherit, or a misspelled name. gh secret list shows the names.
Workflow: for such jobs, skip this step (if: github.event.pull_request.head.repo.fork != true), or use oidc-audience, which needs no secret.
/others may use it|belongs to user|be read by this user
Runner: the file ${OWNED}
/ignores files of such a name
Runner: rename the file: condor_config_val LOCAL_CONFIG_DIR_EXCLUDE_REGEXP shows which names are passed over.
/is another machine
Workflow: FS works only on the daemon's own machine: run this step there, or give idtoken (condor_token_fetch on the access point prints one).
/reached through CCB
Workflow: a daemon behind CCB has to prove itself, which FS and MUNGE cannot do: give idtoken, scitoken, client-certificate or password.
/may not have an OIDC token
Workflow: give the job permissions: id-token: write. A pull request from a fork gets none.
/OIDC service of the runner gives no token
Workflow: give the job permissions: id-token: write, and correct oidc-audience; the OIDC service of the runner says why it refused.
/gives no token: (30\d)
Workflow: correct token-service: the service redirects ($1), and redirects are not followed. curl -v URL shows the location.
/gives no token: 40[45]
Workflow: correct the path of token-service: there is no token endpoint at this URL; condor_token_service has it at /token.
/unauthorized_client|invalid_client
Workflow: set token-grant: client-credentials, if the service is Keycloak; its client must have federated authentication for this issuer and sub.
/Invalid token audience|aud: expected
Workflow: leave oidc-audience out, or set it to what the service expects: for Keycloak, the issuer of its realm, exactly.
/Token reuse detected|used already
Workflow: each use needs a job token of its own: leave scitoken and BEARER_TOKEN out where the runner can issue one.
Administrator: for a CI system with one token for each job, add reuse: job to the entry (condor_token_service check -offline checks it).
/token service gives no token
Workflow: compare the claims of the job token, which the log shows, with the reason of the service: most often the repository, branch or environment differs.
Administrator: condor_token_service explain -claims FILE shows what differs in each entry, and the entry that would admit this job.
/token-service: there is no token
Workflow: give the job permissions: id-token: write; outside of GitHub and Forgejo set BEARER_TOKEN to the job's OIDC token for this one command, or give scitoken.
/SciToken (to exchange|is shown)
Workflow: mode exchange needs scitoken, and a daemon that proves itself: leave authentication-methods out, or name SCITOKENS, SSL, IDTOKENS or PASSWORD.
/
Workflow: give idtoken, from a secret (condor_token_fetch on the access point prints one), or scitoken, or client-certificate.
Runner: or put a token into condor_config_val SEC_TOKEN_DIRECTORY, in a file of this user, mode 0600; condor_token_list shows what is found.
`,
  ],
  ERR_CREDENTIAL_UNREADABLE: [
    ...KERBEROS_UNREADABLE,
    ...rows`
/\bexpired at|not valid before
Workflow: renew client-certificate: openssl x509 -noout -dates -in CERTIFICATE shows how long it is valid.
/passphrase|PEM|private key|certificate
Workflow: give PEM with all of its lines, and a key without a passphrase: openssl x509 -noout -subject -in CERTIFICATE, openssl pkey -noout -in KEY.
/mode exchange more
Workflow: ask the issuer for a shorter token, or use mode exchange with another credential beside scitoken.
/answers with an IDTOKEN
Workflow: leave mode and remote out, for it is the result already; or give the URL at which the service makes a SciToken.
/answers with an HTML page
Workflow: correct token-service: this is the URL of a web page, such as a sign-in page (curl -v URL shows it). condor_token_service has its endpoint at /token.
Network: or a proxy answers instead of the service: correct https_proxy, or add the host to no_proxy.
/answers without a token in
Workflow: correct token-service: it is to be the URL of a token endpoint (RFC 8693, its answer has access_token), or of a broker (its answer has token).
/SciToken|scitoken
Workflow: give scitoken as its issuer gave it: ${THREE_PARTS}
/^\S* ?password:
Workflow: password is the line that condor_store_cred add -c was given on the daemon's machine.
/
Workflow: give idtoken as condor_token_fetch prints it: ${THREE_PARTS}
`,
  ],
  ERR_NOT_FOUND: rows`
/it may be restarting
Administrator: ${RESTARTED}
Workflow: or correct pool or name (condor_status -any -pool POOL -af MyType Name lists all).
/on this machine
Workflow: give pool and name, or run this step where HTCondor runs: condor_config_val COLLECTOR_HOST DAEMON_LIST shows what is configured here.
/
Workflow: correct pool or name (condor_status -any -pool POOL -af MyType Name lists all), or give address.
Administrator: a daemon that is missing there has another COLLECTOR_HOST, or may not advertise itself: {ALLOW_ADVERTISE_SCHEDD}.
`,
  ERR_AMBIGUOUS: rows`
/
Workflow: give name, one of those listed (condor_status -any -pool POOL -af MyType Name).
`,
  ERR_CONNECT: [
    ...KERBEROS_CONNECT,
    ...rows`
/the proxy \S+ does not connect
Network: the proxy is that of https_proxy or HTTPS_PROXY. 407: put user and password into its URL; else curl -v -x PROXY https://HOST on the runner shows its answer.
Runner: if HOST is reached without a proxy, add it to no_proxy.
/the host name (\S+) does not resolve
Runner: is it spelled right, and known here? getent hosts $1. Hosted runners know public names only: ${ELSEWHERE}
${PRIVATE}
/answers (?:429|503)
Workflow: the service asks to try again later: raise timeout or retries.
Administrator: journalctl -u condor-token-service shows the reason: a seed that is unusable, a daemon or an issuer that cannot be reached.
/no answer from (\S+):|service (?:of the runner )?answers \d
Network: curl -v on this runner shows whether the service is reached, and its certificate: give that of the site's own authority in ca-certificate.
/connection refused
Administrator: ${RESTARTED}
Workflow: or nothing listens there: correct pool (port 9618, or 9619 for an HTCondor-CE, or what condor_config_val COLLECTOR_HOST in the pool shows) or address (condor_status -schedd -pool POOL -af MyAddress).
/
Network: does nc -zv HOST 9618 on this runner reach it? Hosted runners are outside your network: ${ELSEWHERE}
`,
  ],
  ERR_TIMEOUT: rows`
/request (\w+) was not approved
Administrator: approve it while this step waits: condor_token_request_approve -reqid $1; condor_token_request_list shows all.
Workflow: a new run makes a new request: raise timeout, and tell the administrator first.
/cancelled
Workflow: it was cancelled from outside, and nothing was delivered: run it again.
/no answer from https?:
Network: the service does not answer: curl -v URL on this runner shows how far the connection gets. A firewall may drop the packets.
Administrator: systemctl status condor-token-service, if it is the service; every request there ends within 10 s.
Workflow: for a slow network raise timeout.
${PRIVATE}
/no connection to
Network: does nc -zv HOST 9618 on this runner reach it? Hosted runners are outside your network: ${ELSEWHERE}
Workflow: for a slow network raise timeout.
/
Network: a firewall that drops packets looks like this: nc -zv HOST 9618 on the runner.
Workflow: for a slow network or a busy daemon raise timeout.
`,
  ERR_CLOSED: rows`
/
Administrator: ${RESTARTED}
Administrator: a daemon hangs up if it will not authenticate or encrypt with AES, or is from before HTCondor 9.9: {SEC_DEFAULT_AUTHENTICATION SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_CRYPTO_METHODS}; lines with DC_AUTHENTICATE in {%_LOG} tell.
Workflow: or the sock= in address is stale: ${STALE}; or something else listens there, such as a TLS server: check host and port.
`,
  ERR_CCB_ONLY: rows`
/no daemon is currently registered
Workflow: the address is out of date: ${STALE}, or try again in a minute.
Administrator: if it stays so, the daemon has lost its broker: {CCB_ADDRESS}, and lines with CCBListener in its log.
/
Network: this daemon is reached through its CCB broker, most often the collector, whose port must be open to this runner: nc -zv BROKER 9618.
Administrator: a broker of HTCondor 25.12 or later passes all on (condor_config_val -collector CCB_SERVER_STREAMING); any other makes the daemon connect to this runner, which hosted runners do not let in.
Workflow: or run this step within reach of the daemon, or use an SSH tunnel with address.
`,
  ERR_FRAME: [
    ...rows`
/it answers like (an? [\w ]+\w)
Workflow: $1 answers here, not HTCondor: correct host and port; condor_config_val COLLECTOR_HOST in the pool shows them, 9618 by default.
`,
    ...WRONG_PEER,
  ],
  ERR_MESSAGE: WRONG_PEER,
  ERR_CLASSAD: [
    ...rows`
/no usable address
Administrator: this daemon's ad has no address (condor_status -any -pool POOL -af Name MyAddress): restart it, or give address in the workflow.
`,
    ...WRONG_PEER,
  ],
  ERR_DECRYPT: rows`
/
Network: something on the way changes the data, or this is not the daemon that it claims to be: find out before you try again. Compare condor_ping -address "<HOST:PORT>" READ in the pool and from here.
`,
} satisfies Readonly<Record<string, ReturnType<typeof rows>>>;
