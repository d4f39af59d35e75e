import { randomBytes } from 'node:crypto';
import { KeyAgreement } from '../../../src/security/key-agreement.ts';
import { covers } from '../../../src/token/levels.ts';
import { type ClassAd, getClassAd, putClassAd } from '../../../src/wire/classad.ts';
import type { Writer } from '../../../src/wire/writer.ts';
import { CCB_REQUEST } from './broker.ts';
import { answerQuery, QUERIES } from './collector.ts';
import { IMPERSONATION_TOKEN_REQUEST, impersonationToken } from './impersonation.ts';
import { authenticate } from './negotiation.ts';
import { reconcile, reconcileMethods, sessionDurationOf } from './policy.ts';
import type { EmbeddedPool } from './pool.ts';
import { Ended, type ServerChannel } from './server-channel.ts';
import { type Ad, type Client, type Identity, type PoolFacts, UNMAPPED, versionString } from './settings.ts';
import type { TokenRequests } from './token-requests.ts';
import { exchangeSciToken, sessionToken } from './tokens.ts';

/** Length of the nonce in the response to a resumption request, in bytes. */
const NONCE_LENGTH = 33;
/** SEC_SESSION_DURATION_SLOP: additional time for which the daemon keeps a session. */
const DURATION_SLOP_SECONDS = 20;

const DC_SEC_QUERY = 60040;
const DC_GET_SESSION_TOKEN = 60046;
const DC_START_TOKEN_REQUEST = 60047;
const DC_FINISH_TOKEN_REQUEST = 60048;
const DC_EXCHANGE_SCITOKEN = 60052;

/** Handles a command and returns the reply to its request. */
type Handler = (identity: Identity, request: ClassAd, pool: PoolFacts, requests: TokenRequests) => Ad;

const HANDLERS: ReadonlyMap<number, Handler> = new Map<number, Handler>([
  [DC_GET_SESSION_TOKEN, (identity, request, pool) => sessionToken(identity, request, pool)],
  [DC_START_TOKEN_REQUEST, (identity, request, _, requests) => requests.start(request, identity)],
  [DC_FINISH_TOKEN_REQUEST, (_, request, __, requests) => requests.finish(request)],
  [DC_EXCHANGE_SCITOKEN, (_, request, pool) => exchangeSciToken(request, pool)],
]);
/** Commands that only the collector supports. */
const COLLECTOR_HANDLERS: typeof HANDLERS = new Map<number, Handler>([
  [IMPERSONATION_TOKEN_REQUEST, (identity, request, pool) => impersonationToken(identity, request, pool)],
]);

/**
 * Authorization levels of DC_NOP_READ and similar commands, which clients query with DC_SEC_QUERY. Other commands
 * require no level.
 */
const LEVELS: ReadonlyMap<number, string> = new Map([
  [60020, 'READ'],
  [60021, 'WRITE'],
  [60023, 'ADMINISTRATOR'],
  [60026, 'DAEMON'],
]);

/** Serves one command in a new or resumed session, from the policy ad to the reply (DaemonCommandProtocol). */
export async function serveSession(
  channel: ServerChannel,
  client: Client,
  pool: EmbeddedPool,
  requests: TokenRequests,
): Promise<void> {
  const { policy } = client;
  if (policy.string('UseSession') !== 'YES') return await serveNewSession(channel, client, pool, requests);
  const sid = policy.string('Sid') ?? '';
  const session = pool.sessions.get(sid);
  const wantsResponse = policy.boolean('ResumeResponse') === true;
  if (session === undefined || session.expiresAt <= Date.now()) {
    if (wantsResponse) await respond(channel, { ReturnCode: 'SID_NOT_FOUND' });
    throw new Ended(`attempt to open invalid session ${sid}`);
  }
  if (wantsResponse) {
    const Nonce = randomBytes(NONCE_LENGTH).toString('base64');
    await respond(channel, { ReturnCode: 'AUTHORIZED', RemoteVersion: versionString(pool.version), Nonce });
  }
  channel.protect(session.key);
  const { allowed, known } = verdictOn(client, session.identity, pool);
  if (!known || !allowed) throw new Ended(`PERMISSION DENIED to ${session.identity.user}, resumed`);
  pool.note(`resuming session of ${session.identity.user}`);
  await serveCommand(channel, client, session.identity, pool, requests);
}

/** Sends the cleartext response to a resumption request. Clients have requested this response since 9.9. */
async function respond(channel: ServerChannel, ad: Ad): Promise<void> {
  await channel.send('resumption', (message) => putClassAd(message, ad));
}

async function serveNewSession(
  channel: ServerChannel,
  client: Client,
  pool: EmbeddedPool,
  requests: TokenRequests,
): Promise<void> {
  const { edit = {} } = pool.options;
  const agreement = new KeyAgreement(randomBytes);
  const { policy } = client;
  const { names, methods } = reconcileMethods(policy.string('AuthMethods') ?? '', pool.options.methods ?? ['TOKEN']);
  const { security = 'REQUIRED', sessionDuration = 86_400 } = pool.options;
  const features = reconcile(policy, security);
  if (features === undefined) throw new Ended('DC_AUTHENTICATE: Unable to reconcile!');
  const duration = Math.min(sessionDurationOf(policy), sessionDuration);
  const ours: Ad = {
    ...{ ...features, Enact: 'YES', NegotiatedSession: true },
    ...{ AuthMethods: names[0] ?? '', AuthMethodsList: names.join(',') },
    ...{ CryptoMethods: 'AES', CryptoMethodsList: 'AES', ECDHPublicKey: agreement.publicKey },
    ...{ TrustDomain: pool.trustDomain, IssuerKeys: pool.keys.map(({ id }) => id).join(', ') },
    ...{ SessionDuration: String(duration), SessionLease: 3600 },
    RemoteVersion: versionString(pool.version),
  };
  await channel.send('policy', (message) => putClassAd(message, edit.policy?.(ours) ?? ours));
  const identity = await authenticate(channel, methods, pool, client);
  const command = policy.integer('Command') ?? 0;
  await channel.send('key exchange', (message) => message.int(0));
  if (command === DC_EXCHANGE_SCITOKEN && identity.user.endsWith(UNMAPPED))
    throw new Ended('did not result in a valid mapped user name, which is required for this command');
  const key = agreement.sessionKey(policy.string('ECDHPublicKey') ?? '');
  channel.protect(key);

  const { asked, known, allowed } = verdictOn(client, identity, pool);
  const sid = `embedded:1:${randomBytes(8).toString('hex')}`;
  pool.sessions.set(sid, { key, identity, expiresAt: Date.now() + (duration + DURATION_SLOP_SECONDS) * 1000 });
  const postAuth: Ad = {
    ReturnCode: !known ? 'CMD_NOT_FOUND' : allowed ? 'AUTHORIZED' : 'DENIED',
    ...{ Sid: sid, User: identity.user, ValidCommands: validCommands(asked) },
    TriedAuthentication: true,
  };
  const isLast = !known || !allowed;
  const verdict = (message: Writer) => putClassAd(message, edit['post-auth']?.(postAuth) ?? postAuth);
  await (isLast ? channel.sendLast('post-auth', verdict) : channel.send('post-auth', verdict));
  if (isLast) throw new Ended(`PERMISSION DENIED to ${identity.user} for command ${command}`);
  await serveCommand(channel, client, identity, pool, requests);
}

/**
 * Returns the commands for which clients may reuse the session. C++ lists all commands with the same authorization
 * level.
 */
function validCommands(asked: number): string {
  const requests = [DC_START_TOKEN_REQUEST, DC_FINISH_TOKEN_REQUEST];
  return (requests.includes(asked) ? requests : [asked]).join(',');
}

/**
 * Returns the client's command, the command that it queries (the same unless the client sent DC_SEC_QUERY), and whether
 * the client is authorized.
 */
function verdictOn({ policy, socketName }: Client, identity: Identity, pool: EmbeddedPool) {
  const command = policy.integer('Command') ?? 0;
  const { broker, denied = () => false } = pool.options;
  const forBroker = command === CCB_REQUEST && broker !== undefined;
  const handled = handlerOf(command, socketName) !== undefined;
  const known = handled || command === DC_SEC_QUERY || QUERIES.has(command) || forBroker;
  const asked = command === DC_SEC_QUERY ? (policy.integer('AuthCommand') ?? 0) : command;
  const level = LEVELS.get(asked);
  const allowed =
    !denied(identity.user) && (level === undefined || identity.authz.length === 0 || covers(identity.authz, level));
  return { command, asked, known, allowed };
}

function handlerOf(command: number, socketName: string | undefined): Handler | undefined {
  const isCollector = socketName === undefined || socketName === 'collector';
  return HANDLERS.get(command) ?? (isCollector ? COLLECTOR_HANDLERS.get(command) : undefined);
}

async function serveCommand(
  channel: ServerChannel,
  client: Client,
  identity: Identity,
  pool: EmbeddedPool,
  requests: TokenRequests,
): Promise<void> {
  const { edit = {}, broker } = pool.options;
  const { socketName, policy, local } = client;
  const command = policy.integer('Command') ?? 0;
  pool.note(`PERMISSION GRANTED to ${identity.user} for command ${command} at ${socketName ?? 'collector'}`);
  if (command === DC_SEC_QUERY) {
    return await channel.sendLast('reply', (message) => putClassAd(message, { AuthorizationSucceeded: true }));
  }
  const request = await channel.receive(getClassAd);
  if (command === CCB_REQUEST && broker !== undefined)
    return await broker({ ad: request, channel, local, inSession: true }, pool);
  const handler = handlerOf(command, socketName);
  if (handler === undefined) return await answerQuery(channel, command, request, pool);
  const reply = handler(identity, request, pool, requests);
  await channel.send('reply', (message) => putClassAd(message, edit.reply?.(reply) ?? reply));
}
