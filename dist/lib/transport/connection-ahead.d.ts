import { type Socket } from 'node:net';
import { type Endpoint, type Sinful } from './sinful.ts';
/**
 * A connection to where a daemon probably is, begun while it is still asked where it really is. That saves the round trip
 * of a TCP connection where the guess is right; where it is wrong, whoever is
 * there has a line in its log about somebody who said nothing.
 */
export declare class ConnectionAhead {
    #private;
    constructor(guess: Endpoint, signal: AbortSignal);
    get isOpen(): boolean;
    /** The connection, if it is there and leads to this address; if not it is closed. It can be had once. */
    take(address: Sinful): Socket | undefined;
    /** Gives it up. */
    close(): void;
}
