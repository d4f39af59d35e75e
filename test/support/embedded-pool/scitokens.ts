import type { SciTokenKey } from '../credentials/scitoken-key.ts';
import { decode, levelsOf } from './idtokens.ts';
import type { PoolFacts } from './settings.ts';

export interface SciTokenSettings {
  /** Issuers whose keys the daemon can download. */
  readonly issuers: readonly SciTokenKey[];
  /** The SCITOKENS_SERVER_AUDIENCE setting. */
  readonly audience: string;
}

/** The result of validating a SciToken. */
interface Validated {
  /** The name to map, in the form `issuer,subject`. */
  readonly name: string;
  /** The mapped user; undefined if the map file has no entry for `name`. */
  readonly user: string | undefined;
  readonly authz: readonly string[];
  readonly expiresAt: number;
}

/** Validates a SciToken. Returns the reason if the token is rejected (htcondor::validate_scitoken, libscitokens). */
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
