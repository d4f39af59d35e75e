/** Tests invalid inputs. One annotation contains the error code, no file is written, and no peer is contacted. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { filesIn } from '../support/files-in.ts';
import { listen } from '../support/network/listen.ts';
import { Runner } from '../support/runner/runner.ts';
import { assertFailed, assertNoLeak } from '../support/runner/step-assertions.ts';

let server: Server;
let runner: Runner;
let address: string;
let connections = 0;

before(async () => {
  server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  address = `127.0.0.1:${await listen(server)}`;
  runner = new Runner();
});
after(() => {
  server.close();
  runner.close();
});
beforeEach(() => {
  connections = 0;
});

const credential = strangeJwt();
/** A valid certificate. Its content does not matter. */
const [CERTIFICATE = ''] = rootCertificates;

describe('An invalid input', () => {
  const cases: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
    ['an unknown type', { type: 'shedd' }, /^type: "shedd" is not valid; use one of schedd .*\(ERR_INPUT\)/],
    ['a blank name', { name: '  ' }, /^name: the value is empty/],
    ['a name with a quote', { name: 'a" || true || "' }, /^name: .*characters that are not allowed in name/],
    ['a lifetime of zero', { lifetime: '0' }, /^lifetime: "0" is not a lifetime/],
    ['a negative lifetime', { lifetime: '-1' }, /^lifetime: "-1" is not a lifetime/],
    ['a lifetime in words', { lifetime: 'an hour' }, /^lifetime: "an hour" is not a lifetime/],
    ['a lifetime over 2^31', { lifetime: '2147483648' }, /^lifetime: .*from 1 s to 2147483647 s/],
    [
      'an unknown level',
      { authz: 'READ SUBMIT' },
      /^authz: "SUBMIT" is not an authorization level; the levels are .*READ WRITE.*ADVERTISE_STARTD/,
    ],
    ['a token name with a path', { token: '../ci' }, /^token: "..\/ci" is not a plain file name; use file for a path/],
    ['both token and file', { token: 'ci', file: 'ci' }, /^token and file are mutually exclusive/],
    ['token-directory alone', { 'token-directory': 'd' }, /^token-directory: token, .*, is not set/],
    ['unknown on-reduced', { 'on-reduced': 'panic' }, /^on-reduced: .*use one of warn fail ignore/],
    [
      'remote with a key',
      { remote: 'true', address: '', key: 'CI' },
      /^key: not supported with remote, because the schedd signs/,
    ],
    [
      'remote for a startd',
      { remote: 'true', type: 'startd' },
      /^remote: the collector fetches tokens from schedds only/,
    ],
    ['an unknown summary', { summary: 'perhaps' }, /^summary: .*use one of true false/],
    ['a timeout in words', { timeout: 'soon' }, /^timeout: "soon" is not a duration/],
    ['an invalid address', { address: 'http://x/' }, /^address: .* is neither a sinful string nor host:port/],
    ['no pool', { pool: '', address: '' }, /^pool: the collector is unknown/],
    ['an invalid pool', { pool: 'a b!', address: '' }, /^pool: "b!" is not a host/],
    ['hostile text', { type: '##[add-mask]x\n::set-output name=token::x' }, /^type: .*is not valid/],
  ];
  for (const [what, inputs, text] of cases) {
    test(`fails the step before any connection: ${what}`, async () => {
      const step = await runner.runAction({ pool: address, idtoken: credential, ...inputs });
      assertFailed(step, { code: 'ERR_INPUT', status: 2, text });
      assert.equal(step.masks[0], credential, 'masked before any other processing');
      assertNoLeak(step, [credential]);
      assert.equal(connections, 0, 'no peer was contacted');
      assert.deepEqual(filesIn(runner.workspace), []);
    });
  }
});

describe('An unreadable credential', () => {
  const cases: readonly [string, string, string, RegExp][] = [
    ['a word', 'correct-horse-battery', 'ERR_CREDENTIAL_UNREADABLE', /^idtoken: not an IDTOKEN: it is not three parts/],
    ['a truncated token', credential.slice(0, -43), 'ERR_CREDENTIAL_UNREADABLE', /^idtoken: not an IDTOKEN/],
    [
      'an invalid second line',
      `${credential}\nxyzxyzxyzxyzxyz`,
      'ERR_CREDENTIAL_UNREADABLE',
      /^idtoken line 2: not an IDTOKEN/,
    ],
    [
      'only comments',
      '# to be done\n',
      'ERR_NO_CREDENTIAL',
      /^no credential was found; IDTOKENS: .*idtoken contains only blank lines/,
    ],
  ];
  for (const [what, idtoken, code, text] of cases) {
    test(`fails the step before any connection: ${what}`, async () => {
      const step = await runner.runAction({ pool: address, idtoken, file: 'ci' }, { debug: true });
      assertFailed(step, { code, status: 2, text });
      assertNoLeak(step, [credential]);
      for (const line of step.log) assert.doesNotMatch(line, /correct-horse|xyzxyz/);
      assert.equal(connections, 0, 'no peer was contacted');
      assert.deepEqual(filesIn(runner.workspace), []);
    });
  }

  const garbled = Buffer.from('a private key without its first line').toString('base64');
  const keys: readonly [string, Readonly<Record<string, string>>, string, RegExp][] = [
    [
      'a key without its first line',
      { 'client-certificate': CERTIFICATE, 'client-key': garbled },
      'ERR_CREDENTIAL_UNREADABLE',
      /^client-key: the value is not PEM, and reading it as a path failed: it does not exist/,
    ],
    [
      'a long key without its first line',
      { 'client-certificate': CERTIFICATE, 'client-key': garbled.repeat(9) },
      'ERR_INPUT',
      /^client-key: the value looks like base64; it is neither PEM nor a path/,
    ],
    [
      'a certificate and a key without their first line',
      { 'client-certificate': garbled.repeat(12) },
      'ERR_INPUT',
      /^client-certificate: the value looks like base64; it is neither PEM nor a path/,
    ],
  ];
  for (const [what, inputs, code, text] of keys) {
    test(`is not quoted in the message: ${what}`, async () => {
      const step = await runner.runAction({ pool: address, ...inputs }, { debug: true });
      assertFailed(step, { code, status: 2, text });
      for (const line of step.log.filter((each) => !each.startsWith('::add-mask')))
        assert.ok(!line.includes(garbled.slice(0, 20)), line);
      assert.equal(connections, 0, 'no peer was contacted');
    });
  }

  test('is masked if it is a key in client-certificate', async () => {
    const key = '-----BEGIN PRIVATE KEY-----\nAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----';
    const step = await runner.runAction({ pool: address, 'client-certificate': key, type: 'shedd' });
    assertFailed(step, { code: 'ERR_INPUT', status: 2, text: /^type: / });
    assert.ok(step.masks.includes(key));
  });

  test('fails the step if the runner’s directories contain no token', async () => {
    const env = {
      _CONDOR_SEC_TOKEN_DIRECTORY: runner.workspace,
      _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'IDTOKENS, KERBEROS',
    };
    const step = await runner.runAction({ pool: address, file: 'ci' }, { env });
    assertFailed(step, {
      code: 'ERR_NO_CREDENTIAL',
      status: 2,
      text: /^no credential was found; IDTOKENS: no IDTOKEN was found; .*workspace: the directory is empty. KERBEROS: it was not selected/,
    });
    assert.equal(connections, 0, 'no peer was contacted');
  });
});

describe('An unusable output path', () => {
  test('fails the step if the parent directory of the file is a file', async () => {
    const file = `${process.execPath}/ci`;
    const step = await runner.runAction({ pool: address, idtoken: credential, file });
    assertFailed(step, {
      code: 'ERR_OUTPUT',
      status: 8,
      text: /cannot be examined|is not a directory|cannot be written to/,
    });
    assert.equal(connections, 0, 'detected before any connection');
  });

  test('fails the step if the file is a directory', async () => {
    const step = await runner.runAction({ pool: address, idtoken: credential, file: '.' });
    assertFailed(step, { code: 'ERR_OUTPUT', status: 8, text: /exists and is not a regular file/ });
    assert.equal(connections, 0, 'detected before any connection');
  });
});
