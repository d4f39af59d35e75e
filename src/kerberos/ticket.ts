import type { SessionKey } from './encryption.ts';
import type { Principal } from './principal.ts';

/** A ticket and its session key. */
export interface Ticket {
  readonly client: Principal;
  readonly service: Principal;
  readonly key: SessionKey;
  /** Expiry of the ticket, in seconds since 1970. */
  readonly endTime: number;
  /** The encoded Ticket, which only the service can decrypt. */
  readonly encoded: Uint8Array;
}

/** Fields that vary between requests to a KDC. */
export interface TicketRequest {
  readonly client: Principal;
  readonly service: Principal;
  /** A random number of only 31 bits, because implementations interpret larger numbers differently. */
  readonly nonce: number;
  readonly encryptionTypes: readonly number[];
}

/** A point in time in the form that Kerberos uses: seconds since 1970, plus microseconds. */
export interface KerberosTime {
  readonly seconds: number;
  readonly microseconds: number;
}
