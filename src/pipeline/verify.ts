import { credentialsFrom } from '../credentials/idtokens.ts';
import { commandsFor } from '../daemon/commands.ts';
import { askAllowed } from '../daemon/security-query.ts';
import { AuthenticationError, AuthorizationError, TokenError, withPhase } from '../errors.ts';
import type { Details } from '../reasons.ts';
import type { Host } from '../runtime/host.ts';
import type { IdToken } from '../token/jwt.ts';
import { covers } from '../token/levels.ts';
import { formatSinful } from '../transport/sinful.ts';
import type { IssuedToken } from './issued-token.ts';
import type { TokenRequest } from './request.ts';

/**
 * Connects to the daemon again with the new token. Asks the daemon whether it authorizes each requested level. If no
 * levels are requested, asks only whether it accepts the token. All queries run in parallel, so together they take only
 * as many round trips as the slowest one. Returns the number of round trips.
 *
 * @throws TokenError ERR_TOKEN_REFUSED.
 */
export async function verifyToken(
  { token, daemon }: IssuedToken,
  { authz }: TokenRequest,
  host: Host,
): Promise<number> {
  // Indicates a bug: issuedByService locates the daemon if the token is to be verified.
  if (daemon === undefined) throw new RangeError('no daemon to verify the token');
  const target = { address: daemon.address, serverName: undefined };
  const credentials = credentialsFrom(token, 'the new token', host);
  const queries = commandsFor(authz);
  const results = await withPhase('verify', formatSinful(daemon.address), () =>
    Promise.all(
      (queries.length > 0 ? queries : commandsFor(['ALLOW'])).map(async ([level, command]) => {
        const { session, roundTrips } = await askAllowed(target, command, credentials, host).catch((error: unknown) => {
          throw explained(error, token, level);
        });
        if (session.user === token.subject) return roundTrips;
        throw refused(`the daemon maps the new token for ${token.subject} to ${session.user}`);
      }),
    ),
  );
  const levels = queries.map(([level]) => level).join(' ') || 'a session';
  host.log.debug(`verify: the daemon allows ${levels} with the new token`);
  return Math.max(...results);
}

/** Converts a denial into an error about the new token. Returns any other error unchanged. */
function explained(error: unknown, token: IdToken, level: string): unknown {
  if (error instanceof AuthorizationError && error.code === 'ERR_DENIED') {
    const { authz, subject } = token;
    const isRestricted = authz !== undefined && level !== 'ALLOW' && !covers(authz, level);
    if (!isRestricted)
      return levelError(`the daemon denied ${level} for ${subject} with the new token`, {
        missing: '',
        level,
        subject,
      });
    const levels = authz.join(' ');
    const text = `the new token is restricted to ${levels}, which does not include ${level}; the credential has the same restriction`;
    return levelError(text, { levels, missing: level });
  }
  if (error instanceof AuthenticationError && error.code === 'ERR_METHODS_EXHAUSTED') {
    const reason = error.attempts[0]?.reason ?? error.message;
    return refused(`the daemon rejected the new token of ${token.subject}: ${reason}`);
  }
  return error;
}

function refused(text: string): TokenError {
  return new TokenError('ERR_TOKEN_REFUSED', text);
}

/**
 * Returns the error for a denied level. If `missing` is not empty, the reason is that the token does not include the
 * level. Otherwise, the reason is that the daemon denies `level` for `subject`.
 */
export function levelError(text: string, details: Details & { readonly missing: string }): TokenError {
  const reason = details.missing === '' ? 'level-denied' : 'level-missing';
  return new TokenError('ERR_TOKEN_REFUSED', text, undefined, { reason, details });
}
