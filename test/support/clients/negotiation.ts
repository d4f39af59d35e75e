/**
 * Helpers for method negotiation with an embedded pool: which methods are available, and which methods clients offered.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after } from 'node:test';
import type { EmbeddedPool } from '../embedded-pool/pool.ts';
import { METHOD_BITS } from '../embedded-pool/settings.ts';
import { ABSENT, MethodClients, type MethodName } from './method-clients.ts';

export const clients: MethodClients = await MethodClients.create();
after(() => clients.close());

/** Methods that this system supports. */
export const METHODS: readonly MethodName[] = (
  ['IDTOKENS', 'PASSWORD', 'MUNGE', 'FS', 'SSL', 'SCITOKENS'] as const
).filter((method) => ABSENT[method] === undefined);

export const bitOf = (method: MethodName) => METHOD_BITS[method === 'IDTOKENS' ? 'TOKEN' : method];
/** Returns the methods that clients offered, in order. */
export const offered = (pool: EmbeddedPool) =>
  pool.log.flatMap((line) => {
    const bits = Number(/^HANDSHAKE: client sent (\d+)/.exec(line)?.[1] ?? 0);
    return METHODS.filter((method) => (bits & bitOf(method)) !== 0);
  });
export const assertNothingLeft = () => assert.deepEqual(readdirSync(clients.tmp), [], 'no directory is left');
