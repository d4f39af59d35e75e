import { type Bearer, resolveBearer } from '../credentials/keyless.ts';
import { commandsFor } from '../daemon/commands.ts';
import { lacksRequestedKey } from '../daemon/daemon-error.ts';
import { askAllowed } from '../daemon/security-query.ts';
import type { Target } from '../daemon/session-command.ts';
import { getSessionToken } from '../daemon/token-commands.ts';
import { AuthorizationError, DaemonError, TokenError, withPhase } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { type Credentials, displayName } from '../security/method.ts';
import type { Session } from '../security/session.ts';
import { checkExpected, REDUCED_ADVICE, reducedLevels, reducedLifetime } from '../token/check.ts';
import { covers } from '../token/levels.ts';
import { formatSinful } from '../transport/sinful.ts';
import { findDaemon, inTurn } from './find-daemon.ts';
import { checkIssued } from './issued-token.ts';
import type { CheckResult } from './library-types.ts';
import { checkServiceToken, credentialsFor } from './obtain-token.ts';
import type { TokenRequest } from './request.ts';
import { runRequest } from './retry.ts';
import { levelError } from './verify.ts';

/** Authorization levels to check if the request names none. */
const USUAL_LEVELS = ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR'];

/** Facts that the daemon reveals only when it issues a token. */
const NOT_CHECKED = ['the signing key', 'SEC_ISSUED_TOKEN_EXPIRATION'];

/** Name of a signing key that is assumed not to exist on any daemon. */
const NO_KEY = 'condor-token-fetch-makes-no-token';

/**
 * Runs the steps of a fetch without having the daemon issue a token, and logs a line for each step. Succeeds only if a
 * fetch for the same request would succeed.
 *
 * @throws AnyHTCondorError the error that the fetch would throw.
 */
export async function checkFetch(request: TokenRequest, host: Host): Promise<CheckResult> {
  return await runRequest(request, checkStepByStep, host);
}

async function checkStepByStep(request: TokenRequest, host: Host): Promise<CheckResult> {
  const bearer = await resolveBearer(request, reporting(host, ['credentials']));
  const credentials = await credentialsFor(request, bearer, host);
  for (const { name, sources } of credentials.methods)
    host.log.info(`credentials: ${displayName(name)} from ${sources.join(', ')}`);
  for (const { method, reason } of credentials.unavailable)
    host.log.info(`credentials: ${method} is not available: ${reason}`);

  const daemon = await findDaemon(request, credentials, reporting(host, ['locate', 'connect', 'ccb']));
  return await inTurn(
    daemon.targets,
    async (target, limited) => {
      const result = await checkDaemon(request, bearer, target, credentials, limited);
      return { ...result, daemonName: daemon.name };
    },
    host,
  );
}

/**
 * Returns a Host that logs the debug lines of the given phases at the info level. Repeated lines stay at the debug
 * level.
 */
function reporting(host: Host, phases: readonly string[]): Host {
  const reported = new Set<string>();
  const debug = (line: string) => {
    const gist = line.replace(/ in \d+ ms$/, '');
    const isNew = phases.some((phase) => line.startsWith(`${phase}: `)) && !reported.has(gist);
    reported.add(gist);
    (isNew ? host.log.info : host.log.debug)(line);
  };
  return { ...host, log: { ...host.log, debug } };
}

async function checkDaemon(
  request: TokenRequest,
  bearer: Bearer | undefined,
  target: Target,
  credentials: Credentials,
  host: Host,
): Promise<Omit<CheckResult, 'daemonName'>> {
  const session = await checkSession(request, target, credentials, host);
  const again = { ...target, resume: session };
  const granted = await checkGranted(request, bearer, again, credentials, session, host);
  const { allowed, refused } = await checkLevels(request, again, credentials, host);
  if (request.authz.length > 0 && refused.length > 0) judge(request, granted, refused, target, session, host);
  return {
    identity: session.user,
    trustDomain: session.server.trustDomain,
    daemonAddress: formatSinful(target.address),
    daemonVersion: session.server.version?.text ?? '',
    authenticationMethod: displayName(session.method),
    credentialSource: printable(session.credentialSource),
    allowed,
    refused,
    notChecked: bearer?.kind === 'idtoken' ? [] : NOT_CHECKED,
  };
}

/** Connects and authenticates, and compares the resulting identity and trust domain with the expected ones. */
async function checkSession(
  { expectedIdentity, expectedTrustDomain }: TokenRequest,
  target: Target,
  credentials: Credentials,
  host: Host,
): Promise<Session> {
  host.log.info(`connect: connecting to the daemon at ${formatSinful(target.address)}`);
  const [, command = 0] = commandsFor(['ALLOW'])[0] ?? [];
  const { session } = await askAllowed(target, command, credentials, reporting(host, ['connect', 'ccb', 'session']));
  const { server, user } = session;
  for (const { name } of credentials.methods.filter(({ name }) => !server.methods.includes(name)))
    host.log.info(`session: ${displayName(name)} is not available: the daemon does not offer it`);
  const claims = { issuer: server.trustDomain, subject: user };
  await withPhase('check', formatSinful(target.address), () =>
    checkExpected(claims, { expectedTrustDomain, expectedIdentity }),
  );
  return session;
}

/**
 * Checks the IDTOKEN from the token service, and returns the requested levels. If there is no such token, checks
 * whether the daemon would issue one, and returns the levels that it would grant.
 */
async function checkGranted(
  request: TokenRequest,
  bearer: Bearer | undefined,
  target: Target,
  credentials: Credentials,
  { credentialExpiresAt }: Session,
  host: Host,
): Promise<readonly string[]> {
  if (bearer?.kind === 'idtoken') {
    const located = { targets: [], name: '', roundTrips: 0 };
    await checkIssued(checkServiceToken(bearer, request, located, host), request);
    host.log.info('token: issued by the token service');
    return request.authz;
  }
  const granted = await checkIssuing(target, request.authz, credentials, host);
  await withPhase('check', formatSinful(target.address), () =>
    checkReductions(request, granted, credentialExpiresAt, host),
  );
  for (const each of NOT_CHECKED) host.log.info(`token: not checked: ${each}`);
  return granted;
}

/** Asks the daemon whether it authorizes each requested level or, if none are requested, each of USUAL_LEVELS. */
async function checkLevels({ authz }: TokenRequest, target: Target, credentials: Credentials, host: Host) {
  const levels = authz.length > 0 ? authz : USUAL_LEVELS;
  const verdicts = await Promise.all(
    commandsFor(levels).map(async ([level, command]) => {
      return { level, isAllowed: await isAllowed(target, command, credentials, host) };
    }),
  );
  for (const { level, isAllowed } of verdicts) host.log.info(`levels: ${level} is ${isAllowed ? 'allowed' : 'denied'}`);
  return {
    allowed: verdicts.filter(({ isAllowed }) => isAllowed).map(({ level }) => level),
    refused: verdicts.filter(({ isAllowed }) => !isAllowed).map(({ level }) => level),
  };
}

async function isAllowed(target: Target, command: number, credentials: Credentials, host: Host): Promise<boolean> {
  try {
    await askAllowed(target, command, credentials, host);
    return true;
  } catch (error) {
    if (error instanceof AuthorizationError && error.code === 'ERR_DENIED') return false;
    throw error;
  }
}

/** Warns about denied levels. @throws TokenError ERR_TOKEN_REFUSED instead, if the fetch would verify the token. */
function judge(
  { verify }: TokenRequest,
  granted: readonly string[],
  refused: readonly string[],
  { address }: Target,
  { user }: Session,
  host: Host,
): void {
  const missing = refused.filter((level) => !covers(granted, level)).join(' ');
  const restricted = `the credential is restricted to ${granted.join(' ')}, which does not include ${missing}`;
  const denied = `the daemon denied ${refused.join(' ')} for ${user} with this credential`;
  const text = missing === '' ? denied : restricted;
  const details = { levels: granted.join(' '), missing, level: refused[0] ?? '', subject: user };
  if (verify) throw levelError(text, details).at('verify', formatSinful(address));
  const outcome = 'the fetch would succeed, but commands that need these levels would be denied';
  host.log.warn(`${text}; ${outcome}. ${REDUCED_ADVICE}`);
}

/**
 * Checks that the daemon would issue a token. Returns the requested levels that the token would have; the daemon omits
 * levels that the session is not authorized for. The requests name a signing key that the daemon does not have. The
 * daemon reports an error in the levels before it looks up the key (handle_dc_session_token).
 */
async function checkIssuing(
  target: Target,
  authz: readonly string[],
  credentials: Credentials,
  host: Host,
): Promise<readonly string[]> {
  const wouldIssue = (levels: readonly string[]) => checkWouldIssue(target, levels, credentials, host);
  await wouldIssue(authz);
  host.log.info('token: the daemon issues tokens');
  if (authz.length < 2) return authz;
  const granted = await Promise.all(
    authz.map(async (level) => {
      try {
        await wouldIssue([level]);
        return [level];
      } catch (error) {
        if (error instanceof DaemonError && error.reason === 'allow-requested-authorization') return [];
        throw error;
      }
    }),
  );
  return granted.flat();
}

/** Requests a token signed with NO_KEY. @throws DaemonError ERR_DAEMON unless the error is that the key is missing. */
async function checkWouldIssue(target: Target, authz: readonly string[], credentials: Credentials, host: Host) {
  try {
    await getSessionToken(target, { authz, lifetimeSeconds: 1, key: NO_KEY }, credentials, host);
    host.log.warn('The daemon has an unexpected key; its token, valid for 1 s, is discarded. No action is needed');
  } catch (error) {
    if (!lacksRequestedKey(error)) throw error;
  }
}

/**
 * Warns, as the fetch does, if the daemon would not grant all requested levels or the whole requested lifetime.
 *
 * @throws TokenError ERR_TOKEN_REDUCED if `onReduced` is `fail`.
 */
function checkReductions(
  { authz, lifetimeSeconds: lifetime, onReduced }: TokenRequest,
  granted: readonly string[],
  expiresAt: number | undefined,
  host: Host,
): void {
  const left = expiresAt === undefined ? undefined : Math.floor(expiresAt - host.now().getTime() / 1000);
  const isCut = left !== undefined && lifetime !== undefined && (lifetime === 'unlimited' || left < lifetime);
  const reductions = [reducedLevels(authz, granted), isCut ? reducedLifetime(lifetime, left) : undefined].filter(
    (each) => each !== undefined,
  );
  if (reductions.length === 0 || onReduced === 'ignore') return;
  const text = `the daemon would grant less than requested: ${reductions.join('; ')}`;
  if (onReduced === 'fail') throw new TokenError('ERR_TOKEN_REDUCED', text);
  host.log.warn(`${text}. ${REDUCED_ADVICE}`);
}
