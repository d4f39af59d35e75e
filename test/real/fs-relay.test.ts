/**
 * Tests an attack on FS with real daemons. A malicious program under another account listens in place of the daemon. It
 * makes the client create the directory that the real daemon requested from the program. The real daemon must not
 * authenticate the program as the client.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { commandsFor } from '../../src/daemon/commands.ts';
import { askAllowed } from '../../src/daemon/security-query.ts';
import { type AuthMethod, MethodRefused } from '../../src/security/method.ts';
import { parseSinful } from '../../src/transport/sinful.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { patience } from '../support/slowness.ts';

/** Changes the directory name that the real daemon requests; `endpoint` is the real daemon's address. */
interface Attack {
  readonly what: string;
  readonly ask: (name: string, endpoint: string) => string;
  /** The suffix that the program reports; `appended` is the suffix that the client appended. */
  readonly extension: (appended: string, endpoint: string) => string;
  /** The version that the program announces to the client. */
  readonly version?: string;
}

const OLD = '23.9.6';

const ATTACKS: readonly Attack[] = [
  { what: 'forwards the name and the reply', ask: (name) => name, extension: (appended) => appended },
  {
    what: 'forwards the name, and appends the endpoint of the daemon',
    ask: (name) => name,
    extension: (_, endpoint) => endpoint,
  },
  {
    what: 'hides the endpoint in the name',
    ask: (name, endpoint) => `${name}${endpoint}`,
    extension: (_, endpoint) => endpoint,
    version: OLD,
  },
  {
    what: 'hides the endpoint in the name, before _',
    ask: (name, endpoint) => `${name}${endpoint}_`,
    extension: (appended, endpoint) => `${endpoint}_${appended}`,
    version: OLD,
  },
  {
    what: 'omits the last character',
    ask: (name) => name.slice(0, -1),
    extension: (appended) => appended,
    version: OLD,
  },
  {
    what: 'removes the address from the name',
    ask: (name) => name.replace(/FS_.*_(\w+)_$/, 'FS_$1'),
    extension: () => '',
    version: OLD,
  },
  { what: 'announces a version that does not bind the name', ask: (name) => name, extension: () => '', version: OLD },
];

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Returns whether the real daemon authenticated the program as the client, and the client's message. */
async function relay(pool: Pool, { ask, extension, version = pool.version }: Attack, isAllowed: boolean) {
  const address = parseSinful(await pool.sinful('schedd', pool.scheddName)) ?? assert.fail();
  const endpoint = `${address.host}:${address.port}`;
  const name = deferred<string>();
  const made = deferred<string | undefined>();
  const program: AuthMethod = {
    name: 'FS',
    authenticatesServer: false,
    sources: ['the client'],
    candidatesFor: () => assert.fail(),
    guessed: () => ({
      label: 'the client',
      open: () => {},
      async finish(channel) {
        name.resolve(await channel.receive((message) => message.string()));
        const appended = await made.promise;
        const said = appended === undefined ? '' : extension(appended, endpoint);
        channel.send((message) => {
          message.int(appended === undefined ? -1 : 0);
          if (said !== '') message.string(said);
        });
        if ((await channel.receive((message) => message.int())) !== 0)
          throw new MethodRefused({ reason: 'the daemon refuses it' });
        return [];
      },
    }),
  };
  const { host } = notingHost({ signal: AbortSignal.timeout(patience(30_000)) });
  const credentials = {
    methods: [
      {
        ...program,
        candidatesFor: (_: unknown, peer: Parameters<AuthMethod['guessed']>[0]) => ({
          usable: [program.guessed(peer) ?? assert.fail()],
          rejected: [],
        }),
      },
    ],
    ...{ preference: 'ours' as const, unavailable: [] },
  };
  const attack = askAllowed(
    { address, serverName: undefined },
    commandsFor(['READ'])[0]?.[1] ?? 0,
    credentials,
    host,
  ).then(
    ({ session }) => session.user,
    () => undefined,
  );
  const wanted = ask(await name.promise, endpoint);
  const settings = {
    directory: '/tmp',
    ask: () => wanted,
    whenMade: (path: string) => made.resolve(path.slice(wanted.length)),
  };
  // The client keeps the directory until the daemon replies, which never happens in this test.
  const options = { methods: ['FS'], version, fs: settings, faults: { 'directory verdict': 'silence' } } as const;
  return await withPool(options, async (impostor) => {
    const env = {
      _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'FS',
      _CONDOR_SEC_FS_ENFORCE_CHANNEL_BINDING: isAllowed ? 'False' : 'True',
    };
    const args = ['-address', impostor.schedd(), '-retries', '0', '-timeout', '5s'];
    const client = pool.ours(args, { user: 'alice', env });
    void client.then(() => made.resolve(undefined));
    const user = await attack;
    await impostor.stop();
    return { user, ...(await client) };
  });
}

for (const suite of poolSuites()) {
  describe(`FS of HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    before(async () => {
      pool = await startPool({ suite });
    });
    after(() => pool?.stop());

    for (const attack of ATTACKS) {
      test(`is not relayed by a program that ${attack.what}`, async () => {
        const { user, status, stderr } = await relay(pool, attack, suite === 'sid');
        assert.equal(user, undefined, `the daemon authenticated the program as ${user}; the client printed: ${stderr}`);
        assert.notEqual(status, 0);
        assert.doesNotMatch(await pool.run('ls', '-a', '/tmp'), /FS_/);
      });
    }

    if (suite === 'trixie')
      test('is relayed if this release does not bind the directory and the configuration allows this', async () => {
        const [attack = assert.fail()] = ATTACKS;
        assert.match(String((await relay(pool, attack, true)).user), /^alice@/);
      });
  });
}
