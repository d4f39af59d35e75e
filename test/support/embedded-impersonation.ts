import type { ClassAd, ClassAdValue } from '../../src/wire/classad.ts';
import type { SigningKey } from './signing-key.ts';

export const IMPERSONATION_TOKEN_REQUEST = 81;

/** What the schedds have of SEC_ENABLE_IMPERSONATION_TOKENS = True, at a collector that finds their capability. */
export interface ImpersonationSettings {
  /** SEC_IMPERSONATION_TOKEN_LIMITS. */
  readonly limits?: readonly string[];
  /** TRUST_DOMAIN of the schedds; undefined: the collector's. */
  readonly trustDomain?: string;
}

/** A request as it came in, and what the answer depends on. */
export interface ImpersonationRequest {
  readonly request: ClassAd;
  readonly user: string;
  readonly schedds: readonly string[];
  readonly key: SigningKey;
  /** Of the collector. */
  readonly trustDomain: string;
  /** SEC_ISSUED_TOKEN_EXPIRATION, seconds. */
  readonly maxLifetime: number | undefined;
  /** Undefined: the collector has no capability of any schedd, as HTCondor since 9.9.0. */
  readonly settings: ImpersonationSettings | undefined;
}

/** The reply (CollectorDaemon::schedd_token_request, which asks Scheduler::handle_collector_token_request). */
export function impersonationReply({
  request,
  settings,
  ...asked
}: ImpersonationRequest): Record<string, ClassAdValue> {
  const name = request.string('Name');
  if (name === undefined) return { ErrorString: 'No schedd target specified.', ErrorCode: 4 };
  if (settings === undefined || !asked.schedds.includes(name)) {
    return { ErrorString: `Schedd ${name} is not known to the collector.`, ErrorCode: 5 };
  }
  const { limits = [], trustDomain = asked.trustDomain } = settings;
  const levels = (request.string('LimitAuthorization') ?? '').split(',').filter((level) => level !== '');
  const authz = levels.length === 0 ? limits : levels.filter((each) => limits.length === 0 || limits.includes(each));
  if (levels.length > 0 && authz.length === 0) {
    const text = 'All requested authorizations were eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting';
    return { ErrorString: `SCHEDD:2:${text}`, ErrorCode: 2 };
  }
  const lifetimes = [request.integer('TokenLifetime'), asked.maxLifetime].filter((each) => each !== undefined);
  const lifetime = lifetimes.length === 0 ? undefined : Math.min(...lifetimes);
  return { Token: asked.key.issue({ subject: asked.user, issuer: trustDomain, authz, lifetime }) };
}
