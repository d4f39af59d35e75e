/**
 * Request handlers for the CCB broker of an embedded pool. They behave like the brokers in HTCondor releases earlier
 * than 25.12, or like those in 25.12 and later.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type ClassAd, putClassAd } from '../../../src/wire/classad.ts';
import { putHeader } from '../../../src/wire/frame.ts';
import { concat, Writer } from '../../../src/wire/writer.ts';
import type { EmbeddedPool } from './pool.ts';
import type { ServerChannel } from './server-channel.ts';
import type { Ad, Client } from './settings.ts';

/** A CCB_REQUEST that the broker received. */
export interface BrokerRequest {
  readonly ad: ClassAd;
  readonly channel: ServerChannel;
  /** The local end of the connection. */
  readonly local: Client['local'];
  /** True if the client sent the request in a session, and therefore encrypted. */
  readonly inSession: boolean;
}

export const CCB_REQUEST = 68;
const CCB_REVERSE_CONNECT = 69;

/**
 * Returns the address of a schedd that is reachable only through the broker of `pool`. No process listens on
 * `deadPort`.
 */
export function hiddenSchedd(
  pool: { readonly collector: string },
  deadPort: number,
  contacts = `${pool.collector}#7`,
): string {
  return `<127.0.0.1:${deadPort}?CCBID=${encodeURIComponent(contacts)}>`;
}

/** Relays the connection. After the greeting, the client communicates directly with the schedd. */
export async function stream({ ad, channel, local }: BrokerRequest, pool: EmbeddedPool, greet: Ad = {}): Promise<void> {
  await channel.send('ccb reply', (message) => putClassAd(message, { Result: true, ProxyMode: true }));
  await channel.send('ccb greeting', (message) => putGreeting(message, { ...greetingFor(ad), ...greet }));
  channel.forget();
  await pool.serveSchedd(channel, local);
}

/** Makes the schedd connect to the client, and sends the result to the client. */
export async function connectBack({ ad, channel }: BrokerRequest, pool: EmbeddedPool, greet: Ad = {}): Promise<void> {
  const socket = connect({ ...returnAddress(ad), noDelay: true });
  try {
    await once(socket, 'connect');
  } catch {
    return await refuse({ channel }, 'failed to connect');
  }
  const served = pool.connectFrom(socket, greetingFrame({ ...greetingFor(ad), ...greet }));
  await channel.send('ccb reply', (message) => putClassAd(message, { Result: true, ErrorString: '' }));
  await served;
}

export async function refuse({ channel }: Pick<BrokerRequest, 'channel'>, ErrorString: string): Promise<void> {
  await channel.send('ccb reply', (message) => putClassAd(message, { Result: false, ErrorString }));
}

/** Returns the endpoint on which the client listens. */
export function returnAddress(ad: BrokerRequest['ad']): { host: string; port: number } {
  const [, host = '', port = ''] = /^<\[?([^>\]]+)\]?:(\d+)>$/.exec(ad.string('MyAddress') ?? '') ?? [];
  return { host, port: Number(port) };
}

export function greetingFor(ad: BrokerRequest['ad']): Ad {
  return { ClaimId: ad.string('ClaimId'), RequestID: '1', MyAddress: ad.string('MyAddress') };
}

export function greetingFrame(ad: Ad, command = CCB_REVERSE_CONNECT): Uint8Array {
  const message = putGreeting(new Writer(), ad, command).finish();
  return concat([putHeader(message.length), message]);
}

export function putGreeting(message: Writer, ad: Ad, command = CCB_REVERSE_CONNECT): Writer {
  putClassAd(message.int(command), ad);
  return message;
}
