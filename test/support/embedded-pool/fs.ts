import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { userInfo } from 'node:os';
import { posix } from 'node:path';
import type { ServerChannel } from './server-channel.ts';
import { type Client, type Identity, isSince, type PoolFacts, unlimited } from './settings.ts';

export interface FsSettings {
  /** The FS_LOCAL_DIR setting. */
  readonly directory: string;
  /**
   * What binds the directory name to the connection: nothing, as before 24 (`none`); the server's address (`ours`); or
   * the address that the client appends to a name with a final `_` (`theirs`). The default depends on the pool's
   * version.
   */
  readonly binding?: 'none' | 'ours' | 'theirs';
  /** Changes the path of the directory that the server requests. */
  readonly ask?: (path: string) => string;
  /** Account names by UID, in addition to the account of this process. */
  readonly accounts?: ReadonlyMap<number, string>;
  /** Called with the path that the client reports, before the server checks the directory. */
  readonly whenMade?: (path: string) => void;
}

/**
 * Serves FS. Returns the account that owns the directory that the client created (Condor_Auth_FS), or the reason for a
 * refusal.
 */
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
