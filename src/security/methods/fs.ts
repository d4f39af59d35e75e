import { chmodSync, lchownSync, lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { posix } from 'node:path';
import type { MessageChannel } from '../../wire/message-channel.ts';
import { type AuthMethod, type Candidate, MethodRefused, type Peer } from '../method.ts';

const DONE = 0;
const NOT_DONE = -1;

const OURS = 'this account';

interface FsOptions {
  /** Directories that a daemon may want ours in, without a slash at the end: `/tmp`, FS_LOCAL_DIR. */
  readonly parents: readonly string[];
  /** Whom the directory has to belong to; undefined: who makes it. Root gives it to HTCondor's account. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether a directory will do that is not bound to the daemon's address, as daemons before 24 name them. */
  readonly mayBeUnbound: boolean;
}

/**
 * FS: the daemon names a directory, we make it, it looks who made it (cedar-rfc §5.5; condor_auth_fs.cpp).
 *
 * That proves who we are on the daemon's own machine, and nothing about the daemon: it is not tried on other machines. The directory is gone before anything else happens, whatever the daemon says.
 */
export function fs(options: FsOptions): AuthMethod {
  const candidate = (peer: Peer): Candidate => ({
    label: OURS,
    open: () => {}, // the daemon speaks first
    finish: (channel) => proveBy(channel, peer, options),
  });
  return {
    name: 'FS',
    sources: [OURS],
    candidatesFor: (_, peer) =>
      isThisMachine(peer.address)
        ? { fit: [candidate(peer)], unfit: [] }
        : { fit: [], unfit: [{ label: OURS, reason: `${peer.address} is another machine` }] },
    presumed: (peer) => (isThisMachine(peer.address) ? candidate(peer) : undefined),
  };
}

async function proveBy(channel: MessageChannel, peer: Peer, options: FsOptions): Promise<[]> {
  const wanted = await channel.receive((message) => message.string());
  const { path, extension, objection } = bind(wanted, peer, options);
  const failure = objection ?? makeDirectory(path, options.owner);
  let verdict: number;
  try {
    channel.send((message) => {
      message.int(failure === undefined ? DONE : NOT_DONE);
      if (extension !== '') message.string(extension);
    });
    verdict = await channel.receive((message) => message.int());
  } finally {
    if (failure === undefined) remove(path);
  }
  if (failure !== undefined) throw new MethodRefused(failure);
  if (verdict !== DONE) throw new MethodRefused(`the daemon does not see ${path} as ours: it has another file system`);
  return [];
}

/**
 * The directory to make, once its name is known to be harmless.
 *
 * A name that ends in `_` wants our view of the daemon's address behind it, so that nobody in between can have us prove
 * ourselves to somebody else; a name that has the daemon's view of it must agree with ours. Daemons before 24 put none
 * into it.
 */
function bind(
  wanted: string,
  { address, port, sharedPortId }: Peer,
  { parents, mayBeUnbound }: FsOptions,
): { path: string; extension: string; objection?: string } {
  const host = address.includes(':') ? `[${address}]` : address;
  const extension = wanted.endsWith('_')
    ? `${host}:${port}${sharedPortId === undefined ? '' : `?sock=${sharedPortId}`}`
    : '';
  const path = `${wanted}${extension}`;
  const refuse = (objection: string) => ({ path, extension, objection });
  if (wanted === '') return refuse('the daemon could not choose a directory (FS_LOCAL_DIR there)');
  const { dir, base } = posix.parse(wanted);
  if (`${dir}/${base}` !== wanted || !parents.includes(dir) || !/^FS_[\w.:-]+$/.test(base)) {
    return refuse(`the daemon asks for the directory ${wanted}, which is none of FS`);
  }
  const bound = /^FS_(.+)_(\d+)_[^_]+_?$/.exec(base);
  if (bound !== null && extension === '' && (bound[1] !== address || bound[2] !== String(port))) {
    return refuse(`the daemon asks for ${wanted}, which is bound to another address than ${host}:${port}`);
  }
  if (bound === null && extension === '' && !mayBeUnbound) {
    return refuse(
      `the daemon asks for ${wanted}, which is not bound to its address: FS before HTCondor 24, only used if it is named`,
    );
  }
  return { path, extension };
}

/** Why it could not be made; undefined: it is there, with mode 0700 whatever our umask is. */
function makeDirectory(path: string, owner: FsOptions['owner']): string | undefined {
  try {
    const parent = posix.dirname(path);
    const entry = lstatSync(parent); // macOS has a link for /tmp
    if (entry.isSymbolicLink() && entry.uid !== 0) return `${parent} is a symbolic link, and not the system's own`;
    mkdirSync(path, 0o700); // fails if anything of that name exists, a symbolic link too
  } catch (error) {
    return `${path} could not be made: ${(error as Error).message}`;
  }
  try {
    chmodSync(path, 0o700);
    if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
    return undefined;
  } catch (error) {
    remove(path);
    return `${path} could not be made ours: ${(error as Error).message}`;
  }
}

/** Whoever was faster has removed it: that is no concern of ours. */
function remove(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // As in C++.
  }
}

function isThisMachine(address: string): boolean {
  return (
    Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === address) === true) ||
    /^(127\.|::1$)/.test(address)
  );
}
