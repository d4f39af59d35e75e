/** Compares the flags of the command with HTCondor's own flag parser. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FLAGS, parseArguments, REQUEST_FLAGS, usage } from '../../src/cli/flags.ts';
import { InputError } from '../../src/errors.ts';

/** Reimplements is_arg_prefix (match_prefix.cpp) character by character. A negative minimum requires the whole flag. */
function isArgPrefix(argument: string, flag: string, minimum: number, colon: boolean): boolean {
  let at = 0;
  if (flag === '' || argument[0] !== flag[0]) return false;
  while (at < flag.length && argument[at] === flag[at]) at += 1;
  if (at < argument.length && !(colon && argument[at] === ':')) return false;
  return minimum < 0 ? at === flag.length : at >= minimum;
}

/** Reimplements is_dash_arg_prefix or, with `colon`, is_dash_arg_colon_prefix. */
function isDashArgPrefix(argument: string, flag: string, minimum: number, colon = false): boolean {
  if (!argument.startsWith('-')) return false;
  if (argument.startsWith('--')) return isArgPrefix(argument.slice(2), flag, -1, colon);
  return isArgPrefix(argument.slice(1), flag, minimum, colon);
}

/** The comparisons in condor_token_fetch's main(), in order. */
const HTCONDOR_FLAGS = [
  ['authz', 1],
  ['lifetime', 1],
  ['pool', 1],
  ['name', 1],
  ['key', 1],
  ['token', 2],
  ['file', 1],
  ['type', 1],
  ['remote', 1],
  ['debug', 1],
  ['help', 1],
] as const;

/** Flags that cannot be abbreviated. */
const NEW_FLAGS = ['expected-identity', 'expected-trust-domain', 'on-reduced', 'server-name'] as const;

/** The comparisons in condor_token_request's main(), in order. */
const HTCONDOR_REQUEST_FLAGS = [
  ['authz', 1],
  ['lifetime', 1],
  ['identity', 1],
  ['pool', 1],
  ['name', 1],
  ['token', 2],
  ['file', 1],
  ['type', 1],
  ['debug', 1],
  ['help', 1],
] as const;

function htcondorFlag(argument: string): string | undefined {
  return HTCONDOR_FLAGS.find(([flag, minimum]) => isDashArgPrefix(argument, flag, minimum, flag === 'debug'))?.[0];
}

/** Returns the flag that this command recognizes in an argument. */
function ourFlag(argument: string, flags = FLAGS): string | undefined {
  try {
    return [...parseArguments([argument], flags).keys()][0];
  } catch (error) {
    assert.ok(error instanceof InputError);
    return error.input === 'arguments' ? undefined : error.input; // the flag is recognized, but its value is missing
  }
}

describe('flags', () => {
  const words = fc.oneof(
    fc
      .constantFrom(...FLAGS.map(({ name }) => name))
      .chain((name) => fc.nat(name.length).map((end) => name.slice(0, end))),
    fc.stringMatching(/^[a-z:-]{0,6}$/),
    fc.constantFrom(...FLAGS.map(({ name }) => name)).map((name) => `${name}x`),
  );
  const argument = fc
    .tuple(fc.constantFrom('', '-', '--', '---'), words, fc.constantFrom('', ':', ':D_SECURITY', ':2:x'))
    .map((parts) => parts.join(''));

  test('of HTCondor are recognized in all their abbreviations', () => {
    fc.assert(
      fc.property(argument, (text) => {
        const theirs = htcondorFlag(text);
        if (theirs !== undefined) assert.equal(ourFlag(text), theirs, text);
      }),
      { numRuns: 3000 },
    );
  });

  test('that HTCondor rejects are rejected, except those that only this command has', () => {
    const ours: readonly (string | undefined)[] = [
      'address',
      'timeout',
      'retries',
      'verify',
      'check',
      'json',
      'version',
      'token-service',
      'token-grant',
      'oidc-audience',
      ...NEW_FLAGS,
      undefined,
    ];
    fc.assert(
      fc.property(argument, (text) => {
        if (htcondorFlag(text) === undefined) assert.ok(ours.includes(ourFlag(text)), text);
      }),
      { numRuns: 3000 },
    );
  });

  test('match every prefix of every HTCondor flag, with one dash and with two', () => {
    for (const [flag] of HTCONDOR_FLAGS) {
      for (let length = 0; length <= flag.length; length++) {
        for (const dashes of ['-', '--']) {
          const text = dashes + flag.slice(0, length);
          assert.equal(ourFlag(text), htcondorFlag(text), text);
        }
      }
    }
  });

  for (const name of NEW_FLAGS)
    test(`cannot be abbreviated: -${name}`, () => {
      for (let length = 1; length < name.length; length++) {
        assert.notEqual(ourFlag(`-${name.slice(0, length)}`), name);
        assert.notEqual(ourFlag(`--${name.slice(0, length)}`), name);
      }
      for (const dashes of ['-', '--'])
        for (const flags of [FLAGS, REQUEST_FLAGS])
          assert.deepEqual(parseArguments([`${dashes}${name}`, 'x'], flags), new Map([[name, ['x']]]));
    });

  test('match every prefix of every flag of condor_token_request, with one dash and with two', () => {
    for (const [flag] of HTCONDOR_REQUEST_FLAGS)
      for (let length = 0; length <= flag.length; length++)
        for (const dashes of ['-', '--']) {
          const text = dashes + flag.slice(0, length);
          const theirs = HTCONDOR_REQUEST_FLAGS.find(([name, minimum]) =>
            isDashArgPrefix(text, name, minimum, name === 'debug'),
          )?.[0];
          assert.equal(ourFlag(text, REQUEST_FLAGS), theirs, text);
        }
  });

  const table: readonly [string, string | undefined][] = [
    ['-a', 'authz'],
    ['-au', 'authz'],
    ['--authz', 'authz'],
    ['--auth', undefined],
    ['-authzz', undefined],
    ['-l', 'lifetime'],
    ['-p', 'pool'],
    ['-n', 'name'],
    ['-k', 'key'],
    ['-f', 'file'],
    ['-t', 'type'],
    ['-ty', 'type'],
    ['-to', 'token'],
    ['-ti', undefined],
    ['-r', 'remote'],
    ['--remote', 'remote'],
    ['-remotely', undefined],
    ['-tim', 'timeout'],
    ['-ad', 'address'],
    ['-d', 'debug'],
    ['-debug:D_SECURITY', 'debug'],
    ['-d:D_FULLDEBUG', 'debug'],
    ['--debug:D_SECURITY', 'debug'],
    ['--deb:D_SECURITY', undefined],
    ['-pool:x', undefined],
    ['-h', 'help'],
    ['-v', 'version'],
    ['-j', 'json'],
    ['-AUTHZ', undefined],
    ['authz', undefined],
    ['-', undefined],
    ['--', undefined],
    ['', undefined],
  ];
  for (const [text, flag] of table) {
    test(`${text === '' ? 'an empty argument' : text} is ${flag === undefined ? 'refused' : `-${flag}`}`, () => {
      assert.equal(ourFlag(text), flag);
    });
  }

  test('are in the order in which HTCondor compares them', () => {
    const names = FLAGS.map(({ name }) => name);
    const theirs = HTCONDOR_FLAGS.map(([name]) => name);
    assert.deepEqual(names.slice(0, theirs.length), theirs);
    for (const [name, minimum] of HTCONDOR_FLAGS)
      assert.equal(FLAGS.find((flag) => flag.name === name)?.minimum, minimum);
  });
});

describe('Flag values', () => {
  test('are the next argument, even if it looks like a flag', () => {
    assert.deepEqual(
      parseArguments(['-name', '-pool', '-l', '']),
      new Map([
        ['name', ['-pool']],
        ['lifetime', ['']],
      ]),
    );
  });

  test('of a repeated flag are kept in order', () => {
    assert.deepEqual(parseArguments(['-a', 'READ', '--authz', 'WRITE']).get('authz'), ['READ', 'WRITE']);
  });

  test('cause an error that names the flag if they are missing', () => {
    const thrown = { code: 'ERR_INPUT', input: 'authz', message: '-authz requires an argument: AUTHZ' };
    assert.throws(() => parseArguments(['-pool', 'cm', '-a']), thrown);
  });

  test('cause an error that quotes them if they follow no flag', () => {
    assert.throws(() => parseArguments(['READ']), {
      code: 'ERR_INPUT',
      message: 'Invalid command line argument: READ',
    });
  });
});

test('the usage lists every flag with its value', () => {
  for (const { name, value = '', help } of FLAGS) {
    assert.ok(usage().includes(`-${name}${value === '' ? '' : ` ${value}`}`), name);
    assert.ok(usage().includes(help), name);
  }
});
