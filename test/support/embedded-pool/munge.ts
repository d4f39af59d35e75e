import type { ServerChannel } from './server-channel.ts';
import { type Identity, type PoolFacts, unlimited } from './settings.ts';

export interface MungeSettings {
  /**
   * Decodes a credential and returns its account; undefined if munged rejects the credential. By default, accepts the
   * credentials that fakeCredential returns.
   */
  readonly decode?: (credential: string) => Promise<string | undefined>;
}

/** Prefix and suffix of a munge credential. */
const [PREFIX, SUFFIX] = ['MUNGE:', ':'];

/** Returns a credential that the default `decode` accepts. As in a real credential, the account is not in cleartext. */
export function fakeCredential(account: string): string {
  return `${PREFIX}${Buffer.from(JSON.stringify({ account })).toString('base64')}${SUFFIX}`;
}

/**
 * Serves MUNGE. Returns the account that munged decodes from a credential (Condor_Auth_MUNGE), or the reason for a
 * refusal.
 */
export async function serveMunge(channel: ServerChannel, pool: PoolFacts): Promise<Identity | string> {
  const { result, credential } = await channel.receive((message) => ({
    result: message.int(),
    credential: message.string(),
  }));
  if (result !== 0) return `Client had error: ${credential}`; // the client does not wait for a reply
  const account = await (pool.options.munge?.decode ?? decodeFake)(credential);
  await channel.send('munge verdict', (message) => message.int(account === undefined ? -1 : 0));
  return account === undefined ? 'Server error: Invalid credential' : unlimited(`${account}@${pool.trustDomain}`);
}

async function decodeFake(credential: string): Promise<string | undefined> {
  if (!credential.startsWith(PREFIX) || !credential.endsWith(SUFFIX)) return undefined;
  const text = Buffer.from(credential.slice(PREFIX.length, -SUFFIX.length), 'base64').toString();
  return (JSON.parse(text) as { account: string }).account;
}
