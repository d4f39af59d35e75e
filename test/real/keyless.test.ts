/** Tests jobs without a stored secret, with their OIDC token, a token service and HTCondor's own daemons. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { HOST, type SecurePool, startSecurePool } from '../support/pool/secure-pool.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertNoLeak } from '../support/runner/step-assertions.ts';
import { TokenServices } from '../support/service/token-services.ts';
import { until } from '../support/until.ts';

for (const suite of poolSuites()) {
  describe(`Without a stored secret, with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let services: TokenServices;
    let runner: Runner;
    let inputs: Record<string, string>;
    before(async () => {
      runner = new Runner();
      [secure, services] = await Promise.all([startSecurePool({ suite }), TokenServices.start()]);
      inputs = {
        ...{ pool: secure.pool.collector, name: secure.pool.scheddName, 'server-name': HOST, lifetime: '10m' },
        ...{ authz: 'READ', verify: 'true', 'oidc-audience': services.origin },
        'ca-certificate': `${secure.authority.certificate}${services.authority.certificate}`,
      };
    });
    after(async () => {
      services?.stop();
      runner?.close();
      await secure?.stop();
    });

    test('a SciToken from an RFC 8693 token endpoint fetches a token', async () => {
      services.made = () => secure.issuer.issue('alice');
      const step = await runner.runAction(
        { ...inputs, 'token-service': `${services.origin}/token` },
        { env: services.env },
      );
      assert.equal(step.status, 0, step.raw);
      const { identity, authz, lifetime, 'authentication-method': method } = step.outputs;
      assert.deepEqual([identity, authz, lifetime, method], ['alice@pool.test', 'READ', '600', 'SCITOKENS']);
      assertNoLeak(step, services.secrets);
    });

    test('a SciToken is exchanged for an IDTOKEN that expires no later', async () => {
      services.made = () => secure.issuer.issue('alice', { exp: Math.floor(Date.now() / 1000) + 120 });
      const more = { mode: 'exchange', 'token-service': `${services.origin}/token`, 'on-reduced': 'ignore' };
      const step = await runner.runAction({ ...inputs, ...more }, { env: services.env });
      assert.equal(step.status, 0, step.raw);
      const lifetime = Number(step.outputs['lifetime']);
      assert.ok(lifetime > 0 && lifetime <= 120, `${lifetime} s`);
    });

    test('an IDTOKEN from a token service is the result, and the schedd authorizes its levels', async () => {
      services.made = () => secure.pool.idToken({ user: 'alice', authz: ['READ'], lifetime: 600 });
      const step = await runner.runAction(
        { ...inputs, 'token-service': `${services.origin}/v1/token`, 'export-environment': 'true' },
        { env: services.env },
      );
      assert.equal(step.status, 0, step.raw);
      assert.equal(step.outputs['token'], services.secrets.at(-1));
      assert.equal(step.env['_CONDOR_SCHEDD_HOST'], secure.pool.scheddName);
      assertNoLeak(step, services.secrets);
    });

    test('an IDTOKEN from a token service for another identity is rejected', async () => {
      services.made = () => secure.pool.idToken({ user: 'bob', authz: ['READ'], lifetime: 600 });
      services.identity = 'bob@pool.test';
      const more = { 'token-service': `${services.origin}/v1/token`, 'expected-identity': 'alice@pool.test' };
      const step = await runner.runAction({ ...inputs, ...more }, { env: services.env });
      services.identity = 'alice@pool.test';
      assert.deepEqual([step.status, step.outputs['error-code']], [7, 'ERR_TOKEN_CLAIM'], step.raw);
      assert.equal(step.outputs['token'], undefined);
    });

    test('a check predicts the result', async () => {
      services.made = () => secure.issuer.issue('alice');
      const { verify: _, ...rest } = inputs;
      const check = { ...rest, mode: 'check', 'token-service': `${services.origin}/token` };
      const step = await runner.runAction(check, { env: services.env });
      assert.equal(step.status, 0, step.raw);
      assert.match(step.log.join('\n'), /would succeed as alice@pool\.test; READ allowed/);
    });

    test('the token is renewed with a new job token each time', async () => {
      services.made = () => secure.issuer.issue('alice');
      const more = { 'token-service': `${services.origin}/token`, lifetime: '3s', renew: 'true', file: 'fresh' };
      const { verify: _, ...rest } = inputs;
      services.asked.length = 0;
      const step = await runner.runAction(
        { ...rest, ...more },
        {
          env: services.env,
          beforePost: async ({ outputs, state }) => {
            assert.equal(environmentIn(state['renewal']).match(/ACTIONS_ID_TOKEN|BEARER_TOKEN=/), null);
            const file = outputs['token-file'] ?? '';
            await until('the token is renewed', 30, async () =>
              existsSync(file) && readFileSync(file, 'utf8') !== `${outputs['token']}\n`
                ? undefined
                : 'it is still the old token',
            );
          },
        },
      );
      assert.equal(step.status, 0, step.raw);
      assert.ok(services.asked.filter((each) => each === 'GET /oidc/token').length >= 2);
      assert.match(step.post?.log.join('\n') ?? '', /Renewed\. Token for alice@pool\.test/);
    });
  });
}

/**
 * Returns the environment of the process whose working directory is this directory. Other processes of the same account
 * can read this environment.
 */
function environmentIn(directory: string | undefined): string {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) === directory) return readFileSync(`/proc/${pid}/environ`, 'utf8');
    } catch {
      // The process has ended, or it runs under another account.
    }
  }
  throw new Error(`no process works in ${directory}`);
}
