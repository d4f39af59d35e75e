import type { Wanted } from '../wanted.ts';
import { type InputSource, type Surroundings } from './table.ts';
/**
 * Which daemon is meant: where it is, or who to ask (Daemon::getDaemonInfo and getCmInfo in C++).
 *
 * @throws InputError ERR_INPUT.
 */
export declare function readDaemon(input: InputSource, surroundings: Surroundings, localFirst: boolean): Wanted;
