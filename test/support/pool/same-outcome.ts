import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../runner/program.ts';
import type { Outcome, Pool } from './pool.ts';
import { claimsOf, referenceFetch } from './real-fetch.ts';

/**
 * Runs HTCondor's condor_token_fetch and this project's command with the same credential and arguments. Asserts that
 * both fail, or that both print tokens with the same claims. Returns the outcome of HTCondor's tool.
 */
export async function assertSameOutcome(pool: Pool, idtoken: string, args: readonly string[]): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'differential-'));
  try {
    writeFileSync(join(directory, 'credential'), `${idtoken}\n`, { mode: 0o600 });
    const theirs = await referenceFetch(pool, idtoken, args);
    const ours = await runCommand(args, { env: { _CONDOR_SEC_TOKEN_DIRECTORY: directory } });
    const said = `theirs: ${theirs.status} ${theirs.stderr}\nours: ${ours.status} ${ours.stderr}`;
    assert.equal(ours.status === 0, theirs.status === 0, said);
    if (theirs.status === 0) assertSameClaims(ours.stdout, theirs.stdout);
    else assert.equal(ours.stdout, '');
    return theirs;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function assertSameClaims(ours: string, theirs: string): void {
  assert.match(ours, /^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  const { jti: _, iat: i, exp: e, ...ourClaims } = claimsOf(ours);
  const { jti: __, iat: j, exp: f, ...theirClaims } = claimsOf(theirs);
  assert.deepEqual(ourClaims, theirClaims);
  assert.equal(e === undefined, f === undefined, 'both tokens expire, or neither does');
  // The remaining lifetime of the credential decreases between the two runs.
  if (e !== undefined) assert.ok(Math.abs(Number(e) - Number(i) - (Number(f) - Number(j))) <= 5);
}
