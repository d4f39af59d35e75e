import { covers } from '../../../src/token/levels.ts';
import type { ClassAd } from '../../../src/wire/classad.ts';
import { validate } from './scitokens.ts';
import { type Ad, type Identity, type PoolFacts, UNMAPPED } from './settings.ts';

const DEFAULT_KEY = 'POOL';

/** Issues a token as handle_dc_session_token in daemon_core_main.cpp does. */
export function sessionToken({ user, authz, expiresAt }: Identity, request: ClassAd, pool: PoolFacts): Ad {
  const { fetchDisabled = false, maxLifetime } = pool.options;
  if (fetchDisabled) return { ErrorString: 'Token fetch disabled.', ErrorCode: 44 };
  if (user.endsWith(UNMAPPED))
    return { ErrorString: 'Server did not successfully authenticate session.', ErrorCode: 2 };
  const asked = (request.string('LimitAuthorization') ?? '').split(',').filter((level) => level !== '');
  const granted = asked.length === 0 ? authz : asked.filter((each) => authz.length === 0 || covers(authz, each));
  if (asked.length > 0 && granted.length === 0) {
    return { ErrorString: "Session doesn't allow requested authorization levels.", ErrorCode: 4 };
  }
  const key = pool.keys.find(({ id }) => id === (request.string('RequestedKey') ?? DEFAULT_KEY));
  if (key === undefined) return { ErrorString: 'Server will not sign with requested key.', ErrorCode: 3 };
  const now = Math.floor(Date.now() / 1000);
  const requested = request.integer('TokenLifetime');
  const limits = [
    requested,
    requested === undefined ? undefined : maxLifetime,
    expiresAt === undefined ? undefined : expiresAt - now,
  ].filter((limit) => limit !== undefined);
  const lifetime = limits.length === 0 ? undefined : Math.min(...limits);
  return { Token: key.issue({ subject: user, issuer: pool.trustDomain, authz: granted, lifetime, issuedAt: now }) };
}

/** Exchanges a SciToken for an IDTOKEN as handle_dc_exchange_scitoken does. */
export function exchangeSciToken(request: ClassAd, pool: PoolFacts): Ad {
  const scitoken = request.string('Token', 64 * 1024);
  if (scitoken === undefined) return { ErrorString: 'SciToken not provided by the client', ErrorCode: 1 };
  const found = validate(scitoken, pool);
  if (typeof found === 'string') return { ErrorString: `SCITOKENS:2:${found}`, ErrorCode: 2 };
  if (found.user === undefined) return { ErrorString: 'Failed to map SciToken to a local identity.', ErrorCode: 5 };
  const key = pool.keys.find(({ id }) => id === DEFAULT_KEY);
  if (key === undefined) return { ErrorString: 'Server does not have access to configured key.', ErrorCode: 1 };
  const now = Math.floor(Date.now() / 1000);
  const lifetime = Math.min(found.expiresAt - now, pool.options.maxLifetime ?? Number.POSITIVE_INFINITY);
  const { user: subject, authz } = found;
  return { Token: key.issue({ subject, issuer: pool.trustDomain, authz, lifetime, issuedAt: now }) };
}
