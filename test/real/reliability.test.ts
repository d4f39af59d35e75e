/**
 * What goes between us and a real daemon is damaged: each frame, in each way. A fetch ends in time, in a typed error and with
 * nothing delivered; or it succeeds, where nothing was changed of what is said. docs/RELIABILITY.md has the table.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AD_CASES } from '../support/ad-damage.ts';
import type { FaultPlan } from '../support/fault-proxy.ts';
import { type Destination, DIRECTIONS, everyFault, fetchThrough, isExclusive } from '../support/fault-run.ts';
import { BROKEN, FAULTS, FRAMES, HARMLESS, mayBeOverlooked } from '../support/fault-table.ts';
import { poolSuites, poolUnavailable, startPool } from '../support/pool.ts';

for (const suite of poolSuites()) {
  describe(`Between us and HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let to: Destination;
    before(async () => {
      const pool = await startPool({ suite });
      const directory = mkdtempSync(join(tmpdir(), 'reliability-'));
      const [idtoken, address] = [await pool.idToken({ user: 'alice' }), await pool.sinful('schedd', pool.scheddName)];
      to = { pool, directory, idtoken, address };
    });
    after(async () => {
      await to?.pool.stop();
      if (to !== undefined) rmSync(to.directory, { recursive: true, force: true });
    });

    /** What becomes of a fetch, after what must hold whatever happens. */
    async function outcomeOf(plan: FaultPlan | undefined) {
      const { error, log, elapsedMs, delivered, proxy } = await fetchThrough(plan, to);
      assert.ok(plan === undefined || proxy.struck > 0, `the frame never came: ${error?.stack}`);
      assert.ok(elapsedMs < 10_000, `it took ${elapsedMs} ms`);
      const signature = to.idtoken.split('.')[2] ?? '';
      assert.ok(![String(error?.stack), ...log].join('\n').includes(signature), 'no secret is shown');
      assert.equal(delivered, error === undefined, 'a token or an error');
      return { error, proxy };
    }

    test('there are the frames of the table', async () => {
      const { error, proxy } = await outcomeOf(undefined);
      assert.equal(error, undefined);
      for (const direction of DIRECTIONS)
        assert.equal(proxy.seen[direction].length, FRAMES[direction].length, JSON.stringify(proxy.seen));
    });

    for (const [exclusive, concurrency] of [
      [false, 8],
      [true, 1],
    ] as const) {
      describe(exclusive ? 'the request' : 'all else', { concurrency }, () => {
        for (const { fault, direction, name, plan } of everyFault().filter((each) => isExclusive(each) === exclusive)) {
          test(`${direction}, ${name}: ${fault.name}`, async () => {
            const { error } = await outcomeOf(plan);
            if (fault.name === HARMLESS && direction === 'to us') assert.equal(error, undefined);
            else if (error !== undefined) assert.match(error.code, BROKEN, error.stack);
            else
              assert.ok(fault.name === HARMLESS || mayBeOverlooked(fault.name, direction, name), 'it was not noticed');
          });
        }
      });
    }

    for (const { name, code, ...plan } of AD_CASES) {
      test(`${plan.direction}, in what is said: ${name}`, async () => {
        const { error } = await outcomeOf(plan);
        assert.match(error?.code ?? 'none', code, error?.stack);
      });
    }

    test('a frame of an earlier session is not taken for one of this', async () => {
      const [direction, frame] = ['to us', FRAMES['to us'].indexOf('post-auth')] as const;
      let earlier: Uint8Array | undefined;
      const once: FaultPlan['damage'] = (bytes) => {
        earlier ??= bytes;
        return { bytes: [earlier] };
      };
      assert.equal((await outcomeOf({ direction, frame, damage: once })).error, undefined);
      assert.equal((await outcomeOf({ direction, frame, damage: once })).error?.code, 'ERR_DECRYPT');
    });
  });
}

test('the table has every frame and a way for each', () => {
  assert.ok(FAULTS.length > 12);
  assert.equal(everyFault().length, FAULTS.length * 12 - 1);
});
