/**
 * Tests cancellation: the runner sends SIGINT, and later SIGTERM. The step ends at once with an error and leaves no
 * files behind.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { filesIn } from '../support/files-in.ts';
import { listen } from '../support/network/listen.ts';
import { runCommand } from '../support/runner/program.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertMasked, assertNoLeak } from '../support/runner/step-assertions.ts';
import { until } from '../support/until.ts';

const credential = strangeJwt();
let server: Server;
let runner: Runner;
let address: string;

before(async () => {
  server = createServer((socket) => socket.on('error', () => {}));
  address = `127.0.0.1:${await listen(server)}`;
  runner = new Runner();
});
after(() => {
  server.close();
  runner.close();
});

const noSignals = process.platform === 'win32' ? 'Windows ends a process without notice' : false;

describe('While the daemon does not respond', { skip: noSignals }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const input of ['address', 'pool']) {
      test(`${signal} ends the Action while it waits for a response at its ${input}`, async () => {
        const interrupt = { signal, when: once(server, 'connection') };
        const inputs = { [input]: address, idtoken: credential, file: 'd/ci' };
        const step = await runner.runAction(inputs, { interrupt, debug: true, beforePost: () => {} });
        assertFailed(step, { code: 'ERR_TIMEOUT', status: 3, text: /^cancelled \(ERR_TIMEOUT, while: / });
        assertNoLeak(step, [credential]);
        assertMasked(step, [credential]);
        assert.deepEqual(filesIn(runner.workspace), []);
        assert.deepEqual([step.post?.status, step.post?.annotations], [0, []]);
      });
    }

    test(`${signal} ends the command`, async () => {
      const own = new Runner();
      writeFileSync(join(own.workspace, 'credential'), `${credential}\n`, { mode: 0o600 });
      const env = { _CONDOR_SEC_TOKEN_DIRECTORY: own.workspace };
      const interrupt = { signal, when: once(server, 'connection') };
      const { status, stdout, stderr } = await runCommand(['-address', address], { env, interrupt });
      own.close();
      assert.deepEqual([status, stdout], [3, '']);
      assert.match(stderr, /^cancelled \(ERR_TIMEOUT/);
    });
  }
});

/**
 * An interruption of a step: the pool's behavior, the moment of the interruption, and the message that the step prints
 * as a result.
 */
interface Moment {
  readonly options: (reached: () => void) => EmbeddedPoolOptions;
  readonly inputs?: Readonly<Record<string, string>>;
  /**
   * The line in the pool's log that marks the moment. If this property is undefined, the pool marks the moment by
   * calling `reached`.
   */
  readonly logged?: RegExp;
  readonly text?: RegExp;
}

/** Returns a frame handler that sends nothing from this frame on. */
function muteFrom(count: number, reached: () => void): (frame: Uint8Array) => Uint8Array | 'silence' {
  let frames = 0;
  return (frame) => {
    if (++frames < count) return frame;
    reached();
    return 'silence';
  };
}

const MOMENTS: Readonly<Record<string, Moment>> = {
  ...Object.fromEntries(
    (['ads', 'policy', 'method', 'challenge', 'key exchange', 'post-auth', 'reply'] as const).map((step) => [
      `before “${step}” arrives`,
      { options: (reached: () => void) => ({ faults: { [step]: muteFrom(1, reached) }, readNeedsSession: true }) },
    ]),
  ),
  'while the new token is being verified': {
    options: (reached) => ({ faults: { policy: muteFrom(3, reached) }, readNeedsSession: true }),
    inputs: { verify: 'true', authz: 'READ' },
  },
  'during a check': {
    options: (reached) => ({ faults: { 'post-auth': muteFrom(2, reached) }, readNeedsSession: true }),
    inputs: { mode: 'check' },
  },
  'between two attempts': {
    options: () => ({ faults: { policy: 'close' }, readNeedsSession: true }),
    inputs: { retries: '3' },
    logged: /^close$/,
  },
};

describe('An interrupt', { skip: noSignals }, () => {
  for (const [moment, { options, inputs, logged, text }] of Object.entries(MOMENTS)) {
    test(`${moment} ends the Action and closes its connections`, async () => {
      let resolve = () => {};
      const promise = new Promise<void>((fulfil) => {
        resolve = fulfil;
      });
      await withPool(
        options(() => resolve()),
        async (pool) => {
          const idtoken = pool.idToken();
          const where = { pool: pool.collector, name: 'ci@pool', idtoken, file: 'd/ci' };
          const interrupt = { signal: 'SIGTERM', when: logged === undefined ? promise : pool.logged(logged) } as const;
          const step = await runner.runAction({ ...where, ...inputs }, { interrupt, beforePost: () => {} });
          assertFailed(step, { code: 'ERR_TIMEOUT', status: 3, text: text ?? /^cancelled \(ERR_TIMEOUT/ });
          assertNoLeak(step, [idtoken]);
          assert.deepEqual(filesIn(runner.workspace), []);
          assert.deepEqual([step.post?.status, step.post?.annotations], [0, []]);
          await until('all connections are closed', 5, async () => (pool.open === 0 ? undefined : `${pool.open} open`));
        },
      );
    });
  }
});
