/** Tests the debug log. It contains every phase, with names and sizes, but no secrets. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertNoLeak } from '../support/runner/step-assertions.ts';

const runner = new Runner();
after(() => runner.close());

/** On many systems, localhost also resolves to ::1, where the embedded pool does not listen. */
const LOCALHOST = /^connect: the host name localhost resolves to (::1, )?127\.0\.0\.1(, ::1)?$/;

describe('The log with debug logging', () => {
  test('contains a line for each phase', () =>
    withPool({ readNeedsSession: true }, async (pool) => {
      const idtoken = pool.idToken();
      const inputs = { pool: `localhost:${pool.port}`, name: 'ci@pool', idtoken, verify: 'true', authz: 'READ' };
      const step = await runner.runAction(inputs, { debug: true });
      assert.equal(step.status, 0, step.raw);
      const lines = step.annotations.filter(({ level }) => level === 'debug').map(({ message }) => message);
      for (const line of [
        /^credentials: IDTOKENS from idtoken$/,
        /^locate: querying the collector <localhost:\d+> for the schedd ci@pool$/,
        LOCALHOST,
        /^connect: TCP connection to 127\.0\.0\.1:\d+ \(localhost\) in \d+ ms$/,
        /^locate: ci@pool is at <127\.0\.0\.1:\d+\?sock=schedd_0>$/,
        /^connect: requesting schedd_0 through the shared port$/,
        /^wire: sent \d+ bytes in one flight \(port \d+\)$/,
        /^wire: received \d+ bytes \(port \d+\)$/,
        /^session: the daemon accepts IDTOKENS; trust domain pool\.test; signing keys POOL$/,
        /^session: authenticated as alice@pool\.test with IDTOKENS, .*; the daemon runs \$CondorVersion/,
        /^wire: received \d+ bytes, encrypted \(port \d+\)$/,
        /^verify: the daemon allows READ with the new token$/,
      ])
        assert.ok(
          lines.some((each) => line.test(each)),
          `${line} is not in\n${lines.join('\n')}`,
        );
      assertNoLeak(step, [idtoken, step.outputs['token'] ?? '']);
    }));

  test('contains a line for each flight: two after the connection to a known address', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction({ address: pool.schedd(), idtoken: pool.idToken() }, { debug: true });
      assert.equal(step.log.filter((line) => line.startsWith('##[debug]wire: sent')).length, 2, step.log.join('\n'));
    }));
});

describe('The log without debug logging', () => {
  test('contains one line about the token, and a group with the token details', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction({ address: pool.schedd(), idtoken: pool.idToken(), authz: 'READ' });
      assert.deepEqual(
        step.commands.map(({ name }) => name).filter((name) => name !== 'add-mask' && name !== 'debug'),
        ['group', 'endgroup'],
      );
      const [first = '', ...facts] = step.log;
      assert.match(first, /^Token for alice@pool\.test, restricted to READ, valid for 1 h$/);
      assert.ok(facts.includes('authentication-method: IDTOKENS'), facts.join('\n'));
      assert.ok(facts.includes(`token-id: ${step.outputs['token-id']}`));
    }));

  test('contains each step of a check only once', () =>
    withPool({}, async (pool) => {
      const inputs = { pool: `localhost:${pool.port}`, name: 'ci@pool', idtoken: pool.idToken(), mode: 'check' };
      const { status, log, raw } = await runner.runAction(inputs);
      assert.equal(status, 0, raw);
      const gist = log.map((line) => line.replaceAll(/\d+( ms)/g, '0$1').replaceAll(String(pool.port), 'PORT'));
      assert.deepEqual(gist, [...new Set(gist)], 'no line occurs twice');
      const phases = [...new Set(gist.map((line) => /^\w+: /.exec(line)?.[0]).filter((each) => each !== undefined))];
      assert.deepEqual(phases, ['credentials: ', 'locate: ', 'connect: ', 'session: ', 'token: ', 'levels: ']);
      for (const line of [LOCALHOST, /^connect: TCP connection to 127\.0\.0\.1:PORT \(localhost\) in 0 ms$/])
        assert.ok(
          gist.some((each) => line.test(each)),
          gist.join('\n'),
        );
    }));
});
