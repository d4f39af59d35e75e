import type { ConnectReason, CredentialReason, InputReason, LocateReason, ProtocolReason } from '../reasons.ts';
import { FRESH, type Hints, PRIVATE, STORE_PASSWORD } from './hint-text.ts';
import { KERBEROS_CREDENTIALS } from './hints-kerberos.ts';

const ELSEWHERE = 'use a self-hosted runner, a VPN, or an SSH tunnel (set address to its local end).';
const STALE =
  'specify pool and name instead of address (condor_status -schedd -pool POOL -af MyAddress shows the current address)';
const THREE_PARTS = 'one line with three parts separated by dots.';
const RESTARTED =
  'check whether the daemon has just restarted (condor_status -any lists it once it is running), then run the job again with a longer timeout.';
const NO_ROUTE = `N: check whether nc -zv HOST 9618 succeeds on this runner. Hosted runners are outside your network: ${ELSEWHERE}`;
const ID_TOKEN_PERMISSION = 'W: add permissions: id-token: write to the job';

const SERVICE_CLIENT = `W: if the service is Keycloak, set token-grant: client-credentials; the Keycloak client must accept federated authentication with the job token's issuer and sub.`;

const SERVICE_AUDIENCE = `W: omit oidc-audience, or set it to the audience that the service expects: for Keycloak, exactly the issuer of the realm.`;

const SERVICE_REUSE = `W: use a separate job token for each request: omit scitoken and BEARER_TOKEN if the runner can issue job tokens.
A: for a CI system that issues one token per job, add reuse: job to the policy entry (condor_token_service check -offline validates the policy).`;

export const INPUT_HINTS: Hints<InputReason> = {
  'identity-flag': `W: omit the flag: HTCondor's condor_token_fetch does not support it either. The token always has the identity of the credential.`,
  'unknown-flag': `W: correct the flag; condor_token_fetch -help lists all flags.`,
  configuration: `R: correct the files that condor_config_val -config lists, or set CONDOR_CONFIG to a readable file.`,
  input: `W: correct $input; the README lists the valid values.`,
};

export const CREDENTIAL_HINTS: Hints<CredentialReason> = {
  ...KERBEROS_CREDENTIALS,
  'secret-empty': `W: store the secret again if its value is empty. GitHub also passes an empty value to pull requests from forks and Dependabot, to jobs outside the secret's environment, and to reusable workflows without secrets: inherit. Also check the secret's name (gh secret list).
W: skip this step for pull requests from forks (if: github.event.pull_request.head.repo.fork != true); for other events, oidc-audience needs no secret.`,
  'file-exposed': `R: make the account of this step the owner of the file, ${PRIVATE}`,
  'file-name-ignored': `R: rename the file: condor_config_val LOCAL_CONFIG_DIR_EXCLUDE_REGEXP shows which names HTCondor ignores.`,
  'fs-elsewhere': `W: FS works only on the daemon's host: run this step there, or set idtoken (${FRESH} prints a token).`,
  'ccb-needs-proof': `W: set idtoken, scitoken, client-certificate or password: a daemon behind CCB must authenticate itself, which FS and MUNGE do not support.`,
  'no-job-token': `${ID_TOKEN_PERMISSION}. Pull requests from forks cannot request a token.`,
  'job-token-refused': `${ID_TOKEN_PERMISSION}, and correct oidc-audience; the message contains the OIDC service's reason.`,
  'service-redirects': `W: correct token-service: the service returns a redirect ($status), which the client does not follow. curl -v URL shows the new location.`,
  'service-not-found': `W: correct the path of token-service: there is no token endpoint at this URL; for condor_token_service, the path is /token.`,
  'unauthorized-client': SERVICE_CLIENT,
  'invalid-client': SERVICE_CLIENT,
  'invalid-token-audience': SERVICE_AUDIENCE,
  'aud-expected': SERVICE_AUDIENCE,
  'token-reuse-detected': SERVICE_REUSE,
  'used-already': SERVICE_REUSE,
  'service-refused': `W: compare the claims of the job token (see the log) with the service's reason: usually, the repository, branch or environment differs.
A: run condor_token_service explain -claims FILE, which shows how the claims differ from each policy entry, and prints an entry that would admit this job.`,
  'no-token-to-exchange': `${ID_TOKEN_PERMISSION}; outside GitHub and Forgejo, set BEARER_TOKEN, for this command only, to the job's OIDC token, or set scitoken.`,
  'scitoken-needs-proof': `W: mode exchange requires scitoken and a daemon that authenticates itself: omit authentication-methods, or include SCITOKENS, SSL, IDTOKENS or PASSWORD.`,
  'no-credential': `W: set idtoken from a secret (${FRESH} prints a token), or set scitoken or client-certificate.
R: store a token in the directory that condor_config_val SEC_TOKEN_DIRECTORY shows, in a file that this account owns, with mode 0600; condor_token_list lists all tokens.`,
  'certificate-expired': `W: renew client-certificate: openssl x509 -noout -dates -in CERTIFICATE shows its validity period.`,
  'certificate-unreadable': `W: provide the complete PEM text of the certificate, and a key without a passphrase; check them with openssl x509 -noout -subject -in CERTIFICATE and openssl pkey -noout -in KEY.`,
  'scitoken-too-long': `W: request a shorter token from the issuer, or use mode exchange with another credential in addition to scitoken.`,
  'service-idtoken': `W: omit mode and remote, because the service already issues an IDTOKEN, or set token-service to the URL at which the service issues a SciToken.`,
  'service-html': `W: correct token-service: this is the URL of a web page, such as a sign-in page (curl -v URL shows it). For condor_token_service, the path in the URL is /token.
N: if a proxy responds instead of the service, correct https_proxy, or add the host to no_proxy.`,
  'service-no-token': `W: correct token-service: it must be the URL of a token endpoint whose response contains access_token (RFC 8693), or of a service whose response contains token.`,
  'scitoken-malformed': `W: set scitoken to the complete token: ${THREE_PARTS}`,
  'password-malformed': `W: set password to the line that was passed to ${STORE_PASSWORD}.`,
  'credential-unreadable': `W: set idtoken to the complete output of condor_token_fetch: ${THREE_PARTS}`,
};

const CORRECT_NAME = 'correct pool or name (condor_status -any -pool POOL -af MyType Name lists all daemons)';

export const LOCATE_HINTS: Hints<LocateReason> = {
  restarting: `A: ${RESTARTED}
W: ${CORRECT_NAME}.`,
  'not-on-this-host': `W: specify pool and name, or run this step on a host that runs HTCondor: condor_config_val COLLECTOR_HOST DAEMON_LIST shows the configuration of this host.`,
  'not-found': `W: ${CORRECT_NAME}, or specify address.
A: if the daemon is not listed, check its COLLECTOR_HOST and its authorization to advertise itself: {ALLOW_ADVERTISE_SCHEDD}.`,
  ambiguous: `W: set name to one of the listed names (condor_status -any -pool POOL -af MyType Name lists them).`,
};

export const CONNECT_HINTS: Hints<ConnectReason> = {
  'kdc-lookup-failed': `N: check that a DNS server responds to this runner: dig SRV _kerberos._tcp.$realm shows the KDCs.
W: to avoid DNS, add a kdc line for $realm to [realms] in krb5.conf (KRB5_CONFIG selects another file).`,
  'kdc-unreachable': `N: check that the KDC is reachable over TCP from this runner: nc -zv KDC 88. Many sites allow connections only from their own networks.
W: correct the kdc lines for $realm in krb5.conf (KRB5_CONFIG selects another file).`,
  'proxy-failed': `N: check the proxy in https_proxy or HTTPS_PROXY. If the status is 407, add the user and password to the proxy URL. Otherwise, curl -v -x PROXY https://HOST on the runner shows the proxy's response.
R: if HOST is reachable without a proxy, add it to no_proxy.`,
  'name-unknown': `R: check the spelling of the name, and check that this runner resolves it: getent hosts $host. Hosted runners resolve only public names: ${ELSEWHERE}`,
  'private-address': `N: this address is reachable only from its private network: run this step in that network, or use a VPN or an SSH tunnel (set address to its local end).
A: make the daemon reachable with CCB_ADDRESS = $(COLLECTOR_HOST) or TCP_FORWARDING_HOST: {CCB_ADDRESS TCP_FORWARDING_HOST}.`,
  'service-busy': `W: increase the timeout or retries, because the service asked the client to retry later.
A: run journalctl -u condor-token-service to find the reason, such as an unusable seed or an unreachable daemon or issuer.`,
  'service-unreachable': `N: check the connection and the certificate with curl -v URL on this runner; for a private CA, set ca-certificate, or NODE_EXTRA_CA_CERTS for the OIDC service.`,
  'connection-refused': `A: ${RESTARTED}
W: correct pool (port 9618, 9619 for an HTCondor-CE, or the port that condor_config_val COLLECTOR_HOST shows in the pool) or address (condor_status -schedd -pool POOL -af MyAddress).
${NO_ROUTE}`,
  connect: NO_ROUTE,
  'not-approved': `A: approve the request while this step waits: condor_token_request_approve -reqid $requestId; condor_token_request_list lists all requests.
W: increase the timeout, and notify the administrator before the run, because each run creates a new request.`,
  cancelled: `W: run the job again: it was cancelled, and no token was delivered.`,
  'service-silent': `N: run curl -v URL on this runner to see how far the connection gets. A firewall may be dropping the packets.
A: if the service is condor_token_service, check systemctl status condor-token-service; the service ends every request within 10 s.
W: increase the timeout if the network is slow.`,
  'no-response': `${NO_ROUTE}
W: increase the timeout if the network is slow.`,
  timeout: `N: check for a firewall that drops packets: run nc -zv HOST 9618 on the runner.
W: increase the timeout if the network is slow or the daemon is busy.`,
  closed: `A: ${RESTARTED}
A: check that the daemon authenticates, encrypts with AES, and runs HTCondor 9.9 or later ({SEC_DEFAULT_AUTHENTICATION SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_CRYPTO_METHODS %_LOG}); lines with DC_AUTHENTICATE in the log show the reason.
W: if sock= in address is out of date, ${STALE}. If another service, such as a TLS server, is listening at that address, correct the host and port.`,
  'not-registered': `W: the address is out of date: ${STALE}, or try again in a minute.
A: if the error persists, the daemon has lost its CCB broker: check {CCB_ADDRESS}, and the lines with CCBListener in the daemon's log.`,
  'ccb-only': `N: open the port of the daemon's CCB broker, usually the collector, to this runner: nc -zv BROKER 9618.
A: use a CCB broker that runs HTCondor 25.12 or later, which relays the connection (condor_config_val -collector CCB_SERVER_STREAMING); older brokers make the daemon connect to this runner, but hosted runners accept no connections.
W: run this step on a host that can reach the daemon, or use an SSH tunnel (set address to its local end).`,
};

const WRONG_PEER = `W: check that host and port are correct, and that the daemon runs HTCondor 9.9 or later: condor_ping -address "<HOST:PORT>" READ in the pool.
W: if HTCondor's own condor_token_fetch succeeds, report a bug and attach the debug log (-debug or ACTIONS_STEP_DEBUG).`;

export const PROTOCOL_HINTS: Hints<ProtocolReason> = {
  'foreign-protocol': `W: correct the host and port, because $protocol, not HTCondor, responds at this address; condor_config_val COLLECTOR_HOST in the pool shows both (default port 9618).`,
  'no-address': `A: the daemon's ad has no address (condor_status -any -pool POOL -af Name MyAddress): restart the daemon, or specify address in the workflow.`,
  frame: WRONG_PEER,
  message: WRONG_PEER,
  classad: WRONG_PEER,
  decrypt: `N: before you try again, check whether a device is modifying the data or the peer is an impostor: compare the output of condor_ping -address "<HOST:PORT>" READ in the pool and on this runner.`,
};
