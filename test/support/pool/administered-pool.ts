/**
 * A pool that is configured as docs/ADMINISTRATORS.md describes, with an account, a key and a bootstrap token for CI.
 */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { type FetchOptions, fetchToken } from '../../../src/index.ts';
import { SigningKey } from '../credentials/signing-key.ts';
import { blocksOf } from '../documents/markdown.ts';
import type { Outcome } from './pool.ts';
import { onlyToken } from './real-fetch.ts';
import { type SecurePool, startSecurePool } from './secure-pool.ts';
import type { Suite } from './suites.ts';

export const DOCUMENT = 'docs/ADMINISTRATORS.md';
export const CI = 'ci@example.org';
export const blocks = blocksOf(DOCUMENT);
const DOMAIN = 'UID_DOMAIN = example.org\nTRUST_DOMAIN = example.org';

/** Named blocks of the document: the setup that both test files share, and the blocks that each file tests. */
export const TRIED = {
  setUp: ['account', 'make-key', 'create-bootstrap'],
  tokens: [
    ...['own-key', 'own-key-beside', 'lifetimes', 'revoke-token', 'reconfig', 'log-revoked', 'revoke-account'],
    ...['universes', 'revoke-both', 'audit', 'encryption'],
    ...['make-second-key', 'second-key', 'remove-key', 'log-refused'],
  ],
  daemons: ['audit', 'log-fetch', 'map', 'methods', 'request-limits', 'approve', 'encryption', 'switch-off'],
} as const;

const scrambled = Buffer.from([0xde, 0xad, 0xbe, 0xef]);

/**
 * Starts the daemons before the tests of a describe block. Asserts afterwards that the tests used all blocks of this
 * part of the document.
 */
export function administered(suite: Suite, part: 'tokens' | 'daemons') {
  const mine: readonly string[] = [...TRIED.setUp, ...TRIED[part]];
  const used = new Set<string>();
  let secure: SecurePool;
  let pool: SecurePool['pool'];
  let address: string;
  let bootstrap: string;

  before(async () => {
    secure = await startSecurePool({ suite, config: DOMAIN });
    ({ pool } = secure);
    for (const name of ['account', 'make-key']) await pool.run('sh', '-ec', block(name));
    await secure.configure();
    await pool.run('sh', '-ec', 'cp /etc/condor/host.pem /etc/condor/hostcert.pem');
    await pool.run('sh', '-ec', 'cp -p /etc/condor/host.key /etc/condor/hostkey.pem');
    bootstrap = (await pool.run('sh', '-ec', block('create-bootstrap'))).trim();
    address = await pool.sinful('schedd', pool.scheddName);
  });
  after(() => secure?.stop());
  after(() => assert.deepEqual([...used].sort(), [...mine].sort(), 'the blocks of TRIED'));

  function block(name: string): string {
    const found = blocks.filter((each) => each.name === name);
    assert.equal(found.length, 1, `${DOCUMENT} has exactly one block ${name}`);
    used.add(name);
    return found[0]?.text ?? '';
  }

  /** Returns the lines of a block as patterns for log lines. `…` in a line matches any text. */
  function logLines(name: string): readonly string[] {
    const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return block(name)
      .trim()
      .split('\n')
      .map((line) => line.split('…').map(escaped).join('.*'));
  }

  /** Calls `work` while the pool has additional settings, then restores the configuration. */
  async function configured(settings: string, work: () => Promise<void>): Promise<void> {
    await secure.configure(settings);
    try {
      await work();
    } finally {
      await secure.configure();
    }
  }

  const fetch = async (options: FetchOptions = {}) => {
    const idtoken = 'scitoken' in options || 'clientCertificate' in options ? {} : { idtoken: bootstrap };
    const { token } = await fetchToken({ address, lifetime: 600, onReduced: 'ignore', ...idtoken, ...options });
    return token.jwt.reveal();
  };
  const refusedWith = (errorCode: number, options: FetchOptions) =>
    assert.rejects(fetch(options), { code: 'ERR_DAEMON', errorCode });

  /**
   * Runs one of HTCondor's tools with a token as its only credential. The tool does not run as root, because it would
   * then issue its own token.
   */
  async function withToken(jwt: string, ...argv: string[]): Promise<Outcome> {
    const directory = `/tmp/token-${Math.random().toString(36).slice(2)}`;
    await pool.run('mkdir', '-m', '700', directory);
    await pool.write(`${directory}/token`, `${jwt}\n`, 0o600);
    await pool.run('chown', '-R', 'bob', directory);
    return pool.exec(argv, { user: 'bob', env: onlyToken(directory) });
  }
  /** Returns the authorization levels that condor_ping reports for a token. */
  async function levels(jwt: string, type = 'schedd', asked = ['READ', 'WRITE', 'DAEMON', 'ADMINISTRATOR']) {
    const { stdout } = await withToken(jwt, 'condor_ping', '-type', type, '-table', ...asked);
    const allowed = stdout.split('\n').filter((line) => / ALLOW /.test(line));
    return allowed.map((line) => line.trim().split(/\s+/)[0]);
  }
  const takes = async (jwt: string, type = 'schedd') => (await levels(jwt, type, ['READ'])).length === 1;
  const assertTaken = async (jwt: string, type?: string) =>
    assert.ok(await takes(jwt, type), 'the daemon accepts the token');
  const assertRefused = async (jwt: string, type?: string) =>
    assert.ok(!(await takes(jwt, type)), 'the daemon rejects the token');

  const create = async (...args: string[]) => (await pool.run('condor_token_create', ...args)).trim();
  /**
   * Returns a signing key for tokens that condor_token_create cannot issue, because their `iat` is in the past or the
   * future.
   */
  async function signingKey(id: string): Promise<SigningKey> {
    const file = Buffer.from(await pool.run('base64', '-w0', `/etc/condor/passwords.d/${id}`), 'base64');
    return new SigningKey(
      id,
      file.map((byte, at) => byte ^ (scrambled[at % 4] ?? 0)),
    );
  }

  return {
    on: {
      get secure() {
        return secure;
      },
      get pool() {
        return pool;
      },
      get address() {
        return address;
      },
      /** The bootstrap token that the document creates. */
      get bootstrap() {
        return bootstrap;
      },
    },
    ...{ block, logLines, configured, fetch, refusedWith, withToken, levels, takes, assertTaken, assertRefused },
    ...{ create, signingKey },
  };
}
