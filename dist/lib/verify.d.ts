import type { Target } from './daemon/open-session.ts';
import type { Host } from './host.ts';
import type { Credentials } from './security/method.ts';
import type { IdToken } from './token/jwt.ts';
/** The credentials of somebody who has this token and nothing else. */
export declare function onlyWith(token: IdToken, source: string, host: Host): Credentials;
/** Each level with the command that is asked about; levels that no command needs are not asked about. */
export declare function questions(levels: readonly string[]): readonly (readonly [level: string, command: number])[];
/**
 * Comes back to the daemon with the new token and asks for each level whether it is allowed; without levels, whether the
 * token lets us in at all. All at once, so that it takes three round trips however many there are, which is the result.
 *
 * @throws TokenError ERR_TOKEN_REFUSED.
 */
export declare function verifyToken(token: IdToken, levels: readonly string[], target: Target, host: Host): Promise<number>;
