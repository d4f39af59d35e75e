/**
 * `npm run record -- trixie|sid`: records one fetch from a real schedd for test/replay.test.ts, and prints it as JSON.
 *
 * The pool and its keys are deleted afterwards, so a recording contains no valid secrets.
 */
import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken } from '../../src/pipeline/fetch.ts';
import { listen } from '../../test/support/network/listen.ts';
import { poolSuites, startPool } from '../../test/support/pool/pool.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { NOWHERE } from '../../test/support/surroundings.ts';
import type { Recording } from './recording.ts';

/**
 * Starts a proxy that records the traffic as flights. A flight is everything that one side sends before the other side
 * responds.
 */
async function recordingProxy(target: { host: string; port: number }) {
  const flights: { from: 'client' | 'server'; bytes: Buffer }[] = [];
  const server = createServer((client) => {
    const daemon = connect(target);
    const carry = (from: 'client' | 'server', one: Socket, other: Socket) =>
      one
        .on('error', () => other.destroy())
        .on('close', () => other.end())
        .on('data', (bytes: Buffer) => {
          const last = flights.at(-1);
          if (last?.from === from) last.bytes = Buffer.concat([last.bytes, bytes]);
          else flights.push({ from, bytes });
          other.write(bytes);
        });
    carry('client', client, daemon);
    carry('server', daemon, client);
  });
  const port = await listen(server);
  return { port, flights, close: () => server.close() };
}

const suite = poolSuites().find((each) => each === process.argv[2]);
if (suite === undefined) {
  console.error(`usage: npm run record -- ${poolSuites().join('|')}`);
  process.exit(2);
}
await prepareTree(suite);
const pool = await startPool({ suite });
try {
  const proxy = await recordingProxy(pool);
  const sock = /sock=([\w.-]+)/.exec(await pool.sinful('schedd', pool.scheddName))?.[1] ?? '';
  const address = `<127.0.0.1:${proxy.port}?sock=${sock}>`;
  const inputs = { address, idtoken: await pool.idToken({ user: 'alice' }), authz: 'READ', lifetime: '600' };
  const entropy: string[] = [];
  const host = {
    ...{ signal: AbortSignal.timeout(20_000), now: () => new Date(), timeLeftMs: () => 60_000, mask: () => {} },
    log: { debug: () => {}, info: () => {}, notice: () => {}, warn: (line: string) => console.error(line) },
    randomBytes(length: number) {
      const bytes = randomBytes(length);
      entropy.push(bytes.toString('hex'));
      return bytes;
    },
  };
  const input = (name: string) => (inputs as Record<string, string | undefined>)[name];
  const { token } = await fetchToken(readRequest(input, NOWHERE), host);
  proxy.close();
  const recording: Recording = {
    about: `One fetch from a schedd that runs HTCondor ${pool.version}, made by npm run record -- ${suite}`,
    ...{ sock, idtoken: inputs.idtoken, authz: inputs.authz, lifetime: inputs.lifetime, entropy },
    flights: proxy.flights.map(({ from, bytes }) => ({ from, bytes: bytes.toString('hex') })),
    token: token.jwt.reveal(),
  };
  console.log(JSON.stringify(recording, undefined, 2));
} finally {
  await pool.stop();
}
