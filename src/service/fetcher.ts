/**
 * Fetches a token for a grant from the daemon. The seed is the only credential. The fetch itself uses no environment
 * variables and no HTCondor configuration.
 */
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  DaemonError,
  HTCondorError,
  LocateError,
  messageOf,
  TokenError,
} from '../errors.ts';
import { processHost } from '../inputs/process-host.ts';
import { readRequest } from '../inputs/request.ts';
import type { InputName, Surroundings } from '../inputs/table.ts';
import { fetchToken } from '../pipeline/fetch.ts';
import { findDaemon } from '../pipeline/find-daemon.ts';
import { credentialsFor } from '../pipeline/obtain-token.ts';
import type { TokenRequest } from '../pipeline/request.ts';
import type { DaemonPlace } from '../policy/model.ts';
import { isRefusal } from '../runtime/failures.ts';
import { type Host, SILENT } from '../runtime/host.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { type CondorVersion, parseVersion } from '../security/version.ts';
import type { IdToken } from '../token/jwt.ts';
import { connect } from '../transport/connect.ts';
import { DEFAULT_PORT, formatSinful, parseAddress } from '../transport/sinful.ts';
import { localSchedd, type Snapshot } from './snapshot.ts';
import type { World } from './world.ts';

export interface Wish {
  readonly identity: string;
  readonly seed: IdToken;
  readonly authz: readonly string[];
  readonly lifetimeSeconds: number;
}

/** A token, with details of the daemon that issued it. */
export interface Issued {
  readonly token: IdToken;
  readonly address: string;
  /** HTCondor version of the daemon. Undefined if the daemon did not send its version. */
  readonly version: CondorVersion | undefined;
  /** Number of seconds by which the daemon's clock is ahead of this host's clock. */
  readonly clockSkewSeconds: number;
}

/**
 * An empty environment for the fetch: no environment variables, no HTCondor configuration, and no files in a home
 * directory.
 */
const NOWHERE: Surroundings = {
  env: {},
  setting: () => undefined,
  home: '/nonexistent',
  uid: undefined,
  platform: 'linux',
};
const SKEW_SECONDS = 60;
const REACH_TIMEOUT_MS = 3000;

export class Fetcher {
  readonly #world: World;
  /** Addresses of located daemons, by pool and daemon name. An address is kept until a connection to it fails. */
  readonly #addresses = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Fetches a token from the first reachable daemon.
   *
   * @throws AnyHTCondorError. If the daemon might have issued a token despite the error, `wasNotIssued` returns false
   *   for the error.
   */
  async fetch(snapshot: Snapshot, wish: Wish, timeoutMs: number, signal: AbortSignal): Promise<Issued> {
    const places = placesOf(snapshot);
    for (const [at, place] of places.entries()) {
      try {
        return await this.#fetchFrom(snapshot, place, wish, timeoutMs, signal);
      } catch (error) {
        const next = at + 1 < places.length && wasNotReached(error) && !signal.aborted;
        if (!next) throw error;
        this.#world.say(`${placeName(place)}: ${messageOf(error)}; trying the next daemon`);
      }
    }
    throw new RangeError('no daemon');
  }

  /**
   * True if at least one of the daemons accepts connections. A daemon behind CCB is considered reachable as soon as it
   * has been located.
   */
  async isReachable(snapshot: Snapshot): Promise<boolean> {
    const [seed] = [...snapshot.seeds].flatMap(([identity, each]) =>
      each instanceof Unavailable ? [] : [{ identity, ...each }],
    );
    if (seed === undefined) return false;
    const wish = { identity: seed.identity, seed: seed.token, authz: ['READ'], lifetimeSeconds: 1 };
    const host = processHost(REACH_TIMEOUT_MS, new AbortController().signal, SILENT);
    try {
      const reached = placesOf(snapshot).map(async (place) => {
        const text = this.#addresses.get(placeName(place)) ?? (await this.#locate(snapshot, place, wish, host));
        const address = parseAddress(text, DEFAULT_PORT);
        if (address !== undefined && !address.params.has('CCBID')) (await connect(address, host)).close();
      });
      await Promise.any(reached);
      return true;
    } catch {
      return false;
    } finally {
      host.done();
    }
  }

  async #fetchFrom(snapshot: Snapshot, place: DaemonPlace, wish: Wish, timeoutMs: number, signal: AbortSignal) {
    const host = processHost(timeoutMs, signal, SILENT);
    try {
      const known = this.#addresses.get(placeName(place));
      if (known === undefined)
        return await this.#fetchAt(await this.#locate(snapshot, place, wish, host), place, wish, host);
      try {
        return await this.#fetchAt(known, place, wish, host);
      } catch (error) {
        if (!wasNotReached(error)) throw error;
        this.#addresses.delete(placeName(place));
        const found = await this.#locate(snapshot, place, wish, host);
        if (found === known) throw error;
        return await this.#fetchAt(found, place, wish, host);
      }
    } finally {
      host.done();
    }
  }

  async #fetchAt(address: string, place: DaemonPlace, wish: Wish, host: Host): Promise<Issued> {
    const { token, daemonVersionText, clockSkewSeconds } = await fetchToken(
      requestFor(wish, { address, key: place.key }),
      host,
    );
    const latest = this.#world.now() + wish.lifetimeSeconds + SKEW_SECONDS;
    if (token.expiresAt === undefined || token.expiresAt > latest)
      throw new TokenError(
        'ERR_TOKEN_CLAIM',
        'the daemon issued a token that is valid for longer than requested',
        'exp',
      );
    return { token, address, version: parseVersion(daemonVersionText), clockSkewSeconds };
  }

  async #locate(snapshot: Snapshot, place: DaemonPlace, wish: Wish, host: Host): Promise<string> {
    if (place.address !== undefined) return place.address;
    let found: string | undefined;
    if (place.pool === undefined) {
      const local = localSchedd(snapshot);
      if (local instanceof Unavailable)
        throw new LocateError('ERR_NOT_FOUND', `no schedd on this host: ${local.reason}`, [], {
          reason: 'not-on-this-host',
        });
      found = formatSinful(local.address);
    } else {
      const request = requestFor(wish, { pool: place.pool, name: place.name, type: place.type });
      const { targets } = await findDaemon(request, await credentialsFor(request, undefined, host), host);
      // These connections are not needed: the fetch later opens its own.
      for (const { ahead } of targets) ahead?.close();
      found = targets[0] === undefined ? undefined : formatSinful(targets[0].address);
    }
    if (found === undefined) throw new LocateError('ERR_NOT_FOUND', 'no daemon was found', []);
    this.#addresses.set(placeName(place), found);
    return found;
  }
}

type Place = Partial<Record<'address' | 'pool' | 'name' | 'type' | 'key', string | undefined>>;

/** Builds the request from inputs, in the same way as the library does. */
function requestFor(wish: Wish, place: Place): TokenRequest {
  const { identity, seed, authz, lifetimeSeconds } = wish;
  const inputs: Partial<Record<InputName, string | undefined>> = {
    ...place,
    idtoken: seed.jwt.reveal(),
    'authentication-methods': 'IDTOKENS',
    authz: authz.join(','),
    lifetime: String(lifetimeSeconds),
    'expected-identity': identity,
    'expected-trust-domain': seed.issuer,
    'on-reduced': 'ignore',
    retries: '0',
  };
  return readRequest((name) => inputs[name], NOWHERE);
}

/**
 * Returns the daemons in the configuration, in order. If the configuration lists none, returns an empty entry, which
 * stands for the schedd on this host.
 */
function placesOf({ config: { daemons } }: Snapshot): readonly DaemonPlace[] {
  return daemons.length > 0 ? daemons : [{}];
}

function placeName({ address, pool, name, type }: DaemonPlace): string {
  if (address !== undefined) return address;
  return pool === undefined ? 'the schedd of this host' : `${type ?? 'schedd'} ${name ?? ''} of ${pool}`;
}

/** True if no connection to the daemon was established, so it is safe to try another address. */
function wasNotReached(error: unknown): boolean {
  if (error instanceof LocateError) return true;
  return error instanceof ConnectError && (error.phase === 'connect' || error.phase === 'locate');
}

/**
 * True if it is certain that no token was issued, because the daemon was not reached or refused the request. If only
 * the reply was lost, the daemon might have issued a token.
 */
export function wasNotIssued(error: unknown): boolean {
  return error instanceof DaemonError || isRefusal(error) || wasNotReached(error);
}

export const SEED_UNUSABLE = 'seed unusable';

/** True if the daemon did not accept the seed, or did not issue a token for it. */
export function refusesSeed(error: unknown): boolean {
  return error instanceof AuthenticationError || error instanceof AuthorizationError || error instanceof DaemonError;
}

/** Returns the response that a job receives after a failed fetch. The response reveals nothing about the pool. */
export function describeFailure(error: unknown): { readonly status: 502 | 503; readonly text: string } {
  if (error instanceof TokenError) return { status: 502, text: 'the daemon issued a different token than requested' };
  if (refusesSeed(error)) return { status: 503, text: SEED_UNUSABLE };
  const known = error instanceof HTCondorError;
  return { status: known && error.exitStatus === 4 ? 502 : 503, text: 'the daemon cannot be reached' };
}
