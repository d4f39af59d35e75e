/**
 * `npm run bench [-- NODE…]`: what a fetch costs beside HTCondor's own tool, side by side in one run: whole processes, medians.
 * Writes the tables of docs/PERFORMANCE.md. NODE: further Node binaries for the first table; the Action runs on Node 24.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistantProxy } from '../support/distant-proxy.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { freePort, poolSuites, poolUnavailable } from '../support/pool.ts';
import { prepareTree, type Suite } from '../support/pool-tree.ts';
import { projectRoot } from '../support/project.ts';
import { startSecurePool } from '../support/secure-pool.ts';
import { sideBySide, succeed } from './processes.ts';

const ROUNDS = 31;
const ROUNDS_AT_A_DISTANCE = 5;
const DISTANCES_MS = [0, 10, 30, 100];
/** Where the daemons say that they are; the proxy listens there, on their own port. */
const FORWARDING_HOST = '127.0.0.2';
const DOCUMENT = join(projectRoot, 'docs/PERFORMANCE.md');
const COMMAND = join(projectRoot, 'dist/cli/index.js');
const ACTION = join(projectRoot, 'dist/action/index.js');

const ms = (value: number) => value.toFixed(0);
const table = (...rows: readonly (readonly string[])[]) => {
  const [head = [], ...rest] = rows;
  return [head, head.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n');
};

/** Most memory that a process ever had, MB: what Linux says of it when it ends. */
async function peakMemory(argv: readonly [string, ...string[]], env: Readonly<Record<string, string>>, probe: string) {
  const said = await succeed(argv, { ...env, NODE_OPTIONS: `--require ${probe}` });
  return Number(/VmHWM:\s*(\d+)/.exec(said)?.[1] ?? Number.NaN) / 1000;
}

/** From a daemon on loopback, for each Node. */
async function wholeProcess(nodes: readonly string[]): Promise<string> {
  const pool = await EmbeddedPool.start();
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const idtoken = pool.idToken();
  writeFileSync(join(directory, 'credential'), `${idtoken}\n`, { mode: 0o600 });
  const probe = join(directory, '.probe.cjs');
  const look = "require('node:fs').readFileSync('/proc/self/status', 'utf8')";
  writeFileSync(probe, `process.on('exit', () => console.error(${look}));`);
  const env = {
    _CONDOR_SEC_TOKEN_DIRECTORY: directory,
    ...{ INPUT_ADDRESS: pool.schedd(), INPUT_IDTOKEN: idtoken, INPUT_SUMMARY: 'false' },
  };
  const rows: string[][] = [];
  for (const node of nodes) {
    const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
    const empty = [node, '-e', '0'] as const;
    const command = [node, COMMAND, '-address', pool.schedd()] as const;
    const action = [node, ACTION] as const;
    const times = await sideBySide(ROUNDS, {
      empty: () => succeed(empty, env),
      command: () => succeed(command, env),
      action: () => succeed(action, env),
    });
    const [none, one, other] = [
      await peakMemory(empty, env, probe),
      await peakMemory(command, env, probe),
      await peakMemory(action, env, probe),
    ];
    rows.push([
      ...[version, `${ms(times.empty)} ms`, `+ ${ms(times.command - times.empty)} ms`],
      ...[
        `+ ${ms(times.action - times.empty)} ms`,
        `+ ${(one - none).toFixed(0)} MB`,
        `+ ${(other - none).toFixed(0)} MB`,
      ],
    ]);
    console.log(rows.at(-1)?.join('  '));
  }
  await pool.stop();
  rmSync(directory, { recursive: true });
  return table(['Node', '`node -e 0`', 'command', 'Action', 'memory, command', 'memory, Action'], ...rows);
}

function bundles(): string {
  const sizes = ['action', 'cli', 'lib'].map((name) => {
    const { size } = statSync(join(projectRoot, 'dist', name, 'index.js'));
    return `\`dist/${name}/index.js\` ${(size / 1000).toFixed(0)} kB`;
  });
  return `Bundles: ${sizes.join(', ')}.`;
}

/** Both tools in the pool's own root, with the same credential and no other, through the same proxy. */
async function atADistance(suite: Suite): Promise<string[][]> {
  const port = await freePort();
  const network = { host: FORWARDING_HOST, port, target: { host: '127.0.0.1', port } };
  const starting = await DistantProxy.start({ ...network, roundTripMs: 0 });
  const secure = await startSecurePool({ suite, port, config: `TCP_FORWARDING_HOST = ${FORWARDING_HOST}\n` });
  const { pool, put, alice, issuer } = secure;
  await put('alice', '/home/alice/cert.pem', alice.certificate, 0o644);
  await put('alice', '/home/alice/key.pem', alice.key);
  await put('alice', '/home/alice/scitoken', `${issuer.issue('alice')}\n`);
  await pool.exec(['mkdir', '-p', '-m', '700', '/home/alice/tokens.d'], { user: 'alice' });
  await put('alice', '/home/alice/tokens.d/pool', `${await pool.idToken({ user: 'alice' })}\n`);
  const address = await pool.sinful('schedd', pool.scheddName);
  await starting.close();
  const environment = (method: string) => ({
    ...{ _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method, _CONDOR_SEC_TOKEN_DIRECTORY: '/home/alice/tokens.d' },
    ...{ _CONDOR_AUTH_SSL_CLIENT_CERTFILE: '/home/alice/cert.pem', BEARER_TOKEN_FILE: '/home/alice/scitoken' },
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: '/home/alice/key.pem',
  });
  const rows: string[][] = [];
  for (const roundTripMs of DISTANCES_MS) {
    const proxy = await DistantProxy.start({ ...network, roundTripMs });
    for (const [how, method, args] of [
      ['by name', 'IDTOKENS', ['-pool', `${FORWARDING_HOST}:${port}`, '-name', pool.scheddName]],
      ...['IDTOKENS', 'SSL', 'SCITOKENS', 'FS'].map((each) => ['by address', each, ['-name', address]] as const),
    ] as const) {
      const trips = { theirs: 0, ours: 0 };
      const run = (who: 'theirs' | 'ours') => async () => {
        proxy.reset();
        const { status, stderr } = await pool[who](args, { user: 'alice', env: environment(method) });
        if (status !== 0) throw new Error(`${who}, ${method}: ${stderr}`);
        trips[who] = proxy.roundTrips;
      };
      const { theirs, ours } = await sideBySide(ROUNDS_AT_A_DISTANCE, { theirs: run('theirs'), ours: run('ours') });
      rows.push([
        ...[`${roundTripMs} ms`, how, method, String(trips.theirs), String(trips.ours)],
        ...[`${ms(theirs)} ms`, `${ms(ours)} ms`, `**${(ours / theirs).toFixed(2)}**`],
      ]);
      console.log(`${pool.version}  ${rows.at(-1)?.join('  ')}`);
    }
    await proxy.close();
  }
  const { bare } = await sideBySide(ROUNDS_AT_A_DISTANCE, { bare: () => pool.exec(['true'], { user: 'alice' }) });
  console.log(`both are started in a namespace of their own, which alone takes ${ms(bare)} ms`);
  await secure.stop();
  return rows.map((row) => [pool.version, ...row]);
}

function write(name: string, text: string): void {
  const mark = `<!-- ${name} -->\n`;
  const [before = '', , after = ''] = readFileSync(DOCUMENT, 'utf8').split(mark);
  writeFileSync(DOCUMENT, `${before}${mark}${text}\n${mark}${after}`);
}

write('process', `${await wholeProcess([process.execPath, ...process.argv.slice(2)])}\n\n${bundles()}\n`);
const reason = poolUnavailable();
if (reason === undefined) {
  const rows: string[][] = [];
  for (const suite of poolSuites()) {
    await prepareTree(suite);
    rows.push(...(await atADistance(suite)));
  }
  const head = ['HTCondor', 'away', 'daemon', 'method', 'its round trips', 'ours', 'HTCondor’s tool', 'this', 'ratio'];
  write('distance', table(head, ...rows));
} else console.log(`No comparison with HTCondor’s own tool: ${reason}`);
