import type { Target } from '../daemon/call.ts';
import { commandOf } from '../daemon/commands.ts';
import { askAllowed } from '../daemon/security-query.ts';
import { AuthenticationError, AuthorizationError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Credentials } from '../security/method.ts';
import { idtokens } from '../security/methods/idtokens.ts';
import type { IdToken } from '../token/jwt.ts';
import { covers } from '../token/levels.ts';

/** The credentials of somebody who has this token and nothing else. */
export function onlyWith(token: IdToken, source: string, host: Host): Credentials {
  const own = idtokens([{ token, source, chosen: true }], host, { endsRun: true });
  return { methods: [own], preference: 'ours', unavailable: [] };
}

/** Each level with the command that is asked about; levels that no command needs are not asked about. */
export function questions(levels: readonly string[]): readonly (readonly [level: string, command: number])[] {
  return levels.flatMap((level) => {
    const command = commandOf(level);
    return command === undefined ? [] : [[level, command] as const];
  });
}

/**
 * Comes back to the daemon with the new token and asks for each level whether it is allowed; without levels, whether the
 * token lets us in at all. All at once, so that it takes three round trips however many there are, which is the result.
 *
 * @throws TokenError ERR_TOKEN_REFUSED.
 */
export async function verifyToken(
  token: IdToken,
  levels: readonly string[],
  target: Target,
  host: Host,
): Promise<number> {
  const credentials = onlyWith(token, 'the new token', host);
  const asked = questions(levels);
  const results = await Promise.all(
    (asked.length > 0 ? asked : questions(['ALLOW'])).map(async ([level, command]) => {
      try {
        const { session, roundTrips } = await askAllowed(target, command, credentials, host);
        if (session.user === token.subject) return roundTrips;
        throw refused(`the daemon maps the new token for ${token.subject} to ${session.user}`);
      } catch (error) {
        if (error instanceof AuthorizationError && error.code === 'ERR_DENIED' && !coversAll(token, level))
          throw refused(
            `the new token is restricted to ${token.authz?.join(' ')}, which does not include ${level}; so is the credential`,
          );
        if (error instanceof AuthorizationError && error.code === 'ERR_DENIED')
          throw refused(`the daemon denied ${level} for ${token.subject} with the new token`);
        if (error instanceof AuthenticationError && error.code === 'ERR_METHODS_EXHAUSTED')
          throw refused(
            `the daemon rejected the new token of ${token.subject}: ${error.attempts[0]?.reason ?? error.message}`,
          );
        throw error;
      }
    }),
  );
  host.log.debug(
    `verify: the daemon allows ${asked.map(([level]) => level).join(' ') || 'a session'} with the new token`,
  );
  return Math.max(...results);
}

function coversAll({ authz }: IdToken, level: string): boolean {
  return authz === undefined || level === 'ALLOW' || covers(authz, level);
}

function refused(text: string): TokenError {
  return new TokenError('ERR_TOKEN_REFUSED', text);
}
