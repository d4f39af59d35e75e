/**
 * Replays recorded fetches from real daemons. With the same entropy, the client sends the same bytes and accepts the
 * replies.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Recording } from '../scripts/record/recording.ts';
import { readRequest } from '../src/inputs/request.ts';
import { fetchToken } from '../src/pipeline/fetch.ts';
import { listen } from './support/network/listen.ts';
import { notingHost } from './support/noting-host.ts';
import { filesBelow, projectRoot } from './support/project.ts';
import { patience } from './support/slowness.ts';
import { NOWHERE } from './support/surroundings.ts';

const recordings = filesBelow('test/vectors', '.json').filter((path) => path.includes('/recorded-'));

/** Acts as the daemon of a recording: waits for the recorded bytes, then sends the recorded replies. */
async function replay(socket: Socket, { flights }: Recording, pieces: number): Promise<readonly string[]> {
  const seen: string[] = [];
  const chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (const { from, bytes } of flights) {
    const expected = Buffer.from(bytes, 'hex');
    if (from === 'client') {
      let got = Buffer.alloc(0);
      while (got.length < expected.length) {
        const { value, done } = await chunks.next();
        if (done === true) break;
        got = Buffer.concat([got, value]);
      }
      seen.push(got.toString('hex'));
      continue;
    }
    for (let at = 0; at < expected.length; at += pieces) {
      socket.write(expected.subarray(at, at + pieces));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  socket.end();
  return seen;
}

test('recordings of two releases exist', () => assert.equal(recordings.length, 2));

for (const path of recordings) {
  const recording = JSON.parse(readFileSync(join(projectRoot, path), 'utf8')) as Recording;
  describe(recording.about, () => {
    for (const pieces of [1, 100_000]) {
      test(`is replayed byte for byte, with replies in chunks of ${pieces}`, async (context) => {
        const server = createServer({ noDelay: true });
        context.after(() => server.close());
        const port = await listen(server);
        const replayed = once(server, 'connection').then(([socket]) => replay(socket as Socket, recording, pieces));
        const { sock, idtoken, authz, lifetime } = recording;
        const inputs = { address: `<127.0.0.1:${port}?sock=${sock}>`, idtoken, authz, lifetime };
        const entropy = [...recording.entropy];
        const { token, roundTrips } = await fetchToken(
          readRequest((name) => (inputs as Partial<Record<string, string>>)[name], NOWHERE),
          notingHost({
            ...{ signal: AbortSignal.timeout(patience(10_000)), now: () => new Date(0) },
            randomBytes: () => new Uint8Array(Buffer.from(entropy.shift() ?? '', 'hex')),
          }).host,
        );
        const said = recording.flights.filter(({ from }) => from === 'client').map(({ bytes }) => bytes);
        assert.deepEqual(await replayed, said);
        assert.equal(said.length, 2, 'two flights and the connection are three round trips');
        assert.equal(roundTrips, 3);
        assert.equal(token.jwt.reveal(), recording.token);
        assert.deepEqual(token.authz, ['READ']);
      });
    }
  });
}
