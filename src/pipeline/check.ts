import { inPhase, type Target } from '../daemon/call.ts';
import { askAllowed } from '../daemon/security-query.ts';
import { getSessionToken } from '../daemon/token-commands.ts';
import { AuthorizationError, DaemonError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { type Credentials, displayName } from '../security/method.ts';
import { checkExpected } from '../token/check.ts';
import { formatSinful } from '../transport/sinful.ts';
import { withBearer } from './bearer.ts';
import type { CheckResult } from './fetched-token.ts';
import { findDaemon, inTurn } from './find-daemon.ts';
import { askedAlready, checkAsked, credentialsOf } from './obtain-token.ts';
import type { TokenRequest } from './request.ts';
import { questions } from './verify.ts';

/** What is asked about if nobody says what is wanted. */
const USUAL_LEVELS = ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR'];

/** A signing key that no daemon has. */
const NO_KEY = 'condor-token-fetch-makes-no-token';

/**
 * Goes the whole way of a fetch, telling of every step as it is done, but for the token: none is made.
 *
 * @throws AnyHTCondorError what the fetch would throw; ERR_TOKEN_REFUSED if nothing of what is asked for is allowed, and
 *   with `verify` if something is not.
 */
export async function checkFetch(request: TokenRequest, host: Host): Promise<CheckResult> {
  const finished = new AbortController();
  try {
    return await checkStepByStep(request, { ...host, signal: AbortSignal.any([host.signal, finished.signal]) });
  } finally {
    finished.abort(); // closes what was begun beside the answer that came first
  }
}

async function checkStepByStep(wanted: TokenRequest, host: Host): Promise<CheckResult> {
  const request = await inPhase('credentials', undefined, () => withBearer(wanted, telling(host, ['credentials'])));
  const credentials = await inPhase('credentials', undefined, () => credentialsOf(request, host));
  for (const { name, sources } of credentials.methods)
    host.log.info(`credentials: ${displayName(name)} from ${sources.join(', ')}`);
  for (const { method, reason } of credentials.unavailable) host.log.info(`credentials: no ${method}: ${reason}`);

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
  host.log.info(`connect: to the daemon, ${formatSinful(target.address)}`);
  const [, mayAsk = 0] = questions(['ALLOW'])[0] ?? [];
  const { session } = await askAllowed(target, mayAsk, credentials, telling(host, ['connect', 'ccb', 'session']));
  const { server, user } = session;
  for (const { name } of credentials.methods.filter(({ name }) => !server.methods.includes(name)))
    host.log.info(`session: no ${displayName(name)}: the daemon does not offer it`);
  await inPhase('check', target.address, () =>
    checkExpected(
      { issuer: server.trustDomain, subject: user },
      { expectedIssuer: expectedTrustDomain, expectedSubject: expectedIdentity },
    ),
  );
  const again = { ...target, resume: session };
  const asked = askedAlready(request, { targets: [target] }, host);
  if (asked === undefined) await checkFetching(again, authz, credentials, host);
  else {
    await inPhase('check', undefined, () => checkAsked(request, asked, host));
    host.log.info('token: the token service has made it');
  }

  const levels = authz.length > 0 ? authz : USUAL_LEVELS;
  const verdicts = await Promise.all(
    questions(levels).map(async ([level, command]) => ({
      level,
      allowed: await isAllowed(again, command, credentials, host),
    })),
  );
  for (const { level, allowed } of verdicts) host.log.info(`levels: ${level} is ${allowed ? 'allowed' : 'refused'}`);
  const named = (which: boolean) => verdicts.filter(({ allowed }) => allowed === which).map(({ level }) => level);
  const [allowed, refused] = [named(true), named(false)];
  if (authz.length > 0 && refused.length > 0 && (allowed.length === 0 || verify)) {
    const text = `the daemon does not allow ${refused.join(' ')} to ${user} with this credential`;
    throw new TokenError('ERR_TOKEN_REFUSED', text, undefined, { phase: 'verify', peer: formatSinful(target.address) });
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
  };
}

/**
 * Whether the daemon issues tokens, and one with any of these levels: it says so before it looks for the key, which is one
 * that it does not have (handle_dc_session_token).
 */
async function checkFetching(target: Target, authz: readonly string[], credentials: Credentials, host: Host) {
  try {
    await getSessionToken(target, { authz, lifetimeSeconds: 1, key: NO_KEY }, credentials, host);
    host.log.warn('The daemon signed with a key that it should not have; the token, of one second, is thrown away');
  } catch (error) {
    const noKey = /will not sign with requested key|Failed to (read file|fetch key)/;
    if (!(error instanceof DaemonError && noKey.test(error.errorString))) throw error;
  }
  host.log.info('token: the daemon issues tokens');
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
