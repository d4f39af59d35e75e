/** Entry point of the library: `fetchToken` and `checkFetch`, with their options, results and errors. */
import { type AnyHTCondorError } from './errors.ts';
import type { CheckOptions, CheckResult, FetchedToken, FetchOptions } from './pipeline/library-types.ts';
export type { AnyHTCondorError, MethodAttempt, Phase } from './errors.ts';
export { AuthenticationError, AuthorizationError, ConnectError, CredentialError, DaemonError, HTCondorError, InputError, LocateError, NegotiationError, OutputError, ProtocolError, TokenError, } from './errors.ts';
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
export declare function fetchToken(options: FetchOptions): Promise<FetchedToken>;
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
export declare function checkFetch(options: CheckOptions): Promise<CheckResult>;
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
export declare function hintsFor(error: AnyHTCondorError): readonly string[];
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
export declare function isHTCondorError(error: unknown): error is AnyHTCondorError;
