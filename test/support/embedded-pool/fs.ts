import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { userInfo } from 'node:os';
import { posix } from 'node:path';
import type { ServerChannel } from '../server-channel.ts';
import { type Client, type Identity, isSince, type PoolFacts, unlimited } from './settings.ts';

export interface FsSettings {
  /** FS_LOCAL_DIR. */
  readonly directory: string;
  /**
   * What the name says about the connection: nothing, as before 24; our address; or, with `_` at its end, that the
   * client shall say it. Default: what the pool's version does.
   */
  readonly binding?: 'none' | 'ours' | 'theirs';
  /** The directory to ask for instead, made from the one that belongs there. */
  readonly ask?: (path: string) => string;
  /** Names of accounts by number, beside the one that this process runs as. */
  readonly accounts?: ReadonlyMap<number, string>;
  /** Is told of the directory that the client says it has made, before it is looked at. */
  readonly whenMade?: (path: string) => void;
}

/** FS: the account to which a directory belongs that the client made where we said (Condor_Auth_FS). */
export async function serveFs(channel: ServerChannel, pool: PoolFacts, client: Client): Promise<Identity | string> {
  const { fs } = pool.options;
  if (fs === undefined) throw new RangeError('no FsSettings');
  const path = nameFor(fs, pool, client);
  const wanted = fs.ask?.(path) ?? path;
  await channel.send('directory', (message) => message.string(wanted));
  const { result, extension } = await channel.receive((message) => {
    const result = message.int();
    return { result, extension: message.remaining > 0 ? message.string() : '' };
  });
  pool.note(`FS: the client says ${result} of ${wanted}${extension}`);
  if (result === 0) fs.whenMade?.(`${wanted}${extension}`);
  const verdict = judge(`${path}${extension}`, result, extension, fs, client, pool);
  await channel.send('directory verdict', (message) => message.int(typeof verdict === 'string' ? -1 : 0));
  return verdict;
}

function nameFor({ directory, binding }: FsSettings, { version }: PoolFacts, { local }: Client): string {
  const random = [...randomBytes(9)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');
  const bound = binding ?? (isSince(version, 24, 0) ? 'theirs' : 'none');
  const name = bound === 'none' ? `FS_${random}` : `FS_${local.address}_${local.port}_${random}`;
  return `${directory}/${name}${bound === 'theirs' ? '_' : ''}`;
}

function judge(
  path: string,
  result: number,
  extension: string,
  { accounts }: FsSettings,
  { local, socketName }: Client,
  pool: PoolFacts,
): Identity | string {
  if (extension !== '') {
    if (posix.basename(extension) !== extension) return 'Client extension contains directory separator';
    const host = local.address.includes(':') ? `[${local.address}]` : local.address;
    const [endpoint, name] = extension.split('?sock=');
    if (endpoint !== `${host}:${local.port}` || (name !== undefined && name !== socketName))
      return `Client extension (${extension}) doesn't match our endpoint`;
  }
  if (result !== 0) return `Client unable to create dir (${path})`;
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `Unable to lstat(${path})`;
  if (!stat.isDirectory() || stat.nlink > 2 || (stat.mode & 0o7777) !== 0o700) return `Bad attributes on (${path})`;
  const own = userInfo();
  const account = accounts?.get(stat.uid) ?? (stat.uid === own.uid ? own.username : undefined);
  if (account === undefined) return `Unable to lookup uid ${stat.uid}`;
  return unlimited(`${account === 'root' ? 'condor' : account}@${pool.trustDomain}`);
}
