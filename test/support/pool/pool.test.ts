/** Tests that real pools respond, accept new settings, and leave nothing behind. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { asRoot } from '../processes.ts';
import { until } from '../until.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from './pool.ts';

/** Returns only the processes in one namespace, such as `pid:[4026532201]`, because other pools might be running. */
function processesIn(namespace: string): readonly string[] {
  const [program, ...args] = asRoot('sh', '-c', 'find /proc/[0-9]*/ns -type l -printf "%l %p\\n" 2> /dev/null');
  const lines = spawnSync(program, args, { encoding: 'utf8' }).stdout.split('\n');
  return lines.filter((line) => line.startsWith(`${namespace} `)).map((line) => line.slice(namespace.length + 1));
}

/** Keeps namespaces open, so that the kernel does not reuse their numbers for another pool during the test. */
async function hold(namespaces: readonly string[]): Promise<ChildProcess> {
  const members = namespaces.map((each) => processesIn(each)[0] ?? '');
  const [program, ...args] = asRoot('sh', '-c', 'exec 3<"$0" 4<"$1" && echo held && read -r _', ...members);
  const holder = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(holder.stdout, 'data')) as [Buffer];
  assert.equal(line.toString(), 'held\n');
  return holder;
}

/** Ends a pool and waits until its processes have ended. A mount namespace and its mounts end with the last process. */
async function nothingRemains(namespaces: readonly string[], end: () => Promise<unknown>): Promise<void> {
  const holder = await hold(namespaces);
  try {
    await end();
    await until('no process is left in the namespaces of the pool', 10, async () => {
      const left = namespaces.flatMap(processesIn);
      return left.length === 0 ? undefined : left.join(' ');
    });
  } finally {
    holder.stdin?.end();
  }
}

async function namespacesOf(pool: Pool): Promise<readonly string[]> {
  const links = await pool.run('readlink', '/proc/self/ns/pid', '/proc/self/ns/mnt');
  const namespaces = links.trim().split('\n');
  assert.equal(namespaces.length, 2);
  // Without processes, the check below would pass trivially.
  assert.ok(namespaces.every((each) => processesIn(each).length > 2));
  return namespaces;
}

/** Starts a process that starts a pool, prints its namespaces, and waits until it is killed. */
async function poolInAnotherProcess(suite: string): Promise<[ChildProcess, readonly string[]]> {
  const module = new URL('./pool.js', import.meta.url).href;
  const script = `
    const { startPool } = await import(${JSON.stringify(module)});
    const pool = await startPool({ suite: ${JSON.stringify(suite)} });
    console.log(await pool.run('readlink', '/proc/self/ns/pid', '/proc/self/ns/mnt'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  return [child, chunk.toString().trim().split('\n')];
}

for (const suite of poolSuites()) {
  describe(`A pool of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let stopped = false;
    before(async () => {
      pool = await startPool({ suite });
    });
    after(() => (stopped ? undefined : pool?.stop()));

    test('responds to condor_status', async () => {
      const stdout = await pool.run('condor_status', '-schedd', '-af', 'Name', 'MyAddress');
      assert.ok(stdout.startsWith(`${pool.scheddName} <127.0.0.1:${pool.port}?`), stdout);
    });

    test('authorizes only the levels of the first credential', async () => {
      const credential = await pool.idToken({ user: 'alice', authz: ['READ'], lifetime: 600 });
      await pool.run('mkdir', '-m', '700', '/tmp/first');
      await pool.write('/tmp/first/credential', `${credential}\n`, 0o600);
      const env = {
        _CONDOR_SEC_TOKEN_DIRECTORY: '/tmp/first',
        _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS',
        _CONDOR_SEC_CLIENT_AUTHENTICATION: 'REQUIRED',
      };
      const ping = (level: string) => pool.exec(['condor_ping', '-type', 'schedd', '-table', level], { env });
      const read = await ping('READ');
      assert.match(read.stdout, /IDTOKENS.*ALLOW.*alice@pool\.test/, read.stderr);
      assert.doesNotMatch((await ping('WRITE')).stdout, /ALLOW/);
    });

    test('issues a token to HTCondor’s own condor_token_fetch over FS, and applies new settings before configure() returns', async () => {
      const fetch = () => pool.exec(['condor_token_fetch', '-lifetime', '60'], { user: 'alice', cwd: '/home/alice' });
      const { stdout, stderr } = await fetch();
      const claims = JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString()) as Record<
        string,
        unknown
      >;
      assert.equal(claims['sub'], `alice@${pool.trustDomain}`, stderr);
      assert.equal(claims['iss'], pool.trustDomain);
      await pool.configure('SEC_ENABLE_TOKEN_FETCH = false');
      assert.match((await fetch()).stderr, /DAEMON:44:/);
      await pool.configure('');
      assert.equal((await fetch()).status, 0);
    });

    test('leaves no process and no mount behind after it is stopped', async () => {
      await nothingRemains(await namespacesOf(pool), async () => {
        await pool.stop();
        stopped = true;
      });
    });

    test('leaves no process and no mount behind if the test process is killed', async () => {
      const [child, namespaces] = await poolInAnotherProcess(suite);
      await nothingRemains(namespaces, async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      });
    });
  });
}
