import { type CredentialSources, loadCredentials } from './credentials/sources.ts';
import { findLocal, type LocalDaemon } from './daemon/local.ts';
import { type LocatedDaemon, locate } from './daemon/locate.ts';
import { inPhase, type Target } from './daemon/open-session.ts';
import { getSessionToken, type TokenLimits } from './daemon/session-token.ts';
import { ConnectError, LocateError, ProtocolError, TokenError } from './errors.ts';
import type { Host } from './host.ts';
import { checkTokenPath, writeTokenFile } from './output/token-file.ts';
import { printable } from './printable.ts';
import type { Credentials } from './security/method.ts';
import { displayName } from './security/method.ts';
import { checkToken } from './token/check.ts';
import { type IdToken, parseIdToken, signaturePart } from './token/jwt.ts';
import { type Endpoint, formatSinful, hostNameOf, type Sinful, throughEndpoint } from './transport/sinful.ts';

/** Which daemon: where it is, or who knows. */
export type Wanted =
  | { readonly address: readonly Sinful[] }
  | {
      readonly collectors: readonly Sinful[];
      readonly type: string;
      /** Undefined: the only one of its type in the pool. */
      readonly name: string | undefined;
      /** The daemon of this machine, to be looked for before a collector is asked. */
      readonly local: LocalDaemon | undefined;
      /** Where to connect to instead: the end of a tunnel. */
      readonly through: Endpoint | undefined;
    };

/** What is wanted, already parsed: nothing from here on sees a raw string from a user. */
export interface TokenRequest {
  readonly daemon: Wanted;
  /** Host name that the daemon's certificate must carry; undefined: that of its address. */
  readonly serverName: string | undefined;
  readonly credentials: CredentialSources;
  readonly authz: readonly string[];
  /** Seconds; `unlimited`: a token that never expires is wanted; undefined: nothing is said about it. */
  readonly lifetime: number | 'unlimited' | undefined;
  readonly key: string | undefined;
  readonly onReduced: 'warn' | 'fail' | 'ignore';
  /** File to write the token to; undefined: none. */
  readonly path: string | undefined;
}

/** A token that was checked, and how it was come by. */
export interface FetchedToken {
  readonly token: IdToken;
  /** In which way the daemon granted less than was asked, a sentence each; empty: in none. */
  readonly reductions: readonly string[];
  /** Name in the daemon's ad; empty if no collector was asked. */
  readonly daemonName: string;
  readonly daemonAddress: string;
  /** HTCondor's version there, e.g. `25.14.1`; empty if it did not say. */
  readonly daemonVersion: string;
  readonly authenticationMethod: string;
  /** Network round trips waited for, TCP connections included. */
  readonly roundTrips: number;
  /** Where the token was written; undefined: nowhere. */
  readonly path: string | undefined;
}

/**
 * The whole job, one way: credentials → locate → connect → session → token → check → deliver.
 *
 * @throws AnyHTCondorError with phase and peer. Nothing is written unless everything before went well.
 */
export async function fetchToken(request: TokenRequest, host: Host): Promise<FetchedToken> {
  const finished = new AbortController();
  try {
    return await fetchStepByStep(request, { ...host, signal: AbortSignal.any([host.signal, finished.signal]) });
  } finally {
    finished.abort(); // closes what was begun beside the answer that came first
  }
}

async function fetchStepByStep(request: TokenRequest, host: Host): Promise<FetchedToken> {
  const { path, onReduced } = request;
  if (path !== undefined) await inPhase('deliver', undefined, () => checkTokenPath(path));
  const credentials = await inPhase('credentials', undefined, () => loadCredentials(request.credentials, host));
  for (const { method, reason } of credentials.unavailable) host.log.debug(`credentials: no ${method}: ${reason}`);
  const ours = credentials.methods.map(({ name, sources }) => `${displayName(name)} from ${sources.join(', ')}`);
  host.log.debug(`credentials: ${ours.join('; ')}`);

  const daemon = await findDaemon(request, credentials, host);
  const { value: jwt, session, roundTrips } = await askInTurn(daemon, limitsOf(request), credentials, host);
  host.mask(jwt);
  if (signaturePart(jwt).reveal() !== '') host.mask(signaturePart(jwt));
  host.log.debug(`session: ${displayName(session.method)} as ${session.user}, ${session.server.remoteVersion}`);

  const { token, reductions } = await inPhase('check', session.address, () => {
    const token = parseIdToken(jwt);
    const expected = { issuer: session.server.trustDomain, subject: session.user, key: request.key };
    const reductions = checkToken(token, { ...expected, authz: request.authz, lifetimeSeconds: request.lifetime });
    if (reductions.length > 0 && onReduced === 'fail') {
      throw new TokenError('ERR_TOKEN_REDUCED', `the daemon granted less than was asked: ${reductions.join('; ')}`);
    }
    return { token, reductions };
  });
  if (onReduced === 'warn')
    for (const reduction of reductions) host.log.warn(`The daemon granted less than was asked. ${reduction}`);

  if (path !== undefined) await inPhase('deliver', undefined, () => writeTokenFile(path, jwt));
  return {
    token,
    reductions,
    daemonName: printable(daemon.name),
    daemonAddress: formatSinful(session.address),
    daemonVersion: /\d+\.\d+\.\d+/.exec(session.server.remoteVersion)?.[0] ?? '',
    authenticationMethod: displayName(session.method),
    roundTrips: daemon.roundTrips + roundTrips,
    path,
  };
}

function limitsOf({ authz, lifetime, key }: TokenRequest): TokenLimits {
  return { authz, key, lifetimeSeconds: lifetime === 'unlimited' ? undefined : lifetime };
}

interface Found {
  readonly targets: readonly Target[];
  readonly name: string;
  readonly roundTrips: number;
}

/** Where the daemon may be: as given, as it says on this machine, or as the first collector that answers says. */
async function findDaemon({ daemon, serverName }: TokenRequest, credentials: Credentials, host: Host): Promise<Found> {
  if ('address' in daemon) {
    const targets = daemon.address.map((address) => ({ address, serverName: serverName ?? hostNameOf(address) }));
    return { targets, name: '', roundTrips: 0 };
  }
  const found = findHere(daemon, host) ?? (await askCollectors(daemon, serverName, credentials, host));
  host.log.debug(`locate: ${found.name} is at ${formatSinful(found.address)}`);
  const address = daemon.through === undefined ? found.address : throughEndpoint(found.address, daemon.through);
  return { ...found, targets: [{ address, serverName: serverName ?? found.serverName }] };
}

type Sought = Exclude<Wanted, { address: unknown }>;

/** On this machine; undefined: there may be collectors that know more. */
function findHere({ type, name = '', local, collectors }: Sought, host: Host): LocatedDaemon | undefined {
  if (local === undefined) return undefined;
  const here = findLocal(local, type);
  if (typeof here !== 'string')
    return { serverName: hostNameOf(here.address), roundTrips: 0, ...here, name: here.name || name };
  if (collectors.length === 0) throw new LocateError('ERR_NOT_FOUND', `no ${type} on this machine: ${here}`, []);
  host.log.debug(`locate: not on this machine: ${here}`);
  return undefined;
}

function askCollectors(
  { collectors, type, name }: Sought,
  serverName: string | undefined,
  credentials: Credentials,
  host: Host,
) {
  const needsServerName =
    serverName === undefined && credentials.methods.some(({ name }) => name === 'SSL' || name === 'SCITOKENS');
  return inTurn(
    collectors,
    (address) => {
      const collector = { address, serverName: hostNameOf(address) ?? serverName };
      return locate(collector, { type, name, needsServerName }, credentials, host);
    },
    host,
  );
}

function askInTurn({ targets }: Found, limits: TokenLimits, credentials: Credentials, host: Host) {
  return inTurn(
    targets,
    async (target) => {
      const result = await getSessionToken(target, limits, credentials, host);
      return { ...result, session: { ...result.session, address: target.address } };
    },
    host,
  );
}

/** The first of a list of equals that can be talked to. An answer counts, whatever it is. */
async function inTurn<A, T>(addresses: readonly A[], talk: (address: A) => Promise<T>, host: Host): Promise<T> {
  for (const [index, address] of addresses.entries()) {
    try {
      return await talk(address);
    } catch (error) {
      const mute = error instanceof ConnectError || error instanceof ProtocolError;
      if (!mute || host.signal.aborted || index === addresses.length - 1) throw error;
      host.log.warn(`${error.message}; trying the next address`);
    }
  }
  throw new RangeError('no address');
}
