/**
 * `npm run bench [-- NODE…]`: what a fetch costs beside HTCondor's own tool, side by side in one run: whole processes, medians.
 * Writes the tables of docs/PERFORMANCE.md, and the short one of the README. NODE: further
 * Node binaries for the first table, of which the last is that of the second; the Action runs on Node 24.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistantProxy } from '../support/distant-proxy.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { freePort } from '../support/free-port.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';
import { prepareTree, type Suite } from '../support/pool-tree.ts';
import { projectRoot } from '../support/project.ts';
import { startSecurePool } from '../support/secure-pool.ts';
import { sideBySide, succeed } from './processes.ts';

const ROUNDS = 31;
const ROUNDS_AT_A_DISTANCE = 5;
const DISTANCES_MS = [0, 10, 30, 100];
/** Where the daemons say that they are; the proxy listens there, on their own port. */
const FORWARDING_HOST = '127.0.0.2';
const DOCUMENT = 'docs/PERFORMANCE.md';
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

/** HTCondor's tool in its own root, and ours where no HTCondor is; the same credential and no other, the same proxy. */
async function atADistance(suite: Suite, node: string): Promise<string[][]> {
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
  const own = mkdtempSync(join(tmpdir(), 'bench-'));
  for (const [name, text] of Object.entries({
    cert: alice.certificate,
    key: alice.key,
    scitoken: issuer.issue('alice'),
  }))
    writeFileSync(join(own, `.${name}`), text, { mode: 0o600 });
  writeFileSync(join(own, '.ca'), secure.authority.certificate);
  writeFileSync(join(own, 'pool'), `${await pool.idToken({ user: 'alice' })}\n`, { mode: 0o600 });
  const environment = (method: string, [tokens, cert, key, scitoken]: readonly string[]) => ({
    ...{ _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: method, _CONDOR_SEC_TOKEN_DIRECTORY: tokens ?? '' },
    ...{ _CONDOR_AUTH_SSL_CLIENT_CERTFILE: cert ?? '', _CONDOR_AUTH_SSL_CLIENT_KEYFILE: key ?? '' },
    BEARER_TOKEN_FILE: scitoken ?? '',
  });
  const places = ['tokens.d', 'cert.pem', 'key.pem', 'scitoken'].map((name) => `/home/alice/${name}`);
  const ourPlaces = [own, ...['.cert', '.key', '.scitoken'].map((name) => join(own, name))];
  const distant = `${FORWARDING_HOST}:${port}`;
  const rows: string[][] = [];
  for (const roundTripMs of DISTANCES_MS) {
    const proxy = await DistantProxy.start({ ...network, roundTripMs });
    for (const [how, method, args] of [
      ['by name', 'IDTOKENS', ['-pool', distant, '-name', pool.scheddName]],
      ...['IDTOKENS', 'SSL', 'SCITOKENS'].map((each) => ['by address', each, ['-name', address]] as const),
    ] as const) {
      const trips = { theirs: 0, ours: 0 };
      const run = (who: 'theirs' | 'ours', work: () => Promise<unknown>) => async () => {
        proxy.reset();
        await work();
        trips[who] = proxy.roundTrips;
      };
      const env = { ...environment(method, ourPlaces), _CONDOR_AUTH_SSL_CLIENT_CAFILE: join(own, '.ca') };
      const { theirs, ours, action } = await sideBySide(ROUNDS_AT_A_DISTANCE, {
        theirs: run('theirs', async () => {
          const { status, stderr } = await pool.theirs(args, { user: 'alice', env: environment(method, places) });
          if (status !== 0) throw new Error(`${method}: ${stderr}`);
        }),
        ours: run('ours', () => succeed([node, COMMAND, ...args], env)),
        action: run('ours', () => succeed([node, ACTION], { ...env, ...asInputs(args) })),
      });
      rows.push([
        ...[`${roundTripMs} ms`, how, method, String(trips.theirs), String(trips.ours)],
        ...[`${ms(theirs)} ms`, `${ms(ours)} ms`, `${ms(action)} ms`, `**${(ours / theirs).toFixed(2)}**`],
      ]);
      console.log(`${pool.version}  ${rows.at(-1)?.join('  ')}`);
    }
    await proxy.close();
  }
  const { bare } = await sideBySide(ROUNDS_AT_A_DISTANCE, { bare: () => pool.exec(['true'], { user: 'alice' }) });
  console.log(`HTCondor's tool is started in a namespace of its own, which alone takes ${ms(bare)} ms`);
  await secure.stop();
  rmSync(own, { recursive: true });
  return rows.map((row) => [pool.version, ...row]);
}

/** Flags of the command as inputs of the Action, whose name is no address. */
function asInputs(args: readonly string[]): Record<string, string> {
  const inputs: Record<string, string> = { INPUT_SUMMARY: 'false' };
  for (let at = 0; at < args.length; at += 2)
    inputs[`INPUT_${(args[at] ?? '').slice(1).toUpperCase()}`] = args[at + 1] ?? '';
  return inputs;
}

/** Ratios with an IDTOKEN: a row for each distance, and in it each release by name and by address. */
function inShort(rows: readonly (readonly string[])[]): string {
  const mine = rows.filter(([, , , method]) => method === 'IDTOKENS');
  const columns = [...new Set(mine.map(([version, , how]) => `${how}, ${version}`))];
  const ratio = (distance: string, column: string) =>
    mine.find(([version, away, how]) => away === distance && `${how}, ${version}` === column)?.at(-1) ?? '–';
  const distances = [...new Set(mine.map(([, away = '']) => away))];
  return table(['away', ...columns], ...distances.map((away) => [away, ...columns.map((each) => ratio(away, each))]));
}

function write(document: string, name: string, text: string): void {
  const path = join(projectRoot, document);
  const mark = `<!-- ${name} -->\n`;
  const [before = '', , after = ''] = readFileSync(path, 'utf8').split(mark);
  writeFileSync(path, `${before}${mark}${text}\n${mark}${after}`);
}

const nodes = [process.execPath, ...process.argv.slice(2)];
write(DOCUMENT, 'process', `${await wholeProcess(nodes)}\n\n${bundles()}\n`);
const reason = poolUnavailable();
if (reason === undefined) {
  const rows: string[][] = [];
  for (const suite of poolSuites()) {
    await prepareTree(suite);
    rows.push(...(await atADistance(suite, nodes.at(-1) ?? process.execPath)));
  }
  const head = [
    'HTCondor',
    'away',
    'daemon',
    'method',
    'its round trips',
    'ours',
    'HTCondor’s tool',
    'command',
    'Action',
    'command / tool',
  ];
  write(DOCUMENT, 'distance', table(head, ...rows));
  write('README.md', 'bench', inShort(rows));
} else console.log(`No comparison with HTCondor’s own tool: ${reason}`);
