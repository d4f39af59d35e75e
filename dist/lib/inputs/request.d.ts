import type { TokenRequest } from '../wanted.ts';
import { type InputName, type InputSource, type Surroundings } from './table.ts';
/**
 * The request that the inputs make.
 *
 * `localFirst`: without a name the daemon of this machine is meant, as HTCondor's tools take it, even if a pool is
 * named; else it is the only one of the pool.
 *
 * @throws InputError ERR_INPUT for the first input that makes no sense, with what would.
 */
export declare function readRequest(input: InputSource, surroundings: Surroundings, localFirst?: boolean): TokenRequest;
/** The time allowed for everything, in milliseconds. */
export declare function readTimeout(input: InputSource): number;
/** @throws InputError ERR_INPUT unless it is a number of milliseconds that a timer can wait for. */
export declare function checkTimeout(timeoutMs: number): number;
export declare function readBoolean(name: InputName, text: string): boolean;
/** Path of a directory of this step alone, whose name nobody can guess. */
export declare function privateDirectory(input: InputName, env: Surroundings['env']): string;
