import type { SciTokenKey } from '../credentials/scitoken-key.ts';
import { decode, levelsOf } from './idtokens.ts';
import type { PoolFacts } from './settings.ts';

export interface SciTokenSettings {
  /** Issuers from which the daemon can fetch the keys. */
  readonly issuers: readonly SciTokenKey[];
  /** SCITOKENS_SERVER_AUDIENCE. */
  readonly audience: string;
}

/** A valid SciToken. */
interface Validated {
  /** `issuer,subject`. */
  readonly name: string;
  /** Undefined if the map file has no entry for `name`. */
  readonly user: string | undefined;
  readonly authz: readonly string[];
  readonly expiresAt: number;
}

/** Validates a SciToken. Returns the reason if it is rejected (htcondor::validate_scitoken, libscitokens). */
export function validate(jwt: string, { options }: PoolFacts): Validated | string {
  const { scitokens, map } = options;
  const parts = jwt.split('.');
  if (parts.length !== 3 || !/^[\w.-]+$/.test(jwt)) return 'Failed to decode a SciToken';
  const { iss, sub, aud, exp, scope } = decode(parts[1]);
  const issuer = scitokens?.issuers.find(({ url }) => url === iss);
  if (typeof iss !== 'string' || issuer === undefined) return 'Could not connect to server';
  if (!issuer.signed(jwt)) return 'failed to verify signature';
  if (typeof exp !== 'number' || exp <= Date.now() / 1000) return 'token expired';
  if (aud !== scitokens?.audience) return "'aud' claim verification failed";
  if (typeof scope !== 'string') return "'scope' claim is mandatory";
  if (typeof sub !== 'string') return "'sub' claim is mandatory";
  const name = `${iss},${sub}`;
  return { name, user: map?.[`SCITOKENS ${name}`], authz: levelsOf(scope), expiresAt: exp };
}
