/** Helpers for tests of SSL with an embedded pool. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { AuthenticationError } from '../../../src/errors.ts';
import { Authority } from '../credentials/certificates.ts';
import type { EmbeddedPoolOptions } from '../embedded-pool/settings.ts';
import type { TlsSettings } from '../embedded-pool/ssl.ts';
import { withPool } from '../embedded-pool/with-pool.ts';
import { assertHidden } from '../faults/broken-messages.ts';
import { MethodClients, type Tried, type Words } from './method-clients.ts';

export const clients: MethodClients = await MethodClients.create();
/** A CA that neither side trusts. */
export const stranger: Authority = await Authority.create('CN=Stranger');
after(() => clients.close());

interface TrySsl {
  readonly tls?: Partial<TlsSettings>;
  readonly options?: EmbeddedPoolOptions;
  readonly words?: Words;
}

export interface TriedSsl extends Tried {
  readonly said: readonly string[];
}

/**
 * Fetches a token from a daemon with these settings, with SSL as the only method. Asserts that the private key is not
 * printed.
 */
export function by({ tls = {}, options = {}, words = {} }: TrySsl): Promise<TriedSsl> {
  const settings = { certificate: clients.server, authority: clients.authority.certificate, ...tls };
  return withPool({ ...clients.pool(), tls: settings, ...options }, async (pool) => {
    const all = { ...clients.inputsFor('SSL', pool), ...words };
    const tried = await clients.try(pool, all);
    assertHidden(clients.secrets(all), tried.error, ...tried.log, ...pool.log);
    for (const secret of clients.secrets(all)) assert.ok(!pool.hasHeard(secret));
    return { ...tried, said: pool.log };
  });
}

export function assertAlice({ fetched, error, said }: TriedSsl): void {
  assert.equal(fetched?.token.subject, 'alice@pool.test', `${error}\n${said.join('\n')}`);
}

export function assertRefused({ error }: Tried, reason: RegExp): void {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.message);
  assert.match(error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n'), reason);
}
