import type { FetchedToken } from '../fetch.ts';
import { type InputSource, type Surroundings } from '../inputs/table.ts';
type Environment = Readonly<Record<string, string | undefined>>;
/** Variables, each with its value before; null: it was not there. */
export type Undo = Readonly<Record<string, string | null>>;
/**
 * What the tools of the next steps have to be told. The token directory is named, so that it counts for root and whatever
 * HOME is; the method too, or FS would come first on the daemon's own machine. Without any configuration HTCondor's
 * programs do not even start, unless CONDOR_CONFIG says that the environment is all there is.
 */
export declare function environmentFor(fetched: FetchedToken, path: string, input: InputSource, surroundings: Surroundings): Readonly<Record<string, string>>;
/** All that is to be exported, the note for the next step included, and how to undo it. */
export declare function withNote(variables: Readonly<Record<string, string>>, env: Environment): {
    readonly exported: Readonly<Record<string, string>>;
    readonly undo: Undo;
};
/** The environment without what an earlier step of this Action has exported: that was for the tools, not for this step. */
export declare function withoutEarlier(env: Environment): Environment;
export {};
