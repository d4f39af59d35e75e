import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError, HTCondorError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { isBehindCcb } from '../transport/ccb-contact.ts';
import { abortedError, type Channel } from '../transport/channel.ts';
import { connect } from '../transport/connect.ts';
import type { ConnectionsAhead } from '../transport/connection-ahead.ts';
import { formatSinful, type Sinful } from '../transport/sinful.ts';
import { type AskBroker, connectThroughCcb } from './ccb.ts';

/**
 * What a direct connection is ahead of CCB, which costs more round trips and work of others (RFC 8305 has the same
 * between two addresses). C++ does not even try, though many a daemon that is behind CCB for some is open to others.
 */
const HEAD_START_MS = 250;

/** Where to go, and perhaps connections of which one leads there. */
export interface Destination {
  readonly address: Sinful;
  readonly ahead?: ConnectionsAhead | undefined;
}

/** A connection to a daemon. */
export interface Route {
  readonly channel: Channel;
  /** `direct, else ccb`: there is another way, if whoever is at this end turns out not to be the daemon. */
  readonly way: 'direct' | 'direct, else ccb' | 'ccb';
}

/**
 * Connects to a daemon: directly, or, if its address says so, through CCB, whichever works first. `failed`: how the
 * direct way ended, if it was gone already.
 *
 * @throws ConnectError ERR_CONNECT; ERR_CCB_ONLY with the reason of each way; ERR_TIMEOUT.
 */
export async function reach(
  { address, ahead }: Destination,
  ask: AskBroker,
  host: Host,
  failed?: HTCondorError,
): Promise<Route> {
  if (!isBehindCcb(address)) return { channel: await connect(address, host, ahead), way: 'direct' };
  const [straight, round] = [branchOf(host), branchOf(host)];
  const direct = failed === undefined ? connect(address, straight.host, ahead) : Promise.reject<Channel>(failed);
  if (await worksSoon(direct)) return { channel: await direct, way: 'direct, else ccb' };

  const indirect = connectThroughCcb(address, ask, round.host);
  let won = false;
  const win = (channel: Channel, way: Route['way'], loser: Branch): Route => {
    if (won) channel.close();
    else loser.cancel();
    won = true;
    return { channel, way };
  };
  try {
    return await Promise.any([
      direct.then((channel) => win(channel, 'direct, else ccb', round)),
      indirect.then((channel) => win(channel, 'ccb', straight)),
    ]);
  } catch (failures) {
    if (host.signal.aborted) throw abortedError(host.signal);
    throw unreachable(address, failures);
  }
}

/** Part of a run that can be given up by itself. */
interface Branch {
  readonly host: Host;
  cancel(): void;
}

function branchOf(host: Host): Branch {
  const cancelled = new AbortController();
  const signal = AbortSignal.any([host.signal, cancelled.signal]);
  return { host: { ...host, signal }, cancel: () => cancelled.abort() };
}

/** Whether it works within its head start. That it has failed is known earlier. */
async function worksSoon(direct: Promise<Channel>): Promise<boolean> {
  const over = new AbortController();
  const works = direct.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([works, sleep(HEAD_START_MS, false, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}

function unreachable(address: Sinful, failures: unknown): unknown {
  const [direct, indirect]: readonly unknown[] = failures instanceof AggregateError ? failures.errors : [failures];
  for (const each of [direct, indirect]) if (!(each instanceof HTCondorError)) return each; // a bug, not a network
  const [straight, round] = [direct, indirect].map((each) => (each as HTCondorError).message);
  const text = `the daemon can be reached neither directly (${straight}) nor through CCB (${round})`;
  const mayBeRestarting = indirect instanceof ConnectError && indirect.mayBeRestarting;
  return new ConnectError('ERR_CCB_ONLY', text, { peer: formatSinful(address), cause: indirect, mayBeRestarting });
}
