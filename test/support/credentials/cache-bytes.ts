import { der } from '../../../src/kerberos/der.ts';
import { type Principal, parsePrincipal, ticketGranting } from '../../../src/kerberos/principal.ts';
import type { Ticket } from '../../../src/kerberos/ticket.ts';

/** Returns a credential cache with one ticket, in the format that kinit writes. */
export function cacheBytes({ client, service, key, endTime, encoded }: Ticket): Uint8Array {
  const number = (value: number, length: number) => {
    const buffer = Buffer.alloc(length);
    buffer.writeUIntBE(value, 0, length);
    return buffer;
  };
  const counted = (content: Uint8Array | string) => {
    const buffer = Buffer.from(content as string);
    return Buffer.concat([number(buffer.length, 4), buffer]);
  };
  const principal = ({ components, realm }: Principal) =>
    Buffer.concat([number(1, 4), number(components.length, 4), counted(realm), ...components.map(counted)]);
  return Buffer.concat([
    ...[Uint8Array.of(5, 4), number(0, 2), principal(client)],
    ...[principal(client), principal(service), number(key.type, 2), counted(key.bytes)],
    ...[number(1, 4), number(1, 4), number(endTime, 4), number(0, 4), new Uint8Array(5)],
    ...[number(0, 4), number(0, 4), counted(encoded), counted('')],
  ]);
}

/** Returns a credential cache with a ticket-granting ticket for alice that no KDC issued. */
export function grantingCacheBytes(endTime = 2_000_000_000): Uint8Array {
  return cacheBytes({
    client: parsePrincipal('alice', 'POOL.TEST'),
    service: ticketGranting('POOL.TEST'),
    key: { type: 17, bytes: new Uint8Array(16).fill(5) },
    endTime,
    encoded: der.application(1, der.structure({})),
  });
}
