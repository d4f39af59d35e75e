import type { AttemptReason, Refusal } from '../reasons.ts';
import type { Peer } from './method.ts';

/** A token with its expiry, in seconds since 1970. `expiresAt` is undefined if the token never expires. */
interface Expiring {
  readonly expiresAt: number | undefined;
}

/** Returns whether the token is expired at the time `now`. */
export function hasExpired({ expiresAt }: Expiring, now: Date): boolean {
  return expiresAt !== undefined && expiresAt * 1000 <= now.getTime();
}

/**
 * Describes an expired token. Returns undefined if the token has not expired. The description contains the expiry, the
 * time on this host and, if known, the time at which the collector last received an ad from the daemon.
 */
export function expiry(
  token: Expiring,
  kind: AttemptReason,
  now: Date,
  { lastHeardFrom }: Pick<Peer, 'lastHeardFrom'>,
): Refusal | undefined {
  if (token.expiresAt === undefined || !hasExpired(token, now)) return undefined;
  const pool = lastHeardFrom === undefined ? '' : `; the clock of the collector showed at least ${iso(lastHeardFrom)}`;
  return {
    kind,
    reason: `it expired at ${iso(token.expiresAt)}; the clock of this host shows ${now.toISOString()}${pool}`,
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
