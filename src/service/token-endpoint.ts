/**
 * The endpoint `POST /token`, which responds to a form with a token or a refusal. Every decision about a verified job
 * token is recorded in the audit log.
 */

import { messageOf } from '../errors.ts';
import { claimOf } from '../policy/claims.ts';
import { decide } from '../policy/match.ts';
import type { Entry, Grant } from '../policy/model.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { covers } from '../token/levels.ts';
import type { Audit, Decided } from './audit.ts';
import { AUDITED_CLAIMS } from './audit.ts';
import { describeFailure, type Fetcher, type Issued, SEED_UNUSABLE, wasNotIssued } from './fetcher.ts';
import { FormError, readForm, type TokenForm } from './form.ts';
import { type IssuerKeys, IssuerUnavailable } from './issuer-keys.ts';
import { type JobToken, sha256, TokenRejected, verifyJobToken } from './job-token.ts';
import { addressKey, PerMinute, Slots } from './limits.ts';
import type { ReuseStore } from './reuse-store.ts';
import { type Snapshot, seedOf } from './snapshot.ts';
import type { World } from './world.ts';

export interface TokenResponse {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
}

interface EndpointParts {
  readonly world: World;
  readonly audit: Audit;
  readonly keys: IssuerKeys;
  readonly fetcher: Fetcher;
  readonly store: ReuseStore;
  readonly snapshot: () => Snapshot;
}

const REQUESTS_PER_MINUTE = 600;
const FAILURES_PER_MINUTE = 60;
const FETCHES_AT_ONCE = 8;
const MAX_WAIT_MS = 5000;
const MAX_USES = 10;
const KEEP_SECONDS = 60 + 60 * 60;
const BUSY_SECONDS = 1;
const LATER_SECONDS = 5;

export class TokenEndpoint {
  readonly #parts: EndpointParts;
  readonly #requests: PerMinute;
  readonly #failures: PerMinute;
  readonly #slots = new Slots(FETCHES_AT_ONCE);

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#requests = new PerMinute(REQUESTS_PER_MINUTE, parts.world.elapsedMs);
    this.#failures = new PerMinute(FAILURES_PER_MINUTE, parts.world.elapsedMs);
  }

  /** Responds to one request. `timeLeftMs` returns the time that remains for the response, in milliseconds. */
  async respond(body: string, address: string, timeLeftMs: () => number, signal: AbortSignal): Promise<TokenResponse> {
    const from = addressKey(address);
    if (this.#failures.isOver(from)) {
      this.#parts.audit.count('too many failures from an address');
      return tooMany(this.#failures, 'too many failed requests from this address');
    }
    const response = await this.#decide(body, address, timeLeftMs, signal);
    if (response.status >= 400 && response.status < 500 && response.status !== 429) this.#failures.add(from);
    return response;
  }

  async #decide(body: string, address: string, timeLeftMs: () => number, signal: AbortSignal): Promise<TokenResponse> {
    const { audit, world, keys } = this.#parts;
    const snapshot = this.#parts.snapshot();
    const { issuers, config } = snapshot;
    let form: TokenForm;
    let job: JobToken;
    try {
      form = readForm(body);
      job = await verifyJobToken(form.jobToken, { issuers, audience: config.audience, keys, now: world.now() });
    } catch (error) {
      audit.count(messageOf(error));
      if (error instanceof FormError) return refusal(error.code, error.message);
      if (error instanceof TokenRejected) return refusal('invalid_grant', error.message);
      if (error instanceof IssuerUnavailable) {
        // The job token names an unknown key.
        if (error.retryAfterSeconds !== undefined) this.#failures.add(addressKey(address));
        return later(503, 'the keys of the issuer cannot be fetched now', error.retryAfterSeconds);
      }
      throw error;
    }
    const subject = `${claimOf(job.claims, 'iss')}\0${claimOf(job.claims, 'sub')}`;
    const request = new Request(this.#parts, snapshot, form, job, address);
    if (this.#requests.isOver(subject)) {
      await request.record({ decision: 'refused', reason: 'too many requests from this job' });
      return tooMany(this.#requests, 'too many requests from this job');
    }
    this.#requests.add(subject);
    return await request.respond(this.#slots, timeLeftMs, signal);
  }
}

/** A request whose job token has been verified. */
class Request {
  readonly #parts: EndpointParts;
  readonly #snapshot: Snapshot;
  readonly #form: TokenForm;
  readonly #job: JobToken;
  readonly #started: number;
  readonly #facts: Record<string, string | number | readonly string[] | undefined>;

  constructor(parts: EndpointParts, snapshot: Snapshot, form: TokenForm, job: JobToken, address: string) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#form = form;
    this.#job = job;
    this.#started = parts.world.elapsedMs();
    const claims = AUDITED_CLAIMS.map((name) => [name, claimOf(job.claims, name)]);
    this.#facts = { address, authz: form.authz, lifetime: form.lifetimeSeconds, ...Object.fromEntries(claims) };
    this.#facts['job_token_sha256'] = sha256(form.jobToken);
  }

  record(facts: Decided): Promise<void> {
    const ms = Math.round(this.#parts.world.elapsedMs() - this.#started);
    return this.#parts.audit.record({ ...facts, ...this.#facts, ms });
  }

  async respond(slots: Slots, timeLeftMs: () => number, signal: AbortSignal): Promise<TokenResponse> {
    const { world, store } = this.#parts;
    const { authz, identity } = this.#form;
    const decision = decide(this.#snapshot.config, this.#job.claims, world.now(), identity);
    if ('reason' in decision) return await this.#refuse('invalid_grant', decision.reason);
    const { grant, entry } = decision;
    this.#facts['grant'] = entry.path;
    this.#facts['identity'] = grant.identity;
    const outside = authz.filter((level) => !covers(grant.authz, level));
    if (outside.length > 0)
      return await this.#refuse(
        'invalid_scope',
        `${outside.join(' ')} is outside the grant; it allows ${grant.authz.join(' ')}`,
      );
    if (this.#job.issuedAt < store.blindUntil) return await this.#refuseUnrecorded(store.blindUntil - world.now());
    const release = await slots.acquire(Math.max(0, Math.min(MAX_WAIT_MS, timeLeftMs())));
    if (release === undefined) return await this.#fail(503, 'too many requests at the daemon', BUSY_SECONDS);
    try {
      return await this.#issue(grant, entry, timeLeftMs, signal);
    } finally {
      release();
    }
  }

  async #issue(grant: Grant, entry: Entry, timeLeftMs: () => number, signal: AbortSignal): Promise<TokenResponse> {
    const { world, store, fetcher } = this.#parts;
    const seed = seedOf(this.#snapshot, grant.identity);
    if (seed instanceof Unavailable) return await this.#fail(503, SEED_UNUSABLE, LATER_SECONDS, seed.reason);
    const left = (seed.token.expiresAt ?? Number.POSITIVE_INFINITY) - world.now();
    if (left < 1) return await this.#fail(503, SEED_UNUSABLE, LATER_SECONDS, 'it has expired');
    const wanted = Math.min(this.#form.lifetimeSeconds ?? grant.maxLifetimeSeconds, grant.maxLifetimeSeconds);
    const lifetimeSeconds = Math.floor(Math.min(wanted, left));
    const { useKey, expiresAt } = this.#job;
    let reserved: boolean;
    try {
      reserved = await store.reserve(useKey, entry.reuse === 'job' ? MAX_USES : 1, expiresAt + KEEP_SECONDS);
    } catch (error) {
      return await this.#fail(503, 'the use of the job token cannot be recorded', LATER_SECONDS, systemReason(error));
    }
    if (!reserved) return await this.#refuse('invalid_grant', 'the job token has been used already (reuse)');
    let issued: Issued;
    try {
      const wish = { identity: grant.identity, seed: seed.token, authz: this.#form.authz, lifetimeSeconds };
      issued = await fetcher.fetch(this.#snapshot, wish, Math.max(1, timeLeftMs()), signal);
    } catch (error) {
      if (wasNotIssued(error)) await store.release(useKey);
      const { status, text } = describeFailure(error);
      return await this.#fail(status, text, LATER_SECONDS, messageOf(error));
    }
    return await this.#deliver(grant, issued);
  }

  async #deliver(grant: Grant, { token, address }: Issued): Promise<TokenResponse> {
    const { expiresAt = 0, authz = [], tokenId } = token;
    const expiresIn = Math.floor(expiresAt - this.#parts.world.now());
    this.#facts['lifetime'] = expiresIn;
    this.#facts['authz'] = authz;
    try {
      await this.record({ decision: 'issued', token_id: tokenId, daemon: address });
    } catch {
      return later(503, 'the decision cannot be recorded');
    }
    const body = {
      access_token: token.jwt.reveal(),
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_type: 'N_A',
      expires_in: expiresIn,
      expires_at: new Date(expiresAt * 1000).toISOString(),
      scope: authz.map((level) => `condor:/${level}`).join(' '),
      identity: grant.identity,
      token_id: tokenId,
    };
    return { status: 200, body };
  }

  /**
   * Refuses a job token that might have been used before the record of used tokens was lost. If `seconds` is positive,
   * the service accepts no token for that many seconds, so the response asks the job to retry.
   */
  async #refuseUnrecorded(seconds: number): Promise<TokenResponse> {
    if (seconds > 0) return await this.#fail(503, 'the record of used job tokens is new', Math.ceil(seconds));
    const reason = 'the job token was issued before the record of used job tokens began; request a new one';
    return await this.#refuse('invalid_grant', reason);
  }

  async #refuse(error: string, reason: string): Promise<TokenResponse> {
    await this.record({ decision: 'refused', reason }).catch(() => {});
    return refusal(error, reason);
  }

  async #fail(status: 502 | 503, text: string, retryAfterSeconds: number, detail?: string): Promise<TokenResponse> {
    const reason = detail === undefined ? text : `${text}: ${detail}`;
    await this.record({ decision: 'failed', reason }).catch(() => {});
    return later(status, text, retryAfterSeconds);
  }
}

function refusal(error: string, description: string): TokenResponse {
  return { status: 400, body: { error, error_description: description } };
}

function later(status: 502 | 503, description: string, retryAfterSeconds = LATER_SECONDS): TokenResponse {
  const error = status === 502 ? 'server_error' : 'temporarily_unavailable';
  const body = { error, error_description: description };
  return status === 502 ? { status, body } : { status, body, retryAfterSeconds };
}

function tooMany(limit: PerMinute, description: string): TokenResponse {
  const body = { error: 'slow_down', error_description: description };
  return { status: 429, body, retryAfterSeconds: limit.retryAfterSeconds };
}
