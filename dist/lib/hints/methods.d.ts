import type { MethodAttempt } from '../errors.ts';
import { type Side } from './rows.ts';
/** How to use a method that a daemon takes. */
export declare const METHOD_USES: Readonly<Record<string, string>>;
/** The last attempts tell most: what was not sent, or not there, comes before what was refused. */
export declare function exhaustedHints(attempts: readonly MethodAttempt[], side: Side): readonly string[];
export declare function unprovenHints(attempts: readonly MethodAttempt[], side: Side): readonly string[];
