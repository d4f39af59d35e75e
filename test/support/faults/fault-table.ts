/**
 * The frames of a fetch with IDTOKENS (PASSWORD has the same frames), with TLS and with KERBEROS, and the expected
 * outcome of each fault in each frame.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project.ts';
import type { Damage, Direction, FaultPlan } from './fault-proxy.ts';

export const METHODS = ['IDTOKENS', 'SSL', 'SCITOKENS', 'KERBEROS'] as const;
export type FaultMethod = (typeof METHODS)[number];

type Frames = Readonly<Record<Direction, readonly string[]>>;

/**
 * Adds the frames that all methods share before and after the frames of one method. The request, the post-auth ad and
 * the reply are encrypted.
 */
const withAll = (own: Frames): Frames => ({
  'to the daemon': ['shared port', 'policy', 'method', ...own['to the daemon'], 'request'],
  'to the client': ['policy', 'method', ...own['to the client'], 'key exchange', 'post-auth', 'reply'],
});

/** Frames in the order in which they are sent, with TLS 1.3 and with a KERBEROS ticket for the daemon's host. */
export const FRAMES: Readonly<Record<FaultMethod, Frames>> = {
  IDTOKENS: withAll({ 'to the daemon': ['AKEP2 1', 'AKEP2 3'], 'to the client': ['AKEP2 2'] }),
  SSL: withAll({
    'to the daemon': ['TLS ready', 'TLS hello', 'TLS finished', 'TLS done'],
    'to the client': ['TLS ready', 'TLS hello', 'TLS tickets', 'TLS secret'],
  }),
  SCITOKENS: withAll({
    'to the daemon': ['TLS ready', 'TLS hello', 'TLS finished', 'TLS done', 'SciToken'],
    'to the client': ['TLS ready', 'TLS hello', 'TLS tickets', 'TLS secret', 'accepted'],
  }),
  KERBEROS: withAll({
    'to the daemon': ['ready', 'AP-REQ', 'accepted'],
    'to the client': ['mutual', 'AP-REP', 'mapped'],
  }),
};

/** Length of a frame header in bytes: 1 for the end flag, and 4 for the big-endian body length. */
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

interface Fault {
  readonly name: string;
  readonly damage: FaultPlan['damage'];
}

const NOISE = Buffer.from('a4ff00017f', 'hex');
const bytes = (...all: readonly Uint8Array[]): Damage => ({ bytes: all });
const half = (frame: Uint8Array) => frame.subarray(0, frame.length >> 1);
const singly = (frame: Uint8Array) => [...frame].map((byte) => Uint8Array.of(byte));
/** Omits the body, because 23.9 would parse it as more headers, and its content would then determine the outcome. */
const headerAlone = (frame: Uint8Array): Damage => ({ bytes: [frame.subarray(0, HEADER)], after: 'stall' });
/**
 * Removes the last byte. The next frame begins with 1, which takes the place of the removed byte. If the last byte is
 * random and happens to be 1, two bytes are removed. If a frame ends in the integer 1, it arrives complete, and the
 * next frame is damaged instead.
 */
const shortened = (frame: Uint8Array) => frame.subarray(0, frame.at(-1) === 1 && frame.at(-2) !== 0 ? -2 : -1);
const middle = (frame: Uint8Array) => HEADER + ((frame.length - HEADER) >> 1);

/** Faults that only change the sizes of the chunks in which the bytes arrive. */
const HARMLESS: readonly string[] = ['in single bytes', 'together with the next one'];
/**
 * The fault that replaces the frame with the most recent frame to the client. If no frame to the client precedes it,
 * the fault uses the most recent frame to the daemon.
 */
const AGAIN = 'the previous frame again';

export const FAULTS: readonly Fault[] = [
  { name: 'in single bytes', damage: (frame) => bytes(...singly(frame)) },
  { name: 'together with the next one', damage: (frame) => ({ bytes: [frame], after: 'wait' }) },
  { name: 'a bit flipped in the middle', damage: (frame) => bytes(flipped(frame, middle(frame))) },
  { name: 'a bit flipped in the last byte', damage: (frame) => bytes(flipped(frame, frame.length - 1)) },
  { name: 'the end flag is 0', damage: (frame) => bytes(flipped(frame, 0)) },
  { name: 'the end flag is 2', damage: (frame) => bytes(flipped(frame, 0, 3)) },
  { name: 'length 0', damage: (frame) => headerAlone(withLength(frame, 0)) },
  { name: 'length 4 GiB', damage: (frame) => headerAlone(withLength(frame, 0xffff_ffff)) },
  { name: 'one byte short', damage: (frame) => bytes(shortened(frame)) },
  { name: 'cut off, then silence', damage: (frame) => ({ bytes: [half(frame)], after: 'stall' }) },
  { name: 'cut off, then closed', damage: (frame) => ({ bytes: [half(frame)], after: 'end' }) },
  { name: 'sent twice', damage: (frame) => bytes(frame, frame) },
  { name: 'omitted', damage: () => bytes() },
  { name: 'never sent', damage: () => ({ bytes: [], after: 'stall' }) },
  { name: 'connection reset before it', damage: () => ({ bytes: [], after: 'reset' }) },
  { name: 'half-closed before it', damage: () => ({ bytes: [], after: 'end' }) },
  { name: 'noise before it', damage: (frame) => bytes(NOISE, frame) },
  { name: 'noise after it', damage: (frame) => bytes(frame, NOISE) },
  { name: AGAIN, damage: (frame, { 'to the client': a, 'to the daemon': b }) => bytes(a.at(-1) ?? b.at(-1) ?? frame) },
];

/**
 * Number of bytes that HTCondor's shared port reads with one call, without waiting for more: a header and the number of
 * a command (DaemonCommandProtocol::ReadHeader). If the bytes arrive separately, the kernel's timing determines whether
 * the shared port rejects them.
 */
const PEEKED = HEADER + 8;

export const DIRECTIONS: readonly Direction[] = ['to the daemon', 'to the client'];

const singlyOncePeeked: FaultPlan['damage'] = (frame) =>
  bytes(frame.subarray(0, PEEKED), ...singly(frame.subarray(PEEKED)));

export interface FaultCase {
  readonly method: FaultMethod;
  readonly fault: Fault;
  readonly direction: Direction;
  /** Name of the frame in the table. */
  readonly name: string;
  readonly plan: FaultPlan;
}

/**
 * Excludes cases that are impossible or not reproducible. The first frame of a connection has no previous frame. Two
 * faults in `TLS done` before a SciToken have no reproducible outcome.
 */
const isPossible = ({ method, fault, direction, name, plan }: FaultCase) =>
  !(fault.name === AGAIN && direction === 'to the daemon' && plan.frame === 0) &&
  !(method === 'SCITOKENS' && name === 'TLS done' && ['omitted', AGAIN].includes(fault.name));

export function everyFault(): readonly FaultCase[] {
  const of = (method: FaultMethod, fault: Fault, direction: Direction): FaultCase[] =>
    FRAMES[method][direction].map((name, frame) => {
      const damage = fault.name === 'in single bytes' && name === 'shared port' ? singlyOncePeeked : fault.damage;
      return { method, fault, direction, name, plan: { direction, frame, damage } };
    });
  return METHODS.flatMap((method) =>
    FAULTS.flatMap((fault) => DIRECTIONS.flatMap((direction) => of(method, fault, direction))),
  ).filter(isPossible);
}

/** Maximum number of cases that run at the same time in each group. The groups run one after another. */
export const GROUPS = {
  'replies of the daemon': 8,
  'messages of the client': 8,
  'messages that are read alone': 1,
} as const;

/**
 * Returns the group of a case. A daemon serves no other client while it reads a request. A malformed message from one
 * client can make the daemon reject another client's SciToken. Therefore, cases with such messages do not run at the
 * same time as fetches whose SciToken the daemon must accept.
 */
export function groupOf(each: FaultCase): keyof typeof GROUPS {
  const { method, direction, name } = each;
  if (direction === 'to the client' || (isHarmless(each) && name !== 'request')) return 'replies of the daemon';
  const isAlone = name === 'request' || name === 'SciToken' || (name === 'TLS done' && method === 'SCITOKENS');
  return isAlone ? 'messages that are read alone' : 'messages of the client';
}

/** The document with the outcomes, which `npm run faults` writes. */
export const RELIABILITY: string = join(projectRoot, 'docs/RELIABILITY.md');
export const SUCCESS = 'success';

/** Outcomes in the document's tables for 23.9 and 25.14, by `cellOf`. */
const outcomes: ReadonlyMap<string, readonly string[]> = new Map(
  (readFileSync(RELIABILITY, 'utf8').split('<!-- table -->')[1] ?? '').split('\n\n').flatMap((table) => {
    const [[title, ...names] = [], , ...rows] = table
      .split('\n')
      .map((line) => line.replace(/^\| | \|$/g, '').split(' | '));
    return rows.flatMap(([fault, ...cells]) =>
      cells.map((cell, at) => [`${title}, ${names[at]}: ${fault}`, cell.split(' / ')] as const),
    );
  }),
);

const cellOf = ({ method, direction, name, fault }: FaultCase) => `${method}, ${direction}, ${name}: ${fault.name}`;

/**
 * Returns the cases that `npm test` runs with one of several releases: all cases whose outcomes differ between
 * releases, and this release's share of the others. Neighboring cells of a table in RELIABILITY.md are assigned to
 * different releases. `npm run faults` runs every case with each release.
 */
export function shareOf(release: number, releases: number): readonly FaultCase[] {
  return everyFault().filter((each) => {
    const differs = (outcomes.get(cellOf(each))?.length ?? 0) > 1;
    return differs || (FAULTS.indexOf(each.fault) + each.plan.frame) % releases === release;
  });
}

/**
 * Returns the error code with which a fetch must fail, or SUCCESS. Returns undefined if the document does not contain
 * the case.
 */
export function expectedOutcome(each: FaultCase, version: string): string | undefined {
  const [before24, since24 = before24] = outcomes.get(cellOf(each)) ?? [];
  const outcome = Number(version.split('.')[0]) < 24 ? before24 : since24;
  if (outcome === undefined) return undefined;
  return outcome === '✓' ? SUCCESS : `ERR_${outcome}`;
}

/**
 * Returns whether a fetch may succeed because the fault does not change the messages. The frame for the shared port is
 * not authenticated, because it only selects a daemon at that port. HTCondor skips some noise between two messages.
 * Neither side reads bytes after the last frame of a direction.
 */
export function isHarmless({ fault: { name: fault }, direction, name: frame }: FaultCase): boolean {
  if (HARMLESS.includes(fault)) return true;
  const choosing = ['the end flag is 2', 'omitted', 'a bit flipped in the middle', 'a bit flipped in the last byte'];
  if (frame === 'shared port') return choosing.includes(fault);
  if (fault.startsWith('noise'))
    return direction === 'to the daemon' || (frame === 'reply' && fault === 'noise after it');
  return fault === 'sent twice' && (frame === 'reply' || frame === 'request');
}
