import type { CommandResult, Target } from '../daemon/session-command.ts';
import { TokenError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { CondorVersion } from '../security/version.ts';
import { checkToken } from '../token/check.ts';
import { type IdToken, maskJwt, parseIdToken } from '../token/jwt.ts';
import { formatSinful, type Sinful } from '../transport/sinful.ts';
import type { TokenRequest } from './request.ts';

/** A token before it is checked against the request, and how it was issued. */
export interface IssuedToken {
  readonly token: IdToken;
  readonly issuedBy: 'daemon' | 'token service';
  /** Trust domain that the token must carry: that of the daemon's policy; with `remote`, that of the collector. */
  readonly trustDomain: string;
  /** Identity that the token must carry. */
  readonly identity: string;
  /** Authentication method, or `token-service`. */
  readonly method: string;
  readonly credentialSource: string;
  /** Name in the daemon's ad. Empty if no collector was queried. */
  readonly daemonName: string;
  /** The daemon that issued the token; with `remote`, the collector; the one to verify a token service's token with. */
  readonly daemon?: IssuingDaemon | undefined;
  /** Round trips of the whole run so far. */
  readonly roundTrips: number;
}

interface IssuingDaemon {
  readonly address: Sinful;
  readonly version: CondorVersion | undefined;
  /** `$CondorVersion: … $`. Empty if the daemon did not send it, or did not issue the token. */
  readonly versionText: string;
}

/**
 * Parses and masks the token of a daemon's reply.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED.
 */
export async function fromReply(
  { value: jwt, session, roundTrips }: CommandResult<Secret>,
  { address }: Target,
  daemonName: string,
  host: Host,
): Promise<IssuedToken> {
  // Parsed before it is masked: a daemon could otherwise have any text masked in the job's log.
  const token = await withPhase('check', formatSinful(address), () => parseIdToken(jwt));
  maskJwt(jwt, host);
  const { server, user, method, credentialSource } = session;
  return {
    token,
    issuedBy: 'daemon',
    trustDomain: server.trustDomain,
    identity: user,
    method,
    credentialSource,
    daemonName,
    daemon: { address, version: server.version, versionText: server.remoteVersion },
    roundTrips,
  };
}

/**
 * Checks that the token is what was requested. Returns a sentence for each way in which it grants less.
 *
 * @throws TokenError ERR_TOKEN_CLAIM; ERR_TOKEN_REDUCED if `onReduced` is `fail`.
 */
export async function checkIssued(
  { token, issuedBy, trustDomain, identity, daemon }: IssuedToken,
  { authz, lifetimeSeconds, key, expectedIdentity, expectedTrustDomain, mode, onReduced }: TokenRequest,
): Promise<readonly string[]> {
  return await withPhase('check', daemon && formatSinful(daemon.address), () => {
    const reductions = checkToken(token, {
      issuer: trustDomain,
      subject: identity,
      key,
      authz,
      limitedByDaemon: mode === 'request',
      lifetimeSeconds,
      expectedTrustDomain,
      expectedIdentity,
    });
    if (reductions.length > 0 && onReduced === 'fail') {
      const text = `the ${issuedBy} granted less than requested: ${reductions.join('; ')}`;
      throw new TokenError('ERR_TOKEN_REDUCED', text);
    }
    return reductions;
  });
}
