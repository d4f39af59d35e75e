/**
 * `npm run keycloak`: tests the Keycloak recipe of docs/KEYLESS.md with a real Keycloak server. Covers both grant
 * types, and the cases in which Keycloak refuses a token. Also checks that real HTCondor daemons of both releases
 * accept the resulting token with SCITOKENS. Downloads about 180 MB on the first run. Not part of `npm test`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { Authority } from '../../test/support/credentials/certificates.ts';
import { AUDIENCE } from '../../test/support/credentials/scitoken-key.ts';
import { blocksOf } from '../../test/support/documents/markdown.ts';
import { type DistantNetwork, startDistantNetwork } from '../../test/support/network/distant-network.ts';
import { assertRoundTrips } from '../../test/support/network/distant-proxy.ts';
import { poolSuites, poolUnavailable } from '../../test/support/pool/pool.ts';
import { HOST, type SecurePool, startSecurePool } from '../../test/support/pool/secure-pool.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { projectRoot } from '../../test/support/project.ts';
import { Runner, type StepResult } from '../../test/support/runner/runner.ts';
import { assertNoLeak } from '../../test/support/runner/step-assertions.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer } from '../../test/support/service/job-issuer.ts';
import { Keycloak } from './server.ts';

const DOCUMENTED = 'https://kc.example.org';
const GITHUB = 'https://token.actions.githubusercontent.com';
type Inputs = Readonly<Record<string, string>>;

const block = (name: string) => {
  const found = blocksOf('docs/KEYLESS.md').find((each) => each.name === name);
  assert.ok(found, `docs/KEYLESS.md has a block ${name}`);
  return found.text;
};

let authority: Authority;
let issuer: JobIssuer;
let keycloak: Keycloak;
let runner: Runner;
let env: Record<string, string>;
const scratch = mkdtempSync(join(tmpdir(), 'keycloak-recipe-'));

/** Returns a realm file from examples/keycloak, edited as the recipe describes. */
function realm(name: string): string {
  return readFileSync(join(projectRoot, 'examples/keycloak', name), 'utf8')
    .replaceAll(`${GITHUB}/.well-known/jwks`, `${issuer.url}/jwks`)
    .replaceAll(GITHUB, issuer.url)
    .replaceAll('condor://example.org', AUDIENCE);
}

/**
 * Returns the inputs of the documented step. `address` replaces `pool` and `name`, so that only the round trips to one
 * daemon are counted.
 */
function stepInputs(address: string): Inputs {
  const [step] = parse(block('keycloak-step').replaceAll(DOCUMENTED, keycloak.url)) as [{ with: Inputs }];
  const { pool, name, ...rest } = step.with;
  assert.ok(pool !== undefined && name !== undefined);
  const where = { address, 'server-name': HOST, 'ca-certificate': authority.certificate };
  return { ...rest, ...where, lifetime: '10m', 'on-reduced': 'ignore' };
}

const jwtBearer = (inputs: Inputs): Inputs => ({
  ...inputs,
  'token-service': (inputs['token-service'] ?? '').replace('realms/one', 'realms/two'),
  'oidc-audience': (inputs['oidc-audience'] ?? '').replace('realms/one', 'realms/two'),
  'token-grant': 'jwt-bearer',
});

before(async () => {
  authority = await Authority.create();
  issuer = await JobIssuer.start(authority);
  keycloak = await Keycloak.start(authority);
  runner = new Runner();
  const authorities = join(scratch, 'ca.pem');
  writeFileSync(authorities, authority.certificate);
  env = { ...issuer.env, SSL_CERT_FILE: authorities };
  const commands = block('keycloak-realm').replaceAll(DOCUMENTED, keycloak.url);
  const one = 'realm-client-credentials.json';
  await keycloak.administer(commands, { name: one, text: realm(one) });
  const two = 'realm-jwt-bearer.json';
  await keycloak.administer(`kcadm.sh create realms -f ${two}`, { name: two, text: realm(two) });
});
after(() => {
  keycloak?.stop();
  issuer?.stop();
  runner?.close();
  rmSync(scratch, { recursive: true });
});

for (const suite of poolSuites()) {
  describe(`With Keycloak, at HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let network: DistantNetwork;
    let inputs: Inputs;
    before(async () => {
      await prepareTree(suite);
      network = await startDistantNetwork(0);
      const map = ['one', 'two'].map((name) =>
        block('keycloak-map')
          .replace('https://kc[.]example[.]org/realms/one', `${keycloak.url}/realms/${name}`)
          .replace('ci@example.org', 'ci@pool.test'),
      );
      secure = await startSecurePool({
        ...{ suite, authority, port: network.port, config: network.config },
        async prepare(pool) {
          await pool.write('/tmp/map', map.join(''), 0o644);
          await pool.run('sh', '-c', 'cat /tmp/map >> /etc/condor/mapfile');
        },
      });
      inputs = stepInputs(await secure.pool.sinful('schedd', secure.pool.scheddName));
    });
    after(async () => {
      await secure?.stop();
      await network?.proxy.close();
    });

    const assertFetched = (step: StepResult) => {
      assert.equal(step.status, 0, step.raw);
      const { identity, authz, 'authentication-method': method } = step.outputs;
      assert.deepEqual([identity, authz, method], ['ci@pool.test', 'READ WRITE', 'SCITOKENS']);
      assertNoLeak(step, issuer.given);
    };

    test('client-credentials gets a token that the daemon allows what was requested', async () => {
      assertFetched(await runner.runAction({ ...inputs, verify: 'true' }, { env }));
    });

    test('jwt-bearer gets a token that the daemon allows what was requested', async () => {
      assertFetched(await runner.runAction({ ...jwtBearer(inputs), verify: 'true' }, { env }));
    });

    test('HTCondor’s own tool authenticates with the SciToken of Keycloak', async () => {
      const assertion = issuer.issue({ ...GITHUB_CLAIMS, aud: `${keycloak.url}/realms/one` });
      const { access_token: scitoken } = await keycloak.post('realms/one/protocol/openid-connect/token', {
        ...{ grant_type: 'client_credentials', scope: 'condor:/READ condor:/WRITE', client_assertion: assertion },
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
      const tool = await secure.pool.exec(['condor_ping', '-type', 'schedd', 'WRITE', '-verbose'], {
        user: 'bob',
        env: { BEARER_TOKEN: String(scitoken), _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SCITOKENS' },
      });
      assert.equal(tool.status, 0, tool.stderr);
      assert.match(tool.stdout, /Remote Mapping:\s+ci@pool\.test/);
    });

    for (const grant of ['client-credentials', 'jwt-bearer']) {
      test(`${grant} takes 8 round trips from the start of the job`, async () => {
        const { proxy } = network;
        const portTo = (url: string) =>
          proxy.addTarget({ host: '127.0.0.1', port: Number(new URL(url).port) }, '127.0.0.1');
        const [toIssuer, toKeycloak] = [await portTo(issuer.url), await portTo(keycloak.url)];
        const through = (text: string, url: string, port: number) => text.replace(url, `https://localhost:${port}`);
        const chosen = grant === 'jwt-bearer' ? jwtBearer(inputs) : inputs;
        const near = { ...chosen, 'token-service': through(chosen['token-service'] ?? '', keycloak.url, toKeycloak) };
        const url = through(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', issuer.url, toIssuer);
        await assertRoundTrips(proxy, 8, async () => {
          assertFetched(await runner.runAction(near, { env: { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: url } }));
        });
      });
    }
  });
}

describe('Keycloak refuses', () => {
  const refused = async (inputs: Inputs, pattern: RegExp, more: Record<string, string | undefined> = {}) => {
    const step = await runner.runAction(inputs, { env: { ...env, ...more } });
    assert.deepEqual([step.status, step.outputs['error-code']], [2, 'ERR_NO_CREDENTIAL'], step.raw);
    assert.match(step.raw, pattern);
    assert.equal(step.outputs['token'], undefined);
    assertNoLeak(step, issuer.given);
  };
  const asJob = async (claims: IssuerClaims, work: () => Promise<void>) => {
    issuer.job = { ...GITHUB_CLAIMS, ...claims };
    try {
      await work();
    } finally {
      issuer.job = GITHUB_CLAIMS;
    }
  };
  /**
   * Returns the environment of a CI system that passes the job token to the job directly, instead of providing an
   * endpoint that returns the token.
   */
  const given = (claims: IssuerClaims = {}) => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: undefined,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined,
    BEARER_TOKEN: issuer.issue({ ...GITHUB_CLAIMS, aud: `${keycloak.url}/realms/one`, ...claims }),
  });
  const withoutAudience = ({ 'oidc-audience': _, ...rest }: Inputs): Inputs => rest;
  let one: Inputs;
  let two: Inputs;
  before(() => {
    one = stepInputs('127.0.0.1:1');
    two = jwtBearer(one);
  });

  test('a job of another repository', () =>
    asJob({ sub: 'repo:octo-org/evil:ref:refs/heads/main' }, () =>
      refused(one, /invalid_client: Invalid client or Invalid client credentials/),
    ));

  test('a job token for another audience, and the hint names oidc-audience', () =>
    refused({ ...one, 'oidc-audience': keycloak.url }, /Invalid token audience[\s\S]*omit oidc-audience/));

  test('an expired job token', () => {
    const now = Math.floor(Date.now() / 1000);
    return refused(
      withoutAudience(one),
      /invalid_client: Token is not active/,
      given({ iat: now - 900, nbf: now - 900, exp: now - 600 }),
    );
  });

  test('a job token that has been used', async () => {
    const env = given();
    await runner.runAction(withoutAudience(one), { env: { ...env, SSL_CERT_FILE: join(scratch, 'ca.pem') } });
    await refused(withoutAudience(one), /Token reuse detected[\s\S]*separate job token for each request/, env);
  });

  test('a job token of an unknown issuer', () =>
    refused(
      withoutAudience(one),
      /invalid_client: Invalid client or Invalid client credentials/,
      given({ iss: 'https://other.example.org' }),
    ));

  test('a job token that another key signed', async () => {
    const other = await JobIssuer.start(authority);
    const token = other.issue({ ...GITHUB_CLAIMS, iss: issuer.url, aud: `${keycloak.url}/realms/one` });
    other.stop();
    await refused(withoutAudience(one), /invalid_client: Invalid client or Invalid client credentials/, {
      ...given(),
      BEARER_TOKEN: token,
    });
  });

  test('the token exchange, and the hint names client-credentials', () =>
    refused({ ...one, 'token-grant': 'token-exchange' }, /Hint: Workflow: set token-grant: client-credentials/));

  test('a level that the client does not have', () =>
    refused({ ...one, authz: 'DAEMON' }, /invalid_scope: Invalid scopes: condor:\/DAEMON/));

  test('client-credentials in the realm for jwt-bearer', () =>
    refused(
      { ...two, 'token-grant': 'client-credentials' },
      /unauthorized_client: Client not enabled to retrieve service account/,
    ));

  for (const [what, claims] of [
    ['another repository', { repository_id: '75' }],
    ['a repository whose id contains the expected one', { repository_id: '174' }],
    ['a pull request', { event_name: 'pull_request' }],
    ['an event whose name begins with an expected one', { event_name: 'push_x' }],
    ['no repository_id', { repository_id: undefined }],
  ] as const)
    test(`${what}, with jwt-bearer and the claim enforcer`, () =>
      asJob(claims, () =>
        refused(two, /invalid_request: (Value for claim '\w+' not allowed|Required claim '\w+' is missing)/),
      ));

  for (const [what, resource] of [
    ['client', 'clients/$(kcadm.sh get clients -r one -q clientId=octo-repo --fields id --format csv --noquotes)'],
    ['identity provider', 'identity-provider/instances/github'],
  ] as const)
    test(`a disabled ${what}`, async () => {
      await keycloak.administer(`kcadm.sh update ${resource} -r one -s enabled=false`);
      try {
        await refused(one, /invalid_client: Invalid client or Invalid client credentials/);
      } finally {
        await keycloak.administer(`kcadm.sh update ${resource} -r one -s enabled=true`);
      }
    });
});
