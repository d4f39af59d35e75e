/** Classifies errors to decide how to continue. */
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  NegotiationError,
  ProtocolError,
} from '../errors.ts';

/** True if the peer closed the connection or the connection broke. */
export function isConnectionClosed(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.code === 'ERR_CLOSED';
}

/** True if the peer was not reached or is not an HTCondor daemon, so another address may lead to the daemon. */
export function isUnreachable(error: unknown): error is ConnectError | ProtocolError {
  return error instanceof ConnectError || error instanceof ProtocolError;
}

/** True if the daemon was reached, but accepted none of the credentials or denied the identity. */
export function isRefusal(
  error: unknown,
): error is CredentialError | NegotiationError | AuthenticationError | AuthorizationError {
  return (
    error instanceof CredentialError ||
    error instanceof NegotiationError ||
    error instanceof AuthenticationError ||
    error instanceof AuthorizationError
  );
}
