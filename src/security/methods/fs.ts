import { chmodSync, lchownSync, lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { posix } from 'node:path';
import type { MessageChannel } from '../../wire/message-channel.ts';
import { type AuthMethod, type Candidate, MethodRefused, type Peer } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
import { bindsFsToAddress } from '../version.ts';

const DONE = 0;
const NOT_DONE = -1;

const OURS = 'this account';

interface FsOptions {
  /** Directories that a daemon may want ours in, without a slash at the end: `/tmp`, FS_LOCAL_DIR. */
  readonly parents: readonly string[];
  /** Whom the directory has to belong to; undefined: who makes it. Root gives it to HTCondor's account. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /** True if the name of the directory need not carry the daemon's address, if the daemon's release has no such names. */
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
    finish: (channel, server) => proveBy(channel, peer, server, options),
  });
  return {
    name: 'FS',
    sources: [OURS],
    candidatesFor: (_, peer) =>
      isThisMachine(peer.address)
        ? { fit: [candidate(peer)], unfit: [] }
        : { fit: [], unfit: [{ label: OURS, reason: `${peer.address} is another host` }] },
    presumed: (peer) => (isThisMachine(peer.address) ? candidate(peer) : undefined),
  };
}

async function proveBy(channel: MessageChannel, peer: Peer, server: ServerPolicy, options: FsOptions): Promise<[]> {
  const wanted = await channel.receive((message) => message.string());
  const { path, extension, objection } = bind(wanted, peer, server, options);
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
  if (verdict !== DONE)
    throw new MethodRefused(`the daemon could not verify the owner of ${path}: it sees a different file system`);
  return [];
}

/** Longest path that a daemon may name, in characters. */
const MAX_PATH_LENGTH = 1024;

/**
 * The names that HTCondor gives to the directory, and no others: `FS_` and the letters of mkstemp; from 24.0.22, 25.0.12
 * and 25.11.1 on with the daemon's IP address and port between them; in later releases with `_` at the end.
 *
 * No field may contain the separator `_`. So a name together with what this client appends parses in one way only, and a
 * relay cannot hide the address of another daemon in it.
 */
const UNBOUND_NAME = /^FS_[A-Za-z0-9]{6,16}$/;
const BOUND_NAME = /^FS_([0-9A-Fa-f.:]{2,45})_([0-9]{1,10})_[A-Za-z0-9]{6,16}(_?)$/;

/**
 * The directory to make, once its name is known to be harmless.
 *
 * If a name ends in `_`, the client appends its own view of the daemon's address, which the daemon compares with its
 * endpoint. A name that has the daemon's view of its address must agree with the client's view. Both prevent a relay:
 * another account on this host that has the client authenticate to the real daemon in its stead.
 */
function bind(
  wanted: string,
  { address, port, sharedPortId }: Peer,
  { version }: ServerPolicy,
  { parents, mayBeUnbound }: FsOptions,
): { path: string; extension: string; objection?: string } {
  const host = address.includes(':') ? `[${address}]` : address;
  const refuse = (objection: string) => ({ path: '', extension: '', objection });
  if (wanted === '') return refuse('the daemon could not choose a directory (FS_LOCAL_DIR on its host)');
  if (wanted.length > MAX_PATH_LENGTH)
    return refuse(`the daemon requested a directory name of ${wanted.length} characters`);
  const { dir, base } = posix.parse(wanted);
  const [, boundAddress, boundPort, open] = BOUND_NAME.exec(base) ?? [];
  const isUnbound = UNBOUND_NAME.test(base);
  if (`${dir}/${base}` !== wanted || !parents.includes(dir) || (boundAddress === undefined && !isUnbound)) {
    return refuse(`the daemon requested the directory ${wanted}, which is not an FS directory`);
  }
  if (open === '_') {
    const extension = `${host}:${port}${sharedPortId === undefined ? '' : `?sock=${sharedPortId}`}`;
    return { path: `${wanted}${extension}`, extension };
  }
  if (isUnbound) {
    if (!mayBeUnbound) {
      return refuse(
        `the daemon requested ${wanted}, which is not bound to its address: FS before HTCondor 24.0.22, 25.0.12 and 25.11.1, which is used only if FS is named`,
      );
    }
    if (version === undefined || bindsFsToAddress(version)) {
      const announced =
        version === undefined ? 'announces no version' : `announces HTCondor ${version.text}, which binds it`;
      return refuse(
        `the daemon requested ${wanted}, which is not bound to its address, but it ${announced}: it may be a relay`,
      );
    }
  } else if (boundAddress !== address || boundPort !== String(port)) {
    return refuse(`the daemon requested ${wanted}, which is bound to an address other than ${host}:${port}`);
  }
  return { path: wanted, extension: '' };
}

/** Why it could not be made; undefined: it is there, with mode 0700 whatever our umask is. */
function makeDirectory(path: string, owner: FsOptions['owner']): string | undefined {
  try {
    const parent = posix.dirname(path);
    const entry = lstatSync(parent); // macOS has a link for /tmp
    if (entry.isSymbolicLink() && entry.uid !== 0) return `${parent} is a symbolic link that root does not own`;
    mkdirSync(path, 0o700); // fails if anything of that name exists, a symbolic link too
  } catch (error) {
    return `${path} could not be created: ${(error as Error).message}`;
  }
  try {
    chmodSync(path, 0o700);
    if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
    return undefined;
  } catch (error) {
    remove(path);
    return `${path} could not be restricted to this account: ${(error as Error).message}`;
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
