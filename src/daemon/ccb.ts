/**
 * Connects to a daemon that accepts no incoming connections. The connection is made through the CCB broker to which the
 * daemon stays connected (CCBClient in C++).
 *
 * The broker asks the daemon to connect to a port of the client. Since HTCondor 25.12, the broker can instead ask the
 * daemon to connect to the broker, which then relays the data. In both cases, the daemon first sends a secret, which
 * the client has sent to the broker. The session then proceeds as on a connection that the client opened. The secret
 * keeps out unrelated clients, but does not authenticate the daemon.
 */

import { ConnectError, HTCondorError, ProtocolError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { isConnectionClosed, isRefusal } from '../runtime/failures.ts';
import { branchOf, type Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { Credentials } from '../security/method.ts';
import { type CcbContact, ccbContacts } from '../transport/ccb-contact.ts';
import type { Channel } from '../transport/channel.ts';
import { connect } from '../transport/connect.ts';
import { ReverseListener } from '../transport/reverse-listener.ts';
import { formatEndpoint, formatSinful, type Sinful } from '../transport/sinful.ts';
import { getClassAd, putClassAd } from '../wire/classad.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { CCB_REQUEST, CCB_REVERSE_CONNECT } from './commands.ts';
import { commandInCleartext, commandOver, onlyMutualMethods } from './session-command.ts';

/** One request to a broker. `connect` connects to the broker, and opens the port whose address the request contains. */
interface BrokerCall {
  readonly address: Sinful;
  readonly command: number;
  readonly request: (message: Writer) => void;
  readonly connect: (host: Host) => Promise<Channel>;
}

/** Sends a request to a broker and passes the channel to `read`, which receives the reply. */
type AskBroker = <T>(call: BrokerCall, read: (channel: Channel) => Promise<T>, host: Host) => Promise<T>;

/**
 * Time limit for one request to a broker, in milliseconds (DEFAULT_CEDAR_TIMEOUT in C++). The limit includes the time
 * that the daemon takes to connect.
 */
const BROKER_TIMEOUT_MS = 20_000;

/** Length of the secret, in bytes, as in C++. */
const CLAIM_ID_LENGTH = 20;

/**
 * Either a connection to the daemon with a description of its route, or the reason why the broker refused the request.
 */
type Connected = { readonly channel: Channel; readonly way: string } | Unavailable;

/**
 * Returns a function that sends a request to a broker. The function first sends the request in an encrypted session, to
 * keep the request confidential. If the broker refuses the session, the function sends the request in cleartext. The
 * broker might belong to a different pool with different keys, and most brokers accept requests from any client.
 *
 * The two attempts are made one after the other, because each request makes the daemon connect. The broker's
 * certificate is not checked against a host name, because the sender of the broker's address could have included an
 * arbitrary name.
 */
export function brokerCaller(credentials: Credentials): AskBroker {
  return async (call, read, host) => {
    const { address, command, request } = call;
    try {
      const target = { address, serverName: undefined };
      const inSession = {
        target,
        command,
        request,
        credentials: onlyMutualMethods(credentials),
        phase: 'connect' as const,
      };
      const route = async (_: Credentials, within: Host) => ({ channel: await call.connect(within) });
      return (await commandOver(route, inSession, (_, channel) => read(channel), host)).value;
    } catch (error) {
      if (!(isRefusal(error) || isConnectionClosed(error)) || host.signal.aborted) throw error;
      host.log.debug(`ccb: retrying without a session (${error.message})`);
      return await commandInCleartext(await call.connect(host), command, request, read);
    }
  };
}

/**
 * Connects to a daemon through one of its brokers. To distribute the load, the client starts with a random broker and
 * tries the others in order until a connection succeeds.
 *
 * @throws ConnectError ERR_CCB_ONLY with the failure of each broker; ERR_TIMEOUT.
 */
export async function connectThroughCcb(address: Sinful, ask: AskBroker, host: Host): Promise<Channel> {
  const failures: string[] = [];
  let mayBeRestarting = false;
  let reason: 'not-registered' | undefined;
  for (const contact of rotated(ccbContacts(address), host)) {
    const broker = formatEndpoint(contact.broker);
    try {
      return await throughBroker(contact, ask, host);
    } catch (error) {
      if (host.signal.aborted || !(error instanceof HTCondorError)) throw error;
      host.log.debug(`ccb: broker ${broker}: ${error.message}`);
      failures.push(`broker ${broker}: ${error.message}`);
      if (!(error instanceof ConnectError)) continue;
      mayBeRestarting ||= error.mayBeRestarting;
      if (error.reason === 'not-registered') reason = error.reason;
    }
  }
  const text = failures.length > 0 ? failures.join('; ') : 'the address contains no valid CCB contact';
  throw new ConnectError('ERR_CCB_ONLY', text, { peer: formatSinful(address), mayBeRestarting, reason });
}

function rotated<T>(list: readonly T[], host: Host): readonly T[] {
  if (list.length < 2) return list;
  const start = (host.randomBytes(1)[0] ?? 0) % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

async function throughBroker(contact: CcbContact, ask: AskBroker, host: Host): Promise<Channel> {
  let reply = await requestConnection(contact, true, ask, host);
  // The broker does not support streaming, or has reached its limit. Request a connection from the daemon to this host
  // instead.
  if (reply instanceof Unavailable && /stream/i.test(reply.reason))
    reply = await requestConnection(contact, false, ask, host);
  if (reply instanceof Unavailable) {
    // After a restart, a daemon registers with its broker again, and its previous CCB ID becomes invalid
    // (CCBServer::HandleRequest).
    const mayBeRestarting = /no daemon is currently registered/i.test(reply.reason);
    const reason = mayBeRestarting ? 'not-registered' : undefined;
    throw new ConnectError('ERR_CCB_ONLY', `it replied "${reply.reason}"`, { mayBeRestarting, reason });
  }
  host.log.debug(`ccb: broker ${formatEndpoint(contact.broker)}: ${reply.way}`);
  return reply.channel;
}

/**
 * Sends one request to a broker. If `streaming` is true, requests a connection that the broker relays; brokers earlier
 * than HTCondor 25.12 ignore this flag. If `streaming` is false, requests a connection from the daemon to the client.
 */
async function requestConnection(
  { broker, ids }: CcbContact,
  streaming: boolean,
  ask: AskBroker,
  host: Host,
): Promise<Connected> {
  const limited = branchOf(host);
  const timer = setTimeout(limited.cancel, BROKER_TIMEOUT_MS);
  const claimId = Buffer.from(host.randomBytes(CLAIM_ID_LENGTH)).toString('hex');
  const isGreeting = (message: Reader) => isReverseConnect(message, claimId);
  let listener: ReverseListener | undefined;
  const [id, ...route] = ids;
  const call: BrokerCall = {
    address: broker,
    command: CCB_REQUEST,
    request: (message) =>
      putClassAd(message, {
        CCBID: streaming ? id : ids.join('#'),
        CCBRoute: streaming && route.length > 0 ? route.join(' ') : undefined,
        ClaimId: claimId,
        MyAddress: listener === undefined ? '' : formatSinful({ ...listener.endpoint, params: new Map() }),
        Name: 'condor-token-fetch',
        CCBStreamingRequired: streaming || undefined,
      }),
    async connect(within) {
      const channel = await connect(broker, within);
      listener ??= await listen(channel, isGreeting, limited.host);
      return channel;
    },
  };
  try {
    return await ask(call, (channel) => waitForDaemon(channel, listener, isGreeting), limited.host);
  } catch (error) {
    if (!limited.host.signal.aborted || host.signal.aborted) throw error;
    const where = listener === undefined ? '' : `; the daemon did not connect to ${formatEndpoint(listener.endpoint)}`;
    throw new ConnectError('ERR_CCB_ONLY', `no connection within ${BROKER_TIMEOUT_MS / 1000} s${where}`);
  } finally {
    clearTimeout(timer);
    listener?.close();
  }
}

/** Result if the daemon would have to connect to this host but no port is open. Waiting would then be pointless. */
const NO_LISTENER = new Unavailable('the client has no port for the connection from the daemon');

/**
 * Opens a port for the daemon's connection, on the local address of the connection to the broker. Returns undefined if
 * no port can be opened. A connection that the broker relays does not need a port.
 */
async function listen(
  { localAddress }: Channel,
  isGreeting: (message: Reader) => boolean,
  host: Host,
): Promise<ReverseListener | undefined> {
  if (localAddress === undefined) return undefined;
  try {
    return await ReverseListener.open(localAddress, isGreeting, host);
  } catch (error) {
    host.log.debug(`ccb: cannot listen for the daemon: ${printable(String(error))}`);
    return undefined;
  }
}

/**
 * Waits for the first of these events: the daemon connects to the port, the broker relays the daemon's connection, or
 * the broker refuses the request.
 */
async function waitForDaemon(
  broker: Channel,
  listener: ReverseListener | undefined,
  isGreeting: (message: Reader) => boolean,
): Promise<Connected> {
  const connected = listener?.connected;
  const replied = receiveReply(broker, isGreeting).then((reply) => reply ?? connected ?? NO_LISTENER);
  const first = await Promise.race(connected === undefined ? [replied] : [connected, replied]);
  if (first instanceof Unavailable) return first;
  const way = first === broker ? 'the broker relays the connection' : 'the daemon connected to the client';
  return { channel: first.handOver(broker.roundTrips), way };
}

/**
 * Receives the broker's reply (CCBServer::RequestReply, HandleReverseConnect). Returns undefined if the broker accepts
 * the request but does not relay the connection.
 */
async function receiveReply(
  broker: Channel,
  isGreeting: (message: Reader) => boolean,
): Promise<Channel | Unavailable | undefined> {
  const reply = await broker.receive(getClassAd).catch((error: unknown) => {
    // The broker has already received the request, so repeating it without a session would not help.
    if (!isConnectionClosed(error)) throw error;
    throw new ConnectError('ERR_CCB_ONLY', `no reply: ${error.message}`, { cause: error });
  });
  if (reply.boolean('Result') !== true) return new Unavailable(reply.string('ErrorString') ?? 'no');
  if (reply.boolean('ProxyMode') !== true) return undefined;
  if (await broker.receive(isGreeting)) return broker;
  throw new ProtocolError('ERR_MESSAGE', 'the CCB broker connected the client to a different daemon');
}

/** True if the first message on a connection contains the client's secret (CCBListener::ReverseConnected). */
function isReverseConnect(message: Reader, claimId: string): boolean {
  const command = message.int();
  const received = Buffer.from(getClassAd(message).string('ClaimId') ?? '');
  const expected = Buffer.from(claimId);
  return (
    command === CCB_REVERSE_CONNECT &&
    received.length === expected.length &&
    crypto().timingSafeEqual(received, expected)
  );
}
