import { AuthorizationError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import type { Session } from '../security/session.ts';
import { formatSinful } from '../transport/sinful.ts';
import { getClassAd } from '../wire/classad.ts';
import { callCommand } from './call.ts';
import { DC_SEC_QUERY } from './commands.ts';
import type { CommandResult, Target } from './session-command.ts';

/**
 * Sends DC_SEC_QUERY, which asks whether the daemon would authorize the command `about` (condor_ping;
 * handle_dc_sec_query).
 *
 * @throws AuthorizationError ERR_DENIED if the daemon would deny the command, and anything that `callCommand` throws.
 */
export function askAllowed(
  target: Target,
  about: number,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<undefined>> {
  const command = { target, command: DC_SEC_QUERY, about, credentials };
  const read = async ({ channel, user }: Session): Promise<undefined> => {
    const reply = await withPhase('session', formatSinful(target.address), () => channel.receive(getClassAd));
    if (reply.boolean('AuthorizationSucceeded') === true) return undefined;
    const text = `the daemon did not authorize the command; it authenticated the client as ${user}`;
    throw new AuthorizationError('ERR_DENIED', text, user);
  };
  return callCommand(command, read, host);
}
