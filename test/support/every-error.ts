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

/** One error of every code. */
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
    new DaemonError(17, 'something new'),
    ...(['ERR_TOKEN_MALFORMED', 'ERR_TOKEN_CLAIM', 'ERR_TOKEN_REDUCED', 'ERR_TOKEN_REFUSED'] as const).map(
      (code) => new TokenError(code, 'x'),
    ),
    new OutputError('x'),
  ];
}
