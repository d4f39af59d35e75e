/** Tests session resumption with bytes recorded from HTCondor 23.9. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { DC_AUTHENTICATE, resumptionAd } from '../../src/security/policy.ts';
import { putClassAd } from '../../src/wire/classad.ts';
import { Deframer } from '../../src/wire/frame.ts';
import { FrameProtection } from '../../src/wire/frame-protection.ts';
import { bytesOf } from '../support/scripted-channel.ts';
import { bytes, hex, vectors } from '../support/vectors.ts';

const { aesKey, sid, sendDigest, clientBaseIV, frames } = vectors.resumeWithoutResponse;
const [, resume, request, reply] = frames;
assert.ok(resume !== undefined && request !== undefined && reply !== undefined);

function frameOf(recorded: string) {
  const deframer = new Deframer();
  deframer.push(bytes(recorded));
  return deframer.next() ?? assert.fail('no frame');
}

describe('A resumed session', () => {
  test('is named in the recorded ad', () => {
    const nonce = /Nonce = "([^"]*)"/.exec(Buffer.from(resume.frame, 'hex').toString('latin1'))?.[1] ?? '';
    assert.equal(Buffer.from(nonce, 'base64').length, 33);
    const ad = resumptionAd({ command: 60046 }, sid, nonce);
    const said = bytesOf((message) => putClassAd(message.int(DC_AUTHENTICATE), ad));
    assert.equal(hex(said), resume.frame.slice(10));
  });

  test('binds the cleartext to the first frames in both directions', () => {
    assert.equal(createHash('sha256').update(bytes(resume.frame)).digest('hex'), sendDigest);
    const digests = { sent: bytes(sendDigest), received: new Uint8Array(32) };
    const protection = new FrameProtection(bytes(aesKey), digests, bytes(clientBaseIV));
    assert.equal(hex(protection.seal(bytes(request.plaintext ?? ''))), request.frame);
    assert.equal(hex(protection.open(frameOf(reply.frame))), reply.plaintext);
    const replayed = new FrameProtection(bytes(aesKey), { ...digests, sent: new Uint8Array(32) }, bytes(clientBaseIV));
    assert.throws(() => replayed.open(frameOf(reply.frame)), { code: 'ERR_DECRYPT' });
  });
});
