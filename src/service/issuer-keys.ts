/** The public keys of issuers. The keys are discovered over HTTPS, cached, and refreshed at a limited rate. */
import { createLocalJWKSet } from 'jose/jwks/local';
import { proxyFor } from '../credentials/http-proxy.ts';
import { isHttpToThisHost, sendHttp } from '../credentials/https.ts';
import { loadTrust, systemTrust } from '../credentials/trust.ts';
import { readProxies } from '../inputs/keyless.ts';
import { processHost } from '../inputs/process-host.ts';
import { SILENT } from '../runtime/host.ts';
import { systemReason } from '../runtime/system-reason.ts';
import type { World } from './world.ts';

type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Thrown if the keys of an issuer are unknown or might be outdated, and cannot be fetched now. */
export class IssuerUnavailable extends Error {
  /** Number of seconds until the keys can be fetched again. Undefined if this depends on the issuer. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, retryAfterSeconds?: number) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Kept {
  keys: KeySet | undefined;
  /** Times of the last successful fetch and of the last attempt, in seconds on the monotonic clock. */
  fetchedAt: number;
  askedAt: number;
  /** Time of the last fetch that was caused by an unknown key, in seconds on the monotonic clock. */
  refetchedAt: number;
  pending: Promise<void> | undefined;
  problem: string;
}

const FRESH_SECONDS = 10 * 60;
const USABLE_SECONDS = 24 * 60 * 60;
/** Minimum time between two fetches from an issuer after a failure or because of an unknown key, in seconds. */
const PAUSE_SECONDS = 30;
const TIMEOUT_MS = 5000;
const MAX_KEYS = 50;

export class IssuerKeys {
  readonly #world: World;
  readonly #kept = new Map<string, Kept>();

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * Returns the keys of an issuer. `isUnknown` is true if the previously returned keys do not include the key of a
   * token. The keys are then fetched again, at most once every 30 s.
   *
   * Between these fetches, a token with an unknown key causes IssuerUnavailable instead of a permanent refusal, because
   * the issuer could have published the key in the meantime. Without this rule, a flood of invented key IDs could
   * prevent tokens with a new key from being accepted.
   *
   * @throws IssuerUnavailable if the keys are unknown or might be outdated.
   */
  async keysOf(issuer: string, isUnknown = false): Promise<KeySet> {
    const kept = this.#kept.get(issuer) ?? nothingKept();
    this.#kept.set(issuer, kept);
    const now = this.#seconds();
    const age = now - kept.fetchedAt;
    const mayAsk = now - kept.askedAt >= PAUSE_SECONDS;
    const refetch = isUnknown && kept.pending === undefined && now - kept.refetchedAt >= PAUSE_SECONDS;
    if (refetch) kept.refetchedAt = now;
    const isStale = kept.keys === undefined || age > FRESH_SECONDS;
    if (refetch || (isStale && mayAsk))
      kept.pending ??= this.#fetch(issuer, kept).finally(() => {
        kept.pending = undefined;
      });
    // If the issuer's keys are fresh, the request does not wait for the fetch. Otherwise, tokens with invented key IDs
    // could delay other requests by up to TIMEOUT_MS.
    if (isStale || isUnknown) await kept.pending;
    if (isUnknown && kept.fetchedAt < now)
      throw new IssuerUnavailable(`the keys of ${issuer} were fetched a moment ago`, this.#pauseOf(kept));
    if (kept.keys !== undefined && this.#seconds() - kept.fetchedAt < USABLE_SECONDS) return kept.keys;
    throw new IssuerUnavailable(`the keys of ${issuer} cannot be fetched: ${kept.problem}`);
  }

  /** Removes the keys of issuers that are no longer in the configuration. */
  retain(issuers: ReadonlySet<string>): void {
    for (const issuer of this.#kept.keys()) if (!issuers.has(issuer)) this.#kept.delete(issuer);
  }

  #pauseOf({ refetchedAt }: Kept): number {
    return Math.max(1, Math.ceil(refetchedAt + PAUSE_SECONDS - this.#seconds()));
  }

  async #fetch(issuer: string, kept: Kept): Promise<void> {
    kept.askedAt = this.#seconds();
    try {
      kept.keys = createLocalJWKSet({ keys: await fetchKeys(issuer, this.#world.env) });
      kept.fetchedAt = this.#seconds();
    } catch (error) {
      kept.problem = systemReason(error);
      this.#world.say(`the keys of ${issuer} cannot be fetched: ${kept.problem}`);
    }
  }

  #seconds(): number {
    return this.#world.elapsedMs() / 1000;
  }
}

function nothingKept(): Kept {
  const never = Number.NEGATIVE_INFINITY;
  return {
    keys: undefined,
    fetchedAt: never,
    askedAt: never,
    refetchedAt: never,
    pending: undefined,
    problem: 'they were requested a moment ago',
  };
}

/** Fetches the keys of an issuer through its discovery document (OpenID Connect Discovery 1.0, section 4). */
export async function fetchKeys(issuer: string, env: World['env']): Promise<Record<string, string>[]> {
  const host = processHost(TIMEOUT_MS, new AbortController().signal, SILENT);
  const trust = systemTrust({ certificateFile: env['SSL_CERT_FILE'], platform: 'linux' });
  const tlsFor = loadTrust(trust, host)(undefined);
  const proxies = readProxies(env);
  const getJson = async (url: URL): Promise<Record<string, unknown>> => {
    const { authorities } = await tlsFor(url.hostname);
    const headers = { accept: 'application/json' };
    const { status, text } = await sendHttp(
      { url, method: 'GET', headers, authorities, proxy: proxyFor(proxies, url) },
      host,
    );
    if (status !== 200) throw new Error(`${url.href} returned status ${status}`);
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw new Error(`${url.href} did not return a JSON object`);
    return value as Record<string, unknown>;
  };
  try {
    const document = await getJson(new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`));
    if (document['issuer'] !== issuer)
      throw new Error(`its discovery document is for the issuer ${String(document['issuer'])}`);
    const { keys } = await getJson(keysUrl(String(document['jwks_uri']), issuer));
    if (!Array.isArray(keys)) throw new Error('its response contains no keys');
    if (keys.length > MAX_KEYS) throw new Error(`it has more than ${MAX_KEYS} keys`);
    return keys.filter((each): each is Record<string, string> => ['RSA', 'EC', 'OKP'].includes(each?.kty));
  } finally {
    host.done();
  }
}

function keysUrl(text: string, issuer: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isTest = url !== undefined && issuer.startsWith('http:') && isHttpToThisHost(url);
  if (url?.protocol === 'https:' || isTest) return url;
  throw new Error('its jwks_uri is not HTTPS');
}
