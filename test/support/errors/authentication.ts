/** Errors of authentication: no common method, a refused credential, an unauthenticated daemon, a denied command. */
import {
  type AnyHTCondorError,
  AuthenticationError,
  AuthorizationError,
  NegotiationError,
} from '../../../src/errors.ts';

const denied = (text: string, user?: string) => new AuthorizationError('ERR_DENIED', text, user);
const noCommon = (...methods: string[]) =>
  new NegotiationError(
    'ERR_NO_COMMON_METHOD',
    `no authentication method in common: we have IDTOKENS; the daemon takes ${methods.join(', ') || 'none of them'}`,
    methods,
  );
const exhausted = (...attempts: readonly (readonly [method: string, reason: string])[]) =>
  new AuthenticationError(
    'ERR_METHODS_EXHAUSTED',
    'the daemon accepted none of our credentials',
    attempts.map(([method, reason]) => ({ method, reason })),
  );
const FS_ELSEWHERE = [
  'FS',
  'this account: the daemon does not see /tmp/FS_XXX as ours: it has another file system',
] as const;
const OLD_SCITOKEN = [
  'SCITOKENS',
  'scitoken (alice, issuer https://issuer.example.org): it expired at 2026-01-01T00:00:00.000Z',
] as const;
const unproven = (method: string, reason: string) =>
  new AuthenticationError('ERR_SERVER_UNPROVEN', 'the daemon could not prove itself', [{ method, reason }]);
const answers = (user: string) => `the daemon answers DENIED to our command; for it, we are ${user}`;

export const OF_AUTHENTICATION = {
  'the daemon does not agree to authenticate': new NegotiationError(
    'ERR_NO_COMMON_METHOD',
    'the daemon does not agree to authenticate',
  ),
  'the daemon takes KERBEROS': noCommon('KERBEROS'),
  'the daemon takes FS': noCommon('FS'),
  'the daemon takes none of them': noCommon(),
  'the daemon takes FS, SSL, SCITOKENS, PASSWORD, MUNGE': noCommon('FS', 'SSL', 'SCITOKENS', 'PASSWORD', 'MUNGE'),
  'it offers BLOWFISH': new NegotiationError(
    'ERR_NO_ENCRYPTION',
    'the daemon does not agree to AES encryption (it offers BLOWFISH)',
  ),
  'none of the ciphers': new NegotiationError(
    'ERR_NO_ENCRYPTION',
    'the daemon, HTCondor 25.14.1, accepts none of the ciphers that the client offers (AES)',
  ),

  'the daemon does not offer it': exhausted(['IDTOKENS', 'the daemon does not offer it'], FS_ELSEWHERE),
  "it was issued by elsewhere.test; the daemon's trust domain is pool.test": exhausted([
    'IDTOKENS',
    "idtoken (alice@elsewhere.test, issuer elsewhere.test, key POOL): it was issued by elsewhere.test; the daemon's trust domain is pool.test",
  ]),
  'it is signed with the key OLD': exhausted([
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key OLD): it is signed with the key OLD; the daemon has POOL',
  ]),
  'key POOL): it expired at': exhausted([
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key POOL): it expired at 2026-01-01T00:00:00.000Z',
  ]),
  'it is revoked (SEC_TOKEN_REVOCATION_EXPR)': exhausted([
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key POOL): the daemon refused it without a reason; one of: its key POOL cannot be read by the daemon; it is revoked (SEC_TOKEN_REVOCATION_EXPR); it is older than SEC_TOKEN_MAX_AGE (it is 5 s old)',
  ]),
  'the daemon does not say which trust domain it is of': exhausted([
    'IDTOKENS',
    'idtoken line 1 (alice@pool.test, issuer pool.test, key POOL): the daemon does not say which trust domain it is of, and none of several tokens is shown just so',
  ]),
  'it belongs to user 0, not to us (1001)': exhausted(OLD_SCITOKEN, [
    'IDTOKENS',
    'no IDTOKEN was found; ~/.condor/tokens.d/ci: it belongs to user 0, not to us (1001)',
  ]),
  'tokens.d: it is empty': exhausted(OLD_SCITOKEN, [
    'IDTOKENS',
    'no IDTOKEN was found; ~/.condor/tokens.d: it is empty',
  ]),
  'no host name is known that its certificate must carry': exhausted([
    'SSL',
    'client-certificate (CN=alice): no host name is known that its certificate must carry: give server-name, or the host by its name and not by its number',
  ]),
  'it needs AUTH_SSL_ALLOW_CLIENT_PROXY': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon gives up, TLS alert 46 certificate_unknown: it does not take ours; for an X.509 proxy it needs AUTH_SSL_ALLOW_CLIENT_PROXY = True',
  ]),
  'one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon gives up: it demands a client certificate (AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE), or one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)',
  ]),
  'the daemon cannot use TLS': exhausted([
    'SSL',
    'client-certificate (CN=alice): the daemon cannot use TLS: see AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE there',
  ]),
  'TLS alert 48': exhausted(['SSL', 'client-certificate (CN=alice): the daemon gives up, TLS alert 48 unknown_ca']),
  'example.org): it expired at': exhausted(OLD_SCITOKEN),
  'one of: its audience is https://other.test': exhausted([
    'SCITOKENS',
    'scitoken (alice, issuer https://issuer.example.org): the daemon refused it without a reason; one of: its audience is https://other.test, and SCITOKENS_SERVER_AUDIENCE of the daemon is another; the daemon cannot fetch the keys of https://issuer.example.org',
  ]),
  'one of: it has no scope': exhausted([
    'SCITOKENS',
    'scitoken (alice, issuer https://issuer.example.org): the daemon refused it without a reason; one of: it has no scope',
  ]),
  'the daemon has no pool password of its own': exhausted([
    'PASSWORD',
    'password (condor@password): the daemon has no pool password of its own (SEC_PASSWORD_FILE there)',
  ]),
  'the daemon has no TLS 1.3': exhausted([
    'SSL',
    'AUTH_SSL_CLIENT_CERTFILE (CN=alice): the daemon has no TLS 1.3; with TLS 1.2 the client certificate is sent before the daemon is verified, which needs client-certificate',
  ]),
  'which binds it: it may be a relay': exhausted([
    'FS',
    'this account: the daemon asks for /tmp/FS_XXXabcdef, which is not bound to its address, but it announces HTCondor 25.14.1, which binds it: it may be a relay',
  ]),
  'FS before HTCondor 24.0.22': exhausted([
    'FS',
    'this account: the daemon asks for /tmp/FS_XXX, which is not bound to its address: FS before HTCondor 24.0.22, 25.0.12 and 25.11.1, only used if it is named',
  ]),
  'it has another file system': exhausted(FS_ELSEWHERE),
  'MUNGE: this account': exhausted(['MUNGE', 'this account: munge failed: the socket is not there']),

  'its certificate is for DNS:ap.pool.test': unproven(
    'SSL',
    'client-certificate (CN=alice): its certificate is for DNS:ap.pool.test; CN=ap.pool.test, not for other.pool.test',
  ),
  'its certificate, or one above it, has expired': unproven(
    'SSL',
    'client-certificate (CN=alice): its certificate, or one above it, has expired (issued by CN=Test)',
  ),
  'its certificate is not trusted': unproven(
    'SSL',
    'client-certificate (CN=alice): its certificate is not trusted (SELF_SIGNED_CERT_IN_CHAIN; issued by CN=Test)',
  ),
  'password (condor@password): the daemon has another secret for it': unproven(
    'PASSWORD',
    'password (condor@password): the daemon has another secret for it',
  ),
  'key POOL): the daemon has another secret for it': unproven(
    'IDTOKENS',
    'idtoken (alice@pool.test, issuer pool.test, key POOL): the daemon has another secret for it',
  ),

  'maps it to nobody (ssl@unmapped)': denied(
    'the daemon accepts our credential but maps it to nobody (ssl@unmapped)',
    'ssl@unmapped',
  ),
  'while: locate': denied(answers('bob@pool.test'), 'bob@pool.test').at('locate'),
  'for it, we are bob@pool.test': denied(answers('bob@pool.test'), 'bob@pool.test').at('session'),
  'it names no identity': denied('the daemon answers DENIED to our command; it names no identity'),
  'the daemon does not know the command': new AuthorizationError(
    'ERR_COMMAND_NOT_REGISTERED',
    'the daemon does not know the command',
    'alice@pool.test',
  ),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
