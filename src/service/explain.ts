/**
 * `condor_token_service explain`: shows which grant a job receives, and compares the job with each entry of the
 * configuration. If no grant matches, prints an entry that would admit the job.
 */
import { readFileSync } from 'node:fs';
import { describeEntry, entryFor } from '../policy/advice.ts';
import type { Claims } from '../policy/claims.ts';
import { compare, decide, describeMismatch } from '../policy/match.ts';
import { hasUniqueKeys } from '../policy/unique-keys.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { UsageError } from './arguments.ts';
import { unverifiedClaimsOf } from './job-token.ts';
import { type LoadOptions, loadSnapshot } from './snapshot.ts';
import type { World } from './world.ts';

interface ExplainOptions extends LoadOptions {
  readonly claims: string | undefined;
  readonly token: string | undefined;
}

const GRANTED = 0;
const NOT_GRANTED = 3;
const STANDARD_INPUT = 0;

/** Prints the explanation and returns the exit status. */
export async function explain({ claims: file, token, ...load }: ExplainOptions, world: World): Promise<number> {
  const claims = file === undefined ? unverifiedClaimsOf(read(token ?? '-')) : parseClaims(read(file));
  const { config } = await loadSnapshot(load, world);
  await world.print('The signature and the times of the token are not verified here.');
  const now = typeof claims['iat'] === 'number' ? claims['iat'] : world.now();
  const decision = decide(config, claims, now);
  for (const { grant, entry, mismatch } of compare(config, claims, now)) {
    const verdict = mismatch === undefined ? 'matches' : describeMismatch(mismatch);
    await world.print(`${entry.path} (${grant.identity}; ${describeEntry(entry)}): ${verdict}`);
  }
  if (claims['aud'] !== config.audience)
    await world.print(
      `aud: expected ${config.audience}, got ${JSON.stringify(claims['aud'])}; every job with this audience is refused`,
    );
  if ('grant' in decision) {
    const { identity, authz, maxLifetimeSeconds } = decision.grant;
    await world.print(`granted: ${identity}, ${authz.join(' ')}, at most ${maxLifetimeSeconds} s`);
    return GRANTED;
  }
  await world.print(`refused: ${decision.reason}`);
  await world.print(`The following entry in jobs would admit the job:\n${entryFor(claims)}`);
  return NOT_GRANTED;
}

function read(path: string): string {
  try {
    return readFileSync(path === '-' ? STANDARD_INPUT : path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: ${systemReason(error)}`);
  }
}

function parseClaims(text: string): Claims {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && hasUniqueKeys(text))
      return value as Claims;
  } catch {
    // The JSON is invalid. The error is thrown below.
  }
  throw new UsageError('the claims are not a JSON object with unique keys');
}
