import type { MessageChannel } from '../wire/message-channel.ts';
import type { ServerPolicy } from './policy.ts';
/**
 * Bits of the method negotiation (CAUTH_* in condor_auth.h) by the name that goes into AuthMethods.
 * The server compares names literally, and calls IDTOKENS `TOKEN`.
 */
export declare const METHOD_BIT: {
    readonly FS: 4;
    readonly SSL: 256;
    readonly PASSWORD: 512;
    readonly MUNGE: 1024;
    readonly TOKEN: 2048;
    readonly SCITOKENS: 4096;
};
export type MethodName = keyof typeof METHOD_BIT;
/** A name for people: HTCondor's manual says IDTOKENS. */
export declare function displayName(method: string): string;
/** One credential of one method, ready to be used at one server. */
export interface Candidate {
    /** Which credential this is, without its secret: for logs and errors. */
    readonly label: string;
    /** Says the method's first words, where the client speaks first. They leave in one flight with the method's bit. */
    open(channel: MessageChannel): void;
    /**
     * Runs the rest, to the last message of the client, which is in line when this returns.
     *
     * @throws MethodRefused the server refuses this credential, and both sides are ready to try the next.
     * @throws AuthenticationError ERR_SERVER_UNPROVEN: the server failed its own proof. Nothing else may be offered to it.
     */
    finish(channel: MessageChannel, server: ServerPolicy): Promise<void>;
}
/** A credential that will not be sent to this server, and why. */
export interface Objection {
    readonly label: string;
    readonly reason: string;
}
/** One way of proving who we are, with all its credentials. */
export interface AuthMethod {
    readonly name: MethodName;
    /** Credentials that fit this server, best first, and the others with the reason. No I/O. */
    candidatesFor(server: ServerPolicy): {
        readonly fit: readonly Candidate[];
        readonly unfit: readonly Objection[];
    };
    /**
     * The one candidate that may be tried before the server has said anything about itself; undefined if the choice
     * depends on the server, or if showing it to a stranger would tell more than the user meant to.
     */
    presumed(): Candidate | undefined;
}
/** The server refused a credential; the next may be tried on the same connection. */
export declare class MethodRefused extends Error {
}
