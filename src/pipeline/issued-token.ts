import type { CommandResult, Target } from '../daemon/session-command.ts';
import { TokenError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { CondorVersion } from '../security/version.ts';
import { checkToken } from '../token/check.ts';
import { type IdToken, maskJwt, parseIdToken } from '../token/jwt.ts';
import { formatSinful, type Sinful } from '../transport/sinful.ts';
import type { TokenRequest } from './request.ts';

/** A token and details of how it was issued. The token has not yet been checked against the request. */
export interface IssuedToken {
  readonly token: IdToken;
  readonly issuedBy: 'daemon' | 'token service';
  /**
   * Trust domain that the token must carry. This is the trust domain of the daemon or, with `remote`, of the collector.
   * For a token from a token service, it is the token's own issuer.
   */
  readonly trustDomain: string;
  /** Identity that the token must carry. */
  readonly identity: string;
  /** Authentication method, or `token-service` if a token service issued the token. */
  readonly method: string;
  readonly credentialSource: string;
  /** Name of the daemon. Empty if the address was known without looking up the daemon. */
  readonly daemonName: string;
  /**
   * The daemon that issued the token or, with `remote`, the collector. If a token service issued the token, the daemon
   * that can be asked to verify the token.
   */
  readonly daemon?: IssuingDaemon | undefined;
  /** Number of network round trips in the whole run so far. */
  readonly roundTrips: number;
}

interface IssuingDaemon {
  readonly address: Sinful;
  readonly version: CondorVersion | undefined;
  /**
   * Version string of the daemon, `$CondorVersion: … $`. Empty if the daemon did not send its version or did not issue
   * the token.
   */
  readonly versionText: string;
}

/**
 * Parses the token in a daemon's reply, and masks the token in the log.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED.
 */
export async function fromReply(
  { value: jwt, session, roundTrips }: CommandResult<Secret>,
  { address }: Target,
  daemonName: string,
  host: Host,
): Promise<IssuedToken> {
  // The token is parsed before it is masked. Otherwise, a daemon could have arbitrary text masked in the job's log.
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
 * Checks that the token matches the request. Returns one sentence for each way in which the token grants less.
 *
 * @throws TokenError ERR_TOKEN_CLAIM if a claim does not match; ERR_TOKEN_REDUCED if the token grants less than
 * requested and `onReduced` is `fail`.
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
