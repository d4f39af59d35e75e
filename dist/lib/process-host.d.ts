import type { Host } from './host.ts';
import type { Surroundings } from './inputs/table.ts';
/** A Host that holds on to nothing any more once it is done with. */
export interface ProcessHost extends Host {
    /** The run is over: its deadline is forgotten, and so is the signal of whoever started it. */
    done(): void;
}
/** A Host of this process: real time, real randomness, a deadline, and an end when `signal` says so. */
export declare function processHost(timeoutMs: number, signal: AbortSignal, sinks: Pick<Host, 'log' | 'mask'>): ProcessHost;
/** Aborted by SIGINT and SIGTERM, so that sockets are closed and nothing is left half-written. */
export declare function interruptSignal(): AbortSignal;
/** `signal`: when to give up asking HTCondor for its configuration. */
export declare function processSurroundings(signal: AbortSignal, env?: Surroundings['env']): Promise<Surroundings>;
