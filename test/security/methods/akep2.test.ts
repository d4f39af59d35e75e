/** Tests AKEP2 and its key agreement with recorded handshakes, and with proofs that must be rejected. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ProtocolError } from '../../../src/errors.ts';
import { KeyAgreement } from '../../../src/security/key-agreement.ts';
import {
  getChallenge,
  keyOfToken,
  putNoProof,
  putOpening,
  putProof,
  SEED_A,
  serverIsProven,
} from '../../../src/security/methods/akep2.ts';
import { getClassAd } from '../../../src/wire/classad.ts';
import { Reader } from '../../../src/wire/reader.ts';
import { Writer } from '../../../src/wire/writer.ts';
import { SigningKey } from '../../support/credentials/signing-key.ts';
import { bytes, hex, vectors } from '../../support/vectors.ts';

const { signedText, signature } = vectors.jwt;

for (const name of ['tokenHandshake', 'tokenHandshakePipelined'] as const) {
  const { frames, akep2, ...handshake } = vectors[name];
  const body = (index: number) => bytes(frames[index]?.frame ?? '').subarray(5);
  const clear = frames.flatMap(({ clear, frame, dir }, index) => (clear && frame.length > 200 ? [{ dir, index }] : []));
  const [openingAt = -1, proofAt = -1] = clear
    .filter(({ dir }) => dir === 'C>S')
    .slice(-2)
    .map(({ index }) => index);
  const challengeAt = clear.filter(({ dir }) => dir === 'S>C').at(-1)?.index ?? -1;
  const opening = { name: akep2.a, signedText, nonce: bytes(akep2.ra) };
  const key = bytes(akep2.K);
  const challenge = getChallenge(new Reader(body(challengeAt)));

  describe(`AKEP2 in ${name}`, () => {
    test('derives K from the signature', () => {
      assert.equal(hex(keyOfToken(bytes(signature), signedText)), akep2.K);
    });
    test('sends the recorded opening', () => {
      const message = new Writer();
      putOpening(message, opening);
      assert.equal(hex(message.finish()), hex(body(openingAt)));
    });
    test('accepts the recorded proof of the server', () => {
      assert.equal(challenge.serverName, akep2.b);
      assert.equal(hex(challenge.mac), akep2.hkt);
      assert.ok(serverIsProven(key, opening, challenge));
    });
    test('sends the recorded proof', () => {
      const message = new Writer();
      putProof(message, key, opening, challenge);
      assert.equal(hex(message.finish()), hex(body(proofAt)));
    });
    test('derives the recorded session key', () => {
      const agreement = new KeyAgreement(() => bytes(handshake.clientEphemeralPrivateKey));
      const policyAt = clear.find(({ dir }) => dir === 'S>C')?.index ?? -1;
      const theirs = getClassAd(new Reader(body(policyAt))).string('ECDHPublicKey') ?? '';
      assert.equal(hex(agreement.sessionKey(theirs)), handshake.aesKey);
    });

    const lies: readonly [string, Partial<typeof challenge>][] = [
      ['another client name', { clientName: 'bob@vm' }],
      ['another server name', { serverName: 'condor@other' }],
      ['another client nonce', { clientNonce: new Uint8Array(256) }],
      ['no client nonce', { clientNonce: new Uint8Array() }],
      ['another server nonce', { serverNonce: new Uint8Array(256) }],
      ['no server nonce', { serverNonce: new Uint8Array() }],
      ['no MAC', { mac: new Uint8Array() }],
      ['a MAC with another key', { mac: createHmac('sha1', 'x').update(challenge.mac).digest() }],
      ['the MAC of the client', { mac: bytes(akep2.hk) }],
    ];
    for (const [what, lie] of lies) {
      test(`rejects a server with ${what}`, () => {
        assert.ok(!serverIsProven(key, opening, { ...challenge, ...lie }));
      });
    }
    test('rejects a server that sends no nonce, even if its MAC is correct', () => {
      const names = Buffer.from(`${opening.name} ${challenge.serverName}\0`);
      const mac = createHmac('sha1', key).update(names).update(opening.nonce).digest();
      assert.ok(!serverIsProven(key, opening, { ...challenge, serverNonce: new Uint8Array(), mac }));
    });
    test('rejects a MAC that has any bit changed or that was computed with another key', () => {
      for (let bit = 0; bit < 160; bit++) {
        const mac = Uint8Array.from(challenge.mac);
        mac[bit >> 3] = (mac[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        assert.ok(!serverIsProven(key, opening, { ...challenge, mac }));
      }
      assert.ok(!serverIsProven(bytes(vectors.jwt.masterJwtKey), opening, challenge));
    });
  });
}

describe('AKEP2', () => {
  test('uses the seed of the specification', () => assert.equal(hex(SEED_A), vectors.akep2Seeds.seedKa));
  test('sends a third message even without a proof', () => {
    const message = new Writer();
    putNoProof(message);
    assert.equal(hex(message.finish()), `${'f'.repeat(16)}${'0'.repeat(16)}00${'0'.repeat(32)}`);
  });
  test('parses any bytes as a challenge, or throws a ProtocolError', () => {
    const { frames } = vectors.tokenHandshake;
    const real = bytes(frames.filter(({ dir, clear }) => clear && dir === 'S>C')[2]?.frame ?? '').subarray(5);
    fc.assert(
      fc.property(fc.nat(real.length - 1), fc.uint8Array({ minLength: 1, maxLength: 16 }), (at, noise) => {
        const changed = Uint8Array.from(real);
        changed.set(noise.subarray(0, real.length - at), at);
        try {
          const { serverNonce, mac } = getChallenge(new Reader(changed));
          assert.ok([0, 256].includes(serverNonce.length) && [0, 20].includes(mac.length));
        } catch (error) {
          assert.ok(error instanceof ProtocolError, String(error));
        }
      }),
    );
  });
});

describe('A signing key', () => {
  test('signs as HTCondor does', () => {
    const key = new SigningKey('POOL', bytes(vectors.jwt.poolKeyDescrambled));
    assert.equal(hex(key.jwtKey), vectors.jwt.masterJwtKey);
    assert.equal(hex(key.signature(signedText)), signature);
  });
});

describe('The key agreement', () => {
  const random = (length: number) => new Uint8Array(length).fill(7);
  test('yields the same key on both sides', () => {
    const [a, b] = [new KeyAgreement(random), new KeyAgreement((length) => new Uint8Array(length).fill(9))];
    assert.deepEqual(a.sessionKey(b.publicKey), b.sessionKey(a.publicKey));
  });
  for (const [what, point] of [
    ['nothing', ''],
    ['no base64', '***'],
    ['the point at infinity', 'AA=='],
    [
      'a point that is not on the curve',
      Buffer.concat([Uint8Array.of(4), new Uint8Array(64).fill(1)]).toString('base64'),
    ],
    ['a point of another curve', Buffer.concat([Uint8Array.of(4), new Uint8Array(96).fill(1)]).toString('base64')],
  ] as const) {
    test(`rejects ${what}`, () => {
      const refused = (error: unknown) => error instanceof ProtocolError && error.code === 'ERR_MESSAGE';
      assert.throws(() => new KeyAgreement(random).sessionKey(point), refused);
    });
  }
  test('generates another private key if one is out of range', () => {
    const draws = [new Uint8Array(32), new Uint8Array(32).fill(255), new Uint8Array(32).fill(7)];
    const agreement = new KeyAgreement(() => draws.shift() ?? new Uint8Array());
    assert.equal(agreement.publicKey, new KeyAgreement(random).publicKey);
  });
});
