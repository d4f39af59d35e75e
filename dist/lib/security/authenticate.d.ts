import { type MethodAttempt } from '../errors.ts';
import type { MessageChannel } from '../wire/message-channel.ts';
import { type AuthMethod, type Candidate, type MethodName } from './method.ts';
import type { ServerPolicy } from './policy.ts';
/** Method and credential that the first flight carried, before the server had said anything. */
export interface Presumption {
    readonly method: MethodName;
    readonly candidate: Candidate;
}
/** What was presumed did not hold, so the peers are out of step: once more, on a new connection, presuming nothing. */
export declare class PresumptionFailed extends Error {
    readonly attempts: readonly MethodAttempt[];
    constructor(attempts: readonly MethodAttempt[]);
}
/**
 * Offers one method and says its first words in the same flight.
 *
 * The answer must then be this method's bit: the server cannot choose among one.
 */
export declare function offer(channel: MessageChannel, { method, candidate }: Presumption): void;
/**
 * The method negotiation (cedar-rfc §5.2; Authentication::handshake in C++), one credential after the other.
 *
 * We name one method at a time, the first of ours that the server knows too, so that its first words can leave at
 * once; the server answers with its bit, or 0. A credential refused is followed by the next on the same connection.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED with the reason of each credential, those not sent included;
 *   ERR_SERVER_UNPROVEN.
 * @throws ProtocolError ERR_MESSAGE if the server chooses what was not offered.
 * @throws PresumptionFailed if `presumed` was offered already and does not fit.
 */
export declare function authenticate(channel: MessageChannel, methods: readonly AuthMethod[], server: ServerPolicy, presumed: Presumption | undefined): Promise<MethodName>;
