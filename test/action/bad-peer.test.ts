/** Tests peers that are not HTCondor daemons. The step fails with one annotation before its deadline. */
import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { filesIn } from '../support/files-in.ts';
import { listen } from '../support/network/listen.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertNoLeak } from '../support/runner/step-assertions.ts';

const credential = strangeJwt();
const servers: Server[] = [];
let runner: Runner;

before(() => {
  runner = new Runner();
});
after(() => {
  for (const server of servers) server.close();
  runner.close();
});

async function listening(server: Server): Promise<string> {
  servers.push(server);
  const port = await listen(server);
  server.unref();
  return `127.0.0.1:${port}`;
}

function peer(talk: (socket: Socket) => void): () => Server {
  return () =>
    createServer((socket) => {
      socket.on('error', () => {});
      talk(socket);
    });
}

const TLS_ALERT = Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28);
const HALF_FRAME = Uint8Array.of(1, 0, 0, 0, 9, 0);

/**
 * Each row contains a peer's name, the function that creates the peer, the expected error code, and the expected exit
 * status.
 */
const PEERS: readonly [string, () => Server, string, number][] = [
  ['an HTTP server', () => createHttpServer() as Server, 'ERR_FRAME', 4],
  ['a TLS server', () => createTlsServer({}) as Server, 'ERR_CLOSED', 3],
  [
    'a TLS server that sends an alert',
    peer((socket) => socket.once('data', () => socket.end(TLS_ALERT))),
    'ERR_FRAME',
    4,
  ],
  ['an SSH server', peer((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n')), 'ERR_FRAME', 4],
  ['a server that closes the connection', peer((socket) => socket.once('data', () => socket.end())), 'ERR_CLOSED', 3],
  [
    'a server that resets the connection',
    peer((socket) => socket.once('data', () => socket.resetAndDestroy())),
    'ERR_CLOSED',
    3,
  ],
  [
    'a server that closes the connection within a frame',
    peer((socket) => socket.once('data', () => socket.end(HALF_FRAME))),
    'ERR_CLOSED',
    3,
  ],
];
/**
 * Error codes for a peer that echoes the client's messages. The client parses the echo as a policy or as a daemon ad.
 */
const ECHO_CODES = { address: 'ERR_CLASSAD', pool: 'ERR_MESSAGE' } as const;

describe('An address at which no daemon listens', () => {
  for (const input of ['address', 'pool'] as const) {
    const echo = ['an echo server', peer((socket) => socket.pipe(socket)), ECHO_CODES[input], 4] as const;
    for (const [what, make, code, status] of [...PEERS, echo]) {
      test(`${what}, as ${input}: the step fails with ${code}`, async () => {
        const where = await listening(make());
        const step = await runner.runAction({ [input]: where, idtoken: credential, file: 'ci' });
        assertFailed(step, {
          code,
          status,
          text: new RegExp(`at <${where.replaceAll('.', '\\.')}>`),
        });
        assertNoLeak(step, [credential]);
        assert.deepEqual(filesIn(runner.workspace), []);
      });
    }
  }

  for (const input of ['address', 'pool']) {
    test(`a server that sends nothing, as ${input}: the step fails with ERR_TIMEOUT`, async () => {
      const where = await listening(peer(() => {})());
      const step = await runner.runAction({ [input]: where, idtoken: credential, file: 'ci', timeout: '1s' });
      assertFailed(step, { code: 'ERR_TIMEOUT', status: 3, text: /^the time limit expired \(ERR_TIMEOUT/ });
    });
  }

  test('a server that never stops sending: the step fails with ERR_FRAME', async () => {
    const frame = Buffer.alloc(5 + 65536);
    frame.writeUInt32BE(65536, 1);
    const where = await listening(
      peer((socket) => {
        const pour = () => {
          while (!socket.destroyed && socket.write(frame));
        };
        socket.on('drain', pour);
        pour();
      })(),
    );
    const step = await runner.runAction({ address: where, idtoken: credential });
    assertFailed(step, { code: 'ERR_FRAME', status: 4, text: /a message exceeds 1048576 bytes/ });
  });
});

describe('An address that cannot be reached', () => {
  test('fails the step with ERR_CONNECT if nothing listens on the port', async () => {
    const server = createServer();
    const where = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    for (const input of ['address', 'pool']) {
      const step = await runner.runAction({ [input]: where, idtoken: credential });
      assertFailed(step, {
        code: 'ERR_CONNECT',
        status: 3,
        text: /^no connection to 127.0.0.1:\d+: connection refused/,
      });
    }
  });

  test('fails the step if the host name does not resolve', async () => {
    const step = await runner.runAction({ pool: 'cm.condor-token-fetch.invalid', idtoken: credential });
    const text = /^no connection to cm\.condor-token-fetch\.invalid:9618: the host name .* does not resolve/;
    assertFailed(step, { code: 'ERR_CONNECT', status: 3, text });
  });

  test('fails the step with the error of the last pool in the list', async () => {
    const [dead, deaf] = [createServer(), peer((socket) => socket.once('data', () => socket.end()))()];
    const first = await listening(dead);
    await new Promise((resolve) => dead.close(resolve));
    const second = await listening(deaf);
    const step = await runner.runAction({ pool: `${first}, ${second}`, idtoken: credential, authz: 'READ' });
    assertFailed(step, { code: 'ERR_CLOSED', status: 3, text: new RegExp(`at <${second.replaceAll('.', '\\.')}>`) });
    const warnings = step.annotations.filter(({ level }) => level === 'warning');
    assert.match(warnings[0]?.message ?? '', /connection refused; trying the next collector/);
    assert.equal(warnings.length, 1);
  });
});
