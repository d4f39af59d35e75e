import type { SessionKey } from './encryption.ts';
import type { Principal } from './principal.ts';

/** A ticket, with the key that goes with it. */
export interface Ticket {
  readonly client: Principal;
  readonly service: Principal;
  readonly key: SessionKey;
  /** Seconds since 1970. */
  readonly endTime: number;
  /** The Ticket structure, for the service to read. */
  readonly encoded: Uint8Array;
}

/** What a KDC is asked for. */
export interface TicketRequest {
  readonly client: Principal;
  readonly service: Principal;
  /** In 31 bits, which all implementations read alike. */
  readonly nonce: number;
  readonly encryptionTypes: readonly number[];
}

/** A time in the parts that Kerberos has: seconds since 1970, and microseconds. */
export interface KerberosTime {
  readonly seconds: number;
  readonly microseconds: number;
}
