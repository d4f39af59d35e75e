/** Round trips of a keyless job, counted by a proxy. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DistantProxy } from '../support/distant-proxy.ts';
import { withPool } from '../support/embedded-fetch.ts';
import { fetchKeyless, services } from '../support/keyless.ts';

describe('A keyless fetch', () => {
  test('with a token service that issues IDTOKENs takes 4 round trips, because the connection to it is opened early', () =>
    withPool({}, async (pool) => {
      const { port } = new URL(services.origin);
      const target = { host: '127.0.0.1', port: Number(port) };
      const proxy = await DistantProxy.start({ host: '127.0.0.1', port: 0, target, roundTripMs: 60 });
      const { env } = services;
      const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
      services.others.set('/service', (_, response) =>
        response.end(JSON.stringify({ access_token: pool.idToken('alice', { authz: ['READ'], lifetime: 600 }) })),
      );
      try {
        const { token } = await fetchKeyless(
          {
            ...{ 'token-service': `https://localhost:${proxy.port}/service`, authz: 'READ', lifetime: '600' },
            ...{ pool: pool.collector, name: 'ci@pool', address: undefined },
          },
          undefined,
          { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: url.replace(`:${port}`, `:${proxy.port}`) },
        );
        assert.equal(token.subject, 'alice@pool.test');
        assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /service']);
        assert.equal(proxy.roundTrips, 4);
        assert.equal(pool.connections, 0, 'no daemon is asked');
      } finally {
        await proxy.close();
      }
    }));
});
