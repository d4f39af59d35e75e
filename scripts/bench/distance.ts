/**
 * Compares HTCondor's tool in its own root with this project without HTCondor, with the same single credential and
 * proxy.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDistantNetwork } from '../../test/support/distant-network.ts';
import { type MethodPool, only, SCITOKEN, SSL, startMethodPool } from '../../test/support/method-pool.ts';
import type { Suite } from '../../test/support/pool-tree.ts';
import { ACTION, COMMAND, sideBySide, succeed } from './processes.ts';
import { ms, table } from './table.ts';

const ROUNDS = 9;
const DISTANCES_MS = [0, 10, 30, 100];

export const HEAD: readonly string[] = [
  ...['HTCondor', 'away', 'daemon', 'method', 'its round trips', 'ours'],
  ...['HTCondor’s tool', 'command', 'Action', 'command / tool'],
];

type Environment = Readonly<Record<string, string>>;

/** Runs the three programs, each of which must succeed. */
interface Runs {
  theirs(args: readonly string[], env: Environment): Promise<unknown>;
  ours(args: readonly string[], env: Environment): Promise<unknown>;
  action(env: Environment): Promise<unknown>;
}

/** Returns the rows below HEAD for each distance, by name and by address, with each method. */
export async function atADistance(suite: Suite, node: string): Promise<string[][]> {
  const { proxy, port, config, collector } = await startDistantNetwork(0);
  const secure = await startMethodPool({ suite, port, config, node });
  const { pool, address } = secure;
  const own = ownCredentials(secure, await pool.idToken({ user: 'alice' }));
  const inPool = async (argv: readonly string[], env: Environment) => {
    const { status, stderr } = await pool.exec(argv, { user: 'alice', env });
    if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  };
  const theirs: Runs['theirs'] = (args, env) =>
    inPool(['condor_token_fetch', ...args], { ...SSL, ...SCITOKEN, ...env });
  const distant: Runs = {
    theirs,
    ours: (args, env) => succeed([node, COMMAND, ...args], { ...own.env, ...env }),
    action: (env) => succeed([node, ACTION], { ...own.env, ...env }),
  };
  /** FS works only on the daemon's host, so all programs run in the pool's namespaces. */
  const onItsMachine: Runs = {
    theirs,
    ours: (args, env) => inPool(['node', '/opt/ours/cli/index.js', ...args], env),
    action: (env) => inPool(['node', '/opt/ours/action/index.js'], env),
  };

  const rows: string[][] = [];
  for (const roundTripMs of DISTANCES_MS) {
    proxy.roundTripMs = roundTripMs;
    for (const [how, method, args, { theirs, ours, action }] of [
      ['by name', 'IDTOKENS', ['-pool', collector, '-name', pool.scheddName], distant],
      ...['IDTOKENS', 'SSL', 'SCITOKENS'].map((each) => ['by address', each, ['-name', address], distant] as const),
      ['by address', 'FS', ['-name', address], onItsMachine],
    ] as const) {
      const trips = { theirs: 0, ours: 0 };
      const counted = (who: keyof typeof trips, work: () => Promise<unknown>) => async () => {
        proxy.reset();
        await work();
        trips[who] = proxy.roundTrips;
      };
      const env = only(method);
      const times = await sideBySide(ROUNDS, {
        theirs: counted('theirs', () => theirs(args, env)),
        ours: counted('ours', () => ours(args, env)),
        action: counted('ours', () => action({ ...env, ...asInputs(args) })),
      });
      rows.push([
        ...[pool.version, `${roundTripMs} ms`, how, method, String(trips.theirs), String(trips.ours)],
        ...[times.theirs, times.ours, times.action].map((time) => `${ms(time)} ms`),
        `**${(times.ours / times.theirs).toFixed(2)}**`,
      ]);
      console.log(rows.at(-1)?.join('  '));
    }
  }
  const { bare } = await sideBySide(ROUNDS, { bare: () => inPool(['true'], {}) });
  console.log(`Starting a process in its own namespace alone takes ${ms(bare)} ms`);
  await proxy.close();
  await secure.stop();
  own.remove();
  return rows;
}

/** Credentials of alice outside the pool. */
function ownCredentials({ alice, issuer, authority }: MethodPool, idtoken: string) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const put = (name: string, text: string) => {
    writeFileSync(join(folder, name), `${text}\n`, { mode: 0o600 });
    return join(folder, name);
  };
  put('pool', idtoken); // HTCondor ignores token files whose names start with a dot
  const env = {
    _CONDOR_SEC_TOKEN_DIRECTORY: folder,
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: put('.cert', alice.certificate),
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: put('.key', alice.key),
    _CONDOR_AUTH_SSL_CLIENT_CAFILE: put('.ca', authority.certificate),
    BEARER_TOKEN_FILE: put('.scitoken', issuer.issue('alice')),
  };
  return { env, remove: () => rmSync(folder, { recursive: true }) };
}

/** Converts flags of the command to inputs of the Action. */
function asInputs(args: readonly string[]): Environment {
  const inputs: Record<string, string> = { INPUT_SUMMARY: 'false' };
  for (let at = 0; at < args.length; at += 2)
    inputs[`INPUT_${(args[at] ?? '').slice(1).toUpperCase()}`] = args[at + 1] ?? '';
  return inputs;
}

/** Returns the ratios with an IDTOKEN: a row for each distance, with each release by name and by address. */
export function inShort(rows: readonly (readonly string[])[]): string {
  const mine = rows.filter(([, , , method]) => method === 'IDTOKENS');
  const columns = [...new Set(mine.map(([version, , how]) => `${how}, ${version}`))];
  const ratio = (distance: string, column: string) =>
    mine.find(([version, away, how]) => away === distance && `${how}, ${version}` === column)?.at(-1) ?? '–';
  const distances = [...new Set(mine.map(([, away = '']) => away))];
  return table(['away', ...columns], ...distances.map((away) => [away, ...columns.map((each) => ratio(away, each))]));
}
