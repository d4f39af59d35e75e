import { keyOfToken } from '../../../src/security/methods/akep2.ts';
import type { SigningKey } from '../credentials/signing-key.ts';
import { type ClientOpening, getOpening, prove, refuse } from './akep2.ts';
import type { ServerChannel } from './server-channel.ts';
import type { Identity, PoolFacts } from './settings.ts';

const SERVER_NAME = 'condor@password';

/**
 * Serves TOKEN. Returns the token's identity if the pool signed the token and the client proves that it has the
 * signature. Otherwise, returns the reason for a refusal.
 */
export async function serveToken(channel: ServerChannel, pool: PoolFacts): Promise<Identity | string> {
  const opening = await channel.receive((message) => getOpening(message, 2));
  const identity = validate(opening, pool);
  if (typeof identity === 'string') {
    await refuse(channel);
    return identity;
  }
  const { signedText } = opening;
  const signature = keyOf(signedText, pool)?.signature(signedText) ?? new Uint8Array();
  return (await prove(channel, opening, keyOfToken(signature, signedText), SERVER_NAME)) ?? identity;
}

/**
 * Returns the token's identity, or the reason why the token is rejected (Condor_Auth_Passwd::fetchTokenSharedKey and
 * others).
 */
function validate({ name, signedText }: ClientOpening, pool: PoolFacts): Identity | string {
  if (keyOf(signedText, pool) === undefined) return 'Failed to fetch the key of the token';
  const claims = decode(signedText.split('.')[1]);
  const { sub, exp, scope } = claims;
  if (typeof exp === 'number' && exp <= Date.now() / 1000) return 'User token has expired';
  if (pool.options.revoked?.(claims) === true) return 'User token matches SEC_TOKEN_REVOCATION_EXPR';
  if (sub !== name) return 'the client and its token have different names';
  return { user: name, authz: levelsOf(scope), expiresAt: typeof exp === 'number' ? exp : undefined };
}

/** Parses the authorization levels of a scope claim. */
export function levelsOf(scope: unknown): readonly string[] {
  const words = typeof scope === 'string' ? scope.split(' ') : [];
  return words.filter((word) => word.startsWith('condor:/')).map((word) => word.slice('condor:/'.length));
}

/** Decodes one part of a JWT. */
export function decode(part = ''): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
}

function keyOf(signedText: string, pool: PoolFacts): SigningKey | undefined {
  const { kid } = decode(signedText.split('.')[0]);
  return pool.keys.find(({ id }) => id === kid);
}
