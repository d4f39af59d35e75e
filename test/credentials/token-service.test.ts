/** Tests token services that reject requests, send false replies, close the connection, or are not trusted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { ConnectError, HTCondorError, InputError } from '../../src/errors.ts';
import { audience, fetchKeyless, keyless, service, services } from '../support/clients/keyless.ts';
import { Authority } from '../support/credentials/certificates.ts';
import { SciTokenKey } from '../support/credentials/scitoken-key.ts';
import { withPool } from '../support/embedded-pool/with-pool.ts';
import { advised } from '../support/errors/advice.ts';
import { deadPort } from '../support/network/listen.ts';
import { notingHost } from '../support/noting-host.ts';

const issuer = new SciTokenKey('https://issuer.test');
const { certificate: issuerOfOthers } = await Authority.create();

describe('A token service causes an error', () => {
  test('with its reason if it rejects the request', async () => {
    const refused = keyless(service('/nowhere'));
    await assert.rejects(refused, advised('the token service issued no token'));
    await assert.rejects(refused, (error: Error) => {
      assert.match(error.message, /403: access_denied: no policy for POST \/nowhere\?::stop-commands::x$/);
      return true;
    });
  });

  test('without its message if the message repeats the job token', async () => {
    services.others.set('/echo', (_, response, body) => {
      const token = new URLSearchParams(body).get('subject_token');
      response
        .writeHead(400)
        .end(JSON.stringify({ error: 'invalid_request', error_description: `bad token ${token}!` }));
    });
    await assert.rejects(keyless(service('/echo')), { message: /400: invalid_request: bad token \*\*\*$/ });
  });

  for (const [how, wrap] of [
    ['in parts', (token: string) => token.replace(/.{30}/g, '$& ')],
    ['letter by letter', (token: string) => [...token].join(' ')],
    ['with line endings in it', (token: string) => token.replace(/.{20}/g, '$&\n')],
    ['without its beginning', (token: string) => token.slice(50, 85)],
  ] as const) {
    test(`without its message if the message repeats the token ${how}`, async () => {
      let sent = '';
      services.others.set('/broken', (request, response) => {
        sent = (request.headers.authorization ?? '').replace('Bearer ', '');
        response
          .writeHead(400)
          .end(JSON.stringify({ error: 'invalid_request', error_description: `bad: ${wrap(sent)}` }));
      });
      await assert.rejects(keyless(service('/broken')), { message: /400: invalid_request: \*\*\*$/ });
    });
  }

  test('before the request if the runner’s OIDC endpoint is trusted only through ca-certificate', async () => {
    const { SSL_CERT_FILE: _, ...env } = services.env;
    await assert.rejects(keyless(service('/v1/token'), env), { code: 'ERR_CONNECT' });
    const settings = { ...env, _CONDOR_AUTH_SSL_CLIENT_CAFILE: services.env['SSL_CERT_FILE'] };
    await assert.rejects(keyless(service('/v1/token'), settings), { code: 'ERR_CONNECT' });
    assert.deepEqual(services.asked, []);
  });

  test('without the query of its URL, which may contain a token', async () => {
    for (const address of [
      'http://other.test/x?token=SECRETSECRET',
      'https://other.test/x?token=SECRETSECRET#SECRETSECRET',
    ])
      await assert.rejects(keyless({ ...audience(), 'token-service': address }), (error: Error) => {
        assert.match(error.message, /"https?:\/\/other\.test\/x" is not the URL of a service/);
        assert.doesNotMatch(error.message, /SECRET/);
        return true;
      });
  });

  test('without a mask if it returns a string that is not a token', async () => {
    const noting = notingHost();
    services.others.set('/word', (_, response) => response.end(JSON.stringify({ token: 'cm.example.org' })));
    await assert.rejects(keyless(service('/word'), services.env, noting), { code: 'ERR_CREDENTIAL_UNREADABLE' });
    const { masks } = noting;
    assert.ok(masks.length > 0 && !masks.includes('cm.example.org'));
  });

  test('if there is no token to exchange', () =>
    assert.rejects(keyless({ 'token-service': services.origin }, {}), advised('there is no token to exchange')));

  for (const [what, body] of [
    ['no JSON', 'it works'],
    ['a value that is not an object', 'null'],
    ['a malformed token', JSON.stringify({ access_token: 'correct horse', token: 7 })],
    ['nothing', ''],
    ['a token with a line ending in it', JSON.stringify({ token: `${issuer.issue('alice')}\n::add-mask::x` })],
  ] as const) {
    test(`without its message if it responds with ${what}`, async () => {
      services.others.set('/odd', (_, response) => response.end(body));
      const odd = keyless(service('/odd'));
      await assert.rejects(odd, advised('the token service returned no token in'));
      await assert.rejects(odd, (error: Error) => !/html|horse/.test(error.message));
    });
  }

  test('that mentions an HTML page without quoting it', async () => {
    services.others.set('/page', (_, response) => response.end('<!DOCTYPE html><title>Sign in</title>'));
    const page = keyless(service('/page'));
    await assert.rejects(page, advised('the token service returned an HTML page'));
    await assert.rejects(page, (error: Error) => !/DOCTYPE|Sign in/.test(error.message));
  });

  test('with its origin if it does not respond in time', async () => {
    const over = new AbortController();
    const ended = new DOMException('the time limit expired', 'TimeoutError');
    services.others.set('/hang', () => over.abort(ended));
    const hang = keyless(service('/hang'), services.env, notingHost({ signal: over.signal }));
    await assert.rejects(hang, advised(': the time limit expired'));
    await assert.rejects(hang, {
      code: 'ERR_TIMEOUT',
      message: `no response from ${services.origin}: ${ended.message}`,
    });
  });

  test('without a second request if it redirects', async () => {
    services.others.set('/moved', (_, response) => response.writeHead(307, { location: '/v1/token' }).end());
    await assert.rejects(keyless(service('/moved')), { code: 'ERR_NO_CREDENTIAL', message: /307$/ });
    assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /moved']);
  });

  test('if its response is too long or incomplete', async () => {
    services.others.set('/flood', (_, response) => response.end(Buffer.alloc(1024 * 1024, 'x')));
    await assert.rejects(keyless(service('/flood')), { code: 'ERR_CONNECT', message: /exceeds 65536 bytes/ });
    services.others.set('/half', (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"token":"', () => response.destroy());
    });
    await assert.rejects(keyless(service('/half')), { code: 'ERR_CONNECT' });
  });

  test('if it upgrades the protocol or closes the connection within a header', async () => {
    services.others.set('/switch', ({ socket }) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    );
    await assert.rejects(keyless(service('/switch')), { code: 'ERR_CONNECT', message: /closed without a response/ });
    const secret = issuer.issue('alice');
    services.others.set('/broken', ({ socket }) =>
      socket.end(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n${secret}\r\nxyz`),
    );
    await assert.rejects(keyless(service('/broken')), (error: Error) => {
      assert.equal((error as HTCondorError).code, 'ERR_CONNECT');
      assert.ok(!inspect(error, { depth: 9 }).includes(secret.slice(-20)), 'no part of the response is kept');
      return true;
    });
  });

  test('only if it remains overloaded; each retry has a new job token', () =>
    withPool({}, async (pool) => {
      let busy = true;
      services.others.set('/busy', (_, response) => {
        if (!busy) response.end(JSON.stringify({ token: pool.idToken('alice', { lifetime: 600 }) }));
        else response.writeHead(503).end();
        busy = false;
      });
      await assert.rejects(fetchKeyless(service('/busy')), {
        ...{ code: 'ERR_CONNECT', phase: 'credentials' },
        message: /returned status 503$/,
      });
      busy = true;
      services.asked.length = 0;
      const noting = notingHost();
      const { token } = await fetchKeyless({ ...service('/busy'), retries: '1', address: pool.schedd() }, noting);
      assert.equal(token.subject, 'alice@pool.test');
      assert.match(
        noting.log.join('\n'),
        /Attempt 1 of 2 failed: token-service: the token service returned status 503/,
      );
      assert.deepEqual(services.asked, ['GET /oidc/token', 'POST /busy', 'GET /oidc/token', 'POST /busy']);
      assert.equal(new Set(services.secrets).size, services.secrets.length);
    }));

  for (const [what, headers, pause] of [
    ['in seconds', { 'retry-after': '7' }, '7'],
    [
      'as a date by the service’s clock',
      { 'retry-after': 'Wed, 21 Oct 2015 07:28:09 GMT', date: 'Wed, 21 Oct 2015 07:28:00 GMT' },
      '9',
    ],
    ['in the past', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, '0'],
    ['with an invalid value', { 'retry-after': 'soon' }, undefined],
  ] as const) {
    test(`if it is overloaded and requests a pause ${what}`, async () => {
      services.others.set('/busy', (_, response) => response.writeHead(429, headers).end());
      await assert.rejects(keyless(service('/busy')), (error: ConnectError) => {
        assert.equal(error.retryAfterMs, pause === undefined ? undefined : Number(pause) * 1000);
        assert.equal(
          error.message.endsWith(`returned status 429 and requests a pause of ${pause} s`),
          pause !== undefined,
        );
        return true;
      });
    });
  }

  test('if its certificate is not trusted or it cannot be reached', async () => {
    const scitoken = issuer.issue('alice');
    const shown = { 'token-service': `${services.origin}/token`, scitoken, 'ca-certificate': issuerOfOthers };
    const untrusted = keyless(shown, {});
    await assert.rejects(untrusted, advised('no response from https://'));
    const words = { 'token-service': `https://localhost:${await deadPort()}/`, scitoken: issuer.issue('alice') };
    await assert.rejects(keyless(words), { code: 'ERR_CONNECT' });
  });

  test('if it is silent when the run is aborted', async () => {
    const over = new AbortController();
    services.others.set('/silent', () => over.abort(new Error('SIGINT')));
    const noting = notingHost({ signal: over.signal });
    const silent = keyless(service('/silent'), services.env, noting);
    await assert.rejects(silent, { code: 'ERR_TIMEOUT', message: 'cancelled' });
  });

  test('only after the client has checked the output path', async () => {
    await assert.rejects(fetchKeyless({ ...service('/token'), file: '/dev/null/token' }), { code: 'ERR_OUTPUT' });
    assert.deepEqual(services.asked, []);
  });

  for (const url of [
    'tokens.example.org',
    'http://tokens.example.org/',
    'https://me:secret@tokens.example.org/',
    'ftp://x',
  ]) {
    test(`if its URL is ${url}`, () =>
      assert.rejects(keyless({ ...audience(), 'token-service': url }), (error: InputError) => {
        assert.deepEqual([error.code, error.input], ['ERR_INPUT', 'token-service']);
        return !error.message.includes('secret');
      }));
  }
});
