/** Authentication errors: no common method, a rejected credential, an unauthenticated daemon, a denied command. */
import {
  type AnyHTCondorError,
  AuthenticationError,
  AuthorizationError,
  NegotiationError,
} from '../../../src/errors.ts';
import type { AttemptReason, Details } from '../../../src/reasons.ts';

const denied = (text: string, user?: string) => new AuthorizationError('ERR_DENIED', text, user);
const noCommon = (...methods: string[]) =>
  new NegotiationError(
    'ERR_NO_COMMON_METHOD',
    `no authentication method in common: the client has IDTOKENS; the daemon accepts ${methods.join(', ') || 'none that the client supports'}`,
    methods,
  );
const exhausted = (
  ...attempts: readonly (readonly [method: string, reason: string, kind?: AttemptReason, details?: Details])[]
) =>
  new AuthenticationError(
    'ERR_METHODS_EXHAUSTED',
    'the daemon accepted none of the credentials',
    attempts.map(([method, reason, kind, details]) => ({ method, reason, kind, details })),
  );
const FS_ELSEWHERE = [
  'FS',
  'this account: the daemon could not verify the owner of /tmp/FS_XXX: it sees a different file system',
] as const;
const OLD_SCITOKEN = [
  'SCITOKENS',
  'scitoken (alice, issuer https://issuer.example.org): it expired at 2026-01-01T00:00:00.000Z',
  'scitoken-expired',
] as const;
const unproven = (method: string, kind: AttemptReason, reason: string, details = {}) =>
  new AuthenticationError('ERR_SERVER_UNPROVEN', 'the daemon failed to authenticate itself', [
    { method, reason, kind, details },
  ]);
const answers = (user: string) => `the daemon replied DENIED to the command; it authenticated the client as ${user}`;

export const OF_AUTHENTICATION = {
  'the daemon does not agree to authenticate': new NegotiationError(
    'ERR_NO_COMMON_METHOD',
    'the daemon does not agree to authenticate',
    [],
    { reason: 'no-authentication' },
  ),
  'the daemon accepts KERBEROS': noCommon('KERBEROS'),
  'the daemon accepts FS': noCommon('FS'),
  'the daemon accepts none that the client supports': noCommon(),
  'the daemon accepts FS, SSL, SCITOKENS, PASSWORD, MUNGE': noCommon('FS', 'SSL', 'SCITOKENS', 'PASSWORD', 'MUNGE'),
  'it offers BLOWFISH': new NegotiationError(
    'ERR_NO_ENCRYPTION',
    'the daemon does not agree to AES encryption (it offers BLOWFISH)',
    [],
    { reason: 'old-cipher', details: { ciphers: 'BLOWFISH' } },
  ),
  'none of the ciphers': new NegotiationError(
    'ERR_NO_ENCRYPTION',
    'the daemon, HTCondor 25.14.1, accepts none of the ciphers that the client offers (AES)',
    [],
    { reason: 'no-cipher' },
  ),

  'the daemon does not offer it': exhausted(['IDTOKENS', 'the daemon does not offer it', 'not-offered'], FS_ELSEWHERE),
  "it was issued by elsewhere.test; the daemon's trust domain is pool.test": exhausted([
    'IDTOKENS',
    "idtoken (alice@elsewhere.test, issuer elsewhere.test, key POOL): it was issued by elsewhere.test; the daemon's trust domain is pool.test",
    'issuer-differs',
    { issuer: 'elsewhere.test', trustDomain: 'pool.test' },
  ]),
  'it is signed with the key OLD': exhausted([
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key OLD): it is signed with the key OLD; the daemon has POOL',
    'key-differs',
    { key: 'OLD' },
  ]),
  'key POOL): it expired at': exhausted([
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key POOL): it expired at 2026-01-01T00:00:00.000Z',
    'idtoken-expired',
  ]),
  'it is revoked (SEC_TOKEN_REVOCATION_EXPR)': exhausted([
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key POOL): the daemon refused it without a reason; possible causes: the daemon cannot read its key POOL; it is revoked (SEC_TOKEN_REVOCATION_EXPR); it is older than SEC_TOKEN_MAX_AGE (its age is 5 s)',
    'unexplained',
  ]),
  'the daemon does not report its trust domain': exhausted([
    'IDTOKENS',
    'idtoken line 1 (alice@pool.test, issuer pool.test, key POOL): the daemon does not report its trust domain, so the client cannot choose one of several tokens',
    'no-trust-domain',
  ]),
  'it is owned by user 0, not by this account (1001)': exhausted(OLD_SCITOKEN, [
    'IDTOKENS',
    'no IDTOKEN was found; ~/.condor/tokens.d/ci: it is owned by user 0, not by this account (1001)',
    'file-exposed',
  ]),
  'tokens.d: the directory is empty': exhausted(OLD_SCITOKEN, [
    'IDTOKENS',
    'no IDTOKEN was found; ~/.condor/tokens.d: the directory is empty',
    'no-credential',
  ]),
  'no host name is known to verify its certificate against': exhausted([
    'SSL',
    'client-certificate (CN=alice): no host name is known to verify its certificate against; set server-name, or use a host name instead of an IP address',
    'no-server-name',
  ]),
  'it requires AUTH_SSL_ALLOW_CLIENT_PROXY': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon aborted the TLS handshake, TLS alert 46 certificate_unknown: it does not accept the client certificate; for an X.509 proxy it requires AUTH_SSL_ALLOW_CLIENT_PROXY = True',
    'proxy-not-allowed',
  ]),
  'one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon aborted the TLS handshake: it requires a client certificate (AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE), or one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
    'mapping-required',
  ]),
  'the daemon cannot use TLS': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon cannot use TLS: check AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE on its host',
    'no-tls',
  ]),
  'TLS alert 48': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon aborted the TLS handshake, TLS alert 48 unknown_ca',
  ]),
  'example.org): it expired at': exhausted(OLD_SCITOKEN),
  'possible causes: its audience is https://other.test': exhausted([
    'SCITOKENS',
    'scitoken (alice, issuer https://issuer.example.org): the daemon refused it without a reason; possible causes: its audience is https://other.test, but SCITOKENS_SERVER_AUDIENCE of the daemon differs; the daemon cannot fetch the keys of https://issuer.example.org',
  ]),
  'possible causes: it has no scope': exhausted([
    'SCITOKENS',
    'scitoken (alice, issuer https://issuer.example.org): the daemon refused it without a reason; possible causes: it has no scope',
  ]),
  'the daemon has no pool password of its own': exhausted([
    'PASSWORD',
    'password (condor@password): the daemon has no pool password of its own (SEC_PASSWORD_FILE on its host)',
  ]),
  'the daemon does not support TLS 1.3': exhausted([
    'SSL',
    'AUTH_SSL_CLIENT_CERTFILE (CN=alice): the daemon does not support TLS 1.3; with TLS 1.2 the client sends only client-certificate, because the daemon is not verified yet',
    'no-tls13',
  ]),
  'which binds it: it may be a relay': exhausted([
    'FS',
    'this account: the daemon requested /tmp/FS_XXXabcdef, which is not bound to its address, but it announces HTCondor 25.14.1, which binds it: it may be a relay',
    'fs-relay',
  ]),
  'FS before HTCondor 24.0.22': exhausted([
    'FS',
    'this account: the daemon requested /tmp/FS_XXX, which is not bound to its address: FS before HTCondor 24.0.22, 25.0.12 and 25.11.1, which is used only if FS is named',
    'fs-unbound',
  ]),
  'it sees a different file system': exhausted(FS_ELSEWHERE),
  'MUNGE: this account': exhausted(['MUNGE', 'this account: munge failed: the socket is not there', 'munge-failed']),

  'its certificate is for DNS:ap.pool.test': unproven(
    'SSL',
    'name-differs',
    'client-certificate (CN=alice): its certificate is for DNS:ap.pool.test; CN=ap.pool.test, not for other.pool.test',
    { host: 'other.pool.test' },
  ),
  'its certificate, or a CA certificate above it, has expired': unproven(
    'SSL',
    'expired-certificate',
    'client-certificate (CN=alice): its certificate, or a CA certificate above it, has expired (issued by CN=Test)',
  ),
  'its certificate is not trusted': unproven(
    'SSL',
    'untrusted-certificate',
    'client-certificate (CN=alice): its certificate is not trusted (SELF_SIGNED_CERT_IN_CHAIN; issued by CN=Test)',
  ),
  'password (condor@password): the daemon has a different secret for it': unproven(
    'PASSWORD',
    'password-differs',
    'password (condor@password): the daemon has a different secret for it',
  ),
  'key POOL): the daemon has a different secret for it': unproven(
    'IDTOKENS',
    'signing-key-differs',
    'idtoken (alice@pool.test, issuer pool.test, key POOL): the daemon has a different secret for it',
  ),

  'maps it to no identity (ssl@unmapped)': denied(
    'the daemon accepts the credential but maps it to no identity (ssl@unmapped)',
    'ssl@unmapped',
  ),
  'while: locate': denied(answers('bob@pool.test'), 'bob@pool.test').at('locate'),
  'it authenticated the client as bob@pool.test': denied(answers('bob@pool.test'), 'bob@pool.test').at('session'),
  'it reported no identity': denied('the daemon replied DENIED to the command; it reported no identity'),
  'the daemon does not support the command': new AuthorizationError(
    'ERR_COMMAND_NOT_REGISTERED',
    'the daemon does not support the command',
    'alice@pool.test',
  ),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
