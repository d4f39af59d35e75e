/** Assertions for steps: how they fail, and that their output contains no secrets. */
import assert from 'node:assert/strict';
import type { StepResult } from './runner.ts';

interface Failure {
  readonly code: string;
  readonly status: number;
  /** Pattern that the annotation's text must match. */
  readonly text: RegExp;
}

/**
 * Asserts that a step failed with one annotation, one error code and the matching exit status, and that it delivered
 * nothing.
 */
export function assertFailed(step: StepResult, { code, status, text }: Failure): void {
  const errors = step.annotations.filter(({ level }) => level === 'error');
  assert.equal(errors.length, 1, `one error annotation, not ${errors.length}:\n${step.raw}`);
  const { message = '' } = errors[0] ?? {};
  assert.match(message, text);
  assert.ok(message.includes(`(${code}`), message);
  assert.match(message, /\nHint: /);
  assert.deepEqual(step.outputs, { 'error-code': code }, message);
  assert.deepEqual([step.status, step.signal], [status, null], step.raw);
  assert.ok(step.summary === '' || step.summary.includes(code), 'the summary contains the code');
  assert.deepEqual(step.env, {});
  assert.deepEqual(step.state, {}, 'post has nothing to remove');
  assert.equal(step.stderr, '', 'Node printed no warnings');
  const known = ['add-mask', 'error', 'warning', 'debug'];
  assert.deepEqual(
    step.commands.map(({ name }) => name).filter((name) => !known.includes(name)),
    [],
  );
}

/** Asserts that no secret, in any usable form, appears outside the masks and the output `token`. */
export function assertNoLeak(step: StepResult, jwts: readonly string[]): void {
  const { token: _, ...outputs } = step.outputs;
  const shown: Record<string, string> = {
    log: step.log.join('\n'),
    annotations: JSON.stringify(step.annotations),
    'unmasked log except for add-mask': step.raw.replace(/^::add-mask::.*$/gm, ''),
    summary: step.summary,
    state: JSON.stringify(step.state),
    env: JSON.stringify(step.env),
    outputs: JSON.stringify(outputs),
  };
  for (const jwt of jwts) {
    const signature = jwt.trim().split('.').at(-1) ?? '';
    assert.ok(signature.length > 10, 'a secret that is long enough to search for');
    const bytes = Buffer.from(signature, 'base64url');
    const forms = [jwt.trim(), signature, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('latin1')];
    forms.push(Buffer.from(jwt).toString('base64'), Buffer.from(signature).toString('base64'), signature.slice(0, 12));
    for (const [place, text] of Object.entries(shown)) {
      for (const form of forms) assert.ok(!text.includes(form), `${place} has a secret:\n${text}`);
    }
  }
}

/** Asserts that each JWT is masked, and that its signature is also masked separately. */
export function assertMasked(step: StepResult, jwts: readonly string[]): void {
  for (const jwt of jwts) {
    for (const value of [jwt, jwt.split('.').at(-1) ?? ''])
      assert.ok(step.masks.includes(value), 'a secret is not masked');
  }
}
