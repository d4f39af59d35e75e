/**
 * Encodes and decodes the subset of ASN.1 DER that Kerberos uses: one-byte tags and definite lengths (X.690 §8 and §10;
 * RFC 4120 §5.1 to §5.2). The reader is not recursive. The calling code explicitly enters each structure that it
 * expects, so the nesting depth is bounded.
 */
import { KerberosError } from './kerberos-error.ts';

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const GENERALIZED_TIME = 0x18;
const GENERAL_STRING = 0x1b;
const SEQUENCE = 0x30;

/** Maximum number of elements in a SEQUENCE OF. Lists in Kerberos messages have at most a dozen elements. */
const MAX_ELEMENTS = 64;

const utf8 = new TextEncoder();

/** Returns the tag of an application-class structure, such as a ticket. */
const application = (number: number): number => 0x60 | number;
/** Returns the tag of a field in a structure. Kerberos uses explicit tags for all fields. */
const field = (number: number): number => 0xa0 | number;

function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest & 255);
  const header = length < 128 ? [tag, length] : [tag, 0x80 | size.length, ...size];
  return Buffer.concat([Uint8Array.from(header), ...parts]);
}

/** Encoders for the ASN.1 types. Undefined fields are omitted. */
export const der = {
  integer(value: number): Uint8Array {
    const bytes: number[] = [value & 255];
    for (let rest = Math.floor(value / 256); ; rest = Math.floor(rest / 256)) {
      const [first = 0] = bytes;
      if ((rest === 0 && first < 128) || (rest === -1 && first >= 128)) break;
      bytes.unshift(rest & 255);
    }
    return element(INTEGER, Uint8Array.from(bytes));
  },
  octets: (bytes: Uint8Array): Uint8Array => element(OCTET_STRING, bytes),
  text: (text: string): Uint8Array => element(GENERAL_STRING, utf8.encode(text)),
  /** Encodes KerberosFlags, which have 32 bits (RFC 4120 §5.2.8). */
  flags(value: number): Uint8Array {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setUint32(1, value);
    return element(BIT_STRING, bytes);
  },
  /** Encodes seconds since 1970 as KerberosTime (RFC 4120 §5.2.3). */
  time(seconds: number): Uint8Array {
    const text = new Date(seconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '');
    return element(GENERALIZED_TIME, utf8.encode(text));
  },
  list: (items: readonly Uint8Array[]): Uint8Array => element(SEQUENCE, ...items),
  /** Encodes a SEQUENCE. `fields` maps each field number to the encoded field. */
  structure(fields: Readonly<Record<number, Uint8Array | undefined>>): Uint8Array {
    const present = Object.entries(fields).filter(
      (each): each is [string, Uint8Array] => each[1] !== undefined, // integer keys are iterated in ascending order
    );
    return element(SEQUENCE, ...present.map(([number, value]) => element(field(Number(number)), value)));
  },
  application: (number: number, content: Uint8Array): Uint8Array => element(application(number), content),
};

/**
 * Reads elements in order. Every method throws KerberosError if the next element has a different type or exceeds its
 * container.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** True if the next element is an application-class structure with this number. */
  isApplication(number: number): boolean {
    return this.#bytes[this.#at] === application(number);
  }

  /** Enters an application-class structure that has one of these numbers, and the SEQUENCE in it. */
  application(...numbers: readonly number[]): DerReader {
    const number = numbers.find((each) => this.isApplication(each)) ?? numbers[0] ?? 0;
    return new DerReader(this.#content(application(number))).structure();
  }

  structure(): DerReader {
    return new DerReader(this.#content(SEQUENCE));
  }

  field(number: number): DerReader {
    return new DerReader(this.#content(field(number)));
  }

  /** Enters the next field if it has this number; otherwise returns undefined. */
  optional(number: number): DerReader | undefined {
    return this.#bytes[this.#at] === field(number) ? this.field(number) : undefined;
  }

  /** Returns the elements of a SEQUENCE OF. `read` parses each element. */
  list<T>(read: (item: DerReader) => T): readonly T[] {
    const items = this.structure();
    const found: T[] = [];
    while (items.#at < items.#bytes.length) {
      if (found.length === MAX_ELEMENTS) throw new KerberosError(`a list of more than ${MAX_ELEMENTS} elements`);
      found.push(read(items));
    }
    return found;
  }

  integer(): number {
    const bytes = this.#content(INTEGER);
    const [first] = bytes;
    if (first === undefined || bytes.length > 5) throw new KerberosError('an integer is out of range');
    return bytes.reduce((sum, byte) => sum * 256 + byte, first >= 128 ? -1 : 0);
  }

  octets(): Uint8Array {
    return this.#content(OCTET_STRING);
  }

  text(): string {
    return Buffer.from(this.textBytes()).toString();
  }

  /** Reads a string that is not necessarily UTF-8, such as a salt. */
  textBytes(): Uint8Array {
    return this.#content(GENERAL_STRING);
  }

  /** Reads a KerberosTime and returns it in seconds since 1970. */
  time(): number {
    const text = Buffer.from(this.#content(GENERALIZED_TIME)).toString('latin1');
    const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number);
    if (parts === undefined) throw new KerberosError('a time is not a KerberosTime');
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
  }

  /** Returns the next element, including its tag and length. */
  element(): Uint8Array {
    const start = this.#at;
    this.#content(this.#bytes[start] ?? 0);
    return this.#bytes.subarray(start, this.#at);
  }

  #content(tag: number): Uint8Array {
    const { length } = this.#bytes;
    if (this.#bytes[this.#at] !== tag) throw new KerberosError(`element 0x${tag.toString(16)} is missing`);
    const first = this.#bytes[this.#at + 1] ?? 0x80;
    let at = this.#at + 2;
    let size = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 4) throw new KerberosError('a length is indefinite');
      size = this.#bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0);
      at += count;
    }
    if (at + size > length) throw new KerberosError('an element exceeds its container');
    this.#at = at + size;
    return this.#bytes.subarray(at, this.#at);
  }
}
