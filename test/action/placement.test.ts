/** Tests which existing files a token may replace. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { planPlacement } from '../../src/action/placement.ts';
import { OutputError } from '../../src/errors.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'placement-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, 'token');
/** Plans the replacement of a token for alice that expires at `exp`. */
function plan(exp: number | undefined, expected: { expiresBy?: number; issuer?: string; subject?: string }) {
  const claims = { iss: 'pool.test', sub: 'alice@pool.test', iat: 1, ...(exp === undefined ? {} : { exp }) };
  writeFileSync(path, new SigningKey().sign(claims));
  return planPlacement(path, false, { expiresBy: undefined, issuer: undefined, subject: undefined, ...expected });
}
const isKept = (reason: RegExp) => (error: unknown) => error instanceof OutputError && reason.test(error.message);

describe('An existing token', () => {
  test('is replaced by a token that expires later or never', () => {
    assert.ok(plan(1000, { expiresBy: 1000 }).earlier !== undefined);
    assert.ok(plan(1000, {}).earlier !== undefined);
    assert.ok(plan(undefined, {}).earlier !== undefined);
  });
  test('is kept if it expires later than the new token or never expires', () => {
    for (const exp of [1001, undefined])
      assert.throws(() => plan(exp, { expiresBy: 1000 }), isKept(/it contains a token that expires later/));
  });
  test('is kept if its issuer or identity is not the expected one', () => {
    assert.throws(() => plan(1000, { issuer: 'other.test' }), isKept(/it contains a token issued by pool\.test/));
    assert.throws(() => plan(1000, { subject: 'bob@pool.test' }), isKept(/it contains a token for alice@pool\.test/));
  });
});
