/**
 * Reaches a daemon that nobody can connect to, through the broker that it keeps a connection with (CCBClient in C++).
 *
 * The broker makes the daemon connect: to a port of ours, or, since HTCondor 25.12, to the broker, which then passes
 * everything on between the two. Either way the daemon begins with a word that we gave to the broker, and from then on
 * we are the client, as if we had connected. That word keeps others off; it proves nothing.
 */

import { ConnectError, HTCondorError, ProtocolError } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { type CcbContact, ccbContacts } from '../transport/ccb-contact.ts';
import type { Channel } from '../transport/channel.ts';
import { connect } from '../transport/connect.ts';
import { ReverseListener } from '../transport/reverse-listener.ts';
import { formatEndpoint, formatSinful, type Sinful } from '../transport/sinful.ts';
import { getClassAd, putClassAd } from '../wire/classad.ts';
import type { Reader } from '../wire/reader.ts';
import type { Writer } from '../wire/writer.ts';
import { CCB_REQUEST, CCB_REVERSE_CONNECT } from './commands.ts';

/** One request to a broker. `connect` gets there and has everything ready that `request` writes of. */
export interface BrokerCall {
  readonly address: Sinful;
  readonly command: number;
  readonly request: (message: Writer) => void;
  readonly connect: (host: Host) => Promise<Channel>;
}

/** Sends a request in a session, or in clear where the broker does not take our credentials, and has the reply read. */
export type AskBroker = <T>(call: BrokerCall, read: (channel: Channel) => Promise<T>, host: Host) => Promise<T>;

/** A broker gets this long for everything, the daemon's connection included (DEFAULT_CEDAR_TIMEOUT in C++). */
const BROKER_TIMEOUT_MS = 20_000;

/** As many bytes as C++ takes. */
const CLAIM_ID_LENGTH = 20;

/** The daemon is on the line, in one way or the other; or the broker says why not. */
type Answer = { readonly channel: Channel; readonly way: string } | { readonly refusal: string };

/**
 * A connection to the daemon through the first of its brokers that makes one. They are asked in turn, beginning
 * anywhere, so that they share the work.
 *
 * @throws ConnectError ERR_CCB_ONLY with what became of each broker; ERR_TIMEOUT.
 */
export async function connectThroughCcb(address: Sinful, ask: AskBroker, host: Host): Promise<Channel> {
  const failures: string[] = [];
  let mayBeRestarting = false;
  for (const contact of rotated(ccbContacts(address), host)) {
    const broker = formatEndpoint(contact.broker);
    try {
      return await throughBroker(contact, ask, host);
    } catch (error) {
      if (host.signal.aborted || !(error instanceof HTCondorError)) throw error;
      host.log.debug(`ccb: broker ${broker}: ${error.message}`);
      failures.push(`broker ${broker}: ${error.message}`);
      mayBeRestarting ||= error instanceof ConnectError && error.mayBeRestarting;
    }
  }
  const text = failures.length > 0 ? failures.join('; ') : 'the address contains no valid CCB contact';
  throw new ConnectError('ERR_CCB_ONLY', text, { peer: formatSinful(address), mayBeRestarting });
}

function rotated<T>(list: readonly T[], host: Host): readonly T[] {
  if (list.length < 2) return list;
  const start = (host.randomBytes(1)[0] ?? 0) % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}

async function throughBroker(contact: CcbContact, ask: AskBroker, host: Host): Promise<Channel> {
  let answer = await request(contact, true, ask, host);
  // Streaming is switched off there, or as much of it is going on as is allowed: then to a port of ours.
  if ('refusal' in answer && /stream/i.test(answer.refusal)) answer = await request(contact, false, ask, host);
  if ('refusal' in answer) {
    // A daemon that restarts registers with its broker anew; its old number is gone (CCBServer::HandleRequest).
    const mayBeRestarting = /no daemon is currently registered/i.test(answer.refusal);
    throw new ConnectError('ERR_CCB_ONLY', `it replied "${answer.refusal}"`, { mayBeRestarting });
  }
  host.log.debug(`ccb: broker ${formatEndpoint(contact.broker)}: ${answer.way}`);
  return answer.channel;
}

/**
 * One request: for streaming, which brokers before 25.12 take for a request to make the daemon connect to us, or for
 * just that.
 */
async function request({ broker, ids }: CcbContact, streaming: boolean, ask: AskBroker, host: Host): Promise<Answer> {
  const late = new AbortController();
  const limited = { ...host, signal: AbortSignal.any([host.signal, late.signal]) };
  const timer = setTimeout(() => late.abort(), BROKER_TIMEOUT_MS);
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
      listener ??= await listen(channel, isGreeting, limited);
      return channel;
    },
  };
  try {
    return await ask(call, (channel) => answerOf(channel, listener, isGreeting), limited);
  } catch (error) {
    if (!late.signal.aborted || host.signal.aborted) throw error;
    const where = listener === undefined ? '' : `; the daemon did not connect to ${formatEndpoint(listener.endpoint)}`;
    throw new ConnectError('ERR_CCB_ONLY', `no connection within ${BROKER_TIMEOUT_MS / 1000} s${where}`);
  } finally {
    clearTimeout(timer);
    listener?.close();
  }
}

/** It would be waited for in vain. */
const NOWHERE_TO_COME = { refusal: 'the client has no port for the connection from the daemon' };

/** A port where the daemon may come: at the address at which the broker sees us, so that is where it will look. */
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
    return undefined; // a broker that streams needs none
  }
}

/** Whichever is first: the daemon at our port, the daemon put through by the broker, or a refusal. */
async function answerOf(
  broker: Channel,
  listener: ReverseListener | undefined,
  isGreeting: (message: Reader) => boolean,
): Promise<Answer> {
  const atOurPort = listener?.connected;
  const replied = replyOf(broker, isGreeting).then((reply) => reply ?? atOurPort ?? NOWHERE_TO_COME);
  const came = await Promise.race(atOurPort === undefined ? [replied] : [atOurPort, replied]);
  if ('refusal' in came) return came;
  const way = came === broker ? 'the broker relays the connection' : 'the daemon connected to the client';
  return { channel: came.handOver(broker.roundTrips), way };
}

/** What the broker says (CCBServer::RequestReply, HandleReverseConnect); undefined: that the daemon has connected. */
async function replyOf(
  broker: Channel,
  isGreeting: (message: Reader) => boolean,
): Promise<Channel | { refusal: string } | undefined> {
  const reply = await broker.receive(getClassAd).catch((error: unknown) => {
    // It took the request: it is not for want of a session that it has no answer.
    if (!(error instanceof ConnectError) || error.code !== 'ERR_CLOSED') throw error;
    throw new ConnectError('ERR_CCB_ONLY', `no reply: ${error.message}`, { cause: error });
  });
  if (reply.boolean('Result') !== true) return { refusal: reply.string('ErrorString') ?? 'no' };
  if (reply.boolean('ProxyMode') !== true) return undefined;
  if (await broker.receive(isGreeting)) return broker;
  throw new ProtocolError('ERR_MESSAGE', 'the CCB broker connected the client to a different daemon');
}

/** The first message of a daemon that connects because it was asked to (CCBListener::ReverseConnected). */
function isReverseConnect(message: Reader, claimId: string): boolean {
  const command = message.int();
  const given = Buffer.from(getClassAd(message).string('ClaimId') ?? '');
  const wanted = Buffer.from(claimId);
  return command === CCB_REVERSE_CONNECT && given.length === wanted.length && crypto().timingSafeEqual(given, wanted);
}
