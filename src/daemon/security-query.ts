import { AuthorizationError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import type { Session } from '../security/session.ts';
import { getClassAd } from '../wire/classad.ts';
import { type CommandResult, callCommand, inPhase, type Target } from './call.ts';
import { DC_SEC_QUERY } from './commands.ts';

/**
 * DC_SEC_QUERY: whether the daemon would let us carry out the command `about` (condor_ping; handle_dc_sec_query).
 *
 * @throws AuthorizationError ERR_DENIED it would not; whatever opening a session throws.
 */
export function askAllowed(
  target: Target,
  about: number,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<undefined>> {
  const call = { target, command: DC_SEC_QUERY, about, credentials };
  const read = async ({ channel, user }: Session): Promise<undefined> => {
    const reply = await inPhase('session', target.address, () => channel.receive(getClassAd));
    if (reply.boolean('AuthorizationSucceeded') === true) return undefined;
    const text = `the daemon did not authorize the command; it authenticated the client as ${user}`;
    throw new AuthorizationError('ERR_DENIED', text, user);
  };
  return callCommand(call, read, host);
}
