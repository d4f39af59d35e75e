import { resolveBearer } from '../credentials/keyless.ts';
import { withPhase } from '../errors.ts';
import { describeDuration } from '../runtime/duration.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { type Credentials, displayName } from '../security/method.ts';
import { type CondorVersion, restrictsLevels } from '../security/version.ts';
import { excessLifetime, REDUCED_ADVICE } from '../token/check.ts';
import type { IdToken } from '../token/jwt.ts';
import { checkTokenPath, writeTokenFile } from '../token/token-file.ts';
import { formatSinful } from '../transport/sinful.ts';
import { checkIssued, type IssuedToken } from './issued-token.ts';
import type { FetchedToken } from './library-types.ts';
import { credentialsFor, issuedByDaemon, issuedByService } from './obtain-token.ts';
import type { TokenRequest } from './request.ts';
import { runRequest } from './retry.ts';
import { verifyToken } from './verify.ts';

/**
 * Fetches a token: credentials → locate → connect → session → token → check → verify → deliver. After a transient
 * failure, repeats all steps. Writes the token only if every earlier step succeeded.
 *
 * @throws AnyHTCondorError with the phase and the peer.
 */
export async function fetchToken(request: TokenRequest, host: Host): Promise<FetchedToken> {
  return await runRequest(request, fetchStepByStep, host);
}

async function fetchStepByStep(request: TokenRequest, host: Host): Promise<FetchedToken> {
  const { path } = request;
  if (path !== undefined) await withPhase('deliver', undefined, () => checkTokenPath(path));
  const bearer = await resolveBearer(request, host);
  const credentials = await credentialsFor(request, bearer, host);
  logCredentials(credentials, host);
  const issued =
    bearer?.kind === 'idtoken'
      ? await issuedByService(bearer, request, credentials, host)
      : await issuedByDaemon(request, bearer, credentials, host);
  const reductions = await checkIssued(issued, request);
  const clockSkewSeconds = warnAbout(issued, reductions, request, host);
  const verified = request.verify ? await verifyToken(issued, request, host) : 0;
  const directoryMade =
    path === undefined
      ? undefined
      : await withPhase('deliver', undefined, () => writeTokenFile(path, issued.token.jwt));
  return {
    ...describe(issued),
    reductions,
    clockSkewSeconds,
    roundTrips: issued.roundTrips + verified,
    path,
    directoryMade,
  };
}

function logCredentials({ methods, unavailable }: Credentials, host: Host): void {
  for (const { method, reason } of unavailable) host.log.debug(`credentials: ${method} is not available: ${reason}`);
  const found = methods.map(({ name, sources }) => `${displayName(name)} from ${sources.join(', ')}`);
  host.log.debug(`credentials: ${found.join('; ')}`);
}

type Description = Omit<FetchedToken, 'reductions' | 'clockSkewSeconds' | 'roundTrips' | 'path' | 'directoryMade'>;

function describe({ token, daemonName, daemon, method, credentialSource }: IssuedToken): Description {
  return {
    token,
    daemonName: printable(daemonName),
    daemonAddress: daemon === undefined ? '' : formatSinful(daemon.address),
    daemonVersion: daemon?.version?.text ?? '',
    daemonVersionText: printable(daemon?.versionText ?? ''),
    authenticationMethod: displayName(method),
    credentialSource: printable(credentialSource),
  };
}

/**
 * Logs warnings if the token grants less than requested, if a clock seems to be wrong, or if the daemon is too old to
 * restrict the token to the levels of the credential. Returns the number of seconds by which the daemon's clock is
 * ahead of the local clock.
 */
function warnAbout(
  { token, issuedBy, daemon }: IssuedToken,
  reductions: readonly string[],
  { onReduced, lifetimeSeconds, mode }: TokenRequest,
  host: Host,
): number {
  if (onReduced === 'warn')
    for (const reduction of reductions)
      host.log.warn(`The ${issuedBy} granted less than requested: ${reduction}. ${REDUCED_ADVICE}`);
  const skewSeconds = Math.round((token.issuedAt ?? 0) - host.now().getTime() / 1000);
  if (issuedBy === 'daemon') {
    warnAboutClockSkew(skewSeconds, token, host);
    warnAboutExcess(token, lifetimeSeconds, host);
    if (mode !== 'request') warnAboutOldRelease(daemon?.version, host);
  }
  return skewSeconds;
}

/** Advice for warnings about clock skew. */
const SYNCHRONIZE = 'Synchronize both clocks with NTP (timedatectl, chronyc tracking)';

/**
 * Warns about a token that is valid for longer than requested. The warning includes the times on both clocks. Because
 * the daemon is authenticated, a wrong clock is more likely than a false `iat`.
 */
function warnAboutExcess(token: IdToken, lifetimeSeconds: TokenRequest['lifetimeSeconds'], host: Host): void {
  const excess = excessLifetime(token, lifetimeSeconds, host.now());
  if (excess === undefined || typeof lifetimeSeconds !== 'number') return;
  const [issued, here] = [new Date((token.issuedAt ?? 0) * 1000), host.now()].map((each) => each.toISOString());
  host.log.warn(
    `According to the clock of this host, the token is valid for ${describeDuration(excess)} longer than the requested ${describeDuration(lifetimeSeconds)}. The daemon issued it at ${issued} by its own clock; the clock of this host shows ${here}. ${SYNCHRONIZE}`,
  );
}

/**
 * Warns if the daemon runs a release that grants every requested level, regardless of the credential's restrictions.
 */
function warnAboutOldRelease(version: CondorVersion | undefined, host: Host): void {
  if (version === undefined || restrictsLevels(version)) return;
  host.log.warn(
    `The daemon runs HTCondor ${version.text}, which does not restrict a fetched token to the levels of the credential: a READ token can fetch a WRITE token. Update the daemon to 23.0.22, 23.10.22, 24.0.6, 24.6.0 or later`,
  );
}

/**
 * Minimum clock skew that causes a warning, in seconds. If the lifetime of the token is less than ten minutes, the
 * minimum is a tenth of the lifetime.
 */
const SKEW_WARNING_SECONDS = 60;
/** Maximum apparent clock skew, in seconds, that a delayed reply can explain. */
const MIN_SKEW_SECONDS = 10;

/** Warns about clock skew, because the daemon uses its own clock to check whether a token is still valid. */
function warnAboutClockSkew(seconds: number, { issuedAt = 0, expiresAt }: IdToken, host: Host): void {
  const tenth = expiresAt === undefined ? SKEW_WARNING_SECONDS : (expiresAt - issuedAt) / 10;
  if (Math.abs(seconds) < Math.max(MIN_SKEW_SECONDS, Math.min(tenth, SKEW_WARNING_SECONDS))) return;
  const how = seconds > 0 ? 'ahead of' : 'behind';
  host.log.warn(
    `The daemon's clock is ${describeDuration(Math.abs(seconds))} ${how} the clock of this host, so the token expires that much ${seconds > 0 ? 'later' : 'earlier'} than its times suggest. ${SYNCHRONIZE}`,
  );
}
