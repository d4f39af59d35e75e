import assert from 'node:assert/strict';
import { InputError } from '../../../src/errors.ts';

/**
 * Returns a function for assert.throws and assert.rejects. The error must be an InputError for this input with a
 * matching message.
 */
export const inputError = (input: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InputError, String(error));
  assert.equal(error.input, input);
  assert.match(error.message, message);
  assert.equal(error.code, 'ERR_INPUT');
  assert.equal(error.exitStatus, 2);
  return true;
};
