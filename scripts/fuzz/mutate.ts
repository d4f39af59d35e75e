/** Mutates inputs by damaging them at random and by inserting values that parsers treat specially. */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** Returns a random integer from 0 to `bound` - 1. */
  below(bound: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % bound;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** Strings that parsers treat specially. Random bytes rarely contain them. */
const TEXTS: readonly string[] = [
  ...[
    '\0',
    '\n',
    '\r\n',
    '"',
    '\\"',
    '\\',
    ' = ',
    '=',
    '<',
    '>',
    '?',
    '&',
    ';',
    '#',
    '+',
    '-',
    ':',
    '::',
    '[',
    ']',
    '%',
    '%0',
  ],
  ...[
    '##[',
    '::set-output name=a::b',
    '\u2028',
    '\u202e',
    '\u200b',
    '\ufeff',
    '\ud83d\ude00',
    '\x1b[2J',
    '\x7f',
    '\x85',
    '…',
  ],
  ...[
    'true',
    'false',
    'undefined',
    'TRUE',
    '0',
    '-1',
    '9007199254740993',
    '1e400',
    '-0',
    'null',
    '{}',
    '[]',
    '[[',
    ']]',
    '{"',
  ],
  ...[
    'ZKM\0',
    'ZKM\n',
    'MyAddress',
    'ScheddIpAddr',
    'Name',
    'Token = "',
    'ErrorString = "',
    'ErrorCode = 1',
    'RequestId = "a1"',
  ],
  ...['Result = true', 'ProxyMode = true', 'ClaimId = "', 'ReturnCode = "AUTHORIZED"', 'User = "alice@vm"', 'Sid = "'],
  ...[
    'ReturnCode = "DENIED"',
    'ReturnCode = "CMD_NOT_FOUND"',
    'alice@unmapped',
    'Encryption = "YES"',
    'CryptoMethods = "AES"',
  ],
  ...[
    'Authentication = "YES"',
    'AuthMethodsList = "TOKEN,FS"',
    'ECDHPublicKey = "',
    'TrustDomain = "',
    'IssuerKeys = "',
    'AuthMethods',
  ],
  ...[
    'addrs=',
    'alias=',
    'sock=',
    'CCBID=',
    'PrivNet=',
    'PrivAddr=',
    'noUDP',
    '127.0.0.1',
    '[::1]',
    '[fe80::1]',
    ':9618',
    '%3c',
    '%C3%A9',
  ],
  ...['#1', ' ', '1.2.3.4:9618#17', '/tmp/FS_', '/tmp/FS_127.0.0.1_9618_XYZ', '_', '..', '/'],
  ...[
    '"iss":',
    '"sub":',
    '"aud":',
    '"exp":',
    '"iat":',
    '"nbf":',
    '"jti":',
    '"scope":',
    '"kid":',
    '"alg":"none"',
    '"toString":',
    '"__proto__":',
  ],
  ...[
    '"valueOf":',
    'condor:/READ',
    '[{}]',
    '[{"toString":1}]',
    '.',
    '..',
    '{"a":1}',
    '"\\ud800"',
    '"\\u0000"',
    'constructor',
  ],
  ...['streaming', 'HTTP/1.1 400', 'SSH-2.0', '$CondorVersion: 25.0.0 2025-01-01 $', '@', '\xff\xfe'],
];

/** Integers at the limits of common types. CEDAR encodes them as eight bytes in big-endian order. */
const INTEGERS: readonly bigint[] = [
  ...[0n, 1n, -1n, 2n, 3n, 4n, 5n, 8n, 20n, 255n, 256n, 257n, 4096n, 65_536n, 1_048_576n, 1_048_577n, 2n ** 31n - 1n],
  ...[
    2n ** 31n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
    2048n,
    512n,
    1024n,
    69n,
  ],
];

const eightBytes = (value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

const INTEGER_WORDS: readonly Uint8Array[] = INTEGERS.map(eightBytes);
const WORDS: readonly Uint8Array[] = TEXTS.map((text) => Buffer.from(text));

/** Values that replace a string, a number or a Boolean in JSON or in an ad. */
const VALUES: readonly Uint8Array[] = [
  ...[
    '""',
    '"a"',
    '0',
    '-1',
    '-0',
    '1.5',
    '1e400',
    '9007199254740993',
    'null',
    'true',
    'false',
    '[]',
    '{}',
    '[null]',
    '[[[]]]',
  ],
  ...['{"toString":1}', '[{"toString":1}]', '[["a"],1,"b"]', '{"length":-1}', '"\\u0000"', '"\\ud800"', '"::error::x"'],
  ...[
    '8640000000000',
    '8640000000001',
    '-1e-7',
    'undefined',
    '"a" + "b"',
    'error',
    '"\\"',
    '"condor:/READ"',
    '"<1.2.3.4:5>"',
  ],
].map((text) => Buffer.from(text));

/** Maximum length of a mutant, in bytes. checkGrowth tests longer inputs. */
const MAX_INPUT = 4096;

type Mutation = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const cut = (input: Uint8Array, from: number, length: number, middle: Uint8Array): Uint8Array =>
  Buffer.concat([input.subarray(0, from), middle, input.subarray(from + length)]);

const place = (input: Uint8Array, random: Random) => random.below(input.length + 1);
const someBytes = (random: Random, length: number) => Uint8Array.from({ length }, () => random.below(256));

/** Returns a mutation that modifies a copy of the input without changing its length. */
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

/** Replaces a string, a number or a Boolean in JSON or in an ad, and keeps the surrounding text valid. */
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
  // Changes a length or count slightly.
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
  // Replaces a digit with a number at a limit of a common type.
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
