/**
 * Tests credentials of a job without a stored secret: the job's own OIDC token, and the token that a token service
 * issues in exchange.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import { checkFetch } from '../../src/pipeline/check.ts';
import { fetchToken } from '../../src/pipeline/fetch.ts';
import { audience, fetchKeyless, keyless, service, services } from '../support/clients/keyless.ts';
import { Authority } from '../support/credentials/certificates.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { advised } from '../support/errors/advice.ts';
import { DistantProxy } from '../support/network/distant-proxy.ts';
import { listen } from '../support/network/listen.ts';

const issuer = new SciTokenKey('https://issuer.test');
const { certificate: issuerOfOthers } = await Authority.create();

describe('The job’s own OIDC token', () => {
  test('is used as the SciToken for the requested audience, and masked', async () => {
    const { request, masks } = await keyless({ 'oidc-audience': 'condor://pool.test' });
    const jwt = request.credentials.scitoken.text?.reveal() ?? '';
    assert.ok(services.runner.signed(jwt));
    assert.equal(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).aud, 'condor://pool.test');
    assert.deepEqual(request.credentials.methods, ['SCITOKENS']);
    assert.ok(masks.includes(jwt) && masks.includes(services.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''));
  });

  test('is not requested without oidc-audience', async () => {
    await keyless({ idtoken: 'x' });
    assert.deepEqual(services.asked, []);
  });

  test('causes an error that names the missing permission if the job may not request one', () =>
    assert.rejects(keyless(audience(), {}), advised('this job is not permitted to request an OIDC token')));

  test('is sent only to servers with a trusted certificate, regardless of the environment', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const { SSL_CERT_FILE: _, ...env } = services.env;
      await assert.rejects(keyless({ ...audience(), 'ca-certificate': issuerOfOthers }, env), { code: 'ERR_CONNECT' });
      assert.deepEqual(services.asked, []);
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
  });

  test('is not requested in cleartext', () =>
    assert.rejects(keyless(audience(), { ...services.env, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://192.0.2.1/' }), {
      code: 'ERR_INPUT',
      message: /^oidc-audience: "http:\/\/192\.0\.2\.1\/" is not the URL of a service/,
    }));

  test('is mutually exclusive with another bearer token', () =>
    assert.rejects(keyless({ ...audience(), scitoken: issuer.issue('alice') }), {
      code: 'ERR_INPUT',
      input: 'scitoken',
    }));
});

describe('A token service', () => {
  test('exchanges the token (RFC 8693) for a SciToken with the requested levels', async () => {
    services.made = () => issuer.issue('alice');
    let scope: string | null = null;
    const { request, masks } = await keyless({ ...service('/token'), authz: 'READ WRITE' });
    const jwt = request.credentials.scitoken.text?.reveal() ?? '';
    assert.ok(issuer.signed(jwt));
    assert.deepEqual(request.credentials.methods, ['SCITOKENS'], 'once');
    for (const secret of services.secrets.slice(-2))
      assert.ok(masks.includes(secret), 'tokens in requests and responses are masked');
    assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /token']);
    services.others.set('/token', (_, response, body) => {
      scope = new URLSearchParams(body).get('scope');
      response.end(JSON.stringify({ access_token: jwt }));
    });
    await keyless({ ...service('/token'), authz: 'READ WRITE' });
    assert.equal(scope, 'condor:/READ condor:/WRITE');
  });

  test('accepts a token that the workflow provides', async () => {
    services.made = () => issuer.issue('alice');
    const scitoken = services.runner.issue('job', { aud: services.origin });
    const { request } = await keyless({ 'token-service': `${services.origin}/token`, scitoken }, {});
    assert.ok(issuer.signed(request.credentials.scitoken.text?.reveal() ?? ''));
  });

  test('that returns an IDTOKEN makes a request to the daemon unnecessary', () =>
    withPool({}, async (pool) => {
      services.made = () => pool.idToken('alice', { authz: ['READ'], lifetime: 600 });
      const words = {
        ...service('/v1/token'),
        pool: pool.collector,
        name: 'ci@pool',
        authz: 'READ',
        lifetime: '600',
      };
      const { request, host } = await keyless({ ...words, address: undefined });
      const fetched = await fetchToken(request, host);
      assert.equal(fetched.token.jwt.reveal(), services.secrets.at(-1));
      assert.deepEqual(
        [fetched.token.subject, fetched.daemonName, fetched.authenticationMethod],
        ['alice@pool.test', 'ci@pool', 'token-service'],
      );
      assert.ok(!pool.log.some((line) => /command 60046/.test(line)), 'no token was requested from the daemon');
    }));

  test('on this host may be contacted in cleartext', async () => {
    const jwt = issuer.issue('alice');
    const server = createServer((_, response) => response.end(JSON.stringify({ access_token: jwt })));
    try {
      const url = `http://127.0.0.1:${await listen(server)}/token`;
      const { request } = await keyless({ ...audience(), 'token-service': url });
      assert.equal(request.credentials.scitoken.text?.reveal(), jwt);
    } finally {
      server.close();
    }
  });

  test('that returns an IDTOKEN causes no query, unless the daemon’s name is unknown or verify is set', () =>
    withPool({}, async (pool) => {
      services.made = () => pool.idToken('alice', { authz: ['READ'], lifetime: 600 });
      const words = {
        ...service('/v1/token'),
        address: undefined,
        pool: pool.collector,
        authz: 'READ',
        lifetime: '600',
      };
      const named = await fetchKeyless({ ...words, name: 'ci@pool' });
      assert.deepEqual([named.daemonName, named.daemonAddress, named.roundTrips], ['ci@pool', '', 0]);
      assert.equal(pool.connections, 0);
      const found = await fetchKeyless(words);
      assert.deepEqual([found.daemonName, found.daemonAddress], ['ci@pool', pool.schedd()]);
      const tunnel = await fetchKeyless({ ...words, name: 'ci@pool', address: `127.0.0.1:${pool.port}` });
      assert.equal(tunnel.daemonAddress, pool.schedd(), 'the tools of later steps need it');
      const verified = await fetchKeyless({ ...words, name: 'ci@pool', verify: 'true' });
      assert.match(pool.log.join('\n'), /GRANTED to alice@pool\.test for command \d+/);
      assert.equal(verified.daemonAddress, pool.schedd());
    }));

  test('that returns an IDTOKEN of another pool is detected by verify', () =>
    withPool({ trustDomain: 'other.test' }, (other) =>
      withPool({}, async (pool) => {
        services.made = () => other.idToken('alice', { authz: ['READ'], lifetime: 600 });
        services.identity = 'alice@other.test';
        const words = { ...service('/v1/token'), address: pool.schedd(), authz: 'READ', lifetime: '600' };
        await fetchKeyless(words);
        await assert.rejects(fetchKeyless({ ...words, verify: 'true' }), { code: 'ERR_TOKEN_REFUSED' });
        services.identity = 'alice@pool.test';
      }),
    ));

  for (const [what, words, claim] of [
    ['for another identity', { 'expected-identity': 'bob@pool.test' }, 'sub'],
    ['from another pool', { 'expected-trust-domain': 'other.test' }, 'iss'],
    ['with more levels', { authz: 'READ' }, 'scope'],
    ['that lasts longer', { authz: 'WRITE', lifetime: '60' }, 'exp'],
  ] as const) {
    test(`whose IDTOKEN is one ${what} is rejected`, () =>
      withPool({}, async (pool) => {
        services.made = () => pool.idToken('alice', { authz: ['WRITE'], lifetime: 600 });
        const { request, host } = await keyless({ ...service('/v1/token'), ...words });
        await assert.rejects(fetchToken(request, host), { code: 'ERR_TOKEN_CLAIM', claim });
      }));
  }

  for (const [what, grant, claim] of [
    ['has expired', { lifetime: 60, issuedAt: 1_000_000_000 }, 'exp'],
    ['becomes valid in ten years', { lifetime: 600, issuedAt: Math.floor(Date.now() / 1000) + 315_360_000 }, 'exp'],
  ] as const) {
    test(`whose IDTOKEN ${what} is rejected`, () =>
      withPool({}, async (pool) => {
        services.made = () => pool.idToken('alice', grant);
        const { request, host } = await keyless({ ...service('/v1/token'), lifetime: '10m' });
        await assert.rejects(fetchToken(request, host), { code: 'ERR_TOKEN_CLAIM', claim });
      }));
  }

  for (const [what, header, isMalformed] of [
    ['without a key name', { alg: 'HS256' }, true],
    ['signed with another algorithm', { alg: 'hs1', kid: 'POOL' }, false],
  ] as const) {
    test(`whose IDTOKEN is one ${what} is not used as a SciToken`, async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      services.made = () => `${part(header)}.${part({ iss: 'pool.test', sub: 'alice@pool.test' })}.c2lnbmF0dXJl`;
      if (isMalformed)
        return await assert.rejects(keyless(service('/v1/token')), {
          code: 'ERR_TOKEN_MALFORMED',
          phase: 'credentials',
        });
      const { request } = await keyless(service('/v1/token'));
      assert.equal(request.credentials.scitoken.text, undefined);
    });
  }

  for (const [what, words] of [
    ['mode exchange', { mode: 'exchange' }],
    ['mode request', { mode: 'request', identity: 'alice@pool.test' }],
    ['remote', { remote: 'true', address: undefined, pool: '127.0.0.1:1', name: 'ci@pool' }],
  ] as const) {
    test(`that returns an IDTOKEN is rejected with ${what}`, () =>
      withPool({}, async (pool) => {
        services.made = () => pool.idToken('alice', { lifetime: 600 });
        await assert.rejects(
          keyless({ ...service('/v1/token'), ...words }),
          advised('the token service returned an IDTOKEN'),
        );
      }));
  }

  test('that returns an IDTOKEN can be checked with the same checks', () =>
    withPool({}, async (pool) => {
      services.made = () => pool.idToken('alice', { authz: ['READ'], lifetime: 600 });
      const words = { ...service('/v1/token'), address: pool.schedd(), mode: 'check', authz: 'READ', lifetime: '600' };
      const { request, host, log } = await keyless(words);
      const { allowed } = await checkFetch(request, host);
      assert.deepEqual(allowed, ['READ']);
      assert.match(log.join('\n'), /warn The token service issued an IDTOKEN, which is discarded/);
      const longer = await keyless({ ...words, lifetime: '60' });
      await assert.rejects(checkFetch(longer.request, longer.host), { code: 'ERR_TOKEN_CLAIM', claim: 'exp' });
    }));

  test('is rejected if its response contradicts the token', () =>
    withPool({}, async (pool) => {
      services.made = () => pool.idToken('bob', { lifetime: 600 });
      const { request, host } = await keyless(service('/v1/token'));
      await assert.rejects(fetchToken(request, host), { code: 'ERR_TOKEN_CLAIM', claim: 'sub' });
    }));
});

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
        assert.equal(pool.connections, 0, 'no daemon is queried');
      } finally {
        await proxy.close();
      }
    }));
});
