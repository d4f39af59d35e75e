import {
  type AnyHTCondorError,
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  DaemonError,
  InputError,
  LocateError,
  NegotiationError,
  OutputError,
  ProtocolError,
  TokenError,
} from '../../src/errors.ts';

const noCredential = (text: string) => new CredentialError('ERR_NO_CREDENTIAL', text);
const unreadable = (text: string) => new CredentialError('ERR_CREDENTIAL_UNREADABLE', text);
const connect = (text: string, permanent = false) =>
  new ConnectError('ERR_CONNECT', `no connection to ${text}`, { permanent });
const timeout = (text: string, facts = {}) => new ConnectError('ERR_TIMEOUT', text, facts);
const ccb = (text: string) => new ConnectError('ERR_CCB_ONLY', text);
const frame = (text: string) => new ProtocolError('ERR_FRAME', `the peer does not speak CEDAR${text}`);
const claim = (name: string, text: string) => new TokenError('ERR_TOKEN_CLAIM', text, name);
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

/**
 * Every kind of error that has advice of its own, by words that people see of it. docs/TROUBLESHOOTING.md has a heading
 * for each, and test/golden/hints.json the advice.
 */
export const ERRORS = {
  'Invalid command line argument: -identity': new InputError('arguments', 'Invalid command line argument: -identity'),
  'Invalid command line argument: -frobnicate': new InputError(
    'arguments',
    'Invalid command line argument: -frobnicate',
  ),
  'configuration cannot be read': new InputError(
    'TRUST_DOMAIN',
    "HTCondor's configuration cannot be read: condor_config_val: cannot read /etc/condor/condor_config",
  ),
  'is not a lifetime': new InputError('lifetime', 'lifetime: "soon" is not a lifetime'),

  'others may use it (mode 0644)': noCredential(
    'there is no credential; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci: others may use it (mode 0644); it must be 0600',
  ),
  'HTCondor ignores files of such a name': noCredential(
    'there is no credential; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci~: HTCondor ignores files of such a name',
  ),
  'is another machine': noCredential(
    'there is no credential for this daemon; FS: this account: 192.0.2.7 is another machine',
  ),
  'which is reached through CCB': noCredential(
    'there is no credential for this daemon; FS: it does not prove who the daemon is, which is reached through CCB',
  ),
  'a SciToken is shown only to a daemon that proves itself': noCredential(
    'a SciToken is shown only to a daemon that proves itself: by IDTOKENS, SCITOKENS, SSL or PASSWORD, not by FS or MUNGE',
  ),
  'no IDTOKEN was found': noCredential(
    'there is no credential; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d: it does not exist',
  ),

  'the certificate of CN=alice expired at': unreadable(
    'client-certificate: the certificate of CN=alice expired at 2026-01-01T00:00:00.000Z',
  ),
  'it holds no PEM certificate': unreadable('client-certificate: it holds no PEM certificate'),
  'SCITOKENS takes at most 16380, mode exchange more': unreadable(
    'scitoken: it has 20000 bytes; SCITOKENS takes at most 16380, mode exchange more',
  ),
  'not a SciToken': unreadable('scitoken: not a SciToken: it has no iss or no sub'),
  'it is not one line of text': unreadable('password: it is not one line of text'),
  'not an IDTOKEN': unreadable('idtoken: not an IDTOKEN: it is not three parts of base64url with dots between them'),

  'on this machine': new LocateError('ERR_NOT_FOUND', 'no schedd on this machine: there is no address file', []),
  'the collector knows no schedd named': new LocateError(
    'ERR_NOT_FOUND',
    'the collector knows no schedd named nobody@nowhere; it has ci@pool',
    ['ci@pool'],
  ).at('locate'),
  'the collector has several daemons of type schedd': new LocateError(
    'ERR_AMBIGUOUS',
    'the collector has several daemons of type schedd: ap1, ap2',
    ['ap1', 'ap2'],
  ).at('locate'),

  'does not resolve': connect('cm.invalid:9618: the host name cm.invalid does not resolve', true),
  'no connection to 10.': connect('10.1.2.3:9618: no answer'),
  'connection refused': connect('192.0.2.7:9618: connection refused'),
  'no connection to 192.0.2.7:9618: no answer': connect('192.0.2.7:9618: no answer'),
  'was not approved in the time allowed': timeout('request 1234567 was not approved in the time allowed', {
    requestId: '1234567',
  }),
  cancelled: timeout('cancelled'),
  'the time allowed is over': timeout('the time allowed is over'),
  'the peer closed the connection': new ConnectError('ERR_CLOSED', 'the peer closed the connection'),
  'no daemon is currently registered with that id': ccb(
    'the daemon can be reached neither directly (no answer) nor through CCB (broker 192.0.2.1:9618: it says "CCB server rejecting request for ccbid 5 because no daemon is currently registered with that id (perhaps it recently disconnected).")',
  ),
  'nor through CCB': ccb(
    'the daemon can be reached neither directly (no connection to 10.1.2.3:9618: no answer) nor through CCB (broker 192.0.2.1:9618: no answer)',
  ),
  'it answers like a web server (HTTP)': frame('; it answers like a web server (HTTP)'),
  'it answers like a TLS server': frame('; it answers like a TLS server'),
  'the peer does not speak CEDAR (its first byte is': frame(' (its first byte is 42)'),
  'a message ends too early': new ProtocolError('ERR_MESSAGE', 'a message ends too early'),
  'the collector gives no usable address': new ProtocolError(
    'ERR_CLASSAD',
    'the collector gives no usable address: none at all',
  ).at('locate'),
  'a line is no attribute': new ProtocolError('ERR_CLASSAD', 'a line is no attribute'),
  'an encrypted frame is not authentic': new ProtocolError('ERR_DECRYPT', 'an encrypted frame is not authentic'),

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
  'it offers none': new NegotiationError(
    'ERR_NO_ENCRYPTION',
    'the daemon does not agree to AES encryption (it offers none)',
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
  'it belongs to user 0, not to us (1001)': exhausted(
    ['IDTOKENS', 'no IDTOKEN was found; ~/.condor/tokens.d/ci: it belongs to user 0, not to us (1001)'],
    OLD_SCITOKEN,
  ),
  'tokens.d: it is empty': exhausted(
    ['IDTOKENS', 'no IDTOKEN was found; ~/.condor/tokens.d: it is empty'],
    OLD_SCITOKEN,
  ),
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
  'FS before HTCondor 24': exhausted([
    'FS',
    'this account: the daemon asks for /tmp/FS_XXX, which is not bound to its address: FS before HTCondor 24, only used if it is named',
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

  'Token fetch disabled.': new DaemonError(44, 'Token fetch disabled.'),
  'Server will not sign with requested key.': new DaemonError(3, 'Server will not sign with requested key.'),
  'Cannot create new session as original one expired.': new DaemonError(
    3,
    'Cannot create new session as original one expired.',
  ),
  "Session doesn't allow requested authorization levels.": new DaemonError(
    4,
    "Session doesn't allow requested authorization levels.",
  ),
  'Server did not successfully authenticate session.': new DaemonError(
    2,
    'Server did not successfully authenticate session.',
  ),
  'Server does not have access to configured key.': new DaemonError(
    1,
    'Server does not have access to configured key.',
  ),
  'Server does not have a signing key configured.': new DaemonError(
    4,
    'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.|TOKEN_UTILS:4:Server does not have a signing key configured.',
  ),
  'Failed to read file': new DaemonError(1, 'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.'),
  'is not known to the collector.': new DaemonError(5, 'Schedd ci@pool is not known to the collector.'),
  'No schedd target specified.': new DaemonError(4, 'No schedd target specified.'),
  'Missing requester identity.': new DaemonError(1, 'Missing requester identity.'),
  'Request to server was not encrypted.': new DaemonError(3, 'Request to server was not encrypted.'),
  'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting': new DaemonError(
    2,
    'SCHEDD:2:All requested authorizations were eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
  ),
  'Failed to receive response from schedd.': new DaemonError(5, 'DCSCHEDD:5:Failed to receive response from schedd.'),
  'Issuer namespace is not set': new DaemonError(1, 'PASSWD:1:Issuer namespace is not set'),
  'Issuer namespace may not contain spaces or commas': new DaemonError(
    1,
    'PASSWD:1:Issuer namespace may not contain spaces or commas',
  ),
  'Token request disabled.': new DaemonError(44, 'Token request disabled.'),
  'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting': new DaemonError(
    3,
    'All requested authorizations were eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
  ),
  'Request has expired.': new DaemonError(5, 'Request has expired.'),
  'Request ID is not known.': new DaemonError(3, 'Request ID is not known.'),
  'Request failed.': new DaemonError(4, 'Request failed.'),
  'Request to server was made using ANONYMOUS or no authentication.': new DaemonError(
    7,
    'Request to server was made using ANONYMOUS or no authentication.',
  ),
  'Request rate limit hit.': new DaemonError(5, 'Request rate limit hit.'),
  'Too many requests in the system.': new DaemonError(3, 'Too many requests in the system.'),
  'SciToken exchange disabled.': new DaemonError(44, 'SciToken exchange disabled.'),
  'Failed to map SciToken to a local identity.': new DaemonError(5, 'Failed to map SciToken to a local identity.'),
  'Server not built with SciTokens support': new DaemonError(2, 'Server not built with SciTokens support'),
  'SCITOKENS:2:Failed to verify token': new DaemonError(
    2,
    'SCITOKENS:2:Failed to verify token and generate ACLs: token verification failed: aud claim',
  ),
  'the daemon reports error': new DaemonError(17, 'something new'),

  'the reply has neither a token nor the id of a request': new TokenError(
    'ERR_TOKEN_MALFORMED',
    'the reply has neither a token nor the id of a request',
  ),
  'the reply has no token': new TokenError('ERR_TOKEN_MALFORMED', 'the reply has no token'),
  'expected-identity is': claim('sub', 'the token is for alice@pool.test, expected-identity is ci@pool.test'),
  'expected-trust-domain is': claim('iss', 'the token is for pool.test, expected-trust-domain is other.test'),
  "the token's issuer is": claim('iss', "the token's issuer is other.test, the daemon's trust domain pool.test"),
  'which we did not ask for': claim('scope', 'the token allows WRITE, which we did not ask for'),
  'the daemon granted less than was asked': new TokenError(
    'ERR_TOKEN_REDUCED',
    'the daemon granted less than was asked: authorization: asked for READ WRITE, granted READ',
  ),
  'the daemon does not allow ADMINISTRATOR to': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the daemon does not allow ADMINISTRATOR to alice@pool.test with the new token',
  ),
  'the daemon does not accept the new token': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the daemon does not accept the new token of alice@pool.test: the new token: the daemon refused it without a reason',
  ),

  'the runner does not take the outputs': new OutputError('the runner does not take the outputs: ENOSPC'),
  'standard output': new OutputError('standard output: write EPIPE'),
  'is a symbolic link, which is not followed': new OutputError('/tmp/ci is a symbolic link, which is not followed'),
  'cannot be written to': new OutputError('/etc/condor cannot be written to: EACCES: permission denied'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;

export type ErrorName = keyof typeof ERRORS;

export function everyError(): readonly AnyHTCondorError[] {
  return Object.values(ERRORS);
}
