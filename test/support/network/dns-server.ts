/** A DNS server that serves SRV records over UDP (RFC 1035, RFC 2782). */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

interface Srv {
  readonly priority?: number;
  readonly weight?: number;
  readonly port: number;
  /** The host name. `.` means that the domain does not provide the service. */
  readonly target: string;
}

/** The server's response: records, an error code, raw bytes after the header, or no response. */
type Response = readonly Srv[] | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'REFUSED' | Buffer | undefined;

const CODES: readonly unknown[] = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const SRV = 33;
const HEADER_LENGTH = 12;
const IS_RESPONSE = 0x8180;
const QUESTION_NAME = 0xc000 | HEADER_LENGTH;

export class DnsServer {
  /** Names that clients queried, in lower case and in order. */
  readonly asked: string[] = [];
  readonly #socket: Socket = createSocket('udp4');

  /** Starts a server. `respond` returns the response to a query for a name. */
  static async start(respond: (name: string) => Response): Promise<DnsServer> {
    const server = new DnsServer();
    const socket = server.#socket;
    socket.on('message', (query, { port, address }) => {
      const { name, end } = questionOf(query);
      server.asked.push(name.toLowerCase());
      const response = respond(name);
      if (response !== undefined) socket.send(packet(query.subarray(0, end), response), port, address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  /** The address for `dns.setServers`, as `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }
}

/** Returns the name in a query's question section, and the offset of its end. */
function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_LENGTH;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 5 };
}

function packet(query: Buffer, response: Exclude<Response, undefined>): Buffer {
  const header = Buffer.from(query.subarray(0, HEADER_LENGTH));
  const records = typeof response === 'string' || Buffer.isBuffer(response) ? [] : (response as readonly Srv[]);
  header.writeUInt16BE(IS_RESPONSE | Math.max(CODES.indexOf(response), 0), 2);
  header.writeUInt16BE(records.length, 6);
  header.fill(0, 8); // omits authority records and additional records, such as those of EDNS
  const rest = Buffer.isBuffer(response) ? response : query.subarray(HEADER_LENGTH);
  return Buffer.concat([header, rest, ...records.map(recordOf)]);
}

function recordOf({ priority = 0, weight = 0, port, target }: Srv): Buffer {
  const labels = target.split('.').filter((label) => label !== '');
  const name = labels.map((label) => Buffer.concat([Uint8Array.of(label.length), Buffer.from(label)]));
  const data = Buffer.concat([numbers(priority, weight, port), ...name, Uint8Array.of(0)]);
  return Buffer.concat([numbers(QUESTION_NAME, SRV, 1, 0, 60, data.length), data]);
}

/** Encodes numbers in 16 bits each. */
function numbers(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length);
  for (const [at, value] of values.entries()) buffer.writeUInt16BE(value, 2 * at);
  return buffer;
}
