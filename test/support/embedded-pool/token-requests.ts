import { randomInt } from 'node:crypto';
import type { ClassAd } from '../../../src/wire/classad.ts';
import type { Ad, Identity, PoolFacts } from './settings.ts';

export interface RequestSettings {
  /** True to set SEC_ENABLE_TOKEN_REQUEST = false. */
  readonly disabled?: boolean;
  /** The SEC_TOKEN_REQUEST_LIMITS setting. */
  readonly limits?: readonly string[];
  /** True if an auto-approval rule approves every request at once. */
  readonly approvesItself?: boolean;
  /** Number of initial polls that the daemon rejects because of its rate limit. */
  readonly rateLimited?: number;
  /** Called for each request that waits for approval. */
  readonly whenFiled?: (id: string, requests: TokenRequests) => void;
  /** Called for each poll before the reply, with the number of the poll. */
  readonly whenPolled?: (id: string, poll: number, requests: TokenRequests) => void;
}

/** A token request, pending or decided. */
export interface TokenWish {
  readonly clientId: string;
  /** The identity of the requester. */
  readonly requester: string;
  readonly identity: string;
  readonly authz: readonly string[];
  readonly lifetime: number | undefined;
  state: 'pending' | 'approved' | 'failed' | 'expired';
  polls: number;
}

/** Token requests and their states (handle_dc_start_token_request, handle_dc_finish_token_request). */
export class TokenRequests {
  readonly #pool: PoolFacts;
  readonly #wishes = new Map<string, TokenWish>();

  constructor(pool: PoolFacts) {
    this.#pool = pool;
  }

  get(id: string): TokenWish {
    const wish = this.#wishes.get(id);
    if (wish === undefined) throw new Error(`there is no request ${id}`);
    return wish;
  }

  /** Changes the state of a request, as condor_token_request_approve does. */
  decide(id: string, state: TokenWish['state']): void {
    this.get(id).state = state;
  }

  /** Deletes a request, as a restart of the daemon does. */
  forget(id: string): void {
    this.#wishes.delete(id);
  }

  start(ad: ClassAd, { user }: Identity): Ad {
    const { requests = {} } = this.#pool.options;
    if (requests.disabled === true) return { ErrorString: 'Token request disabled.', ErrorCode: 44 };
    const clientId = ad.string('ClientId');
    const identity = ad.string('User');
    if (identity === undefined) return { ErrorString: 'No identity request.', ErrorCode: 2 };
    if (clientId === undefined) return { ErrorString: 'No client ID provided.', ErrorCode: 2 };
    const asked = (ad.string('LimitAuthorization') ?? '').split(',').filter((level) => level !== '');
    const { limits } = requests;
    const authz = limits === undefined ? asked : asked.filter((level) => limits.includes(level));
    if (asked.length > 0 && authz.length === 0) {
      const text = 'All requested authorizations were eliminated by the SEC_TOKEN_REQUEST_LIMITS setting';
      return { ErrorString: text, ErrorCode: 3 };
    }
    const wish: TokenWish = {
      ...{ clientId, requester: user, identity, lifetime: ad.integer('TokenLifetime'), polls: 0, state: 'pending' },
      authz: asked.length === 0 ? (limits ?? []) : authz,
    };
    const id = String(randomInt(10_000_000)).padStart(7, '0');
    if (requests.approvesItself === true) return { RequestId: id, Token: this.#issue(wish) };
    this.#wishes.set(id, wish);
    this.#pool.note(`request ${id} of ${user} for ${identity}`);
    requests.whenFiled?.(id, this);
    return { RequestId: id };
  }

  finish(ad: ClassAd): Ad {
    const { requests = {} } = this.#pool.options;
    if (requests.disabled === true) return { ErrorString: 'Token request disabled.', ErrorCode: 44 };
    const id = ad.string('RequestId') ?? '';
    const wish = this.#wishes.get(id);
    if (wish === undefined) return { ErrorString: 'Request ID is not known.', ErrorCode: 3 };
    if (wish.clientId !== ad.string('ClientId')) return { ErrorString: 'Client ID is incorrect.', ErrorCode: 3 };
    wish.polls += 1;
    this.#pool.note(`poll ${wish.polls} of request ${id}`);
    requests.whenPolled?.(id, wish.polls, this);
    if (!this.#wishes.has(id)) return { ErrorString: 'Request ID is not known.', ErrorCode: 3 };
    if (wish.polls <= (requests.rateLimited ?? 0)) return { ErrorString: 'Request rate limit hit.', ErrorCode: 5 };
    if (wish.state === 'pending') return { Token: '' };
    this.#wishes.delete(id);
    if (wish.state === 'failed') return { ErrorString: 'Request failed.', ErrorCode: 4 };
    if (wish.state === 'expired') return { ErrorString: 'Request has expired.', ErrorCode: 5 };
    return { Token: this.#issue(wish) };
  }

  #issue({ identity, authz, lifetime }: TokenWish): string {
    const { keys, trustDomain, options } = this.#pool;
    const [key] = keys;
    if (key === undefined) throw new Error('a pool without keys');
    const { maxLifetime = Number.POSITIVE_INFINITY } = options;
    const granted = Math.min(lifetime ?? Number.POSITIVE_INFINITY, maxLifetime);
    return key.issue({
      ...{ subject: identity, issuer: trustDomain, authz },
      lifetime: Number.isFinite(granted) ? granted : undefined,
    });
  }
}
