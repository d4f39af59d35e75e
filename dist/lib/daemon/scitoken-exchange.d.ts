import type { Host } from '../host.ts';
import type { Secret } from '../secret.ts';
import type { Credentials } from '../security/method.ts';
import { type CommandResult, type Target } from './open-session.ts';
/**
 * DC_EXCHANGE_SCITOKEN: an IDTOKEN for whom the daemon's map file makes of a SciToken, with the levels and the rest of
 * the lifetime of that (Daemon::exchangeSciToken, handle_dc_exchange_scitoken).
 *
 * Any authenticated session will do, but only one in which the daemon has proven itself, for the SciToken is sent.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if there is no credential for such a session.
 * @throws DaemonError ERR_DAEMON with what is wrong with the SciToken, which SCITOKENS itself never says.
 */
export declare function exchangeSciToken(target: Target, scitoken: Secret, credentials: Credentials, host: Host): Promise<CommandResult<Secret>>;
