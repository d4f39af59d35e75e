/** One input made of another: the ways in which bytes go wrong, and those in which somebody makes them go wrong. */
import type { Random } from './random.ts';
import { INTEGER_WORDS, VALUES, WORDS } from './words.ts';

/** Inputs do not grow beyond this: what long ones cost is measured by itself (growth.ts). */
const MAX_INPUT = 4096;

type Mutation = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const cut = (input: Uint8Array, from: number, length: number, middle: Uint8Array): Uint8Array =>
  Buffer.concat([input.subarray(0, from), middle, input.subarray(from + length)]);

const place = (input: Uint8Array, random: Random) => random.below(input.length + 1);
const someBytes = (random: Random, length: number) => Uint8Array.from({ length }, () => random.below(256));

/** Changes that keep the length are made in place, on a copy. */
function inPlace(change: (bytes: Uint8Array, at: number, random: Random) => void): Mutation {
  return (input, random) => {
    if (input.length === 0) return input;
    const bytes = Uint8Array.from(input);
    change(bytes, random.below(bytes.length), random);
    return bytes;
  };
}

function overwrite(words: readonly Uint8Array[]): Mutation {
  return (input, random) => {
    const word = random.pick(words);
    return cut(input, place(input, random), word.length, word);
  };
}

function insert(words: readonly Uint8Array[]): Mutation {
  return (input, random) => cut(input, place(input, random), 0, random.pick(words));
}

const VALUE = /"[^"\n]*"|\b\d+\b|\b(true|false)\b/gi;

/** A string or number of JSON or of an ad becomes another value, so that what is around it still makes sense. */
function anotherValue(input: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(input.buffer, input.byteOffset, input.length).toString('latin1');
  const found = [...text.matchAll(VALUE)];
  if (found.length === 0) return input;
  const { index, 0: value } = random.pick(found);
  return cut(input, index, value.length, random.pick(VALUES));
}

const MUTATIONS: readonly Mutation[] = [
  inPlace((bytes, at, random) => {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }),
  inPlace((bytes, at, random) => {
    bytes[at] = random.below(256);
  }),
  inPlace((bytes, at, random) => {
    bytes[at] = random.pick([0, 1, 0x22, 0x2e, 0x3a, 0x5c, 0x7f, 0xad, 0xff]);
  }),
  // A length or count, a little off.
  inPlace((bytes, at, random) => {
    bytes[at] = (bytes[at] ?? 0) + random.below(9) - 4;
  }),
  (input, random) => cut(input, place(input, random), 0, someBytes(random, 1 + random.below(8))),
  (input, random) => cut(input, place(input, random), 1 + random.below(random.pick([4, 16, 256])), new Uint8Array()),
  (input, random) => input.subarray(0, place(input, random)),
  (input, random) => {
    const from = place(input, random);
    const piece = input.subarray(from, from + 1 + random.below(64));
    return cut(input, place(input, random), 0, Buffer.concat(Array(1 + random.below(4)).fill(piece)));
  },
  (input, random, other) =>
    Buffer.concat([input.subarray(0, place(input, random)), other.subarray(place(other, random))]),
  (input, random, other) => {
    const from = place(other, random);
    return cut(input, place(input, random), random.below(16), other.subarray(from, from + random.below(64)));
  },
  insert(WORDS),
  insert(WORDS),
  overwrite(WORDS),
  insert(INTEGER_WORDS),
  overwrite(INTEGER_WORDS),
  overwrite(INTEGER_WORDS),
  anotherValue,
  anotherValue,
  // Another number where digits stand.
  (input, random) => {
    const digits = input.findIndex(
      (byte, at) => at >= input.length - place(input, random) && byte >= 0x30 && byte <= 0x39,
    );
    return digits === -1
      ? input
      : cut(input, digits, 1, Buffer.from(random.pick(['0', '9', '-1', '65536', '99999999999999999999'])));
  },
];

export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let mutant = input;
  for (let left = 1 + random.below(random.pick([1, 2, 4, 8])); left > 0; left--) {
    mutant = random.pick(MUTATIONS)(mutant, random, other);
  }
  return mutant.length > MAX_INPUT ? mutant.subarray(0, MAX_INPUT) : mutant;
}
