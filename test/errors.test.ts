/**
 * Tests the code and exit status of each error, and who should act on it. The text of an error cannot inject workflow
 * commands.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  DaemonError,
  HTCondorError,
  InputError,
} from '../src/errors.ts';
import { describeError } from '../src/messages/describe.ts';
import { printable } from '../src/runtime/printable.ts';
import { everyError } from './support/errors/every-error.ts';
import { projectRoot } from './support/project.ts';
import { parseCommand } from './support/runner/commands.ts';

/** The class and exit status of each error, by error code. */
const STATUS: Readonly<Record<string, readonly [string, number]>> = {
  ERR_INPUT: ['InputError', 2],
  ERR_NO_CREDENTIAL: ['CredentialError', 2],
  ERR_CREDENTIAL_UNREADABLE: ['CredentialError', 2],
  ERR_NOT_FOUND: ['LocateError', 3],
  ERR_AMBIGUOUS: ['LocateError', 3],
  ERR_CONNECT: ['ConnectError', 3],
  ERR_TIMEOUT: ['ConnectError', 3],
  ERR_CLOSED: ['ConnectError', 3],
  ERR_CCB_ONLY: ['ConnectError', 3],
  ERR_FRAME: ['ProtocolError', 4],
  ERR_MESSAGE: ['ProtocolError', 4],
  ERR_CLASSAD: ['ProtocolError', 4],
  ERR_DECRYPT: ['ProtocolError', 4],
  ERR_NO_COMMON_METHOD: ['NegotiationError', 5],
  ERR_NO_ENCRYPTION: ['NegotiationError', 5],
  ERR_METHODS_EXHAUSTED: ['AuthenticationError', 5],
  ERR_SERVER_UNPROVEN: ['AuthenticationError', 5],
  ERR_DENIED: ['AuthorizationError', 6],
  ERR_COMMAND_NOT_REGISTERED: ['AuthorizationError', 6],
  ERR_DAEMON: ['DaemonError', 6],
  ERR_TOKEN_MALFORMED: ['TokenError', 7],
  ERR_TOKEN_CLAIM: ['TokenError', 7],
  ERR_TOKEN_REDUCED: ['TokenError', 7],
  ERR_TOKEN_REFUSED: ['TokenError', 7],
  ERR_OUTPUT: ['OutputError', 8],
};

/** A string that contains everything that a runner or a terminal interprets. */
const HOSTILE = 'bad ##[add-mask]x\n::set-output name=token::y\r::error::z \u001b[2J\u0007\u202e\u2028\u0000 end';

describe('Error classes', () => {
  for (const error of everyError()) {
    test(`${error.code} has the class and the exit status that the interface defines`, () => {
      assert.deepEqual([error.name, error.exitStatus], STATUS[error.code]);
      assert.ok(error instanceof HTCondorError);
    });
  }

  test('exist for every code that the interface defines', () => {
    assert.deepEqual([...new Set(everyError().map(({ code }) => code))].sort(), Object.keys(STATUS).sort());
  });

  test('are all in the table of this test', () => {
    const source = readFileSync(join(projectRoot, 'src/errors.ts'), 'utf8');
    assert.deepEqual([...new Set(source.match(/\bERR_[A-Z_]+\b/g))].sort(), Object.keys(STATUS).sort());
  });
});

describe('The phase and the peer', () => {
  test('are set only once, by the innermost call', () => {
    const error = new ConnectError('ERR_CLOSED', 'x').at('session', '<a:1>').at('locate', '<b:2>');
    assert.deepEqual([error.phase, error.peer], ['session', '<a:1>']);
  });

  test('are printed with the code on the first line', () => {
    const error = new ConnectError('ERR_CLOSED', 'the peer closed').at('session', '<a:1>');
    assert.equal(describeError(error)[0], 'the peer closed (ERR_CLOSED, while: session, at <a:1>)');
  });
});

describe('The description of an error', () => {
  test('contains the failure, each attempt and the hints, one per line', () => {
    const attempts = [{ method: 'IDTOKENS', reason: 'it expired' }];
    const lines = describeError(new AuthenticationError('ERR_METHODS_EXHAUSTED', 'none was accepted', attempts));
    assert.deepEqual(lines.slice(0, 2), ['none was accepted (ERR_METHODS_EXHAUSTED)', '  IDTOKENS: it expired']);
    assert.ok(lines.length > 2 && lines.slice(2).every((line) => line.startsWith('Hint: ')));
  });

  test('reports an untyped error as a bug', () => {
    assert.deepEqual(describeError(new RangeError('oops')), [
      'RangeError: oops',
      'Hint: Workflow: report this error, which is a bug in condor-token-fetch.',
    ]);
    assert.equal(describeError('thrown')[0], 'thrown');
  });

  const errors: readonly [string, unknown][] = [
    ['a message', new ConnectError('ERR_CONNECT', HOSTILE)],
    ['a peer', new ConnectError('ERR_CONNECT', 'x').at('connect', HOSTILE)],
    ['a daemon’s error string', new DaemonError(1, HOSTILE)],
    ['a user', new AuthorizationError('ERR_DENIED', 'denied', HOSTILE)],
    ['an attempt', new AuthenticationError('ERR_METHODS_EXHAUSTED', 'x', [{ method: HOSTILE, reason: HOSTILE }])],
    ['an input', new InputError('name', `name: "${HOSTILE}" is unknown`)],
    ['a thrown value that is not an error', new Error(HOSTILE)],
  ];
  for (const [where, error] of errors) {
    test(`sanitizes hostile text in ${where}`, () => {
      for (const line of describeError(error)) assertHarmless(line);
    });
  }
});

test('sanitized text is a single line of limited length that contains no runner commands', () => {
  assertHarmless(printable(HOSTILE));
  const text = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        '##[',
        '::',
        'add-mask',
        ']',
        '\n',
        '\r',
        '\u0085',
        '\u200b',
        '\u00ad',
        '\u061c',
        '\u{e0041}',
        ' ',
        '\u00a0',
        ':',
        '#',
      ),
    ),
  );
  fc.assert(
    fc.property(text, (parts) => assertHarmless(printable(parts.join('')))),
    { numRuns: 5000 },
  );
  assert.ok(printable('x'.repeat(1_000_000)).length < 2100);
  assert.equal(printable('bücher: a#b [c] ::d'), 'bücher: a#b [c] ::d');
});

function assertHarmless(line: string): void {
  assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\u{e0041}]/u);
  assert.equal(parseCommand(line), undefined, line);
  assert.doesNotMatch(line, /##\[|^\s*::/);
}
