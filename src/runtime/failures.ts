/** Classifies errors, so that callers can decide how to continue after a failure. */
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  NegotiationError,
  ProtocolError,
} from '../errors.ts';

/** Returns whether the peer closed the connection or the connection was lost. */
export function isConnectionClosed(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.code === 'ERR_CLOSED';
}

/**
 * Returns whether the peer could not be reached or does not behave like an HTCondor daemon. In both cases, the daemon
 * might be reachable at another address.
 */
export function isUnreachable(error: unknown): error is ConnectError | ProtocolError {
  return error instanceof ConnectError || error instanceof ProtocolError;
}

/** Returns whether the daemon was reached, but accepted none of the credentials or denied the client's identity. */
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
