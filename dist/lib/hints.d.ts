import type { AnyHTCondorError } from './errors.ts';
/** What to try next, most likely first. Pure: the same error gives the same advice. */
export declare function hintsFor(error: AnyHTCondorError): readonly string[];
