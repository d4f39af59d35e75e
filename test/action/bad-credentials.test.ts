/**
 * Tests unusable certificates, SciTokens and passwords. One annotation gives the reason, and the log contains no part
 * of the credential.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Authority, type Identity } from '../support/credentials/certificates.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { filesIn } from '../support/files-in.ts';
import { listen } from '../support/network/listen.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertNoLeak } from '../support/runner/step-assertions.ts';

const issuer = new SciTokenKey('https://issuer.test');
const PASSPHRASE = 'secret-passphrase';

let server: Server;
let runner: Runner;
let address: string;
let connections = 0;
let alice: Identity;
let bob: Identity;
let old: Identity;

before(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  address = `127.0.0.1:${await listen(server)}`;
  runner = new Runner();
  const authority = await Authority.create();
  alice = await authority.issue({ subject: 'CN=alice' });
  bob = await authority.issue({ subject: 'CN=bob' });
  old = await authority.issue({ subject: 'CN=old', from: -48, to: -24 });
});
after(() => {
  server.close();
  runner.close();
});

const encrypted = (form: 'pkcs8' | 'sec1') =>
  String(
    createPrivateKey(alice.key).export({ type: form, format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSPHRASE }),
  );

interface Case {
  readonly what: string;
  readonly inputs: () => Record<string, string>;
  readonly code: string;
  readonly text: RegExp;
}

const UNREADABLE = 'ERR_CREDENTIAL_UNREADABLE';
const cases: readonly Case[] = [
  {
    what: 'a certificate that is not PEM',
    inputs: () => ({ 'client-certificate': 'two\nlines', 'client-key': alice.key }),
    code: 'ERR_INPUT',
    text: /^client-certificate: the value is neither PEM nor a path/,
  },
  {
    what: 'a certificate that is a key',
    inputs: () => ({ 'client-certificate': alice.key }),
    code: UNREADABLE,
    text: /^client-certificate: it contains no PEM certificate/,
  },
  {
    what: 'a key that is not PEM',
    inputs: () => ({ 'client-certificate': alice.certificate, 'client-key': '-----BEGIN PRIVATE KEY-----\nAAAA' }),
    code: UNREADABLE,
    text: /^client-key: it contains no PEM private key/,
  },
  {
    what: 'a key that does not match the certificate',
    inputs: () => ({ 'client-certificate': alice.certificate, 'client-key': bob.key }),
    code: UNREADABLE,
    text: /^client-key: the key does not match the certificate of CN=alice/,
  },
  ...(['pkcs8', 'sec1'] as const).map(
    (form): Case => ({
      what: `a key that is encrypted (${form})`,
      inputs: () => ({ 'client-certificate': alice.certificate, 'client-key': encrypted(form) }),
      code: UNREADABLE,
      text: /^client-key: the key is encrypted with a passphrase; .* openssl pkey -in KEY -out PLAIN/,
    }),
  ),
  {
    what: 'a certificate that has expired',
    inputs: () => ({ 'client-certificate': old.certificate, 'client-key': old.key }),
    code: UNREADABLE,
    text: /^client-certificate: the certificate of CN=old expired at 20/,
  },
  {
    what: 'a key without a certificate',
    inputs: () => ({ 'client-key': alice.key }),
    code: 'ERR_INPUT',
    text: /^client-key: client-certificate is not set/,
  },
  {
    what: 'text that is not a CA certificate',
    inputs: () => ({ 'client-certificate': alice.certificate, 'client-key': alice.key, 'ca-certificate': alice.key }),
    code: UNREADABLE,
    text: /^ca-certificate: it contains no PEM certificate/,
  },
  {
    what: 'a SciToken that is too long',
    inputs: () => ({ scitoken: issuer.issue('alice', { pad: 'x'.repeat(20_000) }) }),
    code: UNREADABLE,
    text: /^scitoken: it has \d+ bytes; SCITOKENS accepts at most 16380; mode exchange accepts more/,
  },
  {
    what: 'a SciToken that contains a newline',
    inputs: () => ({ scitoken: issuer.issue('alice').replace('.', '.\n') }),
    code: UNREADABLE,
    text: /^scitoken: it contains white space/,
  },
  {
    what: 'a SciToken that is not a JWT',
    inputs: () => ({ scitoken: 'correct-horse-battery' }),
    code: UNREADABLE,
    text: /^scitoken: not a SciToken: it is not three parts/,
  },
  {
    what: 'a SciToken with invalid times',
    inputs: () => ({ scitoken: issuer.issue('alice', { nbf: 1e300 }) }),
    code: UNREADABLE,
    text: /^scitoken: not a SciToken: its nbf is not a valid timestamp/,
  },
  {
    what: 'a password with two lines',
    inputs: () => ({ password: 'correct-horse\nbattery-staple' }),
    code: UNREADABLE,
    text: /^password: the password is not a single line of text/,
  },
  ...['CLAIMTOBE', 'anonymous', 'SSL, ClaimToBe'].map(
    (methods): Case => ({
      what: `the method ${methods}`,
      inputs: () => ({ 'authentication-methods': methods, password: 'correct-horse' }),
      code: 'ERR_INPUT',
      text: /^authentication-methods: (CLAIMTOBE|ANONYMOUS) is not supported, because it proves no identity/,
    }),
  ),
];

/** Returns the secret lines of the inputs. */
function secretsOf(inputs: Record<string, string>): readonly string[] {
  const secret = ['client-key', 'scitoken', 'password'].map((name) => inputs[name] ?? '');
  const lines = secret.flatMap((each) => each.split('\n')).filter((line) => !line.startsWith('-----'));
  return lines.filter((line) => (line.split('.').at(-1) ?? '').length > 10);
}

describe('The Action rejects', () => {
  for (const { what, inputs, code, text } of cases) {
    test(`${what}`, async () => {
      const given = inputs();
      const step = await runner.runAction({ address, file: 'ci', ...given }, { debug: true });
      assertFailed(step, { code, status: 2, text });
      assertNoLeak(step, secretsOf(given));
      for (const secret of [...secretsOf(given), PASSPHRASE])
        assert.ok(!step.log.some((line) => line.includes(secret)), `${secret} is in the log`);
      assert.equal(connections, 0, 'no peer was contacted');
      assert.deepEqual(filesIn(runner.workspace), []);
    });
  }
});
