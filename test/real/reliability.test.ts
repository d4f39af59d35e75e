/**
 * What goes between us and a real daemon is damaged: each frame, in each way. A fetch ends in time, in a typed error and with
 * nothing delivered; or it succeeds, where nothing was changed of what is said. docs/RELIABILITY.md has the table.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AD_CASES } from '../support/ad-damage.ts';
import type { FaultPlan } from '../support/fault-proxy.ts';
import {
  type Destination,
  DIRECTIONS,
  everyFault,
  fetchThrough,
  isExclusive,
  startDestination,
  stopDestination,
} from '../support/fault-run.ts';
import {
  BROKEN,
  FAULTS,
  type FaultMethod,
  FRAMES,
  HARMLESS,
  METHODS,
  mayBeOverlooked,
} from '../support/fault-table.ts';
import { poolSuites, poolUnavailable } from '../support/pool.ts';

/** What has to succeed has this long: the daemon may be busy with what is broken beside it. */
const PATIENCE_MS = 10_000;

for (const suite of poolSuites()) {
  describe(`Between us and HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let to: Destination;
    before(async () => {
      to = await startDestination(suite);
    });
    after(() => to && stopDestination(to));

    /** What becomes of a fetch, after what must hold whatever happens. */
    async function outcomeOf(method: FaultMethod, plan: FaultPlan | undefined, timeoutMs?: number) {
      const { error, log, elapsedMs, delivered, proxy } = await fetchThrough(method, plan, to, timeoutMs);
      assert.ok(plan === undefined || proxy.struck > 0, `the frame never came: ${error?.stack}`);
      assert.ok(elapsedMs < PATIENCE_MS + 5000, `it took ${elapsedMs} ms`);
      const shown = [String(error?.stack), ...log].join('\n');
      for (const secret of secretsOf(to)) assert.ok(!shown.includes(secret), 'no secret is shown');
      assert.equal(delivered, error === undefined, 'a token or an error');
      return { error, proxy };
    }

    for (const method of METHODS) {
      test(`${method}: there are the frames of the table`, async () => {
        const { error, proxy } = await outcomeOf(method, undefined, PATIENCE_MS);
        assert.equal(error, undefined);
        for (const direction of DIRECTIONS)
          assert.equal(proxy.seen[direction].length, FRAMES[method][direction].length, JSON.stringify(proxy.seen));
      });
    }

    for (const [exclusive, concurrency] of [
      [false, 8],
      [true, 1],
    ] as const) {
      describe(exclusive ? 'the request' : 'all else', { concurrency }, () => {
        const cases = everyFault().filter((each) => isExclusive(each) === exclusive);
        for (const { method, fault, direction, name, plan } of cases) {
          test(`${method} ${direction}, ${name}: ${fault.name}`, async () => {
            const harmless = HARMLESS.includes(fault.name);
            const { error } = await outcomeOf(method, plan, harmless ? PATIENCE_MS : undefined);
            if (harmless && direction === 'to us') assert.equal(error, undefined);
            else if (error !== undefined) assert.match(error.code, BROKEN, error.stack);
            else assert.ok(harmless || mayBeOverlooked(fault.name, direction, name), 'it was not noticed');
          });
        }
      });
    }

    for (const { name, code, ...plan } of AD_CASES) {
      test(`${plan.direction}, in what is said: ${name}`, async () => {
        const { error } = await outcomeOf('IDTOKENS', plan, PATIENCE_MS);
        assert.match(error?.code ?? 'none', code, error?.stack);
      });
    }

    test('a frame of an earlier session is not taken for one of this', async () => {
      const [direction, frame] = ['to us', FRAMES.IDTOKENS['to us'].indexOf('post-auth')] as const;
      let earlier: Uint8Array | undefined;
      const once: FaultPlan['damage'] = (bytes) => {
        earlier ??= bytes;
        return { bytes: [earlier] };
      };
      assert.equal((await outcomeOf('IDTOKENS', { direction, frame, damage: once })).error, undefined);
      assert.equal((await outcomeOf('IDTOKENS', { direction, frame, damage: once })).error?.code, 'ERR_DECRYPT');
    });
  });
}

/** What of the credentials must not be seen anywhere: of a certificate, its key. */
function secretsOf({ credentials, secure }: Destination): readonly string[] {
  const signatures = [credentials.IDTOKENS.idtoken, credentials.SCITOKENS.scitoken].map((jwt) => jwt?.split('.')[2]);
  return [...signatures, secure.alice.key.split('\n')[2]].map((secret) => secret ?? assert.fail());
}

test('the table has every frame and a way for each', () => {
  assert.ok(FAULTS.length > 12);
  assert.equal(everyFault().length, FAULTS.length * (12 + 17 + 19) - METHODS.length - 1);
});
