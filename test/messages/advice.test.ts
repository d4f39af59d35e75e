/**
 * Tests errors that occur without HTCondor, and errors that only the embedded pool can cause. Each error has the
 * documented hints.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseArguments } from '../../src/cli/flags.ts';
import { type FetchOptions, fetchToken } from '../../src/index.ts';
import { authenticate } from '../../src/security/authenticate.ts';
import { fs } from '../../src/security/methods/fs.ts';
import { Authority } from '../support/credentials/certificates.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import { fetchFrom, withPool } from '../support/embedded-pool/with-pool.ts';
import { advised } from '../support/errors/advice.ts';
import { ERRORS, type ErrorName } from '../support/errors/every-error.ts';
import { instead } from '../support/faults/broken-messages.ts';
import { deadPort, listen } from '../support/network/listen.ts';
import { ScriptedChannel } from '../support/scripted-channel.ts';

const key = new SigningKey();
const idtoken = key.issue({ subject: 'alice@pool.test', issuer: 'pool.test' });
const issuer = new SciTokenKey('https://issuer.test');
const policy = { ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' };

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'advice-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Regardless of this host's configuration, the client queries no collector, and no peer responds. */
const offline = async (options: FetchOptions) =>
  await fetchToken({ address: `127.0.0.1:${await deadPort()}`, idtoken, retries: 0, ...options });

describe('A failure before any connection has the documented hint:', () => {
  for (const name of [
    'Invalid command line argument: -identity',
    'Invalid command line argument: -frobnicate',
  ] as const) {
    test(name, () => assert.throws(() => parseArguments([name.split(': ')[1] ?? '']), advised(name)));
  }

  const certificates = async () => {
    const authority = await Authority.create();
    const { certificate: clientCertificate, key: clientKey } = await authority.issue({
      ...{ subject: 'CN=alice', from: -48, to: -24 },
    });
    return { clientCertificate, clientKey };
  };
  const cases: readonly [ErrorName, () => FetchOptions | Promise<FetchOptions>][] = [
    ['is not a lifetime', () => ({ lifetime: 0 })],
    ['the certificate of CN=alice expired at', certificates],
    ['it contains no PEM certificate', async () => ({ clientCertificate: (await certificates()).clientKey })],
    [
      'SCITOKENS accepts at most 16380; mode exchange accepts more',
      () => ({ scitoken: issuer.issue('alice', { padding: 'x'.repeat(20_000) }) }),
    ],
    ['not a SciToken', () => ({ scitoken: 'correct-horse' })],
    ['the password is not a single line of text', () => ({ password: 'correct\nhorse' })],
    ['not an IDTOKEN', () => ({ idtoken: 'correct-horse' })],
    [
      'a SciToken is sent only to a daemon that authenticates itself',
      () => ({ mode: 'exchange', scitoken: issuer.issue('alice'), authenticationMethods: ['FS'] }),
    ],
    ['cancelled', () => ({ signal: AbortSignal.abort() })],
    [
      'is a symbolic link, which is not followed',
      () => {
        const file = join(folder, 'link');
        symlinkSync('/nowhere', file);
        return { file };
      },
    ],
    ['does not resolve', () => ({ address: 'cm.invalid:9618' })],
    ['connection refused', () => ({})],
    [
      'nor through CCB',
      async () => {
        const nobody = `127.0.0.1:${await deadPort()}`;
        return { address: `<${nobody}?CCBID=${nobody}#1>` };
      },
    ],
  ];
  for (const [name, options] of cases) test(name, async () => assert.rejects(offline(await options()), advised(name)));

  test('FS to another host', async () => {
    const elsewhere = { address: '192.0.2.7', port: 9618, sharedPortId: undefined, serverName: undefined };
    const methods = [fs({ parents: ['/tmp'], owner: undefined, mayBeUnbound: true })];
    await assert.rejects(
      authenticate(
        new ScriptedChannel([]),
        { methods, preference: 'ours', unavailable: [] },
        elsewhere,
        { methods: ['FS'], ...policy },
        undefined,
        true,
      ),
      advised('is another host'),
    );
  });
});

/** OpenSSL's response to bytes that are not a handshake: a fatal protocol_version alert. */
const ALERT = Buffer.from('15030300020246', 'hex');

describe('A server that is not a daemon has the documented hint:', () => {
  const servers: readonly [ErrorName, () => Server][] = [
    ['it responds like a web server (HTTP)', () => createWebServer()],
    ['it responds like a TLS server', () => createServer((socket) => socket.on('error', () => {}).end(ALERT))],
    [
      'the peer does not speak CEDAR (its first byte is',
      () => createServer((socket) => socket.on('error', () => {}).end('* OK IMAP4rev1 ready\r\n')),
    ],
    ['the peer closed the connection', () => createServer((socket) => socket.destroy())],
  ];
  for (const [name, start] of servers) {
    test(name, async () => {
      const server = start();
      try {
        await assert.rejects(offline({ address: `127.0.0.1:${await listen(server)}` }), advised(name));
      } finally {
        server.close();
      }
    });
  }
});

describe('A failure of an embedded daemon has the documented hint:', () => {
  const alter = (frame: Uint8Array) => frame.map((byte, at) => (at === frame.length - 1 ? byte ^ 1 : byte));
  const cases: readonly [ErrorName, EmbeddedPoolOptions, ((pool: EmbeddedPool) => FetchOptions)?][] = [
    ['a message is truncated', { faults: { policy: instead((message) => message.int(1).string('A = 1')) } }],
    [
      'a line is not an attribute',
      { faults: { policy: instead((message) => message.int(1).string('hello').string('').string('')) } },
    ],
    ['an encrypted frame is not authentic', { faults: { 'post-auth': alter } }],
    ['the daemon does not agree to authenticate', { edit: { policy: (ad) => ({ ...ad, Authentication: 'NO' }) } }],
    ['it offers BLOWFISH', { edit: { policy: (ad) => ({ ...ad, CryptoMethods: 'BLOWFISH' }) } }],
    [
      'the daemon does not support the command',
      { edit: { 'post-auth': (ad) => ({ ...ad, ReturnCode: 'CMD_NOT_FOUND' }) } },
    ],
    ['it reported no identity', { edit: { 'post-auth': () => ({ ReturnCode: 'DENIED' }) } }],
    [
      'it authenticated the client as bob@pool.test',
      { denied: () => true },
      (pool) => ({ idtoken: pool.idToken('bob') }),
    ],
    [
      'the daemon does not report its trust domain',
      { edit: { policy: (ad) => ({ ...ad, TrustDomain: undefined }) } },
      (pool) => ({ idtoken: `${pool.idToken()}\n${pool.idToken()}` }),
    ],
    [
      'the reply contains neither a token nor a request id',
      { requests: {}, edit: { reply: () => ({ Status: 1 }) } },
      () => ({ mode: 'request', identity: 'carol@pool.test' }),
    ],
    ['the reply contains no token', { edit: { reply: () => ({}) } }],
    [
      'which was not requested',
      {
        keys: [key],
        edit: { reply: () => ({ Token: key.issue({ subject: 'alice@pool.test', issuer: 'pool.test' }) }) },
      },
      () => ({ authz: ['READ'], lifetime: 'unlimited' }),
    ],
  ];
  for (const [name, options, how] of cases) {
    test(name, () => withPool(options, (pool) => assert.rejects(fetchFrom(pool, how?.(pool)), advised(name))));
  }

  const texts: readonly ErrorName[] = [
    'Cannot create new session as original one expired.',
    'Server did not successfully authenticate session.',
    'No schedd target specified.',
    'Missing requester identity.',
    'Request to server was not encrypted.',
    'Failed to receive response from schedd.',
    'Issuer namespace is not set',
    'Request has expired.',
    'Request ID is not known.',
    'Request rate limit hit.',
    'Request to server was made using ANONYMOUS or no authentication.',
    'Too many requests in the system.',
    'Server not built with SciTokens support',
    'the daemon reports error',
  ];
  for (const name of texts) {
    test(name, () => {
      const error = ERRORS[name];
      assert.ok('errorString' in error);
      const reply = () => ({ ErrorCode: error.errorCode, ErrorString: error.errorString });
      return withPool({ edit: { reply } }, (pool) => assert.rejects(fetchFrom(pool), advised(name)));
    });
  }
});
