/**
 * Helpers for tests of FS with an embedded pool. In test files that import this module, each test asserts that no
 * directory is left.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach } from 'node:test';
import { AuthenticationError } from '../../../src/errors.ts';
import type { FsSettings } from '../embedded-pool/fs.ts';
import type { EmbeddedPoolOptions } from '../embedded-pool/settings.ts';
import { withPool } from '../embedded-pool/with-pool.ts';
import { MethodClients, type Tried } from './method-clients.ts';

export const clients: MethodClients = await MethodClients.create();
/** A directory in which the client must not create anything. */
export const outside: string = join(clients.folder, 'outside');

after(() => clients.close());
beforeEach(() => mkdirSync(outside));
afterEach(() => {
  rmdirSync(outside); // fails if the client created anything in it
  assert.deepEqual(readdirSync(clients.tmp), [], 'no directory is left');
});

/** Fetches a token from a daemon with these settings, with FS as the only method. */
export function by(
  settings: Partial<FsSettings>,
  options: EmbeddedPoolOptions = {},
): Promise<Tried & { log: string[] }> {
  return withPool(clients.pool({ fs: { directory: clients.tmp, ...settings }, ...options }), async (pool) => {
    const tried = await clients.try(pool, clients.inputsFor('FS', pool));
    return { ...tried, log: pool.log };
  });
}

export function assertRefused({ error }: { error: unknown }, reason: RegExp): void {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, 'ERR_METHODS_EXHAUSTED');
  assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
}
