import type { ExpectedMessage, MessageChannel } from '../wire/message-channel.ts';
import { type Candidate, type Credentials, type MethodName, type Peer } from './method.ts';
import type { ServerPolicy } from './policy.ts';
/** A method with one of its credentials: what the server is offered next. */
export interface Offer {
    readonly method: MethodName;
    readonly candidate: Candidate;
}
/** Who was let in how, and what the server still says in clear before everything is encrypted. */
export interface Authenticated {
    readonly method: MethodName;
    readonly clearToCome: readonly ExpectedMessage[];
}
/** The peers are out of step, but there is more to try: once more on a new connection, presuming nothing. */
export declare class StartOver extends Error {
    readonly credentials: Credentials;
    /** Those of the connection that is given up. */
    roundTrips: number;
    constructor(message: string, credentials: Credentials);
}
/**
 * Names one method and says its first words in the same flight.
 *
 * The answer must then be this method's bit: the server cannot choose among one.
 */
export declare function makeOffer(channel: MessageChannel, { method, candidate }: Offer): Promise<void>;
/** What may be offered before the server has said anything: the first choice, if the choice is ours. */
export declare function presume({ methods, preference }: Credentials, peer: Peer): Offer | undefined;
/**
 * The method negotiation (cedar-rfc §5.2; Authentication::handshake in C++), one credential after the other.
 *
 * We name one method at a time, so that its first words can leave at once; the server answers with its bit, or 0. A
 * credential refused is followed by the next on the same connection.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD.
 * @throws CredentialError ERR_NO_CREDENTIAL if there was nothing but our account, which is of no use at another machine.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED with the reason of each credential, those not sent included;
 *   ERR_SERVER_UNPROVEN.
 * @throws ProtocolError ERR_MESSAGE if the server chooses what was not offered.
 * @throws StartOver if `presumed` was offered already and does not fit, or a method failed in the middle of a message.
 */
export declare function authenticate(channel: MessageChannel, credentials: Credentials, peer: Peer, server: ServerPolicy, presumed: Offer | undefined): Promise<Authenticated>;
