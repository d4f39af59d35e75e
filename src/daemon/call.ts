import type { Host } from '../runtime/host.ts';
import type { Session } from '../security/session.ts';
import { isBehindCcb } from '../transport/ccb-contact.ts';
import type { Channel } from '../transport/channel.ts';
import { reach } from './reach.ts';
import { type Command, type CommandResult, commandOver, onlyMutualMethods } from './session-command.ts';

/**
 * Connects to a daemon, directly or through CCB, and runs one command in a session with the daemon.
 *
 * @throws anything that `reach`, `startCommand` or `read` throws.
 */
export async function callCommand<T>(
  command: Command,
  read: (session: Session, channel: Channel) => Promise<T>,
  host: Host,
): Promise<CommandResult<T>> {
  const { target } = command;
  // The CCB broker, or the sender of the broker's address, could choose the peer, so only methods that authenticate the
  // daemon are used, even if the connection turns out to be direct.
  const credentials = isBehindCcb(target.address) ? onlyMutualMethods(command.credentials) : command.credentials;
  return await commandOver((left, within) => reach(target, left, within), { ...command, credentials }, read, host);
}
