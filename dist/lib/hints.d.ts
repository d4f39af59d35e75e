import type { AnyHTCondorError } from './errors.ts';
/**
 * What to try next, most likely first. Pure: the same error gives the same advice.
 *
 * Each sentence names the setting, the side it is on, and where there is one the command that shows it.
 */
export declare function hintsFor(error: AnyHTCondorError): readonly string[];
