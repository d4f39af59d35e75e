import type { ClassAd } from '../../../src/wire/classad.ts';
import { SigningKey } from '../credentials/signing-key.ts';
import type { Ad, Identity, PoolFacts } from './settings.ts';

export const IMPERSONATION_TOKEN_REQUEST = 81;

/** Settings of schedds with SEC_ENABLE_IMPERSONATION_TOKENS = True. The collector uses the schedds' capability. */
export interface ImpersonationSettings {
  /** The SEC_IMPERSONATION_TOKEN_LIMITS setting. */
  readonly limits?: readonly string[];
  /** TRUST_DOMAIN of the schedds. Default: the collector's trust domain. */
  readonly trustDomain?: string;
}

/**
 * Returns the reply to a token request (CollectorDaemon::schedd_token_request, which sends a request to
 * Scheduler::handle_collector_token_request).
 */
export function impersonationToken({ user }: Identity, request: ClassAd, pool: PoolFacts): Ad {
  const { impersonation: settings, maxLifetime } = pool.options;
  const [key = new SigningKey()] = pool.keys;
  const name = request.string('Name');
  const asked = [name, request.string('LimitAuthorization'), request.integer('TokenLifetime')];
  pool.note(`schedd_token_request of ${request.size} attributes: ${asked.join(' ')}`);
  if (name === undefined) return { ErrorString: 'No schedd target specified.', ErrorCode: 4 };
  if (settings === undefined || !pool.schedds.includes(name)) {
    return { ErrorString: `Schedd ${name} is not known to the collector.`, ErrorCode: 5 };
  }
  const { limits = [], trustDomain = pool.trustDomain } = settings;
  const levels = (request.string('LimitAuthorization') ?? '').split(',').filter((level) => level !== '');
  const authz = levels.length === 0 ? limits : levels.filter((each) => limits.length === 0 || limits.includes(each));
  if (levels.length > 0 && authz.length === 0) {
    const text = 'All requested authorizations were eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting';
    return { ErrorString: `SCHEDD:2:${text}`, ErrorCode: 2 };
  }
  const lifetimes = [request.integer('TokenLifetime'), maxLifetime].filter((each) => each !== undefined);
  const lifetime = lifetimes.length === 0 ? undefined : Math.min(...lifetimes);
  return { Token: key.issue({ subject: user, issuer: trustDomain, authz, lifetime }) };
}
