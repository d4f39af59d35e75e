import assert from 'node:assert/strict';
import { commandHint } from '../../../src/cli/command-hints.ts';
import type { AnyHTCondorError } from '../../../src/errors.ts';
import { HTCondorError } from '../../../src/errors.ts';
import { describeError } from '../../../src/messages/describe.ts';
import { hintsFor } from '../../../src/messages/hints.ts';
import { ERRORS, type ErrorName } from './every-error.ts';

/**
 * Returns a function for assert.rejects. The error must have the code and the advice of `name` in
 * docs/TROUBLESHOOTING.md. test/messages/hints.test.ts searches the tests for these names.
 */
export function advised(name: ErrorName): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
    assertAdvised(describeError(error).join('\n'), name);
    return true;
  };
}

/**
 * Asserts that the command's output has the code and the advice of `name`. The command's hints name flags instead of
 * inputs.
 */
export function assertAdvisedByCommand(output: string, name: ErrorName): void {
  assertAdvised(output, name, commandHint);
}

/** Asserts that an annotation, or another output whose hints name no input, has the code and the advice of `name`. */
export function assertAdvised(output: string, name: ErrorName, inWords = (hint: string) => hint): void {
  const wanted: AnyHTCondorError = ERRORS[name];
  assert.ok(output.includes(`(${wanted.code}`), output);
  const given = [...output.matchAll(/^Hint: (.*)$/gm)].map(([, hint = '']) => hint);
  assert.deepEqual(given.map(general), hintsFor(wanted).map(inWords).map(general), output);
  if (output.includes('while: locate')) assert.doesNotMatch(given.join(), /condor_config_val -schedd/);
}

/**
 * Replaces the variable parts of a hint: random request IDs, and the type of daemon, which can be a collector or a
 * schedd.
 */
function general(hint: string): string {
  return commandHint(hint)
    .replace(/-reqid \d{7}/, '-reqid 1234567')
    .replaceAll('condor_config_val -collector', 'condor_config_val -schedd')
    .replaceAll(/COLLECTOR_(LOG|DEBUG)/g, 'SCHEDD_$1');
}
