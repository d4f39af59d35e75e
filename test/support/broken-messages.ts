/** How a message of a peer may be broken, and what a client has to make of it. */
import assert from 'node:assert/strict';
import { putHeader } from '../../src/wire/frame.ts';
import { concat, type Writer } from '../../src/wire/writer.ts';
import { bytesOf } from './scripted-channel.ts';
import type { Fault } from './server-channel.ts';

export interface BrokenMessage {
  readonly what: string;
  readonly fault: Fault;
  /** Codes of the errors that are right; which it is depends on what the message was. */
  readonly code: RegExp;
  /** The client cannot know that there is no more to come: only its deadline ends it. */
  readonly waits?: boolean;
}

/** `parsed`: codes of a message whose frame is whole, and whose content makes no sense. */
export function brokenMessages(parsed: RegExp): readonly BrokenMessage[] {
  const code = (...words: string[]) => new RegExp(`^ERR_(${words.join('|')})$`);
  return [
    { what: 'hangs up', fault: 'close', code: code('CLOSED') },
    { what: 'resets', fault: 'reset', code: code('CLOSED') },
    { what: 'says nothing', fault: 'silence', code: code('TIMEOUT'), waits: true },
    {
      what: 'stops in the middle',
      fault: { last: (frame) => frame.subarray(0, -1) },
      code: code('TIMEOUT'),
      waits: true,
    },
    { what: 'sends an empty frame', fault: () => Uint8Array.of(1, 0, 0, 0, 0), code: code('FRAME') },
    { what: 'announces 4 GiB', fault: () => Uint8Array.of(1, 255, 255, 255, 255), code: code('FRAME') },
    { what: 'speaks HTTP', fault: () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), code: code('FRAME') },
    {
      what: 'never ends its message',
      fault: { last: (frame) => Uint8Array.of(0, ...frame.subarray(1)) },
      code: code('TIMEOUT'),
      waits: true,
    },
    { what: 'sends a byte too few', fault: (frame) => resized(frame, -1), code: parsed },
    { what: 'sends a byte too many', fault: (frame) => resized(frame, 1), code: parsed },
    {
      what: 'sends half of its message',
      fault: (frame) => resized(frame, 5 - Math.ceil(frame.length / 2)),
      code: parsed,
    },
    { what: 'sends one byte', fault: () => Uint8Array.of(1, 0, 0, 0, 1, 7), code: parsed },
    { what: 'sends bytes with all bits set', fault: (frame) => filled(frame, 255), code: parsed },
  ];
}

/** A frame with so many more bytes, zeros, or fewer, and with the header that fits. */
function resized(frame: Uint8Array, by: number): Uint8Array {
  const body = new Uint8Array(frame.length - 5 + by);
  body.set(frame.subarray(5, 5 + body.length));
  return concat([putHeader(body.length), body]);
}

function filled(frame: Uint8Array, byte: number): Uint8Array {
  return concat([frame.subarray(0, 5), new Uint8Array(frame.length - 5).fill(byte)]);
}

/** Another message in clear instead of the one that belongs there. */
export function instead(write: (message: Writer) => unknown): Fault {
  return () => {
    const body = bytesOf(write);
    return concat([putHeader(body.length), body]);
  };
}

/** Everything about an error that somebody may print: it and its causes, with their stacks. */
export function allOf(error: unknown): string {
  const texts: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    texts.push(String(each), each.stack ?? '', JSON.stringify(each));
    for (const part of each instanceof AggregateError ? each.errors : []) texts.push(allOf(part));
  }
  return texts.join('\n');
}

/** None of these words is in an error, or in anything else that was said. */
export function assertHidden(secrets: readonly string[], error: unknown, ...said: readonly string[]): void {
  const shown = [allOf(error), ...said].join('\n');
  for (const secret of secrets) {
    assert.ok(secret.length > 7, 'a secret that may be there by chance');
    assert.ok(!shown.includes(secret), `${secret.slice(0, 7)}… is shown`);
  }
}
