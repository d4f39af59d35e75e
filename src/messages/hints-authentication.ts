import type { MethodAttempt } from '../errors.ts';
import type { RefusedReason, UnprovenReason, UnsentReason } from '../reasons.ts';
import {
  DETAILED_LOG,
  FRESH,
  type Hints,
  hintsOf,
  IN_UID_DOMAIN,
  PRIVATE,
  type Side,
  STORE_PASSWORD,
} from './hint-text.ts';
import { KERBEROS, KERBEROS_REFUSED, KERBEROS_UNPROVEN, KERBEROS_UNSENT } from './hints-kerberos.ts';

/** Inputs that enable each authentication method. */
export const METHOD_USES: Readonly<Record<string, string>> = {
  IDTOKENS: 'idtoken',
  SCITOKENS: 'scitoken',
  SSL: 'client-certificate',
  KERBEROS: 'kerberos-keytab, or kinit before this step and authentication-methods: KERBEROS',
  PASSWORD: 'password',
  FS: "authentication-methods: FS, on the daemon's own host",
  MUNGE: "authentication-methods: MUNGE, on a host whose munged has the pool's key",
};

/** Maximum number of hints for one error, including the hint about the log. */
const MAX_HINTS = 4;

const NAME_THERE =
  "openssl x509 -noout -ext subjectAltName -in AUTH_SSL_SERVER_CERTFILE on the daemon's host shows it.";
const NOT_ACCEPTED = 'A: to accept $method, add it to [SEC_DEFAULT_AUTHENTICATION_METHODS].';
const NEW_TOKEN = `W: set idtoken to a token from this pool: ${FRESH} prints one.`;
const MUNGED =
  "R: run munged on this runner and the daemon's host, with the same key and synchronized clocks; munge -n | ssh DAEMON-HOST unmunge tests this.";

/** Hints for a credential that the daemon refused for an unknown reason, by authentication method. */
const BY_METHOD: Readonly<Record<string, string>> = {
  IDTOKENS: NEW_TOKEN,
  KERBEROS,
  SSL: `A: add the client certificate's CA to the daemon's CA file, and the certificate's subject to the map file: {AUTH_SSL_SERVER_CAFILE CERTIFICATE_MAPFILE}.
W: to show the subject and issuer of client-certificate, run openssl x509 -noout -subject -issuer -in CERTIFICATE.`,
  SCITOKENS: `A: check that the daemon accepts the token's audience, can reach the issuer (curl ISSUER/.well-known/openid-configuration), and has the line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN in its map file ({SCITOKENS_SERVER_AUDIENCE CERTIFICATE_MAPFILE}).
W: request a token with the daemon's audience and a scope. If you set mode exchange and add an idtoken, the daemon reports the reason.`,
  PASSWORD: `A: store the same pool password on the daemon's host with condor_store_cred add -c, which writes [SEC_PASSWORD_FILE].`,
  FS: `W: set idtoken unless the daemon and this step share /tmp or [FS_LOCAL_DIR]: FS requires this step to run on the daemon's host, usually outside a container. If the message lists another method, fix that one instead.`,
  MUNGE: MUNGED,
};

const UNSENT: Hints<UnsentReason> = {
  ...KERBEROS_UNSENT,
  'not-offered': NOT_ACCEPTED,
  'issuer-differs': `W: store a token from this pool in the secret (${FRESH}), or correct pool and name: $issuer issued the token, but the daemon belongs to $trustDomain.
A: if both names belong to this pool, its trust domain was renamed ({TRUST_DOMAIN}): restore the old name, or reissue all tokens.`,
  'key-differs': `W: renew the secret, because the daemon does not have the key $key (${FRESH}; -key selects another key).
A: copy the key file $key to [SEC_PASSWORD_DIRECTORY], with mode 0600 and owner root.`,
  'idtoken-expired': `W: renew the secret (${FRESH}, with a longer -lifetime); condor_token_list shows the expiry (exp).`,
  'scitoken-expired': `W: obtain a new SciToken immediately before this step (httokensh, oidc-token or htgettoken).`,
  'file-exposed': `R: make this account the owner of the token file, ${PRIVATE}`,
  'no-credential': NEW_TOKEN,
  'file-name-ignored': NEW_TOKEN,
  'kerberos-cache-type': KERBEROS,
  'no-kerberos-credential': KERBEROS,
  'no-server-name': `W: set server-name to the name in the daemon's certificate: ${NAME_THERE}`,
  'fs-unbound': `W: add FS to authentication-methods only if you trust all accounts on this host: with this release, another account can relay the authentication.
A: upgrade HTCondor on this host to 24.0.22, 25.0.12, 25.11.1 or later (condor_version).`,
  'fs-relay': `R: check whether a process of another account is listening at this address: ss -ltnp shows it. If so, correct address, or set idtoken.`,
  'munge-failed': MUNGED,
};

const REFUSED: Hints<RefusedReason> = {
  ...KERBEROS_REFUSED,
  declined: NOT_ACCEPTED,
  unexplained: `W: renew the secret: ${FRESH} prints a token that is neither too old nor revoked.
A: {SEC_TOKEN_MAX_AGE SEC_TOKEN_REVOCATION_EXPR SEC_PASSWORD_DIRECTORY} shows the maximum age, the revoked tokens, and the key directory. An identity should ${IN_UID_DOMAIN}.`,
  'no-trust-domain': `W: set idtoken to a single token from this pool; condor_token_list shows the issuers.
A: set [TRUST_DOMAIN].`,
  'proxy-not-allowed': `A: to accept X.509 proxies, set AUTH_SSL_ALLOW_CLIENT_PROXY = True: {AUTH_SSL_ALLOW_CLIENT_PROXY}. Other certificates do not need this setting.`,
  'mapping-required': `A: add an SSL line for the certificate's subject to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE AUTH_SSL_REQUIRE_CLIENT_MAPPING}.`,
  'no-tls13': `A: enable TLS 1.3 on the daemon's host, where openssl ciphers -v -tls1_3 lists the TLS 1.3 ciphers.
W: set client-certificate and client-key: the client sends a certificate from HTCondor's configuration only to a verified daemon.`,
  'no-tls': `A: configure a host certificate that the daemon can read: {AUTH_SSL_SERVER_CERTFILE AUTH_SSL_SERVER_KEYFILE AUTH_SSL_SERVER_CAFILE}.`,
};

const UNPROVEN: Hints<UnprovenReason> = {
  ...KERBEROS_UNPROVEN,
  'name-differs': `W: if $host is nevertheless the correct host, set server-name to the name in its certificate: ${NAME_THERE}`,
  'expired-certificate': `A: install a new host certificate for the daemon: {AUTH_SSL_SERVER_CERTFILE} shows the path, and openssl x509 -noout -dates -in FILE shows the dates.`,
  'untrusted-certificate': `W: set ca-certificate to the CA that issued the daemon's certificate: openssl x509 -noout -issuer -in AUTH_SSL_SERVER_CERTFILE on the daemon's host shows it. If the certificate and the address contain different names, set server-name.`,
  'password-differs': `W: set password to the value that was passed to ${STORE_PASSWORD} ({SEC_PASSWORD_FILE}).`,
  'signing-key-differs': `W: store a new token from this pool in the secret (${FRESH}): usually, another pool issued the old token with a key of the same name (POOL), or the key was replaced.`,
};

const LOG = `${DETAILED_LOG}find the reason in the daemon's log ({%_LOG}).`;
const FALSE_DAEMON =
  'N: if all settings are correct, treat the peer as an impostor. The client sent it no further credentials.';

/**
 * Returns the hints for all attempts, starting with the last one. In `attempts`, credentials that were missing or not
 * sent precede those that were refused.
 */
export function exhaustedHints(attempts: readonly MethodAttempt[], side: Side): readonly string[] {
  const found = new Set(attempts.toReversed().flatMap((each) => refusalHints(each, side)));
  const isSent = attempts.length === 0 || attempts.some(({ kind }) => kind === undefined || !(kind in UNSENT));
  const log = isSent ? hintsOf(LOG, {}, side) : [];
  return [...[...found].slice(0, MAX_HINTS - log.length), ...log];
}

const REFUSALS: Readonly<Record<string, string>> = { ...UNSENT, ...REFUSED };

function refusalHints({ method, kind, details }: MethodAttempt, side: Side): readonly string[] {
  const text = REFUSALS[kind ?? ''] ?? BY_METHOD[method];
  return text === undefined ? [] : hintsOf(text, { method, ...details }, side);
}

export function unprovenHints(attempts: readonly MethodAttempt[], side: Side): readonly string[] {
  const all: Readonly<Record<string, string>> = UNPROVEN;
  const { kind = '', details } = attempts.find((each) => (each.kind ?? '') in all) ?? {};
  return hintsOf(`${all[kind] ?? UNPROVEN['signing-key-differs']}\n${FALSE_DAEMON}`, { ...details }, side);
}
