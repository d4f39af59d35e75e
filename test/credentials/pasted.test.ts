/**
 * Tests credentials that were pasted in another format. An unambiguous format is converted; otherwise, the error names
 * the format.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { pastedPem, pastedToken, pastedTokens } from '../../src/credentials/pasted.ts';
import { readCertificates } from '../../src/credentials/ssl.ts';
import { CredentialError } from '../../src/errors.ts';
import { Authority } from '../support/credentials/certificates.ts';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { credentialsOf } from '../support/said.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const idtoken = strangeJwt();
const scitoken = `${encode({ alg: 'ES256' })}.${encode({ iss: 'https://i', sub: 's' })}.${'c2ln'.repeat(8)}`;

describe('A pasted token', () => {
  const clothes: readonly [string, (token: string) => string][] = [
    ['with blanks before and after it', (token) => `\n ${token}\r\n`],
    ['in quotes', (token) => `"${token}"`],
    ['after Bearer', (token) => `Bearer ${token}`],
    ['as a header', (token) => `Authorization: bearer ${token}\n`],
    ['in JSON', (token) => JSON.stringify({ access_token: token, expires_in: 60 }, undefined, 2)],
    ['in base64', (token) => Buffer.from(`${token}\n`).toString('base64')],
  ];
  for (const [what, dress] of clothes) {
    test(`is accepted ${what}`, () => {
      assert.equal(pastedToken('scitoken', dress(scitoken)), scitoken);
      assert.equal(pastedTokens(dress(idtoken)).trim(), idtoken);
      assert.ok(credentialsOf({ idtoken: dress(idtoken), scitoken: dress(scitoken) }));
    });
  }

  test('is accepted among others, one per line, with comments', () => {
    const text = `# one\n${idtoken}\n"${idtoken}"\n`;
    assert.equal(pastedTokens(text), `# one\n${idtoken}\n${idtoken}\n`);
  });

  const mistakes: readonly [string, 'idtoken' | 'scitoken', string, RegExp][] = [
    ['an expression', 'idtoken', '$'.concat('{{ secrets.TOKEN }}'), /workflow expression that was not expanded/],
    ['the mask in a log', 'scitoken', '***', /the value is \*\*\*, which logs show/],
    ['PEM', 'idtoken', '-----BEGIN CERTIFICATE-----', /the value is PEM, not a token/],
    ['base64 of other data', 'idtoken', Buffer.alloc(90, 7).toString('base64'), /the value looks like base64/],
    ['an IDTOKEN', 'scitoken', idtoken, /the value is an IDTOKEN \(signed with HS256\).*the input idtoken/],
    [
      'a SciToken',
      'idtoken',
      scitoken,
      /the value is a SciToken or a similar JWT \(signed with ES256\).*the input scitoken/,
    ],
  ];
  for (const [what, name, text, message] of mistakes) {
    test(`is rejected with the reason if it is ${what}, as ${name}`, () => {
      assert.throws(
        () => credentialsOf({ [name]: text }),
        (error: unknown) => {
          assert.ok(error instanceof CredentialError && error.code === 'ERR_CREDENTIAL_UNREADABLE');
          assert.match(error.message, message);
          return !error.message.includes(text) || text === '***';
        },
      );
    });
  }
});

describe('Pasted PEM', () => {
  let pem: string;
  before(async () => {
    pem = (await Authority.create()).certificate;
  });
  const clothes: readonly [string, (pem: string) => string][] = [
    ['unchanged', (text) => text],
    ['with literal line endings', (text) => text.replaceAll('\n', '\\n')],
    ['on one line', (text) => text.replaceAll('\n', ' ')],
    ['in base64', (text) => Buffer.from(text).toString('base64')],
    ['in base64 of several lines', (text) => Buffer.from(text).toString('base64').replace(/.{76}/g, '$&\n')],
    ['in quotes', (text) => `"${text.replaceAll('\n', '\\n')}"`],
  ];
  for (const [what, dress] of clothes)
    test(`is accepted ${what}`, () => {
      assert.equal(
        readCertificates(pastedPem(dress(pem)), 'x')[0]?.toString(),
        readCertificates(pem, 'x')[0]?.toString(),
      );
    });
});
