/**
 * Helpers for method negotiation with an embedded pool: which methods are available, and which methods clients offered.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after } from 'node:test';
import type { EmbeddedPool } from '../embedded-pool/pool.ts';
import { METHOD_BITS } from '../embedded-pool/settings.ts';
import { ABSENT, type WayName, Ways } from './ways.ts';

export const ways: Ways = await Ways.create();
after(() => ways.close());

/** Methods that this system supports. */
export const WAYS: readonly WayName[] = (['IDTOKENS', 'PASSWORD', 'MUNGE', 'FS', 'SSL', 'SCITOKENS'] as const).filter(
  (way) => ABSENT[way] === undefined,
);

export const bitOf = (way: WayName) => METHOD_BITS[way === 'IDTOKENS' ? 'TOKEN' : way];
/** Returns the methods that clients offered, in order. */
export const offered = (pool: EmbeddedPool) =>
  pool.log.flatMap((line) => {
    const bits = Number(/^HANDSHAKE: client sent (\d+)/.exec(line)?.[1] ?? 0);
    return WAYS.filter((way) => (bits & bitOf(way)) !== 0);
  });
export const assertNothingLeft = () => assert.deepEqual(readdirSync(ways.tmp), [], 'no directory is left');
