/** Entry point of the library: `fetchToken` and `checkFetch`, with their options, results and errors. */
import { type AnyHTCondorError, HTCondorError, InputError } from './errors.ts';
import { checkTimeout, inputsOf, withOptionName } from './inputs/options.ts';
import { processHost, processSurroundings } from './inputs/process-host.ts';
import { readRequest, readTimeout } from './inputs/request.ts';
import { hintsFor as hints } from './messages/hints.ts';
import { checkFetch as check } from './pipeline/check.ts';
import { fetchToken as fetchRequested } from './pipeline/fetch.ts';
import type { CheckOptions, CheckResult, FetchedToken, FetchOptions } from './pipeline/library-types.ts';
import type { TokenRequest } from './pipeline/request.ts';
import type { Host } from './runtime/host.ts';
import { printable } from './runtime/printable.ts';

export type { AnyHTCondorError, MethodAttempt, Phase } from './errors.ts';
export {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  DaemonError,
  HTCondorError,
  InputError,
  LocateError,
  NegotiationError,
  OutputError,
  ProtocolError,
  TokenError,
} from './errors.ts';
export type { CheckOptions, CheckResult, FetchedToken, FetchOptions } from './pipeline/library-types.ts';
export type { Secret } from './runtime/secret.ts';
export type { IdToken } from './token/jwt.ts';

/**
 * Fetches a token from a daemon of an HTCondor pool. The token has the identity of the credential and is restricted to
 * the requested levels and lifetime. The function checks the token before it returns. `result.token.jwt.reveal()` is
 * the JWT; all other fields are safe to print.
 *
 * @throws InputError ERR_INPUT before a connection is opened; `input` is the name of the option.
 * @throws CredentialError ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE.
 * @throws LocateError ERR_NOT_FOUND, ERR_AMBIGUOUS: the collector lists no matching daemon, or lists several.
 * @throws ConnectError ERR_CONNECT, ERR_TIMEOUT, ERR_CLOSED, ERR_CCB_ONLY: the network failed, the time limit
 *   expired, or `signal` was aborted.
 * @throws ProtocolError ERR_FRAME, ERR_MESSAGE, ERR_CLASSAD, ERR_DECRYPT: the peer violated the protocol.
 * @throws NegotiationError ERR_NO_COMMON_METHOD, ERR_NO_ENCRYPTION.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED, ERR_SERVER_UNPROVEN, with the reason for each method.
 * @throws AuthorizationError ERR_DENIED, ERR_COMMAND_NOT_REGISTERED.
 * @throws DaemonError ERR_DAEMON with HTCondor's own code and text.
 * @throws TokenError ERR_TOKEN_MALFORMED, ERR_TOKEN_CLAIM, ERR_TOKEN_REDUCED, ERR_TOKEN_REFUSED.
 * @throws OutputError ERR_OUTPUT: `file` cannot be written.
 *
 * @example
 * ```ts
 * import { fetchToken } from 'condor-token-fetch';
 *
 * const { token } = await fetchToken({
 *   pool: 'cm.example.org',
 *   name: 'ap40.example.org',
 *   idtoken: process.env.CONDOR_IDTOKEN,
 *   authz: ['READ'],
 *   lifetime: 600,
 * });
 * console.log(token.subject, token.expiresAt);
 * ```
 */
export async function fetchToken(options: FetchOptions): Promise<FetchedToken> {
  return await run(options, fetchRequested, false);
}

/**
 * Checks whether {@link fetchToken} with the same options would succeed: finds the daemon, authenticates, and asks the
 * daemon which levels it authorizes. The daemon issues no token. A token service might issue a token, which is then
 * discarded.
 *
 * @throws AnyHTCondorError that `fetchToken` would throw; TokenError ERR_TOKEN_REFUSED if the daemon denies all of
 *   `authz`.
 *
 * @example
 * ```ts
 * import { checkFetch } from 'condor-token-fetch';
 *
 * const { identity, allowed, refused } = await checkFetch({ pool: 'cm.example.org', authz: ['READ', 'WRITE'] });
 * console.log(identity, allowed, refused);
 * ```
 */
export async function checkFetch(options: CheckOptions): Promise<CheckResult> {
  return await run(options, check, true);
}

/**
 * Returns hints for an error, the most likely fix first. Each hint is an instruction that begins by naming who should
 * act. The result depends only on the error.
 *
 * @example
 * ```ts
 * import { fetchToken, hintsFor, isHTCondorError } from 'condor-token-fetch';
 *
 * try {
 *   await fetchToken({ pool: 'cm.example.org' });
 * } catch (error) {
 *   if (isHTCondorError(error)) console.error(error.code, error.message, hintsFor(error));
 * }
 * ```
 */
export function hintsFor(error: AnyHTCondorError): readonly string[] {
  return hints(error);
}

/**
 * True if the error is one that this library defines. `switch (error.code)` then narrows the error to the class with
 * that code.
 *
 * @example
 * ```ts
 * import { isHTCondorError } from 'condor-token-fetch';
 *
 * export function attemptsOf(error: unknown): readonly string[] {
 *   if (!isHTCondorError(error) || error.code !== 'ERR_METHODS_EXHAUSTED') return [];
 *   return error.attempts.map(({ method, reason }) => `${method}: ${reason}`);
 * }
 * ```
 */
export function isHTCondorError(error: unknown): error is AnyHTCondorError {
  return error instanceof HTCondorError;
}

async function run<T>(
  options: FetchOptions,
  work: (request: TokenRequest, host: Host) => Promise<T>,
  isCheck: boolean,
): Promise<T> {
  const { timeoutMs, signal, onSecret, onLog } = options;
  try {
    const input = inputsOf(options, isCheck);
    const host = processHost(
      timeoutMs === undefined ? readTimeout(input) : checkTimeout(timeoutMs),
      signal ?? new AbortController().signal,
      {
        mask: (secret) => onSecret?.(secret),
        log: {
          debug: (line) => onLog?.('debug', printable(line)),
          info: (line) => onLog?.('info', printable(line)),
          notice: (line) => onLog?.('notice', printable(line)),
          warn: (line) => onLog?.('warn', printable(line)),
        },
      },
    );
    try {
      const request = readRequest(input, await processSurroundings(host.signal));
      if (request.checkOnly && !isCheck)
        throw new InputError('mode', 'mode: call checkFetch instead of setting mode to check');
      return await work(request, host);
    } finally {
      host.done();
    }
  } catch (error) {
    throw error instanceof InputError ? withOptionName(error) : error;
  }
}
