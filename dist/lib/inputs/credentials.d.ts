import type { CredentialSources } from '../credentials/sources.ts';
import type { Mode } from '../wanted.ts';
import type { InputSource, Surroundings } from './table.ts';
/**
 * Who the user is: the methods named; else those with a credential among the inputs; else those that HTCondor's
 * configuration or HTCondor itself has, of which the daemon then prefers one.
 *
 * @throws InputError ERR_INPUT.
 */
export declare function readCredentials(input: InputSource, surroundings: Surroundings, mode: Mode): CredentialSources;
/** The token directory (findTokens in condor_auth_passwd.cpp), and whether the user named it. */
export declare function tokenDirectory({ setting, home, uid }: Surroundings): {
    directory: string;
    named: boolean;
};
