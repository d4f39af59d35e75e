/** Tests the hints of the command. They name only flags that exist, and no inputs of the Action. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commandHint } from '../../src/cli/command-hints.ts';
import { FLAGS } from '../../src/cli/flags.ts';
import { INPUTS } from '../../src/inputs/table.ts';
import { hintsFor } from '../../src/messages/hints.ts';
import { everyError } from '../support/errors/every-error.ts';

const hints = [...new Set(everyError().flatMap((error) => hintsFor(error)))];
const translated = hints.map(commandHint);

/** Other programs that hints mention. A flag that follows such a name in the same phrase is a flag of that program. */
const OTHERS =
  /\b(?:condor_(?!token_fetch)\w+|openssl|curl|nc|kinit|klist|kvno|kadmin|ktadd|base64|ls|df|ss|munge|journalctl|head|date)\b[^,;:()]*$/;

describe('A hint of the command', () => {
  test('names only flags that the command has', () => {
    const known = FLAGS.map(({ name }) => `-${name}`);
    const unknown = translated.flatMap((hint) =>
      [...hint.matchAll(/(?<![\w/.-])-[a-z][a-z-]+/g)]
        .filter(({ 0: flag, index }) => !known.includes(flag) && !OTHERS.test(hint.slice(0, index)))
        .map(({ 0: flag }) => `${flag}: ${hint}`),
    );
    assert.deepEqual(unknown, []);
  });

  test('names no input of the Action, unless only an input can have caused the error', () => {
    const inputs = Object.keys(INPUTS)
      .filter((name) => name.includes('-') && name !== 'kerberos-password')
      .join('|');
    const words = Object.keys(INPUTS)
      .filter((name) => !name.includes('-') && !['token', 'password', 'mode'].includes(name))
      .join('|');
    const pattern = new RegExp(
      `(?<![\\w-])(?:${inputs}|idtoken|scitoken)(?![\\w-])|\\b(?:set|specify|correct|omit|increase) (?:${words})(?![\\w-])(?! \\w+ file)`,
    );
    assert.deepEqual(
      translated.filter((hint) => pattern.test(hint)),
      [],
    );
  });

  test('does not repeat the name that two inputs have in common', () => {
    assert.deepEqual(
      translated.filter((hint) => /\b([A-Z][A-Z_]{4,}) (?:and|or) \1\b/.test(hint)),
      [],
    );
  });
});
