/**
 * Tests what users see of a run: the log outside collapsed groups, and the job summary after a success, a failure and a
 * check.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { Runner, type StepResult } from '../support/runner/runner.ts';

const runner = new Runner();
after(() => runner.close());

/** Maximum number of lines that a successful run prints outside collapsed groups, including the post step. */
const MAX_LINES = 10;

/** Returns the lines that are visible if all groups are collapsed. Each group counts as one line. */
function visibleLines({ stdout }: StepResult): readonly string[] {
  const lines: string[] = [];
  let isInGroup = false;
  for (const line of stdout.split('\n')) {
    if (line.startsWith('::endgroup::')) isInGroup = false;
    else if (line.startsWith('::group::')) {
      isInGroup = true;
      lines.push(line);
    } else if (!isInGroup && line.trim() !== '' && !/^::(add-mask|debug|save-state)/.test(line)) lines.push(line);
  }
  return lines;
}

const usual = (pool: EmbeddedPool) => ({
  ...{ pool: pool.collector, name: 'ci@pool', type: 'schedd', idtoken: pool.idToken(), authz: 'READ WRITE' },
  ...{ lifetime: '30m', 'authentication-methods': 'IDTOKENS', timeout: '2m', retries: '3' },
  ...{ 'expected-identity': 'alice@pool.test', 'expected-trust-domain': 'pool.test', 'on-reduced': 'fail' },
});

describe('The log of a success', () => {
  const deliveries = {
    'export-environment': { 'export-environment': 'true' },
    'export-environment and renew': { 'export-environment': 'true', renew: 'true' },
    'a token directory': { token: 'ci', 'token-directory': 'tokens.d' },
    'a file': { file: 'ci.token' },
  };
  for (const [name, delivery] of Object.entries(deliveries)) {
    test(`has at most ten lines outside collapsed groups, with ${name}`, () =>
      withPool({}, async (pool) => {
        const inputs = { ...usual(pool), ...delivery, verify: 'true' };
        const step = await runner.runAction(inputs, { beforePost: () => {} });
        assert.deepEqual([step.status, step.post?.status], [0, 0], step.raw);
        const lines = [...visibleLines(step), ...(step.post === undefined ? [] : visibleLines(step.post))];
        assert.ok(lines.length >= 3 && lines.length <= MAX_LINES, `${lines.length} lines:\n${lines.join('\n')}`);
      }));
  }

  test('names each exported variable on a separate line', () =>
    withPool({}, async (pool) => {
      const { log, env } = await runner.runAction({ ...usual(pool), 'export-environment': 'true' });
      for (const [name, value] of Object.entries(env)) assert.ok(log.includes(`${name}=${value}`), name);
    }));
});

describe('The job summary', () => {
  test('for a failure lists the reasons and the hints, without repeating “Hint” in each line', () =>
    withPool({ methods: ['FS'] }, async (pool) => {
      const step = await runner.runAction(usual(pool));
      assert.notEqual(step.status, 0);
      assert.match(step.summary, /<p>What to try:<\/p>\s*<ul>(<li>[A-Z]\w+: .*<\/li>)+<\/ul>/s);
      assert.doesNotMatch(step.summary, /Hint:/);
      assert.match(step.annotations.at(-1)?.message ?? '', /^Hint: /m, 'the annotation has no headings');
    }));

  test('for a check has a heading that names denied levels only if they are requested', () =>
    withPool({}, async (pool) => {
      const idtoken = pool.idToken('alice', { authz: ['READ'] });
      const headingOf = async (inputs: Readonly<Record<string, string>>) => {
        const { summary } = await runner.runAction({
          ...usual(pool),
          idtoken,
          'on-reduced': 'warn',
          ...inputs,
          mode: 'check',
        });
        return /<h3>HTCondor token: (.*)<\/h3>/.exec(summary)?.[1];
      };
      assert.equal(await headingOf({ authz: 'READ WRITE' }), 'a fetch would succeed, but WRITE is denied');
      assert.equal(await headingOf({ authz: '' }), 'a fetch would succeed');
    }));

  test('for a check has a row for the credential', () =>
    withPool({}, async (pool) => {
      const step = await runner.runAction({ ...usual(pool), mode: 'check' });
      assert.equal(step.status, 0, step.raw);
      assert.match(step.summary, /<h3>HTCondor token: a fetch would succeed<\/h3>/);
      assert.match(step.summary, /<td>Credential<\/td><td><code>idtoken<\/code><\/td>/);
    }));
});
