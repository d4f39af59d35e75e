/** Tests the process host. Its deadline takes effect even if the garbage collector runs. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { processHost } from '../../src/inputs/process-host.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { patience } from '../support/slowness.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const silent = { debug: () => {}, info: () => {}, notice: () => {}, warn: () => {} };
const hostFor = (timeoutMs: number, signal = new AbortController().signal) =>
  processHost(timeoutMs, signal, { mask: () => {}, log: silent });

describe('The deadline', () => {
  test('fires even if no other object references it', { timeout: patience(10_000) }, async () => {
    const { signal } = hostFor(300);
    const collecting = setInterval(collectGarbage, 10);
    await once(signal, 'abort');
    clearInterval(collecting);
    assert.equal((signal.reason as Error).name, 'TimeoutError');
  });

  test('does not keep the process alive', () => {
    const timers = process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
    hostFor(60_000);
    assert.equal(process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length, timers);
  });
});

describe('The caller’s signal', () => {
  test('aborts the run with its reason', () => {
    const controller = new AbortController();
    const { signal } = hostFor(60_000, controller.signal);
    controller.abort(new Error('enough'));
    assert.equal((signal.reason as Error).message, 'enough');
  });

  test('aborts the run before it starts', () => {
    assert.ok(hostFor(60_000, AbortSignal.abort()).signal.aborted);
  });
});

describe('A silent daemon', () => {
  /**
   * Waits for several turns of the event loop, with a garbage collection in each turn, so that weak references are
   * cleared.
   */
  async function collect(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collectGarbage();
    }
  }

  test('is abandoned at the deadline, even after garbage collection', { timeout: patience(10_000) }, () =>
    withPool({ faults: { policy: 'silence' } }, async (pool) => {
      const fetched = assert.rejects(fetchFrom(pool, { timeoutMs: 400 }), { code: 'ERR_TIMEOUT' });
      await collect();
      await fetched;
    }),
  );

  test('is abandoned when the caller aborts, even after garbage collection', { timeout: patience(10_000) }, () =>
    withPool({ faults: { policy: 'silence' } }, async (pool) => {
      const controller = new AbortController();
      const fetched = assert.rejects(fetchFrom(pool, { signal: controller.signal }), { message: 'cancelled' });
      await collect();
      controller.abort();
      await fetched;
    }),
  );
});

test('a host whose run has ended keeps no references', () => {
  const interrupt = new AbortController();
  const hosts = [1, 2, 3].map(() => hostFor(60_000, interrupt.signal));
  assert.equal(getEventListeners(interrupt.signal, 'abort').length, 3);
  for (const host of hosts) host.done();
  assert.equal(getEventListeners(interrupt.signal, 'abort').length, 0);
  interrupt.abort();
  assert.deepEqual(
    hosts.map(({ signal }) => signal.aborted),
    [false, false, false],
  );
});

test('the library removes its listener from the caller’s signal', () =>
  withPool({}, async (pool) => {
    const { signal } = new AbortController();
    for (let fetches = 0; fetches < 3; fetches++) await fetchFrom(pool, { signal });
    await assert.rejects(fetchFrom(pool, { signal, key: 'other' }));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }));
