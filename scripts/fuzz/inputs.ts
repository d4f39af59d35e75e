/**
 * Converts the bytes of an input into the argument of a target. The first byte selects the conversion, so the choice is
 * fuzzed too.
 */
import assert from 'node:assert/strict';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';

/** Values of the first byte of an input. Each value selects an interpretation of the remaining bytes. */
const [RAW, RAW_ENCRYPTED, LINES, LINES_ENCRYPTED] = [0, 1, 2, 3];

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/**
 * Returns one message: either the raw bytes, or an ad with the lines of the input and with correct counts and lengths.
 */
export function messageOf(input: Uint8Array, mayBeEncrypted = true): { bytes: Uint8Array; encrypted: boolean } {
  const mode = (input[0] ?? 0) & 3;
  const body = input.subarray(1);
  const encrypted = mayBeEncrypted && (mode === RAW_ENCRYPTED || mode === LINES_ENCRYPTED);
  return { bytes: mode < LINES ? body : adBytes(body, encrypted), encrypted };
}

export function readerOf(input: Uint8Array): Reader {
  const { bytes, encrypted } = messageOf(input);
  return new Reader(bytes, encrypted);
}

function adBytes(lines: Uint8Array, encrypted: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let from = 0; from <= lines.length; ) {
    const newline = lines.indexOf(10, from);
    const end = newline === -1 ? lines.length : newline;
    parts.push(lines.subarray(from, end));
    from = end + 1;
  }
  const message = new Writer(encrypted).int(parts.length);
  for (const part of parts) {
    if (encrypted) message.int(part.length + 1);
    message.bytes(part).bytes(Uint8Array.of(0));
  }
  return message.string('').string('').finish();
}

/** Returns the input that encodes an ad with these lines. */
export function adInput(...lines: readonly string[]): Uint8Array {
  return Buffer.from(`\x02${lines.join('\n')}`);
}

/** Returns the input that encodes this message, in the cleartext or the encrypted encoding. */
export function rawInput(write: (message: Writer) => unknown, encrypted = false): Uint8Array {
  const message = new Writer(encrypted);
  write(message);
  return Buffer.concat([Uint8Array.of(encrypted ? RAW_ENCRYPTED : RAW), message.finish()]);
}

const SEPARATOR = '\xff\xfe';

/** Splits an input into several messages, each with its own first byte. */
export function messagesOf(input: Uint8Array): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let from = 0; from <= input.length; ) {
    const found = Buffer.from(input.buffer, input.byteOffset, input.length).indexOf(SEPARATOR, from, 'latin1');
    const end = found === -1 ? input.length : found;
    messages.push(messageOf(input.subarray(from, end), false).bytes);
    from = end + SEPARATOR.length;
  }
  return messages;
}

export function inputOf(...messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(messages.flatMap((each, at) => (at === 0 ? [each] : [Buffer.from(SEPARATOR, 'latin1'), each])));
}

/** Decodes an input as UTF-8 or as arbitrary UTF-16 code units, including lone surrogates. */
export function textOf(input: Uint8Array): string {
  const body = Buffer.from(input.buffer, input.byteOffset, input.length).subarray(1);
  return ((input[0] ?? 0) & 1) === 0 ? body.toString('utf8') : body.toString('utf16le');
}

export function textInput(text: string): Uint8Array {
  return Buffer.from(`\0${text}`);
}

/** Reports whether a message was read to its end. */
export function allRead(reader: Reader): string {
  assert.ok(reader.remaining >= 0);
  return reader.remaining === 0 ? 'read' : 'read, and more behind it';
}

export { latin1 };
