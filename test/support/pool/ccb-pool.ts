/**
 * Runs a pool that has a CCB broker and a schedd behind it. Fetches tokens from the schedd, and checks that no port
 * stays open.
 */
import assert from 'node:assert/strict';
import type { HTCondorError } from '../../../src/errors.ts';
import type { FetchOptions } from '../../../src/index.ts';
import { putClassAd } from '../../../src/wire/classad.ts';
import { type BrokerRequest, hiddenSchedd } from '../embedded-pool/broker.ts';
import type { EmbeddedPool } from '../embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../embedded-pool/settings.ts';
import { fetchFrom, withPool as withAnyPool } from '../embedded-pool/with-pool.ts';

export type Broker = (request: BrokerRequest, pool: EmbeddedPool) => Promise<void>;

export const STREAMING_IS_OFF =
  'CCB streaming mode is required to reach this daemon but is disabled on the CCB server (CCB_SERVER_STREAMING is false)';

/** A port on which no process listens, and which the operating system never assigns. */
export const DEAD_PORT = 1;

/** Waits until all ports are closed. Test files pass this function to `afterEach`. */
export async function allPortsClosed(): Promise<void> {
  // If a port stays open, only the time limit of the test ends this loop.
  while (ports() > 0) await new Promise((resolve) => setImmediate(resolve));
}

export function ports(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
}

/** Calls `work` with a pool that has a CCB broker. A failed assertion in the broker fails the test. */
export async function withPool(
  options: EmbeddedPoolOptions,
  work: (pool: EmbeddedPool) => Promise<unknown>,
): Promise<void> {
  const { broker } = options;
  const requests: Promise<void>[] = [];
  const watched: Broker = async (request, pool) => {
    const done = broker?.(request, pool) ?? Promise.resolve();
    requests.push(done);
    await done;
  };
  await withAnyPool(broker === undefined ? options : { ...options, broker: watched }, work);
  for (const { reason } of (await Promise.allSettled(requests)).filter((each) => each.status === 'rejected')) {
    if (reason instanceof assert.AssertionError) throw reason;
  }
}

/** Fetches a token from a schedd behind the CCB broker. Returns the token and the log. */
export async function fetchHidden(pool: EmbeddedPool, options: FetchOptions = {}) {
  const log: string[] = [];
  const onLog = (_: string, line: string) => log.push(line);
  const address = hiddenSchedd(pool, DEAD_PORT);
  return { ...(await fetchFrom(pool, { address, onLog, ...options })), log };
}

export const ccbOnly = (text: RegExp) => (error: HTCondorError) => {
  assert.equal(error.code, 'ERR_CCB_ONLY', String(error));
  assert.equal(error.phase, 'connect');
  assert.match(error.message, text);
  return true;
};

/** Sends the broker's reply to a CCB request. */
export const reply = ({ channel }: BrokerRequest, ad: Record<string, boolean | number>) =>
  channel.send('x', (message) => putClassAd(message, ad));
