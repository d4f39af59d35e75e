import type { Host } from '../host.ts';
import type { Credentials } from '../security/method.ts';
import { type CommandResult, type Target } from './open-session.ts';
/**
 * DC_SEC_QUERY: whether the daemon would let us carry out the command `about` (condor_ping; handle_dc_sec_query).
 *
 * @throws AuthorizationError ERR_DENIED it would not; whatever opening a session throws.
 */
export declare function askAllowed(target: Target, about: number, credentials: Credentials, host: Host): Promise<CommandResult<undefined>>;
