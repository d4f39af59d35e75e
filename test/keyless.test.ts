/** The job's own OIDC token, and what token services make of it, up to where a daemon is asked. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fetchToken } from '../src/fetch.ts';
import { readRequest } from '../src/inputs/request.ts';
import type { InputName } from '../src/inputs/table.ts';
import { withBearer } from '../src/keyless/bearer.ts';
import { advised } from './support/advice.ts';
import { Authority } from './support/certificates.ts';
import { withPool } from './support/embedded-fetch.ts';
import { deadPort } from './support/listen.ts';
import { notingHost } from './support/noting-host.ts';
import { SciTokenKey } from './support/scitoken-key.ts';
import { surroundings } from './support/surroundings.ts';
import { TokenServices } from './support/token-services.ts';

type Words = Partial<Record<InputName, string | undefined>>;

let services: TokenServices;
before(async () => {
  services = await TokenServices.start();
});
after(() => services.stop());
beforeEach(() => {
  services.asked.length = 0;
  services.others.clear();
});

const issuer = new SciTokenKey('https://issuer.test');
const { certificate: issuerOfOthers } = await Authority.create();

/** What becomes of a request with these words, and what is told and hidden on the way. */
async function keyless(words: Words, env: Record<string, string | undefined> = services.env) {
  const all: Words = {
    address: '127.0.0.1:1',
    retries: '0',
    'ca-certificate': services.authority.certificate,
    ...words,
  };
  const input = (name: InputName) => all[name];
  const around = surroundings(env);
  const noting = notingHost();
  const request = await withBearer(readRequest(input, around), input, env, noting.host);
  return { request, ...noting };
}
const audience = () => ({ 'oidc-audience': services.origin });
const service = (path: string) => ({ ...audience(), 'token-service': `${services.origin}${path}` });

describe('The job’s own OIDC token', () => {
  test('is the SciToken, for the audience that is named, and hidden', async () => {
    const { request, masks } = await keyless({ 'oidc-audience': 'condor://pool.test' });
    const jwt = request.credentials.scitoken.text?.reveal() ?? '';
    assert.ok(services.runner.signed(jwt));
    assert.equal(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).aud, 'condor://pool.test');
    assert.deepEqual(request.credentials.methods, ['SCITOKENS']);
    assert.ok(masks.includes(jwt) && masks.includes(services.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''));
  });

  test('is not asked for where nobody wants it', async () => {
    await keyless({ idtoken: 'x' });
    assert.deepEqual(services.asked, []);
  });

  test('is refused by name where the job may not have one', () =>
    assert.rejects(keyless(audience(), {}), advised('this job may not have an OIDC token')));

  test('is not asked for in clear', () =>
    assert.rejects(keyless(audience(), { ...services.env, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://192.0.2.1/' }), {
      code: 'ERR_INPUT',
      message: /^oidc-audience: "http:\/\/192\.0\.2\.1\/" is not the URL of a service/,
    }));

  test('does not go with another one', () =>
    assert.rejects(keyless({ ...audience(), scitoken: issuer.issue('alice') }), {
      code: 'ERR_INPUT',
      input: 'scitoken',
    }));
});

describe('A token service', () => {
  test('that exchanges (RFC 8693) gives a SciToken, limited to what is asked for', async () => {
    services.made = () => issuer.issue('alice');
    let scope: string | null = null;
    const { request, masks } = await keyless({ ...service('/token'), authz: 'READ WRITE' });
    const jwt = request.credentials.scitoken.text?.reveal() ?? '';
    assert.ok(issuer.signed(jwt));
    assert.equal(request.issued, undefined);
    for (const secret of services.secrets.slice(-2))
      assert.ok(masks.includes(secret), 'what comes and what goes is hidden');
    assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /token']);
    services.others.set('/token', (_, response, body) => {
      scope = new URLSearchParams(body).get('scope');
      response.end(JSON.stringify({ access_token: jwt }));
    });
    await keyless({ ...service('/token'), authz: 'READ WRITE' });
    assert.equal(scope, 'condor:/READ condor:/WRITE');
  });

  test('takes a token of the workflow, too', async () => {
    services.made = () => issuer.issue('alice');
    const scitoken = services.runner.issue('job', { aud: services.origin });
    const { request } = await keyless({ 'token-service': `${services.origin}/token`, scitoken }, {});
    assert.ok(issuer.signed(request.credentials.scitoken.text?.reveal() ?? ''));
  });

  test('that gives an IDTOKEN leaves nothing to be asked for', () =>
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
      assert.ok(!pool.log.some((line) => /command 60046/.test(line)), 'no token was asked for');
    }));

  for (const [what, words, claim] of [
    ['for somebody else', { 'expected-identity': 'bob@pool.test' }, 'sub'],
    ['of another pool', { 'expected-trust-domain': 'other.test' }, 'iss'],
    ['that allows more', { authz: 'READ' }, 'scope'],
    ['that lasts longer', { authz: 'WRITE', lifetime: '60' }, 'exp'],
  ] as const) {
    test(`whose IDTOKEN is one ${what} gives none`, () =>
      withPool({}, async (pool) => {
        services.made = () => pool.idToken('alice', { authz: ['WRITE'], lifetime: 600 });
        const { request, host } = await keyless({ ...service('/v1/token'), ...words });
        await assert.rejects(fetchToken(request, host), { code: 'ERR_TOKEN_CLAIM', claim });
      }));
  }

  test('whose words and token differ gives none', () =>
    withPool({}, async (pool) => {
      services.made = () => pool.idToken('bob', { lifetime: 600 });
      const { request, host } = await keyless(service('/v1/token'));
      await assert.rejects(fetchToken(request, host), { code: 'ERR_TOKEN_CLAIM', claim: 'sub' });
    }));
});

describe('A token service is of no use', () => {
  test('that refuses, and its reason is told', async () => {
    const refused = keyless(service('/nowhere'));
    await assert.rejects(refused, advised('the token service gives no token'));
    await assert.rejects(refused, (error: Error) => {
      assert.match(error.message, /403: access_denied: no policy for POST \/nowhere\?::stop-commands::x$/);
      return true;
    });
  });

  test('that has nothing to make a token of', () =>
    assert.rejects(keyless({ 'token-service': services.origin }, {}), advised('there is no token for it')));

  for (const [what, body] of [
    ['no JSON', '<html>'],
    ['no object', 'null'],
    ['a token that is none', JSON.stringify({ access_token: 'correct horse', token: 7 })],
    ['nothing', ''],
  ] as const) {
    test(`that answers with ${what}, of which nothing is shown`, async () => {
      services.others.set('/odd', (_, response) => response.end(body));
      const odd = keyless(service('/odd'));
      await assert.rejects(odd, advised('the token service answers without a token in'));
      await assert.rejects(odd, (error: Error) => !/html|horse/.test(error.message));
    });
  }

  test('that sends us elsewhere: nobody else is shown the token', async () => {
    services.others.set('/moved', (_, response) => response.writeHead(307, { location: '/v1/token' }).end());
    await assert.rejects(keyless(service('/moved')), { code: 'ERR_NO_CREDENTIAL', message: /307$/ });
    assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /moved']);
  });

  test('that says too much, or hangs up in the middle', async () => {
    services.others.set('/flood', (_, response) => response.end(Buffer.alloc(1024 * 1024, 'x')));
    await assert.rejects(keyless(service('/flood')), { code: 'ERR_CONNECT', message: /more than 65536 bytes/ });
    services.others.set('/half', (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"token":"', () => response.destroy());
    });
    await assert.rejects(keyless(service('/half')), { code: 'ERR_CONNECT' });
  });

  test('that is overloaded, until it is not any more', async () => {
    services.made = () => issuer.issue('alice');
    let busy = 0;
    services.others.set('/busy', (_, response) => {
      busy += 1;
      if (busy > 1) response.end(JSON.stringify({ access_token: issuer.issue('alice') }));
      else response.writeHead(503).end();
    });
    await assert.rejects(keyless(service('/busy')), { code: 'ERR_CONNECT', message: /answers 503$/ });
    busy = 0;
    const { log } = await keyless({ ...service('/busy'), retries: '1' });
    assert.match(log.join('\n'), /Try 1 of 2 failed: token-service: the token service answers 503/);
  });

  test('that nobody vouches for, or that is not there', async () => {
    const untrusted = keyless({ ...service('/token'), 'ca-certificate': issuerOfOthers });
    await assert.rejects(untrusted, advised('no answer from https://'));
    const words = { 'token-service': `https://localhost:${await deadPort()}/`, scitoken: issuer.issue('alice') };
    await assert.rejects(keyless(words), { code: 'ERR_CONNECT', phase: 'credentials' });
  });

  test('that is silent, when the run is over', async () => {
    const over = new AbortController();
    services.others.set('/silent', () => over.abort(new Error('SIGINT')));
    const words: Words = {
      address: '127.0.0.1:1',
      'ca-certificate': services.authority.certificate,
      ...service('/silent'),
    };
    const input = (name: InputName) => words[name];
    const { host } = notingHost({ signal: over.signal });
    const request = readRequest(input, surroundings(services.env));
    await assert.rejects(withBearer(request, input, services.env, host), { code: 'ERR_TIMEOUT', message: 'cancelled' });
  });

  for (const url of [
    'tokens.example.org',
    'http://tokens.example.org/',
    'https://me:secret@tokens.example.org/',
    'ftp://x',
  ]) {
    test(`at ${url}`, () =>
      assert.rejects(keyless({ ...audience(), 'token-service': url }), { code: 'ERR_INPUT', input: 'token-service' }));
  }
});
