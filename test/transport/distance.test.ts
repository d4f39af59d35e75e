/** Tests long round trips, including TCP handshakes, to hosts with several addresses. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import { afterEach, describe, mock, test } from 'node:test';
import { sendHttp } from '../../src/credentials/https.ts';
import { Authority } from '../support/credentials/certificates.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { fetchFrom } from '../support/embedded-pool/with-pool.ts';
import { type DistantLink, NO_LINK, openDistantLink } from '../support/network/distant-link.ts';
import { listen } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';

const NAME = 'ap.distant.test';

afterEach(() => mock.restoreAll());

/** Makes the distant host's name resolve to these addresses. */
function resolveTo(...addresses: readonly string[]): void {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  mock.method(dns, 'lookup', (_: string, __: object, done: (error: null, found: object) => void) => done(null, found));
}

/** An address of this host that does not respond. Packets to it return to this host, where they match no connection. */
const silentBeside = ({ far }: DistantLink) =>
  far.v6.replace(/[0-9a-f]+$/, (last) => (parseInt(last, 16) + 1).toString(16));

describe('At a distance', { skip: NO_LINK }, () => {
  for (const roundTripMs of [260, 1000, 2000]) {
    for (const [what, addresses] of [
      ['a host with two address families', ({ far }: DistantLink) => [far.v6, far.v4]],
      [
        'a host without IPv6 whose name also resolves to IPv6 addresses',
        ({ far }: DistantLink) => ['2001:db8::7', far.v4],
      ],
      ['a host whose first address is silent', (link: DistantLink) => [silentBeside(link), link.far.v4]],
      ['a host with one address', ({ far }: DistantLink) => [far.v4]],
    ] as const) {
      test(`of ${roundTripMs} ms, ${what} fetches a token at the first attempt`, async () => {
        const link = await openDistantLink(roundTripMs);
        const pool = await EmbeddedPool.start({ host: '::' });
        try {
          resolveTo(...addresses(link));
          const address = `<${NAME}:${pool.port}?sock=schedd_0>`;
          const { roundTrips } = await fetchFrom(pool, { address, timeoutMs: 60_000 });
          assert.equal(roundTrips, 3);
        } finally {
          await pool.stop();
          await link.close();
        }
      });
    }

    test(`of ${roundTripMs} ms, a token service with two address families responds on one of several connections`, async () => {
      const link = await openDistantLink(roundTripMs);
      const authority = await Authority.create();
      const { certificate: cert, key } = await authority.issue({ subject: `CN=${NAME}`, hosts: [NAME] });
      const server = createHttpsServer({ cert, key }, (_, response) => response.end('hello'));
      let sessions = 0;
      server.on('secureConnection', () => {
        sessions += 1;
      });
      const port = await listen(server as unknown as Server, 0, '::');
      try {
        resolveTo(link.far.v6, link.far.v4);
        const url = new URL(`https://${NAME}:${port}/`);
        const request = { url, method: 'GET', headers: {}, authorities: [authority.certificate] } as const;
        const { text } = await sendHttp(request, notingHost().host);
        assert.deepEqual([text, sessions], ['hello', 1]);
      } finally {
        server.close();
        server.closeAllConnections();
        await link.close();
      }
    });
  }
});
