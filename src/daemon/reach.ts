import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError, HTCondorError } from '../errors.ts';
import { branchOf, type Host, type HostBranch } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import { isBehindCcb } from '../transport/ccb-contact.ts';
import { abortedError, type Channel } from '../transport/channel.ts';
import { connect } from '../transport/connect.ts';
import { formatSinful, type Sinful } from '../transport/sinful.ts';
import { brokerCaller, connectThroughCcb } from './ccb.ts';
import type { Route, Target } from './session-command.ts';

/**
 * Head start, in milliseconds, of the direct connection before CCB is tried in parallel. CCB costs more round trips and
 * loads the broker. RFC 8305 has a similar rule for the addresses of a host. C++ clients do not try a direct
 * connection, although many daemons behind CCB accept direct connections from some networks.
 */
const HEAD_START_MS = 250;

/**
 * Connects to a daemon. If the daemon's address has CCB contacts, first tries a direct connection, and soon afterwards
 * tries CCB in parallel. Uses the connection that is established first.
 *
 * @throws ConnectError ERR_CONNECT; ERR_CCB_ONLY with the reason for each failed route; ERR_TIMEOUT.
 */
export async function reach(
  { address, ahead }: Pick<Target, 'address' | 'ahead'>,
  credentials: Credentials,
  host: Host,
): Promise<Route> {
  if (!isBehindCcb(address)) return { channel: await connect(address, host, ahead) };
  const ask = brokerCaller(credentials);
  const alternative = async (failure: HTCondorError): Promise<Route> => {
    try {
      return { channel: await connectThroughCcb(address, ask, host) };
    } catch (error) {
      throw host.signal.aborted ? abortedError(host.signal) : unreachable(address, failure, error);
    }
  };
  const [directly, throughCcb] = [branchOf(host), branchOf(host)];
  const direct = connect(address, directly.host, ahead);
  if (await worksSoon(direct)) return { channel: await direct, alternative };

  const indirect = connectThroughCcb(address, ask, throughCcb.host);
  let won = false;
  const win = (route: Route, loser: HostBranch): Route => {
    if (won) route.channel.close();
    else loser.cancel();
    won = true;
    return route;
  };
  try {
    return await Promise.any([
      direct.then((channel) => win({ channel, alternative }, throughCcb)),
      indirect.then((channel) => win({ channel }, directly)),
    ]);
  } catch (error) {
    if (host.signal.aborted) throw abortedError(host.signal);
    const failures: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
    throw unreachable(address, failures[0], failures[1]);
  }
}

/**
 * Returns true if the direct connection is established within HEAD_START_MS. If the connection fails earlier, returns
 * false without waiting any longer.
 */
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

function unreachable(address: Sinful, direct: unknown, indirect: unknown): unknown {
  if (!(direct instanceof HTCondorError)) return direct; // not a connection error, so it indicates a bug
  if (!(indirect instanceof HTCondorError)) return indirect;
  const text = `the daemon can be reached neither directly (${direct.message}) nor through CCB (${indirect.message})`;
  const facts = { peer: formatSinful(address), cause: indirect };
  if (!(indirect instanceof ConnectError) || indirect.code !== 'ERR_CCB_ONLY')
    return new ConnectError('ERR_CCB_ONLY', text, facts);
  const { mayBeRestarting, reason } = indirect;
  return new ConnectError('ERR_CCB_ONLY', text, { ...facts, mayBeRestarting, reason });
}
