/** Tests inputs that are present but empty: secrets that the job cannot read, and limits from undefined variables. */
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CREDENTIAL_INPUTS } from '../../src/inputs/table.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { assertAdvised } from '../support/errors/advice.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed } from '../support/runner/step-assertions.ts';

let pool: EmbeddedPool;
let runner: Runner;
before(async () => {
  pool = await EmbeddedPool.start({});
  runner = new Runner();
});
after(async () => {
  runner.close();
  await pool.stop();
});

const warnings = (step: { readonly annotations: readonly { readonly message: string }[] }) =>
  step.annotations.map(({ message }) => message);

describe('An empty credential input', () => {
  for (const name of CREDENTIAL_INPUTS) {
    for (const [what, inputs] of [
      ['', {}],
      [' in mode check', { mode: 'check' }],
      [' with another empty one', { idtoken: '', scitoken: ' \n' }],
    ] as const) {
      test(`as ${name}${what} fails the step before any connection`, async () => {
        const before = pool.log.length;
        const step = await runner.runAction({ address: pool.schedd(), authz: 'READ', ...inputs, [name]: '' });
        assertFailed(step, { code: 'ERR_NO_CREDENTIAL', status: 2, text: /(is|are) empty, and no other credential/ });
        assert.equal(pool.log.length, before);
        if (!('idtoken' in inputs)) {
          const said = warnings(step).at(-1)?.replace(name, 'idtoken') ?? '';
          assertAdvised(said, 'is empty, and no other credential is provided');
        }
      });
    }
  }

  test('is ignored if another credential is set, because composite actions forward all inputs', async () => {
    const inputs = { address: pool.schedd(), authz: 'READ', idtoken: pool.idToken(), scitoken: '', password: '' };
    const step = await runner.runAction(inputs, { debug: true });
    assert.equal(step.status, 0, step.raw);
    assert.match(step.log.join('\n'), /credentials: scitoken is empty and is ignored/);
    assert.deepEqual(
      step.annotations.filter(({ level }) => level !== 'debug'),
      [],
    );
  });

  test('differs from an absent one, which makes the step use a token on the runner, with a notice', async () => {
    const tokens = mkdtempSync(join(runner.temp, 'tokens-'));
    writeFileSync(join(tokens, 'ci'), `${pool.idToken()}\n`, { mode: 0o600 });
    const env = { _CONDOR_SEC_TOKEN_DIRECTORY: tokens };
    const step = await runner.runAction({ address: pool.schedd(), authz: 'READ' }, { env });
    assert.equal(step.status, 0, step.raw);
    assert.deepEqual(
      step.annotations.map(({ level, message }) => [level, message]),
      [
        [
          'notice',
          `Authenticated with IDTOKENS; credential: ${join(tokens, 'ci')}, which is not from an input of this step`,
        ],
      ],
    );
  });

  test('is ignored if authentication-methods names a method that needs no input', async () => {
    const inputs = { address: pool.schedd(), authz: 'READ', idtoken: '', 'authentication-methods': 'fs' };
    const step = await runner.runAction(inputs);
    assert.doesNotMatch(step.raw, /is empty, and no other/);
  });
});

const UNRESTRICTED = 'the token is not restricted to any authorization levels. Set authz, for example to READ WRITE';

describe('A limit', () => {
  const inputs = () => ({ address: pool.schedd(), idtoken: pool.idToken(), summary: 'false' });
  for (const [what, words, expected] of [
    ['an empty authz', { authz: '' }, [`authz is empty: ${UNRESTRICTED}`]],
    ['an absent authz', {}, [`authz is not set: ${UNRESTRICTED}`]],
    [
      'an empty expected-identity and expected-trust-domain',
      { authz: 'READ', 'expected-identity': '', 'expected-trust-domain': '' },
      ['expected-identity', 'expected-trust-domain'].map(
        (name) => `${name} is empty, so it is not checked. Set a value, or omit the input`,
      ),
    ],
    ['a valid expected-identity', { authz: 'READ', 'expected-identity': 'alice@pool.test' }, []],
  ] as const) {
    test(`${what} causes ${expected.length} warnings`, async () => {
      const step = await runner.runAction({ ...inputs(), ...words });
      assert.deepEqual([step.status, warnings(step)], [0, [...expected]], step.raw);
    });
  }
});
