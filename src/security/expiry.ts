import type { Peer } from './method.ts';

/** A token with an expiry, in seconds since 1970; undefined: it never expires. */
interface Expiring {
  readonly expiresAt: number | undefined;
}

export function hasExpired({ expiresAt }: Expiring, now: Date): boolean {
  return expiresAt !== undefined && expiresAt * 1000 <= now.getTime();
}

/**
 * Why a token looks expired, with the clock of this host and, if a collector returned it, the time at which the pool last
 * heard of the daemon. Undefined if the token is valid.
 */
export function expiry(token: Expiring, now: Date, { lastHeardFrom }: Pick<Peer, 'lastHeardFrom'>): string | undefined {
  if (token.expiresAt === undefined || !hasExpired(token, now)) return undefined;
  const pool = lastHeardFrom === undefined ? '' : `; the clock of the collector showed at least ${iso(lastHeardFrom)}`;
  return `it expired at ${iso(token.expiresAt)}; the clock of this host shows ${now.toISOString()}${pool}`;
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
