/**
 * Tests MUNGE. Each time, the client obtains a new credential and sends it in the first flight. If it obtains no
 * credential, the method fails.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { AuthenticationError } from '../../../src/errors.ts';
import { ABSENT, MethodClients } from '../../support/clients/method-clients.ts';
import { fakeCredential } from '../../support/embedded-pool/munge.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';

let clients: MethodClients;
before(async () => {
  clients = await MethodClients.create();
});
after(() => clients?.close());
beforeEach(() => munge(`echo '${fakeCredential('alice')}'`));

/** Installs a munge program that runs this script and counts its runs. */
function munge(script: string): void {
  const count = clients.file('count', '');
  clients.program('munge', `echo x >> '${count}'; cat > '${join(clients.folder, 'payload')}'; ${script}`);
}
const uses = () => readFileSync(join(clients.folder, 'count'), 'utf8').split('\n').length - 1;

describe('MUNGE', { skip: ABSENT.MUNGE ?? false }, () => {
  test('calls the program once, with a payload of 24 random bytes', () =>
    withPool(clients.pool(), async (pool) => {
      const payloads: string[] = [];
      for (let run = 0; run < 2; run++) {
        const { fetched } = await clients.try(pool, clients.inputsFor('MUNGE', pool));
        assert.equal(fetched?.roundTrips, 3);
        payloads.push(readFileSync(join(clients.folder, 'payload'), 'hex'));
      }
      assert.equal(uses(), 2);
      assert.deepEqual(
        payloads.map((each) => each.length),
        [48, 48],
      );
      assert.notEqual(payloads[0], payloads[1]);
    }));

  test('creates a new credential for each connection, because munged accepts each credential only once', () =>
    withPool(clients.pool({ faults: { method: 'close' } }), async (pool) => {
      const { error } = await clients.try(pool, clients.inputsFor('MUNGE', pool));
      assert.equal((error as { code?: string }).code, 'ERR_CLOSED');
      assert.deepEqual([pool.connections, uses()], [2, 2]);
    }));

  test('does not run the program if the daemon accepts an earlier method', () =>
    withPool(clients.pool(), async (pool) => {
      await clients.try(pool, clients.several(['PASSWORD', 'MUNGE'], pool));
      assert.equal(uses(), 0);
    }));

  test('masks its credential before it is sent', () =>
    withPool(clients.pool(), async (pool) => {
      const { masks } = await clients.try(pool, clients.inputsFor('MUNGE', pool));
      assert.ok(masks.includes(fakeCredential('alice')));
    }));

  const broken: readonly [string, string, RegExp][] = [
    [
      'fails',
      'echo "munge: Error: Failed to access socket" >&2; exit 6',
      /munge failed: munge: Error: Failed to access/,
    ],
    ['fails without a message', 'exit 1', /munge failed: exit status 1$/],
    ['is killed', 'kill -9 $$', /munge failed: /],
    ['prints text that contains a NUL', "printf 'a\\000b'", /./],
    ['prints text that is not a credential', 'echo hello', /the daemon rejected it: its munged/],
  ];
  for (const [what, script, reason] of broken) {
    test(`is followed by the next method on the same connection if its program ${what}`, () =>
      withPool(clients.pool(), async (pool) => {
        munge(script);
        const { error } = await clients.try(pool, clients.inputsFor('MUNGE', pool));
        assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
        assert.match(error.attempts[0]?.reason ?? '', reason);
        const before = pool.connections;
        const { fetched } = await clients.try(pool, clients.several(['MUNGE', 'PASSWORD'], pool));
        assert.deepEqual([fetched?.authenticationMethod, pool.connections - before], ['PASSWORD', 1]);
      }));
  }

  test('works with a program that does not read its input', () =>
    withPool(clients.pool(), async (pool) => {
      clients.program('munge', `exec <&-; echo '${fakeCredential('alice')}'`);
      assert.equal((await clients.try(pool, clients.inputsFor('MUNGE', pool))).error, undefined);
    }));

  test('kills a program that hangs when the run ends', () =>
    withPool(clients.pool(), async (pool) => {
      munge(
        "trap '' TERM; echo $$ > pid; mv pid started; while :; do sleep 0.05; done".replaceAll(
          /\b(pid|started)\b/g,
          (name) => `'${join(clients.folder, name)}'`,
        ),
      );
      const controller = new AbortController();
      const watcher = watch(clients.folder, () => existsSync(join(clients.folder, 'started')) && controller.abort());
      const { error } = await clients.try(pool, clients.inputsFor('MUNGE', pool), { signal: controller.signal });
      watcher.close();
      assert.equal((error as { code?: string }).code, 'ERR_TIMEOUT');
      const pid = Number(readFileSync(join(clients.folder, 'started'), 'utf8'));
      while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
    }));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
