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

/** One error of every code, and of every kind that has advice of its own. */
export function everyError(): readonly AnyHTCondorError[] {
  return [
    new InputError('lifetime', 'x'),
    ...(['ERR_NO_CREDENTIAL', 'ERR_CREDENTIAL_UNREADABLE'] as const).map((code) => new CredentialError(code, 'x')),
    ...(['ERR_NOT_FOUND', 'ERR_AMBIGUOUS'] as const).map((code) => new LocateError(code, 'x', ['ap40'])),
    ...(['ERR_CONNECT', 'ERR_TIMEOUT', 'ERR_CLOSED', 'ERR_CCB_ONLY'] as const).map(
      (code) => new ConnectError(code, 'x'),
    ),
    ...(['ERR_FRAME', 'ERR_MESSAGE', 'ERR_CLASSAD', 'ERR_DECRYPT'] as const).map(
      (code) => new ProtocolError(code, 'x'),
    ),
    ...(['ERR_NO_COMMON_METHOD', 'ERR_NO_ENCRYPTION'] as const).map((code) => new NegotiationError(code, 'x')),
    ...(['ERR_METHODS_EXHAUSTED', 'ERR_SERVER_UNPROVEN'] as const).map(
      (code) => new AuthenticationError(code, 'x', []),
    ),
    ...(['ERR_DENIED', 'ERR_COMMAND_NOT_REGISTERED'] as const).map(
      (code) => new AuthorizationError(code, 'x', 'alice@pool'),
    ),
    new NegotiationError('ERR_NO_COMMON_METHOD', 'x', ['KERBEROS']),
    new NegotiationError('ERR_NO_COMMON_METHOD', 'x', ['FS', 'SSL']),
    ...['IDTOKENS', 'SSL', 'SCITOKENS', 'PASSWORD', 'FS', 'MUNGE'].map(
      (method) => new AuthenticationError('ERR_METHODS_EXHAUSTED', 'x', [{ method, reason: 'y' }]),
    ),
    new AuthenticationError('ERR_SERVER_UNPROVEN', 'x', [{ method: 'SSL', reason: 'y' }]),
    new AuthorizationError('ERR_DENIED', 'x', 'ssl@unmapped'),
    new ConnectError('ERR_TIMEOUT', 'x', { requestId: '1234567' }),
    new DaemonError(17, 'something new'),
    ...(['ERR_TOKEN_MALFORMED', 'ERR_TOKEN_CLAIM', 'ERR_TOKEN_REDUCED', 'ERR_TOKEN_REFUSED'] as const).map(
      (code) => new TokenError(code, 'x'),
    ),
    new OutputError('x'),
  ];
}
