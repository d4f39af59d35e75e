/**
 * The same arguments for HTCondor's condor_token_fetch and this command: the same claims, the same success or failure.
 */
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool.ts';
import { assertSameOutcome } from '../support/same-outcome.ts';

/** A configuration, the levels of the credential, and arguments after `-pool … -name …` or instead of them. */
interface Case {
  readonly what: string;
  readonly args: readonly string[];
  readonly authz?: readonly string[];
  readonly lifetime?: number;
  readonly config?: string;
}

const CASES: readonly Case[] = [
  { what: 'nothing', args: [] },
  { what: 'READ', args: ['-authz', 'READ'] },
  { what: 'several levels', args: ['-authz', 'READ', '-authz', 'ADVERTISE_STARTD', '-a', 'DAEMON'] },
  { what: 'a lifetime', args: ['-lifetime', '600'] },
  { what: 'a lifetime with a prefix', args: ['-l', '77', '--authz', 'WRITE'] },
  { what: 'the key POOL', args: ['-key', 'POOL'] },
  { what: 'another key', args: ['-k', 'CI', '-lifetime', '60'] },
  { what: 'a key that is not allowed', args: ['-key', 'OTHER'] },
  { what: 'a key without a file', args: ['-key', 'GONE'] },
  { what: 'nothing, with a READ credential', args: [], authz: ['READ'] },
  { what: 'READ and WRITE, with a READ credential', args: ['-authz', 'READ', '-authz', 'WRITE'], authz: ['READ'] },
  { what: 'READ, with a DAEMON credential', args: ['-authz', 'READ'], authz: ['DAEMON'] },
  { what: 'WRITE, with a READ credential', args: ['-authz', 'WRITE'], authz: ['READ'] },
  { what: 'a lifetime longer than the credential’s', args: ['-lifetime', '3600'], lifetime: 300 },
  { what: 'no lifetime, with a credential that expires', args: [], lifetime: 300 },
  {
    what: 'a lifetime above the daemon’s limit',
    args: ['-lifetime', '3600'],
    config: 'SEC_ISSUED_TOKEN_EXPIRATION = 120',
  },
  { what: 'no lifetime, though the daemon has a limit', args: [], config: 'SEC_ISSUED_TOKEN_EXPIRATION = 120' },
  { what: 'anything, where fetching is disabled', args: [], config: 'SEC_ENABLE_TOKEN_FETCH = false' },
  {
    what: 'anything, with a revoked credential',
    args: [],
    config: 'SEC_TOKEN_REVOCATION_EXPR = sub =?= "alice@pool.test"',
  },
  { what: 'an unknown flag', args: ['-identity', 'alice'] },
  { what: 'a flag without its value', args: ['-lifetime'] },
];

const KEYS = 'SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS = POOL, CI, GONE';

for (const suite of poolSuites()) {
  describe(`HTCondor’s condor_token_fetch of ${suite} and ours, asked for`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let pool: Pool;
    before(async () => {
      pool = await startPool({ suite, config: KEYS });
      await pool.write('/etc/condor/passwords.d/CI', randomBytes(64), 0o600);
      await pool.configure(KEYS);
    });
    after(() => pool?.stop());

    async function assertSame(where: readonly string[], { args, authz = [], lifetime, config }: Case) {
      const idtoken = await pool.idToken({ user: 'alice', authz, ...(lifetime === undefined ? {} : { lifetime }) });
      if (config !== undefined) await pool.configure(`${KEYS}\n${config}`);
      try {
        await assertSameOutcome(pool, idtoken, [...where, ...args]);
      } finally {
        if (config !== undefined) await pool.configure(KEYS);
      }
    }

    for (const each of CASES) {
      test(each.what, () => assertSame(['-pool', pool.collector, '-name', pool.scheddName], each));
    }
    test('a token of the collector', () =>
      assertSame(['-pool', pool.collector, '-type', 'COLLECTOR'], { what: '', args: ['-lifetime', '60'] }));
    test('a token of a schedd by its sinful string', async () =>
      assertSame(['-name', await pool.sinful('schedd', pool.scheddName)], { what: '', args: ['-lifetime', '60'] }));
    test('a schedd that does not exist', () =>
      assertSame(['-pool', pool.collector, '-name', 'nobody@nowhere'], { what: '', args: [] }));
    test('an unknown type', () => assertSame(['-pool', pool.collector, '-type', 'SHEDD'], { what: '', args: [] }));
    test('pool and name of a collector', () =>
      assertSame(['-pool', pool.collector, '-name', '127.0.0.2', '-type', 'COLLECTOR'], { what: '', args: [] }));
  });
}
