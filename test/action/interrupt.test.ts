/** The runner cancels a step with SIGINT, later with SIGTERM: it ends at once, with an error, and leaves nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listen } from '../support/listen.ts';
import {
  assertFailed,
  assertMasked,
  assertNoLeak,
  filesIn,
  Runner,
  runCommand,
  strangeJwt,
} from '../support/runner.ts';

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

const noSignals = process.platform === 'win32' ? 'Windows ends a process without telling it' : false;

describe('while a daemon says nothing', { skip: noSignals }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    for (const input of ['address', 'pool']) {
      test(`${signal} ends the Action that was given its ${input}`, async () => {
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
