/** Tests encryption types with the vectors of RFC 3961 appendix A.1, RFC 3962 appendix B and RFC 8009 appendix A. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decryptCts, encryptCts } from '../../src/kerberos/aes-cts.ts';
import {
  deriveSha1,
  deriveSha2,
  ENCRYPTION_TYPES,
  encryptionName,
  encryptionType,
} from '../../src/kerberos/encryption.ts';
import { KerberosError } from '../../src/kerberos/kerberos-error.ts';
import { nFold } from '../../src/kerberos/n-fold.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const shown = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('n-fold', () => {
  const vectors: readonly [number, string, string][] = [
    [64, '012345', 'be072631276b1955'],
    [56, 'password', '78a07b6caf85fa'],
    [64, 'Rough Consensus, and Running Code', 'bb6ed30870b7f0e0'],
    [168, 'password', '59e4a8ca7c0385c3c37b3f6d2000247cb6e6bd5b3e'],
    [192, 'MASSACHVSETTS INSTITVTE OF TECHNOLOGY', 'db3b0d8f0b061e603282b308a50841229ad798fab9540c1b'],
    [168, 'Q', '518a54a215a8452a518a54a215a8452a518a54a215'],
    [168, 'ba', 'fb25d531ae8974499f52fd92ea9857c4ba24cf297e'],
    [64, 'kerberos', '6b65726265726f73'],
    [128, 'kerberos', '6b65726265726f737b9b5b2b93132b93'],
    [168, 'kerberos', '8372c236344e5f1550cd0747e15d62ca7a5a3bcea4'],
    [256, 'kerberos', '6b65726265726f737b9b5b2b93132b935c9bdcdad95c9899c4cae4dee6d6cae4'],
  ];
  for (const [bits, text, expected] of vectors)
    test(`folds "${text}" to ${bits} bits as in RFC 3961 A.1`, () =>
      assert.equal(shown(nFold(Buffer.from(text), bits / 8)), expected));
});

describe('string-to-key', () => {
  const athena = Buffer.from('ATHENA.MIT.EDUraeburn');
  const vectors: readonly [number, string, Uint8Array, string, string][] = [
    [
      ...([1, 'password', athena, '42263c6e89f4fc28b8df68ee09799f15'] as const),
      'fe697b52bc0d3ce14432ba036a92e65bbb52280990a2fa27883998d72af30161',
    ],
    [
      ...([2, 'password', athena, 'c651bf29e2300ac27fa469d693bdda13'] as const),
      'a2e16d16b36069c135d5e9d2e25f896102685618b95914b467c67622225824ff',
    ],
    [
      ...([1200, 'password', athena, '4c01cd46d632d01e6dbe230a01ed642a'] as const),
      '55a6ac740ad17b4846941051e1e8b0a7548d93b0ab30a8bc3ff16280382b8c2a',
    ],
    [
      ...([5, 'password', hex('1234567878563412'), 'e9b23d52273747dd5c35cb55be619d8e'] as const),
      '97a4e786be20d81a382d5ebc96d5909cabcdadc87ca48f574504159f16c36e31',
    ],
    [
      ...([
        1200,
        'X'.repeat(64),
        Buffer.from('pass phrase equals block size'),
        '59d1bb789a828b1aa54ef9c2883f69ed',
      ] as const),
      '89adee3608db8bc71f1bfbfe459486b05618b70cbae22092534e56c553ba4b34',
    ],
    [
      ...([
        1200,
        'X'.repeat(65),
        Buffer.from('pass phrase exceeds block size'),
        'cb8005dc5f90179a7f02104c0018751d',
      ] as const),
      'd78c5c9cb872a8c9dad4697f0bb5b2d21496c82beb2caeda2112fceea057401b',
    ],
    [
      ...([50, '\u{1d11e}', Buffer.from('EXAMPLE.COMpianist'), 'f149c1f2e154a73452d43e7fe62a56e5'] as const),
      '4b6d9839f84406df1f09cc166db4b83c571848b784a3d6bdc346589a3e393f9e',
    ],
  ];
  for (const [iterations, password, salt, aes128, aes256] of vectors) {
    test(`derives keys from a password of ${password.length} characters with ${iterations} iterations as in RFC 3962 B`, async () => {
      assert.equal(shown(await encryptionType(17).stringToKey(password, salt, iterations)), aes128);
      assert.equal(shown(await encryptionType(18).stringToKey(password, salt, iterations)), aes256);
    });
  }

  test('derives keys with 32,768 iterations as in RFC 8009 A', async () => {
    const salt = Buffer.concat([hex('10DF9DD783E5BC8ACEA1730E74355F61'), athena]);
    assert.equal(
      shown(await encryptionType(19).stringToKey('password', salt, 32_768)),
      '089bca48b105ea6ea77ca5d2f39dc5e7',
    );
    assert.equal(
      shown(await encryptionType(20).stringToKey('password', salt, 32_768)),
      '45bd806dbf6a833a9cffc1c94589a222367a79bc21c413718906e9f578a78467',
    );
  });
});

describe('ciphertext stealing', () => {
  const key = Buffer.from('chicken teriyaki');
  const text = Buffer.from('I would like the General Gau\x27s Chicken, please, and wonton soup.');
  const vectors: readonly [number, string][] = [
    [17, 'c6353568f2bf8cb4d8a580362da7ff7f97'],
    [31, 'fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5'],
    [32, '39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584'],
    [47, '97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5'],
    [48, '97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8'],
    [
      64,
      '97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a84807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8',
    ],
  ];
  for (const [length, expected] of vectors) {
    test(`encrypts and decrypts ${length} bytes as in RFC 3962 B`, () => {
      assert.equal(shown(encryptCts(key, text.subarray(0, length))), expected);
      assert.deepEqual(Buffer.from(decryptCts(key, hex(expected))), text.subarray(0, length));
    });
  }

  test('decrypts what it encrypts, for every length', () => {
    for (let length = 16; length < 100; length++) {
      const plain = Buffer.alloc(length, length);
      assert.deepEqual(Buffer.from(decryptCts(key, encryptCts(key, plain))), plain);
    }
  });

  test('rejects a ciphertext that is shorter than a block', () =>
    assert.throws(() => decryptCts(key, new Uint8Array(15)), KerberosError));
});

describe('AES with SHA-2', () => {
  const keys: Readonly<Record<number, Buffer>> = {
    19: hex('3705D96080C17728A0E800EAB6E0D23C'),
    20: hex('6D404D37FAF79F9DF0D33568D320669800EB4836472EA8A026D16B7182460C52'),
  };
  const derived: readonly [number, string, 'sha256' | 'sha384', string][] = [
    [19, '0000000299', 'sha256', 'b31a018a48f54776f403e9a396325dc3'],
    [19, '00000002aa', 'sha256', '9b197dd1e8c5609d6e67c3e37c62c72e'],
    [19, '0000000255', 'sha256', '9fda0e56ab2d85e1569a688696c26a6c'],
    [20, '0000000299', 'sha384', 'ef5718be86cc84963d8bbb5031e9f5c4ba41f28faf69e73d'],
    [20, '00000002aa', 'sha384', '56ab22bee63d82d7bc5227f6773f8ea7a5eb1c825160c38312980c442e5c7e49'],
    [20, '0000000255', 'sha384', '69b16514e3cd8e56b82010d5c73012b622c4d00ffc23ed1f'],
  ];
  for (const [type, label, hash, expected] of derived) {
    test(`derives the key ${label} of type ${type} as in RFC 8009 A`, () =>
      assert.equal(shown(deriveSha2(hash, keys[type] ?? assert.fail(), hex(label), expected.length / 2)), expected));
  }

  const encrypted: readonly [number, number, string, string][] = [
    [
      ...([19, 0, '7E5895EAF2672435BAD817F545A37148'] as const),
      'ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718',
    ],
    [
      ...([19, 6, '7BCA285E2FD4130FB55B1A5C83BC5B24'] as const),
      '84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c',
    ],
    [
      ...([19, 16, '56AB21713FF62C0A1457200F6FA9948F'] as const),
      '3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37eebe6b0d3',
    ],
    [
      ...([19, 21, 'A7A4E29A4728CE10664FB64E49AD3FAC'] as const),
      '720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92ca9b8334a287ffcbfc',
    ],
    [
      ...([20, 0, 'F764E9FA15C276478B2C7D0C4E5F58E4'] as const),
      '41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c',
    ],
    [
      ...([20, 6, 'B80D3251C1F6471494256FFE712D0B9A'] as const),
      '4ed7b37c2bcac8f74f23c1cf07e62bc7b75fb3f637b9f559c7f664f69eab7b6092237526ea0d1f61cb20d69d10f2',
    ],
    [
      ...([20, 16, '53BF8A0D105265D4E276428624CE5E63'] as const),
      'bc47ffec7998eb91e8115cf8d19dac4bbbe2e163e87dd37f49beca92027764f68cf51f14d798c2273f35df574d1f932e40c4ff255b36a266',
    ],
    [
      ...([20, 21, '763E65367E864F02F55153C7E3B58AF1'] as const),
      '40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62',
    ],
  ];
  for (const [type, length, confounder, expected] of encrypted) {
    test(`encrypts ${length} bytes with type ${type} as in RFC 8009 A`, () => {
      const key = keys[type] ?? assert.fail();
      const text = Uint8Array.from({ length }, (_, at) => at);
      const { encrypt, decrypt } = encryptionType(type);
      assert.equal(shown(encrypt(key, 2, text, hex(confounder))), expected);
      assert.deepEqual(Uint8Array.from(decrypt(key, 2, hex(expected))), text);
    });
  }

  test('computes checksums as in RFC 8009 A', () => {
    const text = Uint8Array.from({ length: 21 }, (_, at) => at);
    const of = (type: number) => shown(encryptionType(type).checksum(keys[type] ?? assert.fail(), 2, text));
    assert.equal(of(19), 'd78367186643d67b411cba9139fc1dee');
    assert.equal(of(20), '45ee791567eefca37f4ac1e0222de80d43c3bfa06699672a');
  });
});

describe('every encryption type', () => {
  for (const id of ENCRYPTION_TYPES) {
    const type = encryptionType(id);
    const key = Buffer.alloc(type.keyLength, 7);
    const sealed = () => type.encrypt(key, 11, Buffer.from('something'), Buffer.alloc(16, 1));

    test(`${encryptionName(id)} decrypts what it encrypted, but only with the same key and usage`, () => {
      assert.equal(Buffer.from(type.decrypt(key, 11, sealed())).toString(), 'something');
      assert.throws(() => type.decrypt(key, 12, sealed()), /different key or was modified/);
      assert.throws(() => type.decrypt(Buffer.alloc(type.keyLength, 8), 11, sealed()), /different key or was modified/);
    });

    test(`${encryptionName(id)} rejects a message in which any byte is changed or one is missing`, () => {
      const whole = sealed();
      for (const at of whole.keys()) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.throws(() => type.decrypt(key, 11, changed), KerberosError);
        assert.throws(() => type.decrypt(key, 11, whole.subarray(0, at)), KerberosError);
      }
    });
  }

  test('derives a separate key for each usage', () =>
    assert.notDeepEqual(
      deriveSha1(Buffer.alloc(16), hex('0000000baa')),
      deriveSha1(Buffer.alloc(16), hex('0000000caa')),
    ));

  test('is AES, and other types are rejected by name', () => {
    for (const [id, name] of [
      [23, 'arcfour-hmac'],
      [16, 'des3-cbc-sha1'],
      [3, 'des-cbc-md5'],
      [99, 'number 99'],
    ] as const)
      assert.throws(() => encryptionType(id), new RegExp(`the encryption type ${name} is not supported`));
  });
});
