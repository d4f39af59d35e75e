/** Tests requests to a token service and to the OIDC endpoint, and the hint for each failure. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { audience, fetchKeyless, keyless, service, services, type Words } from '../support/clients/keyless.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { advised } from '../support/errors/advice.ts';
import type { ErrorName } from '../support/errors/every-error.ts';
import { notingHost } from '../support/noting-host.ts';

const site = new SciTokenKey('https://site.test');

/** Returns the form and headers that the service receives. */
async function sentWith(
  words: Words,
  env = services.env,
): Promise<{ form: URLSearchParams; bearer: string | undefined; agent: string | undefined; log: string[] }> {
  let form = new URLSearchParams();
  let bearer: string | undefined;
  let agent: string | undefined;
  services.others.set('/service', (request, response, body) => {
    form = new URLSearchParams(body);
    bearer = request.headers.authorization;
    agent = request.headers['user-agent'];
    response.end(JSON.stringify({ access_token: site.issue('alice') }));
  });
  const noting = notingHost();
  await keyless({ 'token-service': `${services.origin}/service`, ...words }, env, noting);
  return { form, bearer, agent, log: noting.log };
}

describe('The input token-service alone', () => {
  test('requests a job token for the service’s origin, and sends levels, lifetime and identity', async () => {
    const { form, bearer } = await sentWith({ authz: 'READ', lifetime: '10m', 'expected-identity': 'ci@pool.test' });
    const jwt = form.get('subject_token') ?? '';
    assert.equal(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).aud, services.origin);
    assert.deepEqual(
      ['grant_type', 'scope', 'lifetime', 'identity'].map((name) => form.get(name)),
      ['urn:ietf:params:oauth:grant-type:token-exchange', 'condor:/READ', '600', 'ci@pool.test'],
    );
    assert.equal(bearer, `Bearer ${jwt}`);
  });

  test('sends the name of the CI run in the header User-Agent, also to the OIDC endpoint', async () => {
    const run = { GITHUB_RUN_ID: '1234', GITHUB_RUN_ATTEMPT: '2' };
    const { agent } = await sentWith({}, { ...services.env, ...run });
    assert.equal(agent, 'condor-token-fetch (actions-1234.2)');
    assert.deepEqual(services.agents, [agent]);
    assert.equal((await sentWith({})).agent, 'condor-token-fetch');
  });

  test('sends the workflow’s token, or the one in BEARER_TOKEN, if there is one', async () => {
    const own = services.runner.issue('x', { aud: services.origin });
    const { form } = await sentWith({ scitoken: own });
    assert.equal(form.get('subject_token'), own);
    const { request } = await keyless(
      { ...service('/service'), 'oidc-audience': undefined },
      { ...services.env, BEARER_TOKEN: own },
    );
    assert.equal(request.keyless?.job, undefined);
  });

  test('causes a warning if the audience has another origin', async () => {
    const { log } = await sentWith({ 'oidc-audience': 'https://other.example.org' });
    assert.match(log.join('\n'), /^warn oidc-audience https:\/\/other.example.org has a different origin/m);
    assert.doesNotMatch((await sentWith(audience())).log.join('\n'), /^warn/m);
  });

  test('is rejected with idtoken, and with renew if the bearer token cannot be renewed', async () => {
    const words = { 'token-service': `${services.origin}/service` };
    await assert.rejects(keyless({ ...words, idtoken: 'x' }), { code: 'ERR_INPUT', input: 'idtoken' });
    const more = { ...words, scitoken: services.runner.issue('x'), renew: 'true', file: '/tmp/x' };
    await assert.rejects(keyless(more, { RUNNER_TEMP: '/tmp' }), { code: 'ERR_INPUT', input: 'renew' });
    await assert.rejects(keyless({ 'token-grant': 'jwt-bearer' }), { code: 'ERR_INPUT', input: 'token-grant' });
    await assert.rejects(keyless({ ...words, 'token-grant': 'password' }), { code: 'ERR_INPUT', input: 'token-grant' });
  });
});

describe('A Keycloak grant', () => {
  const assertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  test('client-credentials authenticates with the job token and sends no bearer header', async () => {
    const { form, bearer } = await sentWith({ 'token-grant': 'client-credentials', authz: 'READ' });
    assert.deepEqual(
      [form.get('grant_type'), form.get('client_assertion_type'), form.get('scope'), form.has('subject_token'), bearer],
      ['client_credentials', assertion, 'condor:/READ', false, undefined],
    );
    assert.ok(services.runner.signed(form.get('client_assertion') ?? ''));
  });

  test('jwt-bearer sends the job token as the assertion and as the client', async () => {
    const { form, bearer } = await sentWith({ 'token-grant': 'jwt-bearer' });
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
    assert.equal(form.get('assertion'), form.get('client_assertion'));
    assert.equal(bearer, undefined);
  });

  test('is not tried automatically after a refusal', async () => {
    services.others.set('/service', (_, response) => response.writeHead(401).end('{"error":"unauthorized_client"}'));
    await assert.rejects(keyless(service('/service')), advised('unauthorized_client'));
    assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /service']);
  });
});

describe('A refusal', () => {
  const answers: readonly (readonly [number, object, ErrorName])[] = [
    [302, {}, 'issued no token: 302'],
    [404, {}, 'issued no token: 404'],
    [400, { error: 'invalid_grant', error_description: 'aud: expected a, got b' }, 'aud: expected'],
    [400, { error: 'invalid_grant', error_description: 'the job token has been used already' }, 'used already'],
    // Keycloak also returns invalid_client for the next two errors.
    [400, { error: 'invalid_client', error_description: 'Invalid token audience' }, 'aud: expected'],
    [400, { error: 'invalid_client', error_description: 'Token reuse detected' }, 'used already'],
    [503, { error: 'temporarily_unavailable' }, 'the token service returned status 503'],
    [429, { error: 'slow_down' }, 'the token service returned status 503'],
  ];
  for (const [status, body, name] of answers) {
    test(`by a token service with ${status} ${JSON.stringify(body)} has its own hint`, async () => {
      services.others.set('/service', (_, response) => response.writeHead(status).end(JSON.stringify(body)));
      await assert.rejects(keyless(service('/service')), advised(name));
    });
  }

  test('by the OIDC service has its own hint', async () => {
    services.others.set('/oidc/token', (_, response) => response.writeHead(401).end('{"message":"unauthorized"}'));
    await assert.rejects(keyless(service('/service')), advised('the OIDC service of the runner issued no token'));
    assert.deepEqual(services.asked, ['GET /oidc/token']);
  });

  test('shows the claims of the job token, but not the token', async () => {
    services.others.set('/service', (_, response) => response.writeHead(400).end('{"error":"invalid_grant"}'));
    const noting = notingHost();
    await assert.rejects(keyless(service('/service'), services.env, noting), { code: 'ERR_NO_CREDENTIAL' });
    const log = noting.log.join('\n');
    assert.match(
      log,
      /^info Claims of the refused job token: iss "https.*", sub "repo:o\/r:ref:refs\/heads\/main", aud /m,
    );
    for (const secret of services.secrets) assert.ok(!log.includes(secret.split('.').at(-1) ?? ''));
  });

  test('that is temporary is retried with a new job token each time', async () => {
    services.others.set('/service', (_, response) => response.writeHead(503).end('{}'));
    await assert.rejects(fetchKeyless({ ...service('/service'), retries: '1' }), { code: 'ERR_CONNECT' });
    assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /service', 'GET /oidc/token', 'POST /service']);
  });
});
