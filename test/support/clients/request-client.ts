/** Runs token requests with an embedded pool: files a request, decides it, and returns the outcome. */
import { after } from 'node:test';
import type { EmbeddedPool } from '../embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../embedded-pool/settings.ts';
import type { RequestSettings, TokenWish } from '../embedded-pool/token-requests.ts';
import { withPool } from '../embedded-pool/with-pool.ts';
import { assertHidden } from '../faults/broken-messages.ts';
import { MethodClients, type Tried, type TryOptions, type Words } from './method-clients.ts';

export const clients: MethodClients = await MethodClients.create();
after(() => clients.close());

interface Ask extends TryOptions {
  readonly words?: Words | ((pool: EmbeddedPool) => Words);
  readonly options?: EmbeddedPoolOptions;
  readonly requests?: RequestSettings;
}

interface Asked extends Tried {
  readonly said: readonly string[];
  readonly connections: number;
  /** The request, as the daemon recorded it. */
  readonly wish: TokenWish | undefined;
  readonly id: string;
}

/** Returns pool settings that put each request into this state as soon as it is filed. */
export const decided = (state: TokenWish['state']): RequestSettings => ({
  whenFiled: (id, all) => all.decide(id, state),
});
export const APPROVED = decided('approved');

/** Requests a token for carol, by default with alice's certificate. */
export async function request({ words = {}, options = {}, requests = {}, ...how }: Ask): Promise<Asked> {
  const filed: { id: string; wish: TokenWish | undefined } = { id: '', wish: undefined };
  const whenFiled: RequestSettings['whenFiled'] = (id, all) => {
    Object.assign(filed, { id, wish: all.get(id) });
    requests.whenFiled?.(id, all);
  };
  return await withPool({ ...clients.pool(), ...options, requests: { ...requests, whenFiled } }, async (pool) => {
    const own = typeof words === 'function' ? words(pool) : words;
    const all: Words = { ...clients.inputsFor('SSL', pool), mode: 'request', identity: 'carol@pool.test', ...own };
    const tried = await clients.try(pool, all, how);
    assertHidden(clients.secrets(all), tried.error, ...tried.log);
    return { ...tried, ...filed, said: pool.log, connections: pool.connections };
  });
}

/** Returns the notices in the log. */
export const notices = ({ log }: Tried) =>
  log.filter((line) => line.startsWith('notice ')).map((line) => line.slice(7));
/** Returns the number of polls. */
export const polls = ({ said }: Asked) => said.filter((line) => /^poll \d+ of request/.test(line)).length;
