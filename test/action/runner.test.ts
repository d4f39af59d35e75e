/** Tests the simulated runner itself. If it hid too much or ignored a command, the other tests would prove nothing. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCommand, parsePairs } from '../support/runner/commands.ts';
import { mask } from '../support/runner/step-log.ts';

describe('A workflow command', () => {
  const lines: readonly [string, string, string][] = [
    ['::error::a%0Ab%25', 'error', 'a\nb%'],
    ['  ::add-mask::x', 'add-mask', 'x'],
    ['::error file=a.ts,line=1::text', 'error', 'text'],
    ['::set-output name=token::v', 'set-output', 'v'],
    ['said ##[add-mask]x', 'add-mask', 'x'],
    ['##[set-env name=PATH;x=1]v%5D', 'set-env', 'v]'],
  ];
  for (const [line, name, data] of lines) {
    test(`is recognized in ${line}`, () => {
      const command = parseCommand(line);
      assert.deepEqual([command?.name, command?.data], [name, data]);
    });
  }
  for (const line of ['a ::error::x', ':error::x', '::unknown::x', '# #[add-mask]x', '##[unknown]x', '::', '']) {
    test(`is not recognized in ${JSON.stringify(line)}`, () => assert.equal(parseCommand(line), undefined));
  }
});

describe('A mask', () => {
  test('hides all occurrences, and treats overlapping ones as one', () => {
    assert.equal(mask('a secret, secretsecret; secr et', ['secret']), 'a ***, ***; secr et');
    assert.equal(mask('abcde', ['bc', 'cd']), 'a***e');
    assert.equal(mask('abc', []), 'abc');
  });
});

describe('A file command', () => {
  test('contains blocks and pairs', () => {
    assert.deepEqual(parsePairs('a<<E\n1\n2\nE\nb=c=d\n\n'), { a: '1\n2', b: 'c=d' });
  });
  for (const text of ['a<<E\n1\n', 'nothing\n', 'a=1', '=x\n']) {
    test(`is rejected if it is ${JSON.stringify(text)}`, () => assert.throws(() => parsePairs(text)));
  }
});
