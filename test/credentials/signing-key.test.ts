/** Tests tokens that the client itself signs with the pool's signing key, if the host has that key. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { descramble, mintWith, type SigningKeys } from '../../src/credentials/signing-key.ts';
import { AuthenticationError } from '../../src/errors.ts';
import { readRequest, withoutSigningKeys } from '../../src/inputs/request.ts';
import { fetchToken } from '../../src/pipeline/fetch.ts';
import type { ServerPolicy } from '../../src/security/policy.ts';
import { MethodClients, type Words } from '../support/clients/method-clients.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { notingHost } from '../support/noting-host.ts';
import { surroundings } from '../support/surroundings.ts';
import { bytes, hex, vectors } from '../support/vectors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const windows = process.platform === 'win32';
const key = bytes(vectors.jwt.poolKeyDescrambled);

/** A signing key in HTCondor's file format. */
function put(name: string, secret: Uint8Array = key, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, descramble(secret));
  if (!windows) chmodSync(path, mode);
  return path;
}

function policy(facts: Partial<ServerPolicy> = {}): ServerPolicy {
  return {
    ...{ methods: ['TOKEN'], ecdhPublicKey: '', trustDomain: 'pool.test', issuerKeys: ['POOL'], remoteVersion: '' },
    ...facts,
  };
}

function mint(keys: Partial<SigningKeys>, server: Partial<ServerPolicy> = {}) {
  const noting = notingHost({ now: () => new Date(1_700_000_000_500) });
  const all = { trustDomain: 'pool.test', poolKeyFile: undefined, keyDirectory: undefined, ...keys };
  const made = mintWith(all, noting.host)?.(policy(server));
  return { ...noting, made };
}

describe('A signing key', () => {
  test('is scrambled and descrambled as in HTCondor', () => {
    assert.equal(hex(descramble(Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 0xde))), '0000000000');
    fc.assert(fc.property(fc.uint8Array(), (each) => assert.deepEqual(descramble(descramble(each)), each)));
  });

  test('POOL signs a token for condor@password that is valid for one minute', () => {
    const { made, masks } = mint({ poolKeyFile: put('POOL') });
    assert.ok(made !== undefined);
    const { token, source, chosen } = made;
    assert.deepEqual(
      [token.subject, token.issuer, token.keyId, token.algorithm],
      ['condor@password', 'pool.test', 'POOL', 'HS256'],
    );
    assert.deepEqual([token.issuedAt, token.expiresAt, token.authz], [1_700_000_000, 1_700_000_060, undefined]);
    assert.match(token.tokenId ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual([source, chosen], [`a token signed with the key ${join(folder, 'POOL')}`, true]);
    assert.deepEqual(masks, [token.jwt.reveal(), token.jwt.reveal().split('.')[2]]);
    const signed = Buffer.from(new SigningKey('POOL', key).signature(token.signedText)).toString('base64url');
    assert.equal(token.jwt.reveal().split('.')[2], signed);
  });

  test('with another name is read from the directory and is not doubled', () => {
    put('CI');
    const { made } = mint({ keyDirectory: folder }, { issuerKeys: ['OTHER', 'CI'] });
    assert.equal(made?.token.keyId, 'CI');
    const signed = Buffer.from(new SigningKey('CI', key).signature(made.token.signedText)).toString('base64url');
    assert.equal(made.token.jwt.reveal().split('.')[2], signed);
  });

  const none: readonly [string, () => Partial<SigningKeys>, Partial<ServerPolicy>][] = [
    ['for another trust domain', () => ({ poolKeyFile: put('POOL') }), { trustDomain: 'other.test' }],
    ['if no trust domain is configured', () => ({ poolKeyFile: put('POOL'), trustDomain: undefined }), {}],
    ['with a key that the daemon does not have', () => ({ poolKeyFile: put('POOL') }), { issuerKeys: ['OTHER'] }],
    ['if the daemon names no key', () => ({ poolKeyFile: put('POOL') }), { issuerKeys: [] }],
    [
      'with POOL in the directory of the other keys',
      () => {
        put('POOL');
        return { keyDirectory: folder };
      },
      {},
    ],
    [
      'with a path as the key name',
      () => ({ keyDirectory: folder }),
      { issuerKeys: ['../POOL', '/etc/passwd', 'a/b', ''] },
    ],
    ['with the key directory as the key', () => ({ keyDirectory: folder }), { issuerKeys: ['.', '..'] }],
  ];
  for (const [what, keys, server] of none) {
    test(`does not sign a token ${what}`, () => {
      const { made, masks } = mint(keys(), server);
      assert.deepEqual([made, masks], [undefined, []]);
    });
  }

  test('is not used, and is reported in the log, if other accounts can read it', {
    skip: windows ? 'Windows has no modes' : false,
  }, () => {
    const { made, log } = mint({ poolKeyFile: put('POOL', key, 0o644) });
    assert.equal(made, undefined);
    assert.match(log.join(), /skipped the key .*POOL: other accounts can access it/);
  });

  test('is not reported if it does not exist', () => {
    const keys = { trustDomain: 'pool.test', poolKeyFile: join(folder, 'missing'), keyDirectory: undefined };
    assert.equal(mintWith(keys, notingHost().host), undefined);
  });

  test('is not used if a suitable token exists', async () => {
    const clients = await MethodClients.create();
    try {
      const env = {
        ...{ _CONDOR_SEC_TOKEN_POOL_SIGNING_KEY_FILE: put('POOL'), _CONDOR_TRUST_DOMAIN: 'pool.test' },
        _CONDOR_SEC_TOKEN_DIRECTORY: join(folder, 'tokens'),
      };
      mkdirSync(join(folder, 'tokens'));
      const pool = clients.pool({ keys: [new SigningKey('POOL', key)] });
      await withPool(pool, async (pool) => {
        const words = { 'authentication-methods': 'IDTOKENS' };
        const minted = await clients.try(pool, words, { env });
        assert.equal(minted.fetched?.token.subject, 'condor@password', String(minted.error));
        assert.equal(minted.fetched?.credentialSource, `a token signed with the key ${join(folder, 'POOL')}`);
        const action = withoutSigningKeys(
          readRequest((name) => (({ ...words, address: pool.schedd() }) as Words)[name], surroundings(env)),
        );
        await assert.rejects(fetchToken(action, notingHost().host), { code: 'ERR_NO_CREDENTIAL' });
        const mine = join(folder, 'tokens', 'mine');
        const expired = pool.idToken('bob', { lifetime: -10 });
        writeFileSync(mine, expired, { mode: 0o600 });
        const stale = await clients.try(pool, words, { env });
        assert.ok(stale.error instanceof AuthenticationError, String(stale.fetched?.token.subject));
        assert.match(stale.error.attempts.map(({ reason }) => reason).join(), /it expired at/);
        rmSync(mine);
        const otherKey = new SigningKey('OTHER').issue({ subject: 'bob@pool.test', issuer: 'pool.test' });
        writeFileSync(mine, otherKey, { mode: 0o600 });
        assert.equal((await clients.try(pool, words, { env })).fetched?.token.subject, 'condor@password');
        writeFileSync(mine, pool.idToken('bob'), { mode: 0o600 });
        const found = await clients.try(pool, words, { env });
        assert.equal(found.fetched?.token.subject, 'bob@pool.test', String(found.error));
      });
    } finally {
      clients.close();
    }
  });
});
