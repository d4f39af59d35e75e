/**
 * Runs command lines with HTCondor's condor_token_request and with this command under that name, with the same daemons
 * and account. Compares the request in condor_token_request_list, success or failure, standard output and files.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Outcome, type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { projectRoot } from '../support/project.ts';
import { until } from '../support/until.ts';

interface Case {
  /** The command line. POOL, NAME and SCHEDD are placeholders for the pool's values. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The heading of docs/PARITY.md that explains the difference, and the outcome of this command. */
  readonly differs?: readonly [heading: string, ours: 'succeeds' | 'fails'];
}

const SCHEDD_ONLY = ['-type', 'SCHEDD', '-name', 'NAME'];
const NARROWER = 'Levels';
const CASES: readonly Case[] = [
  { args: [] },
  { args: ['-pool', 'POOL'] },
  { args: ['-name', 'POOL'] },
  { args: ['-pool', ''] },
  { args: ['-type', 'COLLECTOR'] },
  { args: ['-type', 'collector', '-pool', 'POOL'] },
  { args: ['-type', 'SCHEDD'] },
  { args: SCHEDD_ONLY },
  { args: ['-ty', 'schedd', '-pool', 'POOL', '-n', 'NAME'] },
  { args: ['-name', 'SCHEDD', '-type', 'SCHEDD'] },
  { args: ['-identity', 'alice@pool.test'] },
  { args: ['-i', 'alice'] },
  { args: ['--identity', 'bob@elsewhere.test', ...SCHEDD_ONLY] },
  { args: ['-identity', ''] },
  { args: ['-authz', 'READ'] },
  { args: ['-a', 'READ', '-a', 'WRITE', ...SCHEDD_ONLY] },
  { args: ['-authz', 'ADVERTISE_STARTD', '-lifetime', '600'] },
  { args: ['-lifetime', '60'] },
  { args: ['-l', '0'], differs: ['Lifetimes', 'fails'] },
  { args: ['-lifetime', '12h', '-identity', 'alice@pool.test'], differs: ['Lifetimes', 'succeeds'] },
  { args: ['-lifetime', 'soon'] },
  { args: ['-authz', 'SUBMIT'], differs: [NARROWER, 'fails'] },
  { args: ['-authz', ''], differs: [NARROWER, 'fails'] },
  { args: ['-token', 'mine', '-identity', 'alice'] },
  { args: ['-file', 'mine', '-authz', 'READ'] },
  { args: ['-token', '../mine'], differs: ['Token files', 'fails'] },
  { args: ['-f', '/nowhere/mine'], differs: ['Token files', 'fails'] },
  { args: ['-pool', '127.0.0.1:1'] },
  { args: ['-type', 'SHEDD'] },
  { args: ['-type', 'SCHEDD', '-name', 'nobody@nowhere', '-pool', 'POOL'] },
  { args: ['-key', 'POOL'] },
  { args: ['-remote'] },
  { args: ['-identity'] },
  { args: ['-help'] },
  { args: ['READ'] },
  { args: ['-debug', '-identity', 'alice'] },
];

test('the table of condor_token_request has at least 20 command lines, and docs/PARITY.md contains its differences', () => {
  assert.ok(CASES.length >= 20);
  const text = readFileSync(join(projectRoot, 'docs/PARITY.md'), 'utf8');
  const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  for (const { differs } of CASES) if (differs !== undefined) assert.ok(headings.includes(differs[0]), differs[0]);
});

interface Ran {
  readonly outcome: Outcome;
  /** The request in the daemon's list, without its request ID and client ID. */
  readonly request: unknown;
  readonly files: string;
}

for (const suite of poolSuites()) {
  describe(`condor_token_request from HTCondor ${suite} and this command have the same result for`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let pool: Pool;
    let words: Readonly<Record<string, string>>;
    let theirs: readonly Ran[] = [];
    let ours: readonly Ran[] = [];
    before(async () => {
      pool = await startPool({ suite });
      words = {
        ...{ POOL: pool.collector, NAME: pool.scheddName },
        SCHEDD: await pool.sinful('schedd', pool.scheddName),
      };
      await pool.run('mkdir', '-p', '/opt/names');
      await pool.run('ln', '-s', '/opt/ours/cli/index.js', '/opt/names/condor_token_request');
      // HTCondor's tool polls every five seconds, so all cases run at the same time. stdbuf makes the tool flush the
      // line with the request ID, which it would otherwise buffer.
      theirs = await runAll(['stdbuf', '-oL', 'condor_token_request'], 'theirs', CASES.length);
      // HTCondor's tool does not wait for a daemon that may be restarting, so this command must not wait either.
      ours = await runAll(['node', '/opt/names/condor_token_request', '-retries', '0'], 'ours', CASES.length / 2);
    });
    after(() => pool?.stop());

    /** Runs all cases, with at most `concurrency` at the same time. */
    async function runAll(tool: readonly string[], who: string, concurrency: number): Promise<readonly Ran[]> {
      const all: Ran[] = [];
      while (all.length < CASES.length) {
        const some = CASES.slice(all.length, all.length + concurrency);
        all.push(...(await runSome(tool, `/home/alice/${who}-${all.length}`, some)));
      }
      return all;
    }

    /** Runs these cases at the same time, each in a directory below `parent`, and approves their requests. */
    async function runSome(tool: readonly string[], parent: string, cases: readonly Case[]): Promise<readonly Ran[]> {
      const folders = cases.map((_, at) => `${parent}/${at}`);
      await pool.exec(['mkdir', '-p', '-m', '700', ...folders], { user: 'alice' });
      const ended = new Set<string>();
      const running = cases.map((each, at) => {
        const folder = folders[at] ?? assert.fail();
        return start(tool, folder, each).finally(() => ended.add(folder));
      });
      const requests = new Map<string, Promise<unknown>>();
      await until('each case either announces a request or ends', 60, async () => {
        const found = await pool.exec(['grep', '-Hors', 'approve request [0-9]*[.]', parent, '--include=.stdout']);
        for (const [, folder = '', id = ''] of found.stdout.matchAll(/^(.+)\/\.stdout:approve request (\d{7})\.$/gm))
          if (!requests.has(folder)) requests.set(folder, approve(id));
        const waiting = folders.filter((folder) => !requests.has(folder) && !ended.has(folder));
        return waiting.length === 0 ? undefined : waiting.join();
      });
      return await Promise.all(
        folders.map(async (cwd, at) => {
          const request = await requests.get(cwd);
          const shell = (await running[at]) ?? assert.fail();
          const read = async (file: string) => (await pool.exec(['cat', `${cwd}/${file}`])).stdout;
          const list = 'find . -type f ! -name ".std*" -printf "%p %m " -exec cat {} \\; | sort';
          const { stdout: files } = await pool.exec(['sh', '-c', list], { cwd });
          return {
            outcome: { ...shell, stdout: await read('.stdout'), stderr: await read('.stderr') },
            request,
            files,
          };
        }),
      );
    }

    function start(tool: readonly string[], cwd: string, { args, env = {} }: Case): Promise<Outcome> {
      const given = args.map((arg, at) =>
        /^-{1,2}(key|type|ty)$/.test(args[at - 1] ?? '')
          ? arg
          : arg.replace(/^(POOL|NAME|SCHEDD)$/, (word) => words[word] ?? word),
      );
      const script = 'out=$1; shift; "$@" > "$out/.stdout" 2> "$out/.stderr"';
      return pool.exec(['sh', '-c', script, 'run', cwd, ...tool, ...given], {
        ...{ user: 'alice', cwd },
        env: {
          _CONDOR_SEC_TOKEN_DIRECTORY: `${cwd}/tokens`,
          _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'FS',
          ...env,
        },
      });
    }

    /** Approves the request with this ID at the daemon that received it. */
    async function approve(id: string): Promise<unknown> {
      for (const daemon of [[], ['-type', 'SCHEDD', '-name', pool.scheddName]]) {
        const { stdout } = await pool.exec(['condor_token_request_list', '-json', ...daemon]);
        const all: unknown = stdout.trim() === '' ? [] : JSON.parse(stdout);
        const found = (all as Record<string, unknown>[]).find(({ RequestId }) => RequestId === id);
        if (found === undefined) continue;
        await pool.run('sh', '-c', `echo yes | condor_token_request_approve -reqid ${id} ${daemon.join(' ')}`);
        const { RequestId: _, ClientId: __, ...request } = found;
        return { ...request, daemon: daemon.length === 0 ? 'collector' : 'schedd' };
      }
      throw new Error(`no daemon lists request ${id}`);
    }

    for (const [at, { args, differs }] of CASES.entries()) {
      const name = args.map((arg) => arg || "''").join(' ') || 'no arguments';
      test(`${name}${differs === undefined ? '' : ' — differs'}`, async () => {
        const [reference, own] = [theirs[at], ours[at]];
        assert.ok(reference !== undefined && own !== undefined);
        const said = `theirs: ${JSON.stringify(reference)}\nours: ${JSON.stringify(own)}`;
        if (differs === undefined) assert.deepEqual(resultOf(own), resultOf(reference), said);
        else {
          assert.equal(own.outcome.status === 0 ? 'succeeds' : 'fails', differs[1], said);
          assert.notDeepEqual(resultOf(own), resultOf(reference), said);
        }
      });
    }
  });
}

/** Returns the parts of the outcome that must be equal. */
function resultOf({ outcome: { status, stdout }, request, files }: Ran): unknown {
  if (status !== 0) return { succeeded: false, stdout: withoutIds(stdout), request };
  return { succeeded: true, stdout: withoutIds(stdout), request, files: withoutIds(files) };
}

function withoutIds(text: string): string {
  return text
    .replaceAll(/approve request \d{7}\./g, 'approve request N.')
    .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, (jwt) => {
      const { jti: _, iat, exp, ...claims } = claimsOf(jwt);
      return JSON.stringify({ ...claims, lifetime: exp === undefined ? 'unlimited' : Number(exp) - Number(iat) });
    });
}
