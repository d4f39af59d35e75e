/**
 * A proxy injects every kind of fault into each frame between the client and a real daemon. If the fault has an effect,
 * the fetch fails with the error that docs/RELIABILITY.md lists and writes no file. Cases in which the releases agree
 * are divided among the releases.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AD_CASES } from '../support/faults/ad-damage.ts';
import type { FaultPlan } from '../support/faults/fault-proxy.ts';
import { type Destination, fetchThrough, startDestination, stopDestination } from '../support/faults/fault-run.ts';
import {
  DIRECTIONS,
  everyFault,
  expectedOutcome,
  FAULTS,
  type FaultMethod,
  FRAMES,
  GROUPS,
  groupOf,
  isHarmless,
  METHODS,
  SUCCESS,
  shareOf,
} from '../support/faults/fault-table.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';

for (const [release, suite] of poolSuites().entries()) {
  describe(`Between the client and HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let to: Destination;
    before(async () => {
      to = await startDestination(suite);
    });
    after(() => to && stopDestination(to));

    /** Asserts what must be true of every fetch, then returns the error code, or SUCCESS. */
    async function outcomeOf(method: FaultMethod, plan: FaultPlan | undefined, expected: string) {
      const { error, log, delivered, proxy } = await fetchThrough(method, plan, to, expected);
      assert.ok(plan === undefined || proxy.struck > 0, `the frame was never sent: ${error?.stack}`);
      const shown = [String(error?.stack), ...log].join('\n');
      for (const secret of secretsOf(to)) assert.ok(!shown.includes(secret), 'no secret is printed');
      assert.equal(delivered, error === undefined, 'either a token or an error');
      return { outcome: error?.code ?? SUCCESS, error, proxy };
    }

    for (const method of METHODS) {
      test(`a fetch with ${method} consists of the frames of the table`, async () => {
        const { outcome, proxy } = await outcomeOf(method, undefined, SUCCESS);
        assert.equal(outcome, SUCCESS);
        for (const direction of DIRECTIONS)
          assert.equal(proxy.seen[direction].length, FRAMES[method][direction].length, JSON.stringify(proxy.seen));
      });
    }

    for (const [group, concurrency] of Object.entries(GROUPS)) {
      describe(`faults of ${group}`, { concurrency }, () => {
        for (const each of shareOf(release, poolSuites().length).filter((one) => groupOf(one) === group)) {
          const { method, fault, direction, name, plan } = each;
          test(`${method}: the frame “${name}” ${direction}, ${fault.name}, has the documented outcome`, async () => {
            const expected = expectedOutcome(each, to.secure.pool.version) ?? assert.fail('not documented');
            const { outcome, error } = await outcomeOf(method, plan, expected);
            assert.equal(outcome, expected, error?.stack);
          });
        }
      });
    }

    for (const { name, code, ...plan } of AD_CASES) {
      test(`an ad ${plan.direction} that is changed to contain ${name} causes ${code}`, async () => {
        const { outcome, error } = await outcomeOf('IDTOKENS', plan, code);
        assert.equal(outcome, code, error?.stack);
      });
    }

    test('a frame that is replayed from an earlier session is rejected', async () => {
      const [direction, frame] = ['to the client', FRAMES.IDTOKENS['to the client'].indexOf('post-auth')] as const;
      let earlier: Uint8Array | undefined;
      const once: FaultPlan['damage'] = (bytes) => {
        earlier ??= bytes;
        return { bytes: [earlier] };
      };
      const plan = { direction, frame, damage: once };
      assert.equal((await outcomeOf('IDTOKENS', plan, SUCCESS)).outcome, SUCCESS);
      assert.equal((await outcomeOf('IDTOKENS', plan, 'ERR_DECRYPT')).outcome, 'ERR_DECRYPT');
    });
  });
}

/** Returns the secret parts of the credentials: signatures, and one line of the private key. */
function secretsOf({ credentials, secure }: Destination): readonly string[] {
  const signatures = [credentials.IDTOKENS.idtoken, credentials.SCITOKENS.scitoken].map((jwt) => jwt?.split('.')[2]);
  return [...signatures, secure.alice.key.split('\n')[2]].map((secret) => secret ?? assert.fail());
}

test('docs/RELIABILITY.md contains one outcome for each fault, frame and release', () => {
  assert.equal(everyFault().length, FAULTS.length * (12 + 17 + 19 + 15) - METHODS.length - 2);
  for (const each of everyFault())
    for (const version of ['23.9.6', '25.14.1'])
      assert.match(expectedOutcome(each, version) ?? '', /^(success|ERR_[A-Z_]+)$/, JSON.stringify(each));
});

test('each release has a share of the cases, and the shares together contain every case', () => {
  const all = new Set([...shareOf(0, 2), ...shareOf(1, 2)].map((each) => JSON.stringify(each)));
  assert.deepEqual(all, new Set(everyFault().map((each) => JSON.stringify(each))));
  assert.equal(shareOf(0, 1).length, everyFault().length);
});

test('docs/RELIABILITY.md lists success only for faults that do not change the messages', () => {
  for (const each of everyFault())
    for (const version of ['23.9.6', '25.14.1'])
      assert.ok(expectedOutcome(each, version) !== SUCCESS || isHarmless(each), JSON.stringify(each));
});
