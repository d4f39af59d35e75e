/** Faults in one message from a daemon, and assertions that errors do not contain secrets. */
import assert from 'node:assert/strict';
import { putHeader } from '../../../src/wire/frame.ts';
import { concat, type Writer } from '../../../src/wire/writer.ts';
import type { Fault } from '../embedded-pool/server-channel.ts';
import { bytesOf } from '../scripted-channel.ts';

/** The faults to inject into each message from a daemon. */
export const MESSAGE_FAULTS = {
  'closes the connection': 'close',
  'resets the connection': 'reset',
  'sends nothing': 'silence',
  'sends all but the last byte': { last: (frame) => frame.subarray(0, -1) },
  'sends an empty frame': () => Uint8Array.of(1, 0, 0, 0, 0),
  'announces 4 GiB': () => Uint8Array.of(1, 255, 255, 255, 255),
  'sends an HTTP response': () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'never ends the message': { last: (frame) => Uint8Array.of(0, ...frame.subarray(1)) },
  'sends a body one byte too short': (frame) => resized(frame, -1),
  'sends a body one byte too long': (frame) => resized(frame, 1),
  'sends half of the body': (frame) => resized(frame, 5 - Math.ceil(frame.length / 2)),
  'sends a body of one byte': () => Uint8Array.of(1, 0, 0, 0, 1, 7),
  'sends a body of ones': (frame) => filled(frame, 255),
  'sends a body of zeros': (frame) => filled(frame, 0),
} as const satisfies Readonly<Record<string, Fault>>;

export type MessageFault = keyof typeof MESSAGE_FAULTS;

/** Adds `by` zero bytes to the body, or removes bytes if `by` is negative. Adjusts the header accordingly. */
function resized(frame: Uint8Array, by: number): Uint8Array {
  const body = new Uint8Array(frame.length - 5 + by);
  body.set(frame.subarray(5, 5 + body.length));
  return concat([putHeader(body.length), body]);
}

function filled(frame: Uint8Array, byte: number): Uint8Array {
  return concat([frame.subarray(0, 5), new Uint8Array(frame.length - 5).fill(byte)]);
}

/** Returns a fault that sends this unencrypted message in place of the expected one. */
export function instead(write: (message: Writer) => unknown): Fault {
  return () => {
    const body = bytesOf(write);
    return concat([putHeader(body.length), body]);
  };
}

/** Returns all printable text of an error and its causes, including stacks. */
export function allOf(error: unknown): string {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    texts.push(String(each), each.stack ?? '', JSON.stringify(each));
    for (const part of each instanceof AggregateError ? each.errors : []) texts.push(allOf(part));
  }
  return texts.join('\n');
}

/** Asserts that neither the error nor any other text contains a secret. */
export function assertHidden(secrets: readonly string[], error: unknown, ...said: readonly string[]): void {
  const shown = [allOf(error), ...said].join('\n');
  for (const secret of secrets) {
    assert.ok(secret.length > 7, 'a secret that is long enough not to occur by chance');
    assert.ok(!shown.includes(secret), `${secret.slice(0, 7)}… is shown`);
  }
}
