import { keyOfPassword } from '../../../src/security/methods/akep2.ts';
import { getOpening, prove, refuse } from './akep2.ts';
import type { ServerChannel } from './server-channel.ts';
import { type Client, type Identity, isSince, type PoolFacts, unlimited } from './settings.ts';

/**
 * The default of CONDOR_PASSWORD_FQU, and the prefix of POOL_PASSWORD_USERNAME in releases before 23.9
 * (Condor_Auth_Passwd::doServerRec2).
 */
const NAME = 'condor@password';
const OLD_PREFIX = 'condor_pool@';

/** Serves PASSWORD. A client that has the pool password receives the identity of the pool. */
export async function servePassword(
  channel: ServerChannel,
  pool: PoolFacts,
  client: Client,
): Promise<Identity | string> {
  const opening = await channel.receive((message) => getOpening(message, 1));
  const { password } = pool.options;
  if (password === undefined) {
    await refuse(channel);
    return 'there is no pool password';
  }
  const isNew = isSince(pool.version, 23, 9) && isSince(client.policy.string('RemoteVersion') ?? '', 23, 9);
  const own = isNew ? NAME : `${OLD_PREFIX}${pool.trustDomain}`;
  const refused = await prove(channel, opening, keyOfPassword(password), own);
  if (refused !== undefined) return refused;
  const { name } = opening;
  const fits = isNew ? name === NAME : name.startsWith(OLD_PREFIX);
  return fits ? unlimited(own) : `client ID (${name}) and expected ID (${own}) do not match`;
}
