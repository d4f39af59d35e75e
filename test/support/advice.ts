import assert from 'node:assert/strict';
import { commandHint } from '../../src/cli/command-hints.ts';
import type { AnyHTCondorError } from '../../src/errors.ts';
import { HTCondorError } from '../../src/errors.ts';
import { describeError } from '../../src/messages/describe.ts';
import { hintsFor } from '../../src/messages/hints.ts';
import { ERRORS, type ErrorName } from './every-error.ts';

/**
 * For assert.rejects: the error has the code and the advice that `name` has in docs/TROUBLESHOOTING.md.
 * test/hints.test.ts looks for these names in the tests.
 */
export function advised(name: ErrorName): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
    assertAdvised(describeError(error).join('\n'), name);
    return true;
  };
}

/** The same of what the command prints, or of an annotation. */
export function assertAdvised(output: string, name: ErrorName): void {
  const wanted: AnyHTCondorError = ERRORS[name];
  assert.ok(output.includes(`(${wanted.code}`), output);
  const given = [...output.matchAll(/^Hint: (.*)$/gm)].map(([, hint = '']) => hint);
  assert.deepEqual(given.map(general), hintsFor(wanted).map(general), output);
  if (output.includes('while: locate')) assert.doesNotMatch(given.join(), /condor_config_val -schedd/);
}

/** Request ids are random, the collector's replies may also come from a schedd, and the command names its own settings. */
function general(hint: string): string {
  return commandHint(`Hint: ${hint}`)
    .replace(/-reqid \d{7}/, '-reqid 1234567')
    .replaceAll('condor_config_val -collector', 'condor_config_val -schedd')
    .replaceAll(/COLLECTOR_(LOG|DEBUG)/g, 'SCHEDD_$1');
}
