/** Tests of SSL with an embedded pool, and their outcomes. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { AuthenticationError } from '../../../src/errors.ts';
import { Authority } from '../credentials/certificates.ts';
import type { EmbeddedPoolOptions } from '../embedded-pool/settings.ts';
import type { TlsSettings } from '../embedded-pool/ssl.ts';
import { withPool } from '../embedded-pool/with-pool.ts';
import { assertHidden } from '../faults/broken-messages.ts';
import { type Tried, Ways, type Words } from './ways.ts';

export const ways: Ways = await Ways.create();
/** A CA that neither side trusts. */
export const stranger: Authority = await Authority.create('CN=Stranger');
after(() => ways.close());

interface TrySsl {
  readonly tls?: Partial<TlsSettings>;
  readonly options?: EmbeddedPoolOptions;
  readonly words?: Words;
}

export interface TriedSsl extends Tried {
  readonly said: readonly string[];
}

/** Fetches with SSL alone from a daemon with these settings, and asserts that the private key is not printed. */
export function by({ tls = {}, options = {}, words = {} }: TrySsl): Promise<TriedSsl> {
  const settings = { certificate: ways.server, authority: ways.authority.certificate, ...tls };
  return withPool({ ...ways.pool(), tls: settings, ...options }, async (pool) => {
    const all = { ...ways.words('SSL', pool), ...words };
    const tried = await ways.try(pool, all);
    assertHidden(ways.secrets(all), tried.error, ...tried.log, ...pool.log);
    for (const secret of ways.secrets(all)) assert.ok(!pool.hasHeard(secret));
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
