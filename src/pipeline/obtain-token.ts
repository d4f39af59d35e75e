/** Obtains a token from a daemon, in the mode that the request specifies, or from a token service. */
import { credentialsFrom } from '../credentials/idtokens.ts';
import type { Bearer } from '../credentials/keyless.ts';
import { loadCredentials } from '../credentials/load.ts';
import { readSciToken, type SciTokenSource } from '../credentials/scitokens.ts';
import type { CommandResult, Target } from '../daemon/session-command.ts';
import { exchangeSciToken, getImpersonationToken, getSessionToken } from '../daemon/token-commands.ts';
import { requestToken } from '../daemon/token-request.ts';
import { CredentialError, TokenError, withPhase } from '../errors.ts';
import { describeDuration } from '../runtime/duration.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { Credentials } from '../security/method.ts';
import type { BearerToken } from '../token/bearer.ts';
import { excessLifetime } from '../token/check.ts';
import { maskJwt, parseIdToken } from '../token/jwt.ts';
import { formatEndpoint, formatSinful } from '../transport/sinful.ts';
import { findDaemon, inTurn, type LocatedDaemon } from './find-daemon.ts';
import { fromReply, type IssuedToken } from './issued-token.ts';
import type { TokenRequest } from './request.ts';

const TOKEN_SERVICE = 'token-service';

/** An IDTOKEN that a token service issued. This token is the result of the fetch. */
type ServiceToken = Extract<Bearer, { kind: 'idtoken' }>;

/**
 * Returns the credentials for authenticating to daemons. If a token service returned an IDTOKEN, this token is the only
 * credential. Otherwise, returns the credentials of the request. A bearer token, if there is one, replaces the
 * request's SciToken.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, ERR_CREDENTIAL_UNREADABLE.
 */
export async function credentialsFor(
  request: TokenRequest,
  bearer: Bearer | undefined,
  host: Host,
): Promise<Credentials> {
  if (bearer?.kind === 'idtoken') return credentialsFrom(bearer.token, TOKEN_SERVICE, host);
  const sources = { ...request.credentials, scitoken: sciTokenSource(request, bearer) };
  return await withPhase('credentials', undefined, () => loadCredentials(sources, host, request.authz));
}

function sciTokenSource({ credentials }: TokenRequest, bearer: Bearer | undefined): SciTokenSource {
  return bearer?.kind === 'scitoken' ? bearer.source : credentials.scitoken;
}

/**
 * Returns the IDTOKEN from a token service, with the daemon that the token is for. Locates this daemon only if its name
 * is unknown or its address is needed.
 *
 * @throws TokenError ERR_TOKEN_CLAIM if the token contradicts the service's response, has expired, or is valid for
 * longer than requested.
 * @throws LocateError if the daemon cannot be located.
 */
export async function issuedByService(
  bearer: ServiceToken,
  request: TokenRequest,
  credentials: Credentials,
  host: Host,
): Promise<IssuedToken> {
  const { daemon, verify } = request;
  const isNamed = daemon.kind === 'pool' && daemon.name !== undefined && daemon.through === undefined;
  const located =
    isNamed && !verify
      ? { targets: [], name: daemon.name ?? '', roundTrips: 0 }
      : await findDaemon(request, credentials, host);
  return checkServiceToken(bearer, request, located, host);
}

/**
 * Checks the IDTOKEN from a token service as far as this is possible without a daemon.
 *
 * @throws TokenError ERR_TOKEN_CLAIM.
 */
export function checkServiceToken(
  { token, identity }: ServiceToken,
  { lifetimeSeconds }: TokenRequest,
  { targets: [target], name, roundTrips }: LocatedDaemon,
  host: Host,
): IssuedToken {
  const { subject, issuer, expiresAt = Number.POSITIVE_INFINITY } = token;
  if (identity !== undefined && identity !== subject)
    throw wrong(`is for ${subject}, but the service reported ${identity}`, 'sub');
  if (expiresAt <= host.now().getTime() / 1000) throw wrong('has expired', 'exp');
  if (typeof lifetimeSeconds === 'number' && excessLifetime(token, lifetimeSeconds, host.now()) !== undefined)
    throw wrong(`is valid for longer than the requested ${describeDuration(lifetimeSeconds)}`, 'exp');
  return {
    token,
    issuedBy: 'token service',
    trustDomain: issuer,
    identity: subject,
    method: TOKEN_SERVICE,
    credentialSource: TOKEN_SERVICE,
    daemonName: name,
    daemon: target && { address: target.address, version: undefined, versionText: '' },
    roundTrips,
  };
}

function wrong(how: string, claim: string): TokenError {
  return new TokenError('ERR_TOKEN_CLAIM', `the token from the ${TOKEN_SERVICE} ${how}`, claim, { phase: 'check' });
}

/** Locates the daemon, and requests a token at the first address where the daemon can be reached. */
export async function issuedByDaemon(
  request: TokenRequest,
  bearer: Bearer | undefined,
  credentials: Credentials,
  host: Host,
): Promise<IssuedToken> {
  const daemon = await findDaemon(request, credentials, host);
  const issued = await inTurn(
    daemon.targets,
    (target, limited) => {
      // A request that waits for an administrator is not subject to the time limit for one address.
      const within = request.mode === 'request' ? host : limited;
      return requestByMode(
        request,
        sciTokenSource(request, bearer),
        { target, name: daemon.name },
        credentials,
        within,
      );
    },
    host,
  );
  return { ...issued, roundTrips: daemon.roundTrips + issued.roundTrips };
}

interface NamedTarget {
  readonly target: Target;
  /** Name of the daemon that issues the token. */
  readonly name: string;
}

async function requestByMode(
  request: TokenRequest,
  scitoken: SciTokenSource,
  { target, name }: NamedTarget,
  credentials: Credentials,
  host: Host,
): Promise<IssuedToken> {
  const { mode, authz, key, identity, pollIntervalMs, remote, run } = request;
  const lifetimeSeconds = request.lifetimeSeconds === 'unlimited' ? undefined : request.lifetimeSeconds;
  const limits = { authz, key, lifetimeSeconds };
  const issued = (reply: CommandResult<Secret>) => fromReply(reply, target, name, host);
  switch (mode) {
    case 'fetch': {
      if (!remote) return await issued(await getSessionToken(target, limits, credentials, host));
      const ofSchedd = { authz, lifetimeSeconds, schedd: name };
      return await issued(await getImpersonationToken(target, ofSchedd, credentials, host));
    }
    case 'request': {
      const requested = { identity, authz, lifetimeSeconds, pollIntervalMs, run };
      const announce = (id: string) => {
        request.announce?.(id);
        host.log.notice(approvalOf(id, request, target));
      };
      const reply = await requestToken(target, requested, credentials, announce, host);
      return { ...(await issued(reply)), identity };
    }
    case 'exchange': {
      const { jwt, source } = suppliedSciToken(scitoken, host);
      const exchanged = await exchangeSciToken(target, jwt, credentials, host);
      const token = await withPhase('check', formatSinful(target.address), () => parseIdToken(exchanged.value));
      maskJwt(token.jwt, host);
      // The exchanged token has all levels of the SciToken. It authenticates the request for a second token, which is
      // restricted to the requested levels.
      const own = credentialsFrom(token, 'the exchanged SciToken', host);
      const restricted = await issued(await getSessionToken(target, limits, own, host));
      const roundTrips = exchanged.roundTrips + restricted.roundTrips;
      return { ...restricted, credentialSource: source, roundTrips };
    }
  }
}

function suppliedSciToken(source: SciTokenSource, host: Host): BearerToken {
  const found = readSciToken(source, host);
  if (!(found instanceof Unavailable)) return found;
  const text = `no SciToken to exchange: ${found.reason}`;
  throw new CredentialError('ERR_NO_CREDENTIAL', text, { phase: 'credentials', reason: 'scitoken-needs-proof' });
}

/** Returns a notice for the user that includes the command for approving the request. */
function approvalOf(requestId: string, { daemon, identity }: TokenRequest, { address }: Target): string {
  const where =
    daemon.kind === 'address'
      ? `-name '${formatSinful(address)}'`
      : [
          '-type',
          daemon.type,
          ...(daemon.name === undefined ? [] : ['-name', daemon.name]),
          ...daemon.collectors.slice(0, 1).flatMap((collector) => ['-pool', formatEndpoint(collector)]),
        ].join(' ');
  return `Request ${requestId} for a token for ${identity} is waiting for approval: condor_token_request_approve -reqid ${requestId} ${where}`;
}
