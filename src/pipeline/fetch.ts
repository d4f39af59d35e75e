import { inPhase } from '../daemon/call.ts';
import { describeDuration } from '../runtime/duration.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { displayName } from '../security/method.ts';
import type { ServerPolicy } from '../security/policy.ts';
import { restrictsLevels } from '../security/version.ts';
import { excessLifetime } from '../token/check.ts';
import type { IdToken } from '../token/jwt.ts';
import { checkTokenPath, writeTokenFile } from '../token/token-file.ts';
import { formatSinful, type Sinful } from '../transport/sinful.ts';
import { withBearer } from './bearer.ts';
import type { FetchedToken } from './fetched-token.ts';
import { findDaemon, inTurn } from './find-daemon.ts';
import { askedAlready, askFor, checkAsked, credentialsOf, issuerOf } from './obtain-token.ts';
import type { TokenRequest } from './request.ts';
import { withRetries } from './retry.ts';
import { verifyToken } from './verify.ts';

/**
 * The whole job, one way: credentials → locate → connect → session → token → check → verify → deliver. What fails and may
 * heal is done again from the start.
 *
 * @throws AnyHTCondorError with phase and peer. Nothing is written unless everything before went well.
 */
export async function fetchToken(request: TokenRequest, host: Host): Promise<FetchedToken> {
  for (const warning of request.warnings ?? []) host.log.warn(warning);
  const finished = new AbortController();
  try {
    const signal = AbortSignal.any([host.signal, finished.signal]);
    const persistence = { retries: request.retries, patient: request.mode === 'request' };
    return await withRetries(persistence, (within) => fetchStepByStep(request, within), { ...host, signal });
  } finally {
    finished.abort(); // closes what was begun beside the answer that came first
  }
}

async function fetchStepByStep(wanted: TokenRequest, host: Host): Promise<FetchedToken> {
  const { path, onReduced } = wanted;
  if (path !== undefined) await inPhase('deliver', undefined, () => checkTokenPath(path));
  const request = await inPhase('credentials', undefined, () => withBearer(wanted, host));
  const credentials = await inPhase('credentials', undefined, () => credentialsOf(request, host));
  for (const { method, reason } of credentials.unavailable)
    host.log.debug(`credentials: ${method} is not available: ${reason}`);
  const ours = credentials.methods.map(({ name, sources }) => `${displayName(name)} from ${sources.join(', ')}`);
  host.log.debug(`credentials: ${ours.join('; ')}`);

  const daemon = await findDaemon(request, credentials, host);
  const asked =
    askedAlready(request, daemon, host) ??
    (await inTurn(
      daemon.targets,
      // Who waits for an administrator has all the time there is.
      (target, patient) =>
        askFor(request, { ...target, name: daemon.name }, credentials, request.mode === 'request' ? host : patient),
      host,
    ));
  const { value: jwt, session, roundTrips } = asked;

  const { token, reductions } = await inPhase('check', session.address, () => checkAsked(request, asked, host));
  if (onReduced === 'warn')
    for (const reduction of reductions)
      host.log.warn(`The ${issuerOf(request)} granted less than requested: ${reduction}`);

  const clockSkewSeconds = Math.round((token.issuedAt ?? 0) - host.now().getTime() / 1000);
  if (request.issued === undefined) {
    tellSkew(clockSkewSeconds, token, host);
    warnAboutExcess(token, request.lifetime, host);
    if (request.mode !== 'request') warnAboutOldRelease(session.server, host);
  }
  const { address } = session;
  const verified = request.verify ? await inPhase('verify', address, () => verifyAt(address, token, request, host)) : 0;
  const directoryMade =
    path === undefined ? undefined : await inPhase('deliver', undefined, () => writeTokenFile(path, jwt));
  return {
    token,
    reductions,
    daemonName: printable(daemon.name),
    daemonAddress: address === undefined ? '' : formatSinful(address),
    daemonVersion: session.server.version?.text ?? '',
    daemonVersionText: printable(session.server.remoteVersion),
    authenticationMethod: displayName(session.method),
    credentialSource: printable(session.credentialSource),
    clockSkewSeconds,
    roundTrips: daemon.roundTrips + roundTrips + verified,
    path,
    directoryMade,
  };
}

/** Who is to look at the token is known: findDaemon has seen to that. */
function verifyAt(address: Sinful | undefined, token: IdToken, { authz }: TokenRequest, host: Host): Promise<number> {
  if (address === undefined) throw new RangeError('no daemon to verify the token');
  return verifyToken(token, authz, { address, serverName: undefined }, host);
}

/**
 * The daemon is authenticated, and a wrong clock is more likely than a false `iat`; but a token that is valid for longer
 * than the workflow asked for is worth a warning with both clocks.
 */
function warnAboutExcess(token: IdToken, lifetime: TokenRequest['lifetime'], host: Host): void {
  const excess = excessLifetime(token, lifetime, host.now());
  if (excess === undefined || typeof lifetime !== 'number') return;
  const [issued, here] = [new Date((token.issuedAt ?? 0) * 1000), host.now()].map((each) => each.toISOString());
  host.log.warn(
    `According to the clock of this host, the token is valid for ${describeDuration(excess)} longer than the requested ${describeDuration(lifetime)}. The daemon issued it at ${issued} by its own clock; the clock of this host shows ${here}`,
  );
}

/** Warns if the daemon grants every level that is requested, whatever the credential is restricted to. */
function warnAboutOldRelease({ version }: Pick<ServerPolicy, 'version'>, host: Host): void {
  if (version === undefined || restrictsLevels(version)) return;
  host.log.warn(
    `The daemon runs HTCondor ${version.text}, which does not restrict a fetched token to the authorization levels of the credential: a credential restricted to READ can fetch a token with other levels. Update the daemon to 23.0.22, 23.10.22, 24.0.6, 24.6.0 or later`,
  );
}

/** A clock that is off by this much, or by a tenth of the token's lifetime, is told of. */
const SKEW_THAT_MATTERS_SECONDS = 60;
/** The time that a reply may take is no skew. */
const NO_SKEW_SECONDS = 10;

/** Tokens begin and end by the clock of whoever looks at them. */
function tellSkew(seconds: number, { issuedAt = 0, expiresAt }: IdToken, host: Host): void {
  const tenth = expiresAt === undefined ? SKEW_THAT_MATTERS_SECONDS : (expiresAt - issuedAt) / 10;
  if (Math.abs(seconds) < Math.max(NO_SKEW_SECONDS, Math.min(tenth, SKEW_THAT_MATTERS_SECONDS))) return;
  const how = seconds > 0 ? 'ahead of' : 'behind';
  host.log.warn(
    `The daemon's clock is ${describeDuration(Math.abs(seconds))} ${how} the clock of this host, so the token expires that much ${seconds > 0 ? 'later' : 'earlier'} than its times suggest. Synchronize both clocks with NTP (timedatectl, chronyc tracking)`,
  );
}
