import type { MethodAttempt } from '../errors.ts';
import { firstOf, rows, type Side } from './hint-rows.ts';
import { KERBEROS_NOT_SENT, KERBEROS_REFUSED, KERBEROS_UNPROVEN } from './hints-kerberos.ts';

/** How to use a method that a daemon takes. */
export const METHOD_USES: Readonly<Record<string, string>> = {
  IDTOKENS: 'idtoken',
  SCITOKENS: 'scitoken',
  SSL: 'client-certificate',
  KERBEROS: 'kerberos-keytab, or kinit before this step and authentication-methods: KERBEROS',
  PASSWORD: 'password',
  FS: 'authentication-methods: FS, on the daemon’s own machine',
  MUNGE: 'authentication-methods: MUNGE, where a munged with the pool’s key runs',
};

/** The daemon did not get to see the credential, so its log has nothing about it. */
const NOT_SENT = new RegExp(
  `it expired at|was issued by|is signed with the key|does not offer it|no IDTOKEN was found|no host name is known|munge failed|FS before|may be a relay|${KERBEROS_NOT_SENT}`,
);

/** Most hints that one error has, with that of the log. */
const MAX_HINTS = 4;

const NAME_THERE =
  "openssl x509 -noout -ext subjectAltName -in AUTH_SSL_SERVER_CERTFILE on the daemon's machine shows it.";
const FRESH = 'condor_token_fetch on the access point';

/** By method, then by the reason why a credential of it was of no use. */
const REFUSED = [
  ...rows`
/^(\w+): (?:the daemon does not offer it|.*the daemon declined the method)
Administrator: to let in by $1, add it to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
`,
  ...KERBEROS_REFUSED,
  ...rows`
/^IDTOKENS: .*was issued by (\S+); the daemon's trust domain is (\S+)
Workflow: the token is of $1, the daemon of $2: store a token of this pool in the secret (${FRESH}), or correct pool and name.
Administrator: if both are this pool, its name has changed: {TRUST_DOMAIN}; set it back, or have all tokens made anew.
/^IDTOKENS: .*signed with the key (\S+); the daemon has (.+)
Workflow: the daemon has no key $1 any more, or never had: renew the secret (${FRESH}; -key chooses another).
Administrator: or put the file $1 into {SEC_PASSWORD_DIRECTORY}, mode 0600, owned by root.
/^IDTOKENS: .*it expired at
Workflow: renew the secret (${FRESH}, with a longer -lifetime); condor_token_list shows exp.
/^IDTOKENS: .*refused it without a reason
Workflow: renew the secret: ${FRESH} prints a token that is neither old nor revoked.
Administrator: {SEC_TOKEN_MAX_AGE SEC_TOKEN_REVOCATION_EXPR SEC_PASSWORD_DIRECTORY} shows how old tokens may be, which are revoked, and where keys must be. An identity should end in UID_DOMAIN, not in TRUST_DOMAIN.
/^IDTOKENS: .*does not say which trust domain
Workflow: give in idtoken the one token of this pool; condor_token_list shows issuers.
Administrator: or set {TRUST_DOMAIN}.
/^IDTOKENS: .*(others may use it|belongs to user|be read by this user)
Runner: a token file must be of this account, and nobody else may read it: ls -ln FILE, chmod 600 FILE, chown USER FILE.
/^IDTOKENS:
Workflow: give a token of this pool in idtoken: ${FRESH} prints one.
/no host name is known|the collector alone says
Workflow: give in server-name the name in the daemon's certificate: ${NAME_THERE}
/^SSL: .*AUTH_SSL_ALLOW_CLIENT_PROXY
Administrator: to let X.509 proxies in, set AUTH_SSL_ALLOW_CLIENT_PROXY = True: {AUTH_SSL_ALLOW_CLIENT_PROXY}. Other certificates need it not.
/^SSL: .*AUTH_SSL_REQUIRE_CLIENT_MAPPING
Administrator: the subject of the certificate needs a line SSL in {CERTIFICATE_MAPFILE}, as AUTH_SSL_REQUIRE_CLIENT_MAPPING wants it; then condor_reconfig.
/^SSL: .*has no TLS 1\.3
Administrator: allow TLS 1.3 on the daemon's host (openssl ciphers -v -tls1_3 there lists it).
Workflow: or give client-certificate and client-key: this client sends a certificate of the configuration only to a verified daemon.
/^SSL: .*cannot use TLS
Administrator: the daemon needs a host certificate that it can read: {AUTH_SSL_SERVER_CERTFILE AUTH_SSL_SERVER_KEYFILE AUTH_SSL_SERVER_CAFILE}.
/^SSL:
Administrator: the daemon must trust who issued the client certificate, and have its subject in its map file: {AUTH_SSL_SERVER_CAFILE CERTIFICATE_MAPFILE}.
Workflow: openssl x509 -noout -subject -issuer -in CERTIFICATE shows whose client-certificate it is.
/^SCITOKENS: .*it expired at
Workflow: get a new SciToken just before this step (httokensh, oidc-token or htgettoken).
/^SCITOKENS:
Administrator: the daemon must have the token's audience, reach its issuer (curl ISSUER/.well-known/openid-configuration), and have a line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN in its map file: {SCITOKENS_SERVER_AUDIENCE CERTIFICATE_MAPFILE}.
Workflow: or get a token with that audience, and a scope. Mode exchange with an idtoken beside it tells the daemon's reason.
/^PASSWORD:
Administrator: the daemon needs the same pool password: condor_store_cred add -c there writes {SEC_PASSWORD_FILE}.
/^FS: .*FS before HTCondor 24
Workflow: name FS in authentication-methods if you trust all accounts of this host: with this release another account can relay the authentication.
Administrator: or upgrade HTCondor on this host to 24.0.22, 25.0.12, 25.11.1 or later (condor_version).
/^FS: .*may be a relay
Runner: another account of this host may listen at this address in place of the daemon: ss -ltnp shows the process. Correct address, or give idtoken.
/^FS:
Workflow: FS works only where the daemon and this step see one /tmp or {FS_LOCAL_DIR}: on one machine, in no container. Else give idtoken; if another method follows, this is harmless.
/^MUNGE:
Runner: both machines need a munged with the same key, and clocks that agree: munge -n | ssh DAEMON-HOST unmunge.
`,
];

const UNPROVEN = [
  ...KERBEROS_UNPROVEN,
  ...rows`
/its certificate is for (.+), not for (\S+)
Workflow: if $2 is the right machine all the same, give in server-name the name in its certificate: ${NAME_THERE}
/its certificate, or one above it, has expired|not valid yet
Administrator: the daemon needs a new host certificate: {AUTH_SSL_SERVER_CERTFILE}, and openssl x509 -noout -dates -in FILE.
/^(SSL|SCITOKENS):
Workflow: give in ca-certificate (AUTH_SSL_CLIENT_CAFILE for the command) the authority that issued the daemon's certificate: openssl x509 -noout -issuer -in AUTH_SSL_SERVER_CERTFILE there shows it. In server-name give its name, if the address has another one.
/^PASSWORD:
Workflow: give in password what condor_store_cred add -c was given on the daemon's machine ({SEC_PASSWORD_FILE}).
/
Workflow: most often the token is of another pool whose key has the same name (POOL), or the key was replaced: store a new token of this pool in the secret (${FRESH}).
`,
];

const LOG = rows`
/
Administrator: the daemon's log has its reason, with %_DEBUG = D_SECURITY and condor_reconfig: {%_LOG}.
`;
const FALSE_DAEMON =
  'Network: if all of that is right, this is not the daemon that it claims to be. No other credential was shown to it.';

/** The last attempts tell most: what was not sent, or not there, comes before what was refused. */
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
