import type { MethodAttempt } from '../errors.ts';
import { firstOf, rows, type Side } from './hint-rows.ts';
import { KERBEROS_NOT_SENT, KERBEROS_REFUSED, KERBEROS_UNPROVEN } from './hints-kerberos.ts';

/** Inputs that provide each method. */
export const METHOD_USES: Readonly<Record<string, string>> = {
  IDTOKENS: 'idtoken',
  SCITOKENS: 'scitoken',
  SSL: 'client-certificate',
  KERBEROS: 'kerberos-keytab, or kinit before this step and authentication-methods: KERBEROS',
  PASSWORD: 'password',
  FS: 'authentication-methods: FS, on the daemon’s own host',
  MUNGE: 'authentication-methods: MUNGE, on a host whose munged has the pool’s key',
};

/** Reasons for which the credential was not sent: the daemon's log does not mention it. */
const NOT_SENT = new RegExp(
  `it expired at|was issued by|is signed with the key|does not offer it|no IDTOKEN was found|no host name is known|munge failed|FS before|may be a relay|${KERBEROS_NOT_SENT}`,
);

/** Largest number of hints for one error, including the hint about the log. */
const MAX_HINTS = 4;

const NAME_THERE =
  "openssl x509 -noout -ext subjectAltName -in AUTH_SSL_SERVER_CERTFILE on the daemon's host shows it.";
const FRESH = 'condor_token_fetch on the access point';

/** Hints by method and reason. */
const REFUSED = [
  ...rows`
/^(\w+): (?:the daemon does not offer it|.*the daemon declined the method)
Administrator: to accept $1, add it to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
`,
  ...KERBEROS_REFUSED,
  ...rows`
/^IDTOKENS: .*was issued by (\S+); the daemon's trust domain is (\S+)
Workflow: store a token of this pool in the secret (${FRESH}), or correct pool and name: $1 issued the token, but the daemon belongs to $2.
Administrator: if both are this pool, its trust domain was renamed: {TRUST_DOMAIN}; restore the old name, or issue all tokens again.
/^IDTOKENS: .*signed with the key (\S+); the daemon has (.+)
Workflow: renew the secret, because the daemon does not have the key $1 (${FRESH}; -key selects another key).
Administrator: or put the file $1 into {SEC_PASSWORD_DIRECTORY}, mode 0600, owned by root.
/^IDTOKENS: .*it expired at
Workflow: renew the secret (${FRESH}, with a longer -lifetime); condor_token_list shows exp.
/^IDTOKENS: .*refused it without a reason
Workflow: renew the secret: ${FRESH} prints a token that is neither too old nor revoked.
Administrator: {SEC_TOKEN_MAX_AGE SEC_TOKEN_REVOCATION_EXPR SEC_PASSWORD_DIRECTORY} shows the maximum age, the revoked tokens, and the directory of the keys. An identity should end in UID_DOMAIN, not in TRUST_DOMAIN.
/^IDTOKENS: .*does not report its trust domain
Workflow: set idtoken to the one token of this pool; condor_token_list shows issuers.
Administrator: or set {TRUST_DOMAIN}.
/^IDTOKENS: .*(other accounts can access it|is owned by user|this account cannot read it)
Runner: make the token file owned by this account and inaccessible to others: ls -ln FILE, chmod 600 FILE, chown USER FILE.
/^IDTOKENS:
Workflow: set idtoken to a token of this pool: ${FRESH} prints one.
/no host name is known|only the collector reports
Workflow: set server-name to the name in the daemon's certificate: ${NAME_THERE}
/^SSL: .*AUTH_SSL_ALLOW_CLIENT_PROXY
Administrator: to accept X.509 proxies, set AUTH_SSL_ALLOW_CLIENT_PROXY = True: {AUTH_SSL_ALLOW_CLIENT_PROXY}. Other certificates do not need it.
/^SSL: .*AUTH_SSL_REQUIRE_CLIENT_MAPPING
Administrator: add a line SSL for the subject of the certificate to {CERTIFICATE_MAPFILE}, which AUTH_SSL_REQUIRE_CLIENT_MAPPING requires; then run condor_reconfig.
/^SSL: .*does not support TLS 1\.3
Administrator: enable TLS 1.3 on the daemon's host (openssl ciphers -v -tls1_3 lists its ciphers there).
Workflow: or set client-certificate and client-key: this client sends a certificate from the configuration only to a verified daemon.
/^SSL: .*cannot use TLS
Administrator: configure a host certificate that the daemon can read: {AUTH_SSL_SERVER_CERTFILE AUTH_SSL_SERVER_KEYFILE AUTH_SSL_SERVER_CAFILE}.
/^SSL:
Administrator: add the CA of the client certificate to the daemon's CA file, and the subject to its map file: {AUTH_SSL_SERVER_CAFILE CERTIFICATE_MAPFILE}.
Workflow: openssl x509 -noout -subject -issuer -in CERTIFICATE shows the subject and issuer of client-certificate.
/^SCITOKENS: .*it expired at
Workflow: obtain a new SciToken immediately before this step (httokensh, oidc-token or htgettoken).
/^SCITOKENS:
Administrator: check that the daemon accepts the token's audience, reaches its issuer (curl ISSUER/.well-known/openid-configuration), and has a line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN in its map file: {SCITOKENS_SERVER_AUDIENCE CERTIFICATE_MAPFILE}.
Workflow: or request a token with that audience and a scope. Mode exchange, with an idtoken in addition, returns the daemon's reason.
/^PASSWORD:
Administrator: store the same pool password on the daemon's host: condor_store_cred add -c there writes {SEC_PASSWORD_FILE}.
/^FS: .*FS before HTCondor 24
Workflow: name FS in authentication-methods if you trust all accounts of this host: with this release another account can relay the authentication.
Administrator: or upgrade HTCondor on this host to 24.0.22, 25.0.12, 25.11.1 or later (condor_version).
/^FS: .*may be a relay
Runner: check whether another account of this host listens at this address in place of the daemon: ss -ltnp shows the process. Correct address, or set idtoken.
/^FS:
Workflow: set idtoken unless the daemon and this step share /tmp or {FS_LOCAL_DIR}: FS works on one host only, without containers. If another method follows, ignore this reason.
/^MUNGE:
Runner: run munged with the same key and synchronized clocks on both hosts: munge -n | ssh DAEMON-HOST unmunge.
`,
];

const UNPROVEN = [
  ...KERBEROS_UNPROVEN,
  ...rows`
/, not for (\S+)
Workflow: if $1 is the correct host nevertheless, set server-name to the name in its certificate: ${NAME_THERE}
/its certificate, or a CA certificate above it, has expired|not valid yet
Administrator: install a new host certificate for the daemon: {AUTH_SSL_SERVER_CERTFILE}, and openssl x509 -noout -dates -in FILE.
/^(SSL|SCITOKENS):
Workflow: set ca-certificate (AUTH_SSL_CLIENT_CAFILE for the command) to the CA that issued the daemon's certificate: openssl x509 -noout -issuer -in AUTH_SSL_SERVER_CERTFILE on its host. If the address has a different name, set server-name.
/^PASSWORD:
Workflow: set password to the value that was passed to condor_store_cred add -c on the daemon's host ({SEC_PASSWORD_FILE}).
/
Workflow: store a new token of this pool in the secret (${FRESH}): usually the token belongs to another pool whose key has the same name (POOL), or the key was replaced.
`,
];

const LOG = rows`
/
Administrator: the daemon's log shows its reason, with %_DEBUG = D_SECURITY and condor_reconfig: {%_LOG}.
`;
const FALSE_DAEMON =
  'Network: if all of this is correct, the peer is not the daemon that it claims to be. The client sent it no other credential.';

/** Hints for the last attempts come first: credentials that were missing or not sent precede those that were refused. */
export function exhaustedHints(attempts: readonly MethodAttempt[], side: Side): readonly string[] {
  const found = new Set(attempts.toReversed().flatMap((each) => firstOf(REFUSED, textOf(each), side)));
  const log =
    attempts.length > 0 && attempts.every(({ reason }) => NOT_SENT.test(reason)) ? [] : firstOf(LOG, '', side);
  return [...[...found].slice(0, MAX_HINTS - log.length), ...log];
}

export function unprovenHints(attempts: readonly MethodAttempt[], side: Side): readonly string[] {
  return [...firstOf(UNPROVEN, attempts.map(textOf).join('\n'), side), FALSE_DAEMON];
}

function textOf({ method, reason }: MethodAttempt): string {
  return `${method}: ${reason}`;
}
