/**
 * Compares HTCondor's tool, which runs in its own root file system, with this project, which runs without HTCondor.
 * Both connect through the same proxy, and both have the same credential and no other.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDistantNetwork } from '../../test/support/network/distant-network.ts';
import { DistantProxy } from '../../test/support/network/distant-proxy.ts';
import { DualStackNetwork } from '../../test/support/network/dual-stack-network.ts';
import { listen } from '../../test/support/network/listen.ts';
import { type MethodPool, only, SCITOKEN, SSL, startMethodPool } from '../../test/support/pool/method-pool.ts';
import { type Pool, startPool } from '../../test/support/pool/pool.ts';
import type { Suite } from '../../test/support/pool/suites.ts';
import { until } from '../../test/support/until.ts';
import { ACTION, COMMAND, roundTrip, sideBySide, succeed } from './processes.ts';
import { ms, table } from './table.ts';

/** Numbers of rounds: for IDTOKENS, and for each of the other methods. */
const [ROUNDS, METHOD_ROUNDS] = [20, 9];
const ROUND_TRIPS_MS = [30, 100];
/**
 * Address of a host other than the one that runs the collector and the daemons. The proxy listens on this address as
 * well.
 */
const OTHER_HOST = '127.0.0.3';
/** A schedd name that ends in the name of its host, and one that does not end in any host name. */
const [HOST_NAME, NO_HOST_NAME] = ['ci@127.0.0.2', 'ci@pool'];

export const HEAD: readonly string[] = [
  ...['HTCondor', 'round trip', 'daemon', 'method', 'round trips, `condor_token_fetch`', 'round trips, this project'],
  ...['`condor_token_fetch`', 'this project', 'Action', 'floor', 'this project / floor'],
  'this project / `condor_token_fetch`',
];

type Environment = Readonly<Record<string, string>>;

/**
 * Functions that run HTCondor's tool, this project's command, and the Action. Each function rejects if its program
 * fails.
 */
interface Programs {
  tool(args: readonly string[], env: Environment): Promise<unknown>;
  command(args: readonly string[], env: Environment): Promise<unknown>;
  action(env: Environment): Promise<unknown>;
}

interface Place {
  readonly daemon: string;
  readonly method: string;
  readonly args: readonly string[];
  /**
   * Number of round trips that the protocol requires, as determined by the dependencies between its messages
   * (docs/PROTOCOL.md).
   */
  readonly needed: number;
  readonly programs: Programs;
}

/** Returns the rows of the table whose header is HEAD, for each round-trip time. */
export async function atADistance(suite: Suite, node: string): Promise<string[][]> {
  return [...(await onOneFamily(suite, node)), ...(await onTwoFamilies(suite, node))];
}

async function onOneFamily(suite: Suite, node: string): Promise<string[][]> {
  const { proxy, port, config, collector } = await startDistantNetwork(0);
  await proxy.addHost(OTHER_HOST);
  const secure = await startMethodPool({ suite, port, config, node });
  const { pool, address } = secure;
  const own = ownCredentials(await pool.idToken({ user: 'alice' }), secure);
  const distant = programsFor(pool, node, own.env);
  /** FS works only on the daemon's host, so all programs run in the pool's namespaces. */
  const onItsHost: Programs = {
    ...distant,
    command: (args, env) => inPool(pool, ['node', '/opt/ours/cli/index.js', ...args], env),
    action: (env) => inPool(pool, ['node', '/opt/ours/action/index.js'], env),
  };
  const byAddress = (method: string, needed: number, programs: Programs): Place => ({
    ...{ daemon: 'by address', method, args: ['-name', address], needed, programs },
  });
  const byName = (daemon: string, name: string, at = collector): Place => ({
    ...{ daemon, method: 'IDTOKENS', args: ['-pool', at, '-name', name], needed: neededByName(pool) },
    programs: distant,
  });
  const rows = await measure(pool, proxy, node, [
    byAddress('IDTOKENS', 3, distant),
    byAddress('SSL', 4, distant),
    byAddress('SCITOKENS', 4, distant),
    byAddress('FS', 4, onItsHost),
    byName('by name (not a host name), collector on the same host', NO_HOST_NAME),
  ]);
  await secure.configure(`SCHEDD_NAME = ${HOST_NAME}`);
  await until('the collector knows the new name', 60, async () =>
    (await pool.sinful('schedd', HOST_NAME)) === '' ? HOST_NAME : undefined,
  );
  rows.push(
    ...(await measure(pool, proxy, node, [
      byName('by name, collector on the same host', HOST_NAME),
      byName('by name, collector on another host', HOST_NAME, `${OTHER_HOST}:${port}`),
    ])),
  );
  const { bare } = await sideBySide(ROUNDS, { bare: () => inPool(pool, ['true'], {}) });
  console.log(`Starting a process in its own namespace alone takes ${ms(bare)} ms`);
  await proxy.close();
  await secure.stop();
  own.remove();
  return rows;
}

/**
 * Measures a fetch from a host that has both an IPv4 and an IPv6 address. The command connects to the collector's IPv6
 * address.
 */
async function onTwoFamilies(suite: Suite, node: string): Promise<string[][]> {
  const network = await DualStackNetwork.create(0);
  const pool = await startPool({ suite, dualStack: network, node });
  const idtoken = await pool.idToken({ user: 'alice' });
  await pool.run('install', '-d', '-o', 'alice', '-m', '700', '/home/alice/.condor', '/home/alice/.condor/tokens.d');
  await pool.write('/home/alice/.condor/tokens.d/pool', `${idtoken}\n`, 0o600);
  await pool.run('chown', 'alice', '/home/alice/.condor/tokens.d/pool');
  const own = ownCredentials(idtoken);
  const common = { method: 'IDTOKENS', programs: programsFor(pool, node, own.env) };
  const address = await pool.sinful('schedd', pool.scheddName);
  const args = ['-pool', `[${network.v6}]:${network.port}`, '-name', pool.scheddName];
  const rows = await measure(pool, network.proxy, node, [
    { ...common, daemon: 'by address, dual-stack host', args: ['-name', address], needed: 3 },
    { ...common, daemon: 'by name, dual-stack host', args, needed: neededByName(pool) },
  ]);
  await network.close();
  await pool.stop();
  own.remove();
  return rows;
}

/**
 * Number of round trips for a fetch by name. Since HTCondor 25, the collector requires encryption by default, which
 * adds a round trip.
 */
const neededByName = ({ version }: Pool) => (Number(version.split('.')[0]) >= 25 ? 5 : 4);

function programsFor(pool: Pool, node: string, env: Environment): Programs {
  return {
    tool: (args, more) => inPool(pool, ['condor_token_fetch', ...args], { ...SSL, ...SCITOKEN, ...more }),
    command: (args, more) => succeed([node, COMMAND, ...args], { ...env, ...more }),
    action: (more) => succeed([node, ACTION], { ...env, ...more }),
  };
}

async function inPool(pool: Pool, argv: readonly string[], env: Environment): Promise<void> {
  const { status, stderr } = await pool.exec(argv, { user: 'alice', env });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}

/**
 * Measures the programs at each round-trip time. For comparison, also measures an empty Node process and one round trip
 * through the same kind of proxy. The floor is the time of the empty process plus the time of the round trips that the
 * protocol requires.
 */
async function measure(
  pool: Pool,
  proxy: DistantProxy,
  nodePath: string,
  places: readonly Place[],
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const roundTripMs of ROUND_TRIPS_MS) {
    proxy.roundTripMs = roundTripMs;
    const echo = createServer((socket) => socket.pipe(socket).on('error', () => {}));
    const target = { host: '127.0.0.1', port: await listen(echo) };
    const empty = await DistantProxy.start({ host: '127.0.0.1', port: 0, target, roundTripMs });
    const exchange = await roundTrip(empty.port);
    for (const { daemon, method, args, needed, programs } of places) {
      const trips = { tool: 0, command: 0, action: 0 };
      const counted = (who: keyof typeof trips, work: () => Promise<unknown>) => async () => {
        proxy.reset();
        await work();
        trips[who] = proxy.roundTrips;
      };
      const env = only(method);
      const times = await sideBySide(method === 'IDTOKENS' ? ROUNDS : METHOD_ROUNDS, {
        tool: counted('tool', () => programs.tool(args, env)),
        command: counted('command', () => programs.command(args, env)),
        action: counted('action', () => programs.action({ ...env, ...asInputs(args) })),
        node: () => succeed([nodePath, '-e', '0'], {}),
        trip: exchange.measure,
      });
      const floor = needed * times.trip + times.node;
      rows.push([
        ...[pool.version, `${roundTripMs} ms`, daemon, method, String(trips.tool)],
        [...new Set([trips.command, trips.action])].join(' / '),
        ...[times.tool, times.command, times.action, floor].map((time) => `${ms(time)} ms`),
        ...[times.command / floor, times.command / times.tool].map((ratio) => `**${ratio.toFixed(2)}**`),
      ]);
      console.log(rows.at(-1)?.join('  '));
    }
    exchange.close();
    await empty.close();
    echo.close();
  }
  return rows;
}

/**
 * Writes alice's credentials to a temporary directory outside the pool: an IDTOKEN and, if `methods` is given,
 * credentials for the other methods.
 */
function ownCredentials(idtoken: string, methods?: MethodPool) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  put('pool', idtoken); // HTCondor ignores token files whose names start with a dot
  const env: Environment = { _CONDOR_SEC_TOKEN_DIRECTORY: folder, ...(methods && certificatesOf(methods, put)) };
  return { env, remove: () => rmSync(folder, { recursive: true }) };
}

function certificatesOf({ alice, issuer, authority }: MethodPool, put: (name: string, text: string) => string) {
  return {
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: put('.cert', alice.certificate),
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: put('.key', alice.key),
    _CONDOR_AUTH_SSL_CLIENT_CAFILE: put('.ca', authority.certificate),
    BEARER_TOKEN_FILE: put('.scitoken', issuer.issue('alice')),
  };
}

/** Converts the command's flags to inputs of the Action. */
function asInputs(args: readonly string[]): Environment {
  const inputs: Record<string, string> = { INPUT_SUMMARY: 'false' };
  for (let at = 0; at < args.length; at += 2)
    inputs[`INPUT_${(args[at] ?? '').slice(1).toUpperCase()}`] = args[at + 1] ?? '';
  return inputs;
}

/**
 * Returns a table, for IDTOKENS only, that compares the times with the floor and with the times of HTCondor's tool.
 * Each row is for one location of the daemon.
 */
export function inShort(rows: readonly (readonly string[])[]): string {
  const tokens = rows.filter(([, , , method]) => method === 'IDTOKENS');
  const columns = [...new Set(tokens.map(([version, trip]) => `${version}, ${trip}`))];
  const ratios = (daemon: string, column: string) => {
    const row = tokens.find(([version, trip, where]) => where === daemon && `${version}, ${trip}` === column);
    return row === undefined ? '–' : `${row.at(-2)} / ${row.at(-1)}`;
  };
  const daemons = [...new Set(tokens.map(([, , daemon = '']) => daemon))];
  return table(
    ['daemon', ...columns],
    ...daemons.map((daemon) => [daemon, ...columns.map((column) => ratios(daemon, column))]),
  );
}
