import type { Diagnosis } from './diagnose.ts';
import type { FetchedToken } from './fetch.ts';
/** An error as people read it: what, where, each method's reason, and what to try. One sentence a line. */
export declare function describeError(error: unknown): readonly string[];
/** The facts of a fetched token by their public names; never the token. */
export declare function factsOf({ token, ...fetched }: FetchedToken): Readonly<Record<string, string>>;
/** The verdict of a check. */
export declare function describeDiagnosis({ identity, allowed, refused, daemonName, daemonAddress }: Diagnosis): string;
/** Seconds as people say them: 45 s, 30 min, 2 h, 3 d. */
export declare function describeDuration(seconds: number): string;
/** One line for a log. */
export declare function describeToken(fetched: FetchedToken): string;
