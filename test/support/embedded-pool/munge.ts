import type { ServerChannel } from '../server-channel.ts';
import { type Identity, type PoolFacts, unlimited } from './settings.ts';

export interface MungeSettings {
  /** What munged says about a credential: the account that it is of, or undefined. Default: it is one of ours. */
  readonly decode?: (credential: string) => Promise<string | undefined>;
}

/** What stands in front and behind, as in credentials of munge. */
const [PREFIX, SUFFIX] = ['MUNGE:', ':'];

/** A credential that MungeSettings' default takes. Like the true ones, it says nothing in clear. */
export function fakeCredential(account: string): string {
  return `${PREFIX}${Buffer.from(JSON.stringify({ account })).toString('base64')}${SUFFIX}`;
}

/** MUNGE: the account that munged finds in a credential (Condor_Auth_MUNGE). */
export async function serveMunge(channel: ServerChannel, pool: PoolFacts): Promise<Identity | string> {
  const { result, credential } = await channel.receive((message) => ({
    result: message.int(),
    credential: message.string(),
  }));
  if (result !== 0) return `Client had error: ${credential}`; // and waits for no answer
  const account = await (pool.options.munge?.decode ?? decodeFake)(credential);
  await channel.send('munge verdict', (message) => message.int(account === undefined ? -1 : 0));
  return account === undefined ? 'Server error: Invalid credential' : unlimited(`${account}@${pool.trustDomain}`);
}

async function decodeFake(credential: string): Promise<string | undefined> {
  if (!credential.startsWith(PREFIX) || !credential.endsWith(SUFFIX)) return undefined;
  const text = Buffer.from(credential.slice(PREFIX.length, -SUFFIX.length), 'base64').toString();
  return (JSON.parse(text) as { account: string }).account;
}
