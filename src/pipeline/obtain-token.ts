import { loadCredentials } from '../credentials/load.ts';
import { readSciToken } from '../credentials/scitokens.ts';
import { type CommandResult, inPhase, type Target } from '../daemon/call.ts';
import { getImpersonationToken } from '../daemon/impersonation-token.ts';
import { exchangeSciToken } from '../daemon/scitoken-exchange.ts';
import { getSessionToken } from '../daemon/token-commands.ts';
import { requestToken } from '../daemon/token-request.ts';
import { CredentialError, TokenError } from '../errors.ts';
import { describeDuration } from '../runtime/duration.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { Credentials } from '../security/method.ts';
import type { Session } from '../security/session.ts';
import type { BearerToken } from '../token/bearer.ts';
import { checkToken, excessLifetime } from '../token/check.ts';
import { type IdToken, parseIdToken, secretsOf } from '../token/jwt.ts';
import { formatEndpoint, formatSinful, type Sinful } from '../transport/sinful.ts';
import type { Found } from './find-daemon.ts';
import type { TokenRequest } from './request.ts';
import { onlyWith } from './verify.ts';

/** A token, and where it came from. */
export interface Asked extends Pick<CommandResult<Secret>, 'value' | 'roundTrips'> {
  readonly session: {
    /** Undefined: no daemon had to be asked. */
    readonly address: Sinful | undefined;
    readonly user: string;
    readonly method: string;
    readonly credentialSource: string;
    readonly server: Pick<Session['server'], 'trustDomain' | 'remoteVersion' | 'version'>;
  };
}

const TOKEN_SERVICE = 'token-service';

/** Whom to ask, and the name of the daemon that issues the token. */
interface NamedTarget extends Target {
  readonly name: string;
}

/** What to show to daemons: the credentials, or the token that a service has made of one. */
export function credentialsOf({ issued, credentials, authz }: TokenRequest, host: Host): Credentials {
  return issued === undefined
    ? loadCredentials(credentials, host, authz)
    : onlyWith(parseIdToken(issued.jwt), TOKEN_SERVICE, host);
}

/**
 * The token that a service has made, as if the daemon had; undefined: none has.
 *
 * @throws TokenError ERR_TOKEN_CLAIM it is not for whom the service says, or not for now.
 */
export function askedAlready(
  { issued, lifetime }: TokenRequest,
  { targets: [target] }: Pick<Found, 'targets'>,
  host: Host,
): Asked | undefined {
  if (issued === undefined) return undefined;
  const { jwt, identity } = issued;
  const token = parseIdToken(jwt);
  const { subject, issuer, expiresAt = Number.POSITIVE_INFINITY } = token;
  const left = expiresAt - host.now().getTime() / 1000;
  if (identity !== undefined && identity !== subject)
    throw wrong(`is for ${subject}, but the service reported ${identity}`, 'sub');
  if (left <= 0) throw wrong('has expired', 'exp');
  if (typeof lifetime === 'number' && excessLifetime(token, lifetime, host.now()) !== undefined)
    throw wrong(`is valid for longer than the requested ${describeDuration(lifetime)}`, 'exp');
  const server = { trustDomain: issuer, remoteVersion: '' };
  const session = {
    address: target?.address,
    server,
    user: subject,
    method: TOKEN_SERVICE,
    credentialSource: TOKEN_SERVICE,
  };
  return { value: jwt, roundTrips: 0, session };
}

function wrong(how: string, claim: string): TokenError {
  return new TokenError('ERR_TOKEN_CLAIM', `the token from the ${TOKEN_SERVICE} ${how}`, claim, { phase: 'check' });
}

/** Who made the token, for people. */
export function issuerOf({ issued }: TokenRequest): string {
  return issued === undefined ? 'daemon' : 'token service';
}

/**
 * The token taken apart, masked and checked, and in which way it is less than requested for.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED; ERR_TOKEN_CLAIM; ERR_TOKEN_REDUCED if that is not to be.
 */
export function checkAsked(
  request: TokenRequest,
  { value: jwt, session }: Asked,
  host: Host,
): { readonly token: IdToken; readonly reductions: readonly string[] } {
  const token = parseIdToken(jwt); // what is none is no secret to be masked: a daemon could have the runner mask anything
  for (const secret of secretsOf(jwt)) host.mask(secret);
  const { authz, lifetime, key, expectedIdentity, expectedTrustDomain } = request;
  const reductions = checkToken(token, {
    issuer: session.server.trustDomain,
    subject: request.mode === 'request' ? request.identity : session.user,
    key,
    authz,
    limitedByDaemon: request.mode === 'request',
    lifetimeSeconds: lifetime,
    expectedIssuer: expectedTrustDomain,
    expectedSubject: expectedIdentity,
  });
  if (reductions.length > 0 && request.onReduced === 'fail') {
    const text = `the ${issuerOf(request)} granted less than requested: ${reductions.join('; ')}`;
    throw new TokenError('ERR_TOKEN_REDUCED', text);
  }
  return { token, reductions };
}

/** The token, in the way that the mode says. */
export async function askFor(
  request: TokenRequest,
  target: NamedTarget,
  credentials: Credentials,
  host: Host,
): Promise<Asked> {
  const { mode, authz, lifetime, key, identity, pollIntervalMs, run } = request;
  const limits = { authz, key, lifetimeSeconds: lifetime === 'unlimited' ? undefined : lifetime };
  const at = <T extends CommandResult<Secret>>(result: T) => ({
    ...result,
    session: { ...result.session, address: target.address },
  });
  switch (mode) {
    case 'fetch':
      if (request.remote) {
        return at(await getImpersonationToken(target, { ...limits, schedd: target.name }, credentials, host));
      }
      return at(await getSessionToken(target, limits, credentials, host));
    case 'request': {
      const wish = { identity, authz, lifetimeSeconds: limits.lifetimeSeconds, pollIntervalMs, run };
      const announce = (id: string) => {
        request.announce?.(id);
        host.log.notice(approvalOf(id, request, target));
      };
      return at(await requestToken(target, wish, credentials, announce, host));
    }
    case 'exchange': {
      const scitoken = sciTokenOf(request, host);
      const exchanged = await exchangeSciToken(target, scitoken.jwt, credentials, host);
      const token = await inPhase('check', target.address, () => parseIdToken(exchanged.value));
      for (const secret of secretsOf(exchanged.value)) host.mask(secret);
      const proven = onlyWith(token, 'the exchanged SciToken', host);
      const narrowed = await getSessionToken(target, limits, proven, host);
      const session = { ...narrowed.session, credentialSource: scitoken.source };
      return at({ ...narrowed, session, roundTrips: exchanged.roundTrips + narrowed.roundTrips });
    }
  }
}

function sciTokenOf({ credentials }: TokenRequest, host: Host): BearerToken {
  const found = readSciToken(credentials.scitoken, host);
  if (typeof found !== 'string') return found;
  throw new CredentialError('ERR_NO_CREDENTIAL', `no SciToken to exchange: ${found}`, {
    phase: 'credentials',
  });
}

/** What an administrator has to type, to be seen while we wait. */
function approvalOf(requestId: string, { daemon, identity }: TokenRequest, { address }: Target): string {
  const where =
    'address' in daemon
      ? `-name '${formatSinful(address)}'`
      : [
          '-type',
          daemon.type,
          ...(daemon.name === undefined ? [] : ['-name', daemon.name]),
          ...daemon.collectors.slice(0, 1).flatMap((collector) => ['-pool', formatEndpoint(collector)]),
        ].join(' ');
  return `Request ${requestId} for a token for ${identity} is waiting for approval: condor_token_request_approve -reqid ${requestId} ${where}`;
}
