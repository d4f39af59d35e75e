import { type Sinful } from '../transport/sinful.ts';
import type { Wanted } from '../wanted.ts';
import { type InputSource, type Surroundings } from './table.ts';
/** The collectors that tools have to be told of: those given, the daemon itself if it is one, or those of the configuration. */
export declare function readCollectors(input: InputSource, surroundings: Surroundings): readonly Sinful[];
/** How the daemon is meant, beside what it is called. */
interface Manner {
    /** The one of this machine rather than the only one of a pool. */
    readonly localFirst: boolean;
    /** The collector is asked for its token, so that it is known by its name only. */
    readonly remote: boolean;
}
/**
 * Which daemon is meant: where it is, or who to ask (Daemon::getDaemonInfo and getCmInfo in C++).
 *
 * @throws InputError ERR_INPUT.
 */
export declare function readDaemon(input: InputSource, surroundings: Surroundings, { localFirst, remote }: Manner): Wanted;
export {};
