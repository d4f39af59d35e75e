/** The frames of a fetch by IDTOKENS, whose messages PASSWORD shares, and by TLS; and what may happen to each of them. */
import type { Damage, Direction, FaultPlan } from './fault-proxy.ts';

export const METHODS = ['IDTOKENS', 'SSL', 'SCITOKENS'] as const;
export type FaultMethod = (typeof METHODS)[number];

type Frames = Readonly<Record<Direction, readonly string[]>>;

/** What a method says itself stands between what all say. Encrypted are the request, the post-auth ad and the reply. */
const withAll = (own: Frames): Frames => ({
  'to the daemon': ['shared port', 'policy', 'method', ...own['to the daemon'], 'request'],
  'to us': ['policy', 'method', ...own['to us'], 'key exchange', 'post-auth', 'reply'],
});

/** In the order of their direction, with TLS 1.3. */
export const FRAMES: Readonly<Record<FaultMethod, Frames>> = {
  IDTOKENS: withAll({ 'to the daemon': ['AKEP2 1', 'AKEP2 3'], 'to us': ['AKEP2 2'] }),
  SSL: withAll({
    'to the daemon': ['TLS ready', 'TLS hello', 'TLS finished', 'TLS done'],
    'to us': ['TLS ready', 'TLS hello', 'TLS tickets', 'TLS secret'],
  }),
  SCITOKENS: withAll({
    'to the daemon': ['TLS ready', 'TLS hello', 'TLS finished', 'TLS done', 'SciToken'],
    'to us': ['TLS ready', 'TLS hello', 'TLS tickets', 'TLS secret', 'accepted'],
  }),
};

/** Whether the message ends with this frame, and the length of what follows: 4 bytes, big endian. */
const HEADER = 5;

function withLength(frame: Uint8Array, length: number): Uint8Array {
  const changed = Uint8Array.from(frame);
  new DataView(changed.buffer).setUint32(1, length);
  return changed;
}

function flipped(frame: Uint8Array, at: number, bits = 1): Uint8Array {
  const changed = Uint8Array.from(frame);
  changed[at] = (changed[at] ?? 0) ^ bits;
  return changed;
}

export interface Fault {
  readonly name: string;
  readonly damage: FaultPlan['damage'];
}

const NOISE = Buffer.from('a4ff00017f', 'hex');
const bytes = (...all: readonly Uint8Array[]): Damage => ({ bytes: all });
const half = (frame: Uint8Array) => frame.subarray(0, frame.length >> 1);
const middle = (frame: Uint8Array) => HEADER + ((frame.length - HEADER) >> 1);

/** What comes is as it should be, only in other pieces. */
export const HARMLESS: readonly string[] = ['in single bytes', 'together with the next'];
/** The last frame that came from the other side, or from this one, once more. */
export const AGAIN = 'the frame before it again';

export const FAULTS: readonly Fault[] = [
  { name: 'in single bytes', damage: (frame) => bytes(...[...frame].map((byte) => Uint8Array.of(byte))) },
  { name: 'together with the next', damage: (frame) => ({ bytes: [frame], after: 'wait' }) },
  { name: 'a bit flipped in the middle', damage: (frame) => bytes(flipped(frame, middle(frame))) },
  { name: 'a bit flipped in the last byte', damage: (frame) => bytes(flipped(frame, frame.length - 1)) },
  { name: 'the end flag is 0', damage: (frame) => bytes(flipped(frame, 0)) },
  { name: 'the end flag is 2', damage: (frame) => bytes(flipped(frame, 0, 3)) },
  { name: 'length 0', damage: (frame) => bytes(withLength(frame, 0)) },
  { name: 'length 4 GiB', damage: (frame) => bytes(withLength(frame, 0xffff_ffff)) },
  { name: 'one byte less than it says', damage: (frame) => bytes(frame.subarray(0, -1)) },
  { name: 'cut off, then nothing', damage: (frame) => ({ bytes: [half(frame)], after: 'stall' }) },
  { name: 'cut off, then the end', damage: (frame) => ({ bytes: [half(frame)], after: 'end' }) },
  { name: 'twice', damage: (frame) => bytes(frame, frame) },
  { name: 'left out', damage: () => bytes() },
  { name: 'never comes', damage: () => ({ bytes: [], after: 'stall' }) },
  { name: 'the connection is reset', damage: () => ({ bytes: [], after: 'reset' }) },
  { name: 'half closed before it', damage: () => ({ bytes: [], after: 'end' }) },
  { name: 'noise before it', damage: (frame) => bytes(NOISE, frame) },
  { name: 'noise after it', damage: (frame) => bytes(frame, NOISE) },
  { name: AGAIN, damage: (frame, { 'to us': a, 'to the daemon': b }) => bytes(a.at(-1) ?? b.at(-1) ?? frame) },
];

/** Errors that a broken conversation may end in. */
export const BROKEN: RegExp =
  /^ERR_(CLOSED|TIMEOUT|FRAME|MESSAGE|CLASSAD|DECRYPT|NO_ENCRYPTION|NO_COMMON_METHOD|METHODS_EXHAUSTED|SERVER_UNPROVEN|DENIED|COMMAND_NOT_REGISTERED)$/;

/**
 * Whether a fetch may succeed in spite of it: nothing that is said was changed by it. Only the shared port's frame is
 * bound to nothing, and all that it can do is to choose among the daemons at that port; HTCondor passes over some noise
 * between two messages; and what comes behind the last frame of a direction is read by nobody.
 */
export function mayBeOverlooked(fault: string, direction: Direction, frame: string): boolean {
  const choosing = ['the end flag is 2', 'left out', 'a bit flipped in the middle', 'a bit flipped in the last byte'];
  if (frame === 'shared port') return choosing.includes(fault);
  if (fault.startsWith('noise'))
    return direction === 'to the daemon' || (frame === 'reply' && fault === 'noise after it');
  return fault === 'twice' && (frame === 'reply' || frame === 'request');
}
