import { inPhase, type Target } from '../daemon/call.ts';
import { askAllowed } from '../daemon/security-query.ts';
import { getSessionToken } from '../daemon/token-commands.ts';
import { AuthorizationError, DaemonError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { type Credentials, displayName } from '../security/method.ts';
import { checkExpected, reducedLevels, reducedLifetime } from '../token/check.ts';
import { covers } from '../token/levels.ts';
import { formatSinful } from '../transport/sinful.ts';
import { withBearer } from './bearer.ts';
import type { CheckResult } from './fetched-token.ts';
import { findDaemon, inTurn } from './find-daemon.ts';
import { askedAlready, checkAsked, credentialsOf } from './obtain-token.ts';
import type { TokenRequest } from './request.ts';
import { withRetries } from './retry.ts';
import { questions } from './verify.ts';

/** What is asked about if nobody says what is wanted. */
const USUAL_LEVELS = ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR'];

/** What only the daemon knows until it issues a token. */
const NOT_CHECKED = ['the signing key', 'SEC_ISSUED_TOKEN_EXPIRATION'];

/** A signing key that no daemon has. */
const NO_KEY = 'condor-token-fetch-makes-no-token';

/**
 * Does what a fetch does, with a line for each step, up to the token: none is issued. The verdict is that of the fetch.
 *
 * @throws AnyHTCondorError what the fetch would throw.
 */
export async function checkFetch(request: TokenRequest, host: Host): Promise<CheckResult> {
  for (const warning of request.warnings ?? []) host.log.warn(warning);
  const finished = new AbortController();
  try {
    const signal = AbortSignal.any([host.signal, finished.signal]);
    const persistence = { retries: request.retries, patient: false };
    return await withRetries(persistence, (within) => checkStepByStep(request, within), { ...host, signal });
  } finally {
    finished.abort(); // closes what was begun beside the answer that came first
  }
}

async function checkStepByStep(wanted: TokenRequest, host: Host): Promise<CheckResult> {
  const request = await inPhase('credentials', undefined, () => withBearer(wanted, telling(host, ['credentials'])));
  const credentials = await inPhase('credentials', undefined, () => credentialsOf(request, host));
  for (const { name, sources } of credentials.methods)
    host.log.info(`credentials: ${displayName(name)} from ${sources.join(', ')}`);
  for (const { method, reason } of credentials.unavailable)
    host.log.info(`credentials: ${method} is not available: ${reason}`);

  const daemon = await findDaemon(request, credentials, telling(host, ['locate', 'connect', 'ccb']));
  return await inTurn(
    daemon.targets,
    async (target, patient) => ({
      ...(await checkDaemon(request, target, credentials, patient)),
      daemonName: daemon.name,
    }),
    host,
  );
}

/** A host that tells what is done in these phases, each thing once, and not only to those who debug. */
function telling(host: Host, phases: readonly string[]): Host {
  const told = new Set<string>();
  const debug = (line: string) => {
    const gist = line.replace(/ in \d+ ms$/, '');
    const isNew = phases.some((phase) => line.startsWith(`${phase}: `)) && !told.has(gist);
    told.add(gist);
    (isNew ? host.log.info : host.log.debug)(line);
  };
  return { ...host, log: { ...host.log, debug } };
}

async function checkDaemon(
  request: TokenRequest,
  target: Target,
  credentials: Credentials,
  host: Host,
): Promise<Omit<CheckResult, 'daemonName'>> {
  const { authz, verify, expectedIdentity, expectedTrustDomain } = request;
  host.log.info(`connect: connecting to the daemon at ${formatSinful(target.address)}`);
  const [, mayAsk = 0] = questions(['ALLOW'])[0] ?? [];
  const { session } = await askAllowed(target, mayAsk, credentials, telling(host, ['connect', 'ccb', 'session']));
  const { server, user } = session;
  for (const { name } of credentials.methods.filter(({ name }) => !server.methods.includes(name)))
    host.log.info(`session: ${displayName(name)} is not available: the daemon does not offer it`);
  await inPhase('check', target.address, () =>
    checkExpected(
      { issuer: server.trustDomain, subject: user },
      { expectedIssuer: expectedTrustDomain, expectedSubject: expectedIdentity },
    ),
  );
  const again = { ...target, resume: session };
  const asked = askedAlready(request, { targets: [target] }, host);
  let granted = authz;
  if (asked === undefined) {
    granted = await checkFetching(again, authz, credentials, host);
    await inPhase('check', target.address, () => checkReductions(request, granted, session.credentialExpiresAt, host));
    for (const each of NOT_CHECKED) host.log.info(`token: not checked: ${each}`);
  } else {
    await inPhase('check', undefined, () => checkAsked(request, asked, host));
    host.log.info('token: issued by the token service');
  }

  const levels = authz.length > 0 ? authz : USUAL_LEVELS;
  const verdicts = await Promise.all(
    questions(levels).map(async ([level, command]) => ({
      level,
      allowed: await isAllowed(again, command, credentials, host),
    })),
  );
  for (const { level, allowed } of verdicts) host.log.info(`levels: ${level} is ${allowed ? 'allowed' : 'denied'}`);
  const named = (which: boolean) => verdicts.filter(({ allowed }) => allowed === which).map(({ level }) => level);
  const [allowed, refused] = [named(true), named(false)];
  if (authz.length > 0 && refused.length > 0) {
    const cut = refused.filter((level) => !covers(granted, level));
    const text =
      cut.length > 0
        ? `the credential is restricted to ${granted.join(' ')}, which does not include ${cut.join(' ')}`
        : `the daemon denied ${refused.join(' ')} for ${user} with this credential`;
    if (verify)
      throw new TokenError('ERR_TOKEN_REFUSED', text, undefined, {
        phase: 'verify',
        peer: formatSinful(target.address),
      });
    host.log.warn(`${text}; the fetch would succeed, but commands that need these levels would be denied`);
  }
  return {
    identity: user,
    trustDomain: server.trustDomain,
    daemonAddress: formatSinful(target.address),
    daemonVersion: server.version?.text ?? '',
    authenticationMethod: displayName(session.method),
    credentialSource: printable(session.credentialSource),
    allowed,
    refused,
    notChecked: asked === undefined ? NOT_CHECKED : [],
  };
}

/**
 * Whether the daemon issues tokens, and one with any of these levels: it reports that before it looks for the key, which is
 * one that it does not have (handle_dc_session_token). Returns the levels that the token would have, of those requested: the
 * daemon leaves out what the session is not authorized for.
 */
async function checkFetching(
  target: Target,
  authz: readonly string[],
  credentials: Credentials,
  host: Host,
): Promise<readonly string[]> {
  const issues = (levels: readonly string[]) => wouldIssue(target, levels, credentials, host);
  await issues(authz);
  host.log.info('token: the daemon issues tokens');
  if (authz.length < 2) return authz;
  const probed = await Promise.all(
    authz.map(async (level) => {
      try {
        await issues([level]);
        return [level];
      } catch (error) {
        if (error instanceof DaemonError && /doesn't allow requested/.test(error.errorString)) return [];
        throw error;
      }
    }),
  );
  return probed.flat();
}

/** @throws DaemonError ERR_DAEMON unless the key is all that is wrong. */
async function wouldIssue(target: Target, authz: readonly string[], credentials: Credentials, host: Host) {
  try {
    await getSessionToken(target, { authz, lifetimeSeconds: 1, key: NO_KEY }, credentials, host);
    host.log.warn('The daemon signed with a key that it should not have; the token, valid for 1 s, is discarded');
  } catch (error) {
    const noKey = /will not sign with requested key|Failed to (read file|fetch key)/;
    if (!(error instanceof DaemonError && noKey.test(error.errorString))) throw error;
  }
}

/**
 * Judges as the fetch would what the daemon would leave out: levels, and the time after the credential expires.
 *
 * @throws TokenError ERR_TOKEN_REDUCED if on-reduced is fail.
 */
function checkReductions(
  { authz, lifetime, onReduced }: TokenRequest,
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
  host.log.warn(text);
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
