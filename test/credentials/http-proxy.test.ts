/** Tests the OIDC endpoint and the token service behind a proxy, and CA certificates from the environment. */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, mock, test } from 'node:test';
import { createProxy } from 'proxy';
import { proxyFor } from '../../src/credentials/http-proxy.ts';
import type { HTCondorError } from '../../src/errors.ts';
import { readProxies } from '../../src/inputs/keyless.ts';
import { audience, keyless, services } from '../support/clients/keyless.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { advised } from '../support/errors/advice.ts';
import { deadPort, listen } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';
import { PUBLIC_NAME } from '../support/service/token-services.ts';

const issuer = new SciTokenKey('https://issuer.test');
const PASSWORD = 'p@ss:w%rd';
let proxy: Server;
let tlsProxy: Server;
let [port, tlsPort] = [0, 0];
let folder: string;
/** Targets to which the proxies connected, each with the proxy credentials that the client sent. */
const tunnels: string[] = [];
let password: string | undefined;

const there = (path = '') => `${services.origin.replace('localhost', PUBLIC_NAME)}${path}`;
/** A value of SSL_CERT_FILE with which the client trusts no system CA. */
const missing = () => join(folder, 'missing.pem');
const publicPort = () => new URL(services.origin).port;
const env = (variables: Record<string, string>) => ({
  ...{ ...services.env, ACTIONS_ID_TOKEN_REQUEST_URL: there('/oidc/token?api-version=2.0') },
  ...variables,
});
const words = () => ({ ...audience(), 'token-service': there('/token') });

describe('The proxy of a URL', () => {
  const at = (url: string, variables: Record<string, string>) =>
    proxyFor(readProxies({ https_proxy: 'http://proxy.test:3128', ...variables }), new URL(url))?.url.origin;

  for (const [entries, url, bypassed] of [
    ['*', 'https://tokens.test/', true],
    ['tokens.test', 'https://tokens.test/', true],
    ['tokens.test', 'https://a.tokens.test/', true],
    ['.tokens.test', 'https://a.tokens.test/', true],
    ['*.tokens.test', 'https://a.tokens.test/', true],
    ['TOKENS.test.', 'https://tokens.TEST/', true],
    ['a.test b.test,c.test', 'https://c.test/', true],
    ['tokens.test:443', 'https://tokens.test/', true],
    ['tokens.test:8443', 'https://tokens.test:8443/', true],
    ['192.0.2.0/24', 'https://192.0.2.7/', true],
    ['192.0.2.7', 'https://192.0.2.7/', true],
    ['2001:db8::/32', 'https://[2001:db8::7]/', true],
    ['[2001:db8::7]:443', 'https://[2001:db8::7]/', true],
    ['tokens.test', 'https://badtokens.test/', false],
    ['tokens.test:8443', 'https://tokens.test/', false],
    ['192.0.2.0/24', 'https://192.0.3.7/', false],
    ['192.0.2.0/99', 'https://192.0.2.7/', false],
    ['192.0.2.0/24', 'https://tokens.test/', false],
    ['.', 'https://tokens.test/', false],
    ['', 'https://tokens.test/', false],
  ] as const) {
    test(`with no_proxy "${entries}" is ${bypassed ? 'none' : 'used'} for ${url}`, () =>
      assert.equal(at(url, { no_proxy: entries }), bypassed ? undefined : 'http://proxy.test:3128'));
  }

  test('is taken from the lower-case variable unless that is empty', () => {
    const HTTPS_PROXY = 'http://upper.test:1';
    assert.equal(at('https://x.test/', { HTTPS_PROXY }), 'http://proxy.test:3128');
    assert.equal(at('https://x.test/', { HTTPS_PROXY, https_proxy: '' }), 'http://upper.test:1');
  });

  for (const value of ['socks5://proxy.test:1080', 'http://', 'me:secret@:99999', 'http://me:secret@proxy.test:x']) {
    test(`causes an input error that does not quote the value if it is ${value}`, () =>
      assert.throws(
        () => readProxies({ https_proxy: value }),
        (error: HTCondorError) => error.code === 'ERR_INPUT' && !/secret|99999|socks/.test(error.message),
      ));
  }
});

describe('The services of a keyless job', () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'proxies-'));
    writeFileSync(join(folder, 'ca.pem'), services.authority.certificate);
    const authenticate = (request: IncomingMessage) => {
      tunnels.push(`${request.method} ${request.url}`);
      const expected = password === undefined ? undefined : `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
      return request.headers['proxy-authorization'] === expected;
    };
    const { certificate: cert, key } = await services.authority.issue({ subject: 'CN=proxy', hosts: ['localhost'] });
    proxy = Object.assign(createProxy(createServer()), { authenticate });
    tlsProxy = Object.assign(createProxy(createTlsServer({ cert, key }) as unknown as Server), { authenticate });
    [port, tlsPort] = [await listen(proxy), await listen(tlsProxy)];
    // The proxy resolves the host name of the services. The client resolves other names as usual.
    const { lookup } = dns;
    mock.method(dns, 'lookup', ((name: string, ...rest: never[]) =>
      Reflect.apply(lookup, dns, [name === PUBLIC_NAME ? 'localhost' : name, ...rest])) as typeof dns.lookup);
  });
  after(() => {
    mock.restoreAll();
    for (const each of [proxy, tlsProxy]) {
      each?.close();
      each?.closeAllConnections();
    }
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    tunnels.length = 0;
    password = undefined;
    services.made = () => issuer.issue('alice');
  });

  describe('A proxy', () => {
    for (const variable of ['https_proxy', 'HTTPS_PROXY']) {
      test(`that ${variable} names connects the client to both services`, async () => {
        const noting = notingHost();
        await keyless(words(), env({ [variable]: `http://127.0.0.1:${port}` }), noting);
        assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /token']);
        assert.deepEqual(tunnels, Array(2).fill(`CONNECT ${PUBLIC_NAME}:${publicPort()}`));
        assert.match(
          noting.log.join('\n'),
          /tokens\.example\.test:\d+ is contacted through the proxy http:\/\/127\.0\.0\.1:/,
        );
      });
    }

    test('connects the client to both services if its URL has no scheme or the scheme https', async () => {
      await keyless(words(), env({ https_proxy: `127.0.0.1:${port}` }));
      await keyless(words(), env({ https_proxy: `https://localhost:${tlsPort}` }));
      assert.equal(tunnels.length, 4);
    });

    test('receives the user name and password from its URL, which are masked', async () => {
      password = PASSWORD;
      const noting = notingHost();
      const url = `http://me:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`;
      await keyless(words(), env({ https_proxy: url }), noting);
      assert.equal(tunnels.length, 2);
      for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(`me:${PASSWORD}`).toString('base64')]) {
        assert.ok(noting.masks.includes(secret), secret);
        assert.ok(!noting.log.join('\n').includes(secret));
      }
    });

    test('that rejects the password causes an error that names the proxy, and never the password', async () => {
      password = PASSWORD;
      const failing = keyless(words(), env({ https_proxy: `http://me:wrong-password@127.0.0.1:${port}` }));
      await assert.rejects(failing, (error: HTCondorError) => {
        assert.deepEqual(
          [error.code, error.phase, error.peer],
          ['ERR_CONNECT', 'credentials', there().replace(/\/$/, '')],
        );
        assert.match(
          error.message,
          /^no response from \S+: the proxy http:\/\/127\.0\.0\.1:\d+ did not connect to tokens\.example\.test:\d+: it returned status 407$/,
        );
        return !/wrong-password/.test(String(error.stack));
      });
      await assert.rejects(failing, advised('did not connect to'));
      assert.deepEqual(services.asked, []);
    });

    test('that cannot be reached is named in the error', async () => {
      const dead = await deadPort();
      const failing = keyless(words(), env({ https_proxy: `http://127.0.0.1:${dead}` }));
      await assert.rejects(failing, {
        ...{ code: 'ERR_CONNECT' },
        message: new RegExp(`the proxy http://127.0.0.1:${dead} did not connect to .*: connection refused$`),
      });
    });

    const answers: readonly [string, RequestListener | string, RegExp][] = [
      ['that closes the connection', '', /it closed the connection$/],
      ['that responds before TLS begins', 'HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01', /it returned status 200/],
      ['that rejects the connection', 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n', /it returned status 403/],
    ];
    for (const [what, answer, message] of answers) {
      test(`${what} causes ERR_CONNECT`, async (context) => {
        const odd = createServer().on('connect', (_, socket) => socket.end(answer as string));
        context.after(() => odd.close());
        const at = await listen(odd);
        const failing = keyless(words(), env({ https_proxy: `http://127.0.0.1:${at}` }));
        await assert.rejects(failing, { code: 'ERR_CONNECT', message });
      });
    }

    test('that is silent does not prevent the run from being cancelled', async (context) => {
      const over = new AbortController();
      const silent = createServer().on('connect', () => over.abort(new Error('SIGTERM')));
      context.after(() => silent.close());
      const at = await listen(silent);
      const noting = notingHost({ signal: over.signal });
      const failing = keyless(words(), env({ https_proxy: `http://127.0.0.1:${at}` }), noting);
      await assert.rejects(failing, { code: 'ERR_TIMEOUT', message: 'cancelled' });
    });

    test('does not prevent the client from verifying the service’s certificate', async () => {
      const stranger = { ...words(), 'ca-certificate': undefined };
      const failing = keyless(stranger, env({ https_proxy: `http://127.0.0.1:${port}`, SSL_CERT_FILE: missing() }));
      await assert.rejects(failing, { code: 'ERR_CONNECT', message: /certificate/ });
      assert.deepEqual(services.asked, []);
    });
  });

  describe('Without a proxy', () => {
    for (const variable of ['no_proxy', 'NO_PROXY']) {
      test(`services that ${variable} lists are reached directly`, async () => {
        const variables = { https_proxy: 'http://127.0.0.1:1', [variable]: `other.test, ${PUBLIC_NAME}` };
        await keyless(words(), env(variables));
        assert.deepEqual([services.asked.length, tunnels], [2, []]);
      });
    }

    test('services on this host are reached, regardless of the variables', async () => {
      await keyless({ ...audience() }, { ...services.env, https_proxy: 'http://127.0.0.1:1' });
      assert.deepEqual(services.asked, ['GET /oidc/token']);
    });
  });

  describe('CA certificates from NODE_EXTRA_CA_CERTS', () => {
    test('apply to both services', async () => {
      const extra = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), SSL_CERT_FILE: missing() };
      await keyless(
        { ...audience(), 'token-service': `${services.origin}/token`, 'ca-certificate': undefined },
        { ...services.env, ...extra },
      );
      assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /token']);
    });

    test('may be missing; a debug line then reports this', async () => {
      const noting = notingHost();
      await keyless(audience(), { ...services.env, NODE_EXTRA_CA_CERTS: join(folder, 'missing.pem') }, noting);
      assert.match(noting.log.join('\n'), /debug credentials: .*missing\.pem/);
    });
  });
});
