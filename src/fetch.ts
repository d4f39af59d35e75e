import { type IdTokenSource, loadIdTokens } from './credentials/idtoken-sources.ts';
import { type LocatedDaemon, locate } from './daemon/locate.ts';
import { inPhase } from './daemon/open-session.ts';
import { getSessionToken, type TokenLimits } from './daemon/session-token.ts';
import { ConnectError, ProtocolError, TokenError } from './errors.ts';
import type { Host } from './host.ts';
import { checkTokenPath, writeTokenFile } from './output/token-file.ts';
import { printable } from './printable.ts';
import type { AuthMethod } from './security/method.ts';
import { displayName } from './security/method.ts';
import { idtokens } from './security/methods/idtokens.ts';
import { checkToken } from './token/check.ts';
import { type IdToken, parseIdToken, signaturePart } from './token/jwt.ts';
import { formatSinful, type Sinful } from './transport/sinful.ts';

/** What is wanted, already parsed: nothing from here on sees a raw string from a user. */
export interface TokenRequest {
  readonly daemon:
    | { readonly address: readonly Sinful[] }
    | { readonly collectors: readonly Sinful[]; readonly type: string; readonly name: string | undefined };
  readonly credentials: IdTokenSource;
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
  const credentials = await inPhase('credentials', undefined, () => loadIdTokens(request.credentials, host));
  const methods = [idtokens(credentials, host)];
  host.log.debug(`credentials: ${credentials.map(({ source }) => source).join(', ')}`);

  const daemon = await findDaemon(request, methods, host);
  const { value: jwt, session, roundTrips } = await askInTurn(daemon, limitsOf(request), methods, host);
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

type Found = Omit<LocatedDaemon, 'address'> & { readonly addresses: readonly Sinful[] };

/** Where the daemon may be: as given, or as the first collector that answers says. */
async function findDaemon({ daemon }: TokenRequest, methods: readonly AuthMethod[], host: Host): Promise<Found> {
  if ('address' in daemon) return { addresses: daemon.address, name: '', roundTrips: 0 };
  const { collectors, type, name } = daemon;
  const { address, ...found } = await inTurn(
    collectors,
    (collector) => locate(collector, { type, name }, methods, host),
    host,
  );
  host.log.debug(`locate: ${found.name} is at ${formatSinful(address)}`);
  return { ...found, addresses: [address] };
}

function askInTurn({ addresses }: Found, limits: TokenLimits, methods: readonly AuthMethod[], host: Host) {
  return inTurn(
    addresses,
    async (address) => {
      const result = await getSessionToken(address, limits, methods, host);
      return { ...result, session: { ...result.session, address } };
    },
    host,
  );
}

/** The first of a list of equals that can be talked to. An answer counts, whatever it is. */
async function inTurn<T>(addresses: readonly Sinful[], talk: (address: Sinful) => Promise<T>, host: Host): Promise<T> {
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
