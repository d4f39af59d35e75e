import { chmodSync, lchownSync, lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { posix } from 'node:path';
import type { Refusal } from '../../reasons.ts';
import { systemReason } from '../../runtime/system-reason.ts';
import type { MessageChannel } from '../../wire/message-channel.ts';
import { type AuthMethod, type Candidate, MethodRefused, type Peer } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
import { bindsFsToAddress } from '../version.ts';

const DONE = 0;
const NOT_DONE = -1;

const THIS_ACCOUNT = 'this account';

interface FsOptions {
  /** Parent directories that a daemon is allowed to choose, without a trailing slash: `/tmp` and FS_LOCAL_DIR. */
  readonly parents: readonly string[];
  /**
   * Owner of the new directory. Undefined means the current account. If the client runs as root, HTCondor's account
   * owns the directory.
   */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  /**
   * True if a directory name without the daemon's address is accepted from a daemon whose release never includes the
   * address.
   */
  readonly mayBeUnbound: boolean;
}

/**
 * Returns the FS method: the daemon names a directory, the client creates it, and the daemon checks the owner of the
 * directory (cedar-rfc §5.5; condor_auth_fs.cpp).
 *
 * FS authenticates the client to a daemon on the same host. It does not authenticate the daemon, so the client does not
 * use FS with daemons on other hosts. The client removes the directory as soon as the daemon has replied or the
 * connection has failed.
 */
export function fs(options: FsOptions): AuthMethod {
  const candidate = (peer: Peer): Candidate => ({
    label: THIS_ACCOUNT,
    open: () => {}, // the daemon sends the first message
    finish: (channel, server) => runExchange(channel, peer, server, options),
  });
  return {
    name: 'FS',
    authenticatesServer: false,
    sources: [THIS_ACCOUNT],
    candidatesFor: (_, peer) =>
      isThisHost(peer.address)
        ? { usable: [candidate(peer)], rejected: [] }
        : { usable: [], rejected: [{ label: THIS_ACCOUNT, reason: `${peer.address} is another host` }] },
    guessed: (peer) => (isThisHost(peer.address) ? candidate(peer) : undefined),
  };
}

async function runExchange(channel: MessageChannel, peer: Peer, server: ServerPolicy, options: FsOptions): Promise<[]> {
  const wanted = await channel.receive((message) => message.string());
  const { path, extension, objection } = checkDirectory(wanted, peer, server, options);
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
    throw new MethodRefused({
      reason: `the daemon could not verify the owner of ${path}: it sees a different file system`,
    });
  return [];
}

/** Maximum length of the path that a daemon chooses, in characters. */
const MAX_PATH_LENGTH = 1024;

/**
 * Patterns of the directory names that HTCondor chooses. Originally, a name consisted of `FS_` and the characters that
 * mkstemp adds. In their series, releases since 24.0.22, 24.12.22, 25.0.12 and 25.11.1 insert the daemon's IP address
 * and port between these two parts. Later releases add `_` at the end of the name.
 *
 * The patterns do not allow the separator `_` inside a field, so that a name with the client's suffix can be parsed in
 * only one way. Otherwise, a relay could hide the address of another daemon in the name.
 */
const UNBOUND_NAME = /^FS_[A-Za-z0-9]{6,16}$/;
const BOUND_NAME = /^FS_([0-9A-Fa-f.:]{2,45})_([0-9]{1,10})_[A-Za-z0-9]{6,16}(_?)$/;

/**
 * Validates the directory that the daemon chose. Returns the path to create and the suffix to send to the daemon, or an
 * objection.
 *
 * If a name ends in `_`, the client appends the address that it is connected to. The daemon compares that address with
 * its own endpoint. If a name contains an address, that address must equal the address that the client is connected to.
 * Both checks prevent a relay attack, in which a process of another account on this host uses the client to
 * authenticate to the real daemon.
 */
function checkDirectory(
  wanted: string,
  { address, port, sharedPortId }: Peer,
  { version }: ServerPolicy,
  { parents, mayBeUnbound }: FsOptions,
): { path: string; extension: string; objection?: Refusal } {
  const endpoint = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const refuse = (reason: string, kind?: Refusal['kind']) => ({ path: '', extension: '', objection: { reason, kind } });
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
    const extension = `${endpoint}${sharedPortId === undefined ? '' : `?sock=${sharedPortId}`}`;
    return { path: `${wanted}${extension}`, extension };
  }
  const objection = isUnbound ? objectionToUnbound(version, mayBeUnbound) : undefined;
  if (objection !== undefined)
    return refuse(
      `the daemon requested ${wanted}, which is not bound to its address${objection.reason}`,
      objection.kind,
    );
  if (!isUnbound && (boundAddress !== address || boundPort !== String(port)))
    return refuse(`the daemon requested ${wanted}, which is bound to an address other than ${endpoint}`);
  return { path: wanted, extension: '' };
}

/**
 * Returns the reason for refusing a name without the daemon's address, formatted so that it can be appended to a
 * message. Returns undefined if the name is accepted.
 */
function objectionToUnbound(version: ServerPolicy['version'], mayBeUnbound: boolean): Refusal | undefined {
  if (!mayBeUnbound) {
    const reason = ': FS before HTCondor 24.0.22, 25.0.12 and 25.11.1, which is used only if FS is named';
    return { kind: 'fs-unbound', reason };
  }
  if (version !== undefined && !bindsFsToAddress(version)) return undefined;
  const announced =
    version === undefined ? 'announces no version' : `announces HTCondor ${version.text}, which binds it`;
  return { kind: 'fs-relay', reason: `, but it ${announced}: it may be a relay` };
}

/**
 * Creates the directory with mode 0700, regardless of the umask. Returns the reason for a failure, or undefined on
 * success.
 */
function makeDirectory(path: string, owner: FsOptions['owner']): Refusal | undefined {
  try {
    const parent = posix.dirname(path);
    const entry = lstatSync(parent); // on macOS, /tmp is a symbolic link
    if (entry.isSymbolicLink() && entry.uid !== 0)
      return { reason: `${parent} is a symbolic link that root does not own` };
    mkdirSync(path, 0o700); // fails if the name exists, even as a symbolic link
  } catch (error) {
    return { reason: `${path} could not be created: ${systemReason(error)}` };
  }
  try {
    chmodSync(path, 0o700);
    if (owner !== undefined) lchownSync(path, owner.uid, owner.gid);
    return undefined;
  } catch (error) {
    remove(path);
    return { reason: `${path} could not be restricted to this account: ${systemReason(error)}` };
  }
}

/** Removes the directory if it still exists. */
function remove(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // The failure is ignored, as in C++.
  }
}

function isThisHost(address: string): boolean {
  return (
    Object.values(networkInterfaces()).some((all) => all?.some((each) => each.address === address) === true) ||
    /^(127\.|::1$)/.test(address)
  );
}
