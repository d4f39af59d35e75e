/**
 * Measures startup time and memory for each Node version, by running whole processes that fetch a token from a daemon
 * on the loopback interface.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPool } from '../../test/support/embedded-pool/pool.ts';
import { projectRoot } from '../../test/support/project.ts';
import { ACTION, COMMAND, sideBySide, succeed } from './processes.ts';
import { ms, table } from './table.ts';

const ROUNDS = 31;

/** Measures the peak memory of a process in MB, as Linux reports it when the process exits. */
async function peakMemory(argv: readonly [string, ...string[]], env: Readonly<Record<string, string>>, probe: string) {
  const said = await succeed(argv, { ...env, NODE_OPTIONS: `--require ${probe}` });
  return Number(/VmHWM:\s*(\d+)/.exec(said)?.[1] ?? Number.NaN) / 1000;
}

export async function wholeProcess(nodes: readonly string[]): Promise<string> {
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

export function bundles(): string {
  const sizes = ['action', 'cli', 'lib'].map((name) => {
    const { size } = statSync(join(projectRoot, 'dist', name, 'index.js'));
    return `\`dist/${name}/index.js\` ${(size / 1000).toFixed(0)} kB`;
  });
  return `Bundles: ${sizes.join(', ')}.`;
}
