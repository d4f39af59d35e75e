/**
 * Tests attacks on the token service through HTTP requests, job tokens, claims, the configuration and concurrent use.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { parseConfig } from '../../src/policy/config.ts';
import { type Expected, verifyJobToken } from '../../src/service/job-token.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer, OTHER_CLAIMS } from '../support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, ServiceProcess } from '../support/service/service-process.ts';
import { until } from '../support/until.ts';

const CI = 'ci@pool.test';
const NIGHTLY = 'nightly@pool.test';
const MARKER = 'aMarkerThatNoMessageMayShow';
let pool: EmbeddedPool;
let issuer: JobIssuer;
let service: ServiceProcess;

const token = (claims: IssuerClaims = {}, header: IssuerClaims = {}) =>
  issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE, ...claims }, header);
const formOf = (jobToken: string) =>
  new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: jobToken,
    scope: 'condor:/READ',
  }).toString();
const seed = (user: string, authz: readonly string[]) => pool.idToken(user, { authz, lifetime: 90 * 86_400 });
const start = () =>
  ServiceProcess.start({
    authority: issuer.authority,
    config: `daemon: [{ address: "${pool.schedd()}" }]
grants:
  - identity: ${CI}
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - { issuer: "${issuer.url}", repository_id: 74, ref: refs/heads/main }
  - identity: ${NIGHTLY}
    authz: [READ]
    max-lifetime: 1h
    jobs:
      - { issuer: "${issuer.url}", project_id: 12, ref: main, reuse: job }
`,
    seeds: { [CI]: seed('ci', ['READ', 'WRITE']), [NIGHTLY]: seed('nightly', ['READ']) },
  });

before(async () => {
  [pool, issuer] = await Promise.all([EmbeddedPool.start(), JobIssuer.start()]);
  service = await start();
  assert.equal((await service.ask(token())).status, 200, service.log.join('\n'));
});
after(async () => {
  await service?.stop();
  issuer?.stop();
  await pool?.stop();
});

/** Sends bytes over TLS. Returns everything that the service sends until it closes the connection. */
async function raw(...parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect({
    port: service.port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: service.authority.certificate,
  });
  socket.on('error', () => {}); // the service might close the connection before it has read everything
  await once(socket, 'secureConnect');
  for (const part of parts) socket.write(part);
  return await text(socket);
}

const post = (body: string, headers: readonly string[], close = true) =>
  [
    ...['POST /token HTTP/1.1', 'Host: localhost', 'Content-Type: application/x-www-form-urlencoded', ...headers],
    ...(close ? ['Connection: close'] : []),
    ...['', body],
  ].join('\r\n');
const plain = (jobToken: string, close = true) =>
  post(formOf(jobToken), [`Content-Length: ${formOf(jobToken).length}`], close);
const statuses = (answer: string) => [...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));

describe('An HTTP request', () => {
  const smuggled = () => plain(token());
  const requests: readonly (readonly [string, () => string])[] = [
    [
      'both Content-Length and Transfer-Encoding',
      () => post(`0\r\n\r\n${smuggled()}`, ['Content-Length: 5', 'Transfer-Encoding: chunked']),
    ],
    ['two different lengths', () => post(`a=b${smuggled()}`, ['Content-Length: 3', 'Content-Length: 300'])],
    ['a length with a sign', () => post(`a=b${smuggled()}`, ['Content-Length: +3'])],
    ['an unknown transfer coding', () => post(`0\r\n\r\n${smuggled()}`, ['Transfer-Encoding: xchunked'])],
    ['a blank before the colon in a header', () => post(`0\r\n\r\n${smuggled()}`, ['Transfer-Encoding : chunked'])],
    ['a folded header', () => post(`a=b${smuggled()}`, ['Content-Length:\r\n 3', 'X: y\r\n z'])],
    [
      'a chunk length that overflows',
      () => post(`FFFFFFFFFFFFFFFFF\r\na\r\n0\r\n\r\n${smuggled()}`, ['Transfer-Encoding: chunked']),
    ],
    ['a NUL in a header', () => post(smuggled(), ['X-Name: a\0b', 'Content-Length: 0'])],
  ];
  for (const [what, make] of requests) {
    test(`with ${what} is refused, and the data after it is not read`, async () => {
      const connections = pool.connections;
      assert.deepEqual(statuses(await raw(make())), [400]);
      assert.equal(pool.connections, connections, 'no daemon is contacted');
    });
  }

  test('that is pipelined five times with one job token receives only one token', async () => {
    const jobToken = token();
    const answer = await raw([1, 2, 3, 4].map(() => plain(jobToken, false)).join('') + plain(jobToken));
    assert.deepEqual(statuses(answer).sort(), [200, 400, 400, 400, 400]);
    assert.equal(answer.match(/"access_token"/g)?.length, 1);
  });

  test('with headers of 17 kB or a chunked body of 33 kB is refused', async () => {
    assert.deepEqual(statuses(await raw(post('', [`X: ${'x'.repeat(17_000)}`, 'Content-Length: 0']))), [431]);
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
    const answer = await raw(post(`${chunk}${chunk}0\r\n\r\n`, ['Transfer-Encoding: chunked']));
    assert.deepEqual(statuses(answer), [413]);
  });

  test('with 2,000 headers or 10,000 parameters is refused', async () => {
    const headers = Array.from({ length: 2000 }, (_, at) => `X${at}:`);
    const [status] = statuses(await raw(post('', [...headers, 'Content-Length: 0'])));
    assert.ok(status === 400 || status === 431, `status ${status}`);
    const { body } = await service.post(Array(10_000).fill('a=').join('&'));
    assert.equal(body['error_description'], 'there are too many parameters');
  });

  test('with an identity of 30 kB is refused, and the reply does not repeat the identity', async () => {
    const { status, body } = await service.ask(token(), { identity: MARKER.repeat(500) });
    assert.deepEqual([status, body['error_description']], [400, 'identity is too long']);
  });
});

describe('Concurrent requests', () => {
  test('with the same job token receive a total of one token for 20 requests', async () => {
    const jobToken = token();
    const replies = await Promise.all(Array.from({ length: 20 }, () => service.ask(jobToken)));
    assert.equal(replies.filter(({ status }) => status === 200).length, 1);
    assert.equal(replies.filter(({ status }) => status === 400).length, 19);
  });

  test('with the same job token receive a total of ten tokens for 20 requests if the entry has reuse: job', async () => {
    const fresh = await start();
    try {
      const jobToken = issuer.issue({ ...OTHER_CLAIMS.GitLab, aud: AUDIENCE_OF_SERVICE, jti: undefined });
      const replies = await Promise.all(Array.from({ length: 20 }, () => fresh.ask(jobToken)));
      assert.equal(replies.filter(({ status }) => status === 200).length, 10);
    } finally {
      await fresh.stop();
    }
  });

  test('with unknown key IDs do not delay a job whose key is known', async () => {
    const held: ServerResponse[] = [];
    let closed = false;
    const fresh = await start();
    try {
      assert.equal((await fresh.ask(token())).status, 200);
      issuer.fault = (_, response) => void held.push(response.on('close', () => (closed = true)));
      const flood = Promise.all(Array.from({ length: 20 }, (_, at) => fresh.ask(token({}, { kid: `k${at}` }))));
      await until('the issuer is queried', 20, async () => (held.length > 0 ? undefined : 'it is not'));
      assert.equal((await fresh.ask(token())).status, 200);
      assert.equal(closed, false, 'the request to the issuer is still pending');
      issuer.fault = undefined;
      for (const response of held) response.destroy();
      assert.ok((await flood).every(({ status }) => status === 503));
      assert.equal(held.length, 1, 'the issuer is queried only once');
    } finally {
      issuer.fault = undefined;
      await fresh.stop();
    }
  });
});

describe('A job token', () => {
  const mine = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signedBy = (key: KeyObject, header: IssuerClaims) => {
    const [, payload = ''] = token().split('.');
    const head = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', ...header })).toString('base64url');
    const signature = sign('sha256', Buffer.from(`${head}.${payload}`), key).toString('base64url');
    return `${head}.${payload}.${signature}`;
  };
  const jwk = { ...mine.publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'RS256', use: 'sig' };
  const headers: readonly (readonly [string, () => IssuerClaims])[] = [
    ['jku', () => ({ jku: `${issuer.url}/mine`, kid: 'key-1' })],
    ['x5u', () => ({ x5u: `${issuer.url}/mine`, kid: 'key-1' })],
    ['jwk', () => ({ jwk })],
    ['x5c', () => ({ x5c: ['MIIB'] })],
    ['kid of the issuer', () => ({ kid: 'key-1' })],
  ];
  for (const kid of ['../../../../dev/null', { toString: 'key-1' }, '__proto__']) {
    test(`whose kid is ${JSON.stringify(kid)} is refused`, async () => {
      const fresh = await start(); // a new service, which has not yet requested unknown keys
      try {
        const { status, body } = await fresh.ask(signedBy(mine.privateKey, { kid }));
        assert.deepEqual([status, body['error']], [400, 'invalid_grant'], JSON.stringify(body));
      } finally {
        await fresh.stop();
      }
    });
  }

  for (const [what, header] of headers) {
    test(`signed with an attacker’s key by ${what} is refused, and the attacker’s URL is not read`, async () => {
      issuer.asked.length = 0;
      const { status, body } = await service.ask(signedBy(mine.privateKey, header()));
      assert.deepEqual([status, body['error']], [400, 'invalid_grant'], JSON.stringify(body));
      assert.ok(!issuer.asked.includes('/mine'));
    });
  }

  for (const crit of [['b64'], ['exp'], [], 'b64', null]) {
    test(`with crit ${JSON.stringify(crit)} is refused`, async () => {
      const { status, body } = await service.ask(token({}, { b64: false, crit }));
      assert.equal(status, 400);
      assert.match(String(body['error_description']), /critical header/);
    });
  }

  const claims: readonly (readonly [string, IssuerClaims])[] = [
    ['full-width digits', { repository_id: '７４' }],
    ['a leading zero', { repository_id: '074' }],
    ['a blank', { repository_id: ' 74' }],
    ['a line ending', { repository_id: '74\n' }],
    ['a NUL', { repository_id: '74\0' }],
    ['a zero-width space', { repository_id: '7\u200b4' }],
    ['an exponent as text', { repository_id: '7.4e1' }],
    ['true', { repository_id: true }],
    ['null', { repository_id: null }],
    ['another case', { ref: 'refs/heads/MAIN' }],
    ['a letter that normalizes to m', { ref: 'refs/heads/\uff4dain' }],
    ['a combining character', { ref: 'refs/heads/main\u0301' }],
    ['a line ending after the branch', { ref: 'refs/heads/main\nrefs/heads/x' }],
    ['an event in upper case', { event_name: 'PUSH' }],
    ['an event with a blank', { event_name: 'push ' }],
    ['a prototype', JSON.parse('{"__proto__":{"repository_id":"74"},"repository_id":"75"}') as IssuerClaims],
  ];
  for (const [what, changed] of claims) {
    test(`whose claim has ${what} matches no entry`, async () => {
      const { status, body } = await service.ask(token(changed));
      assert.deepEqual([status, body['error']], [400, 'invalid_grant'], JSON.stringify(body));
    });
  }

  test('with the same claim twice, once in escaped form, is refused', async () => {
    const [, payload = ''] = token().split('.');
    const json = Buffer.from(payload, 'base64url').toString();
    const twice = issuer.sign(json.replace('{', '{"repository_\\u0069d":"75",'));
    assert.match(String((await service.ask(twice)).body['error_description']), /unique keys/);
  });

  test('with 5,000 nested levels is refused', async () => {
    const deep = issuer.sign(`${'[['.repeat(2500)}${']]'.repeat(2500)}`);
    assert.equal((await service.ask(deep)).status, 400);
  });
});

describe('The clock', () => {
  const NOW = 1_800_000_000;
  const verify = async (claims: string) => {
    const payload = `{"iss":"${issuer.url}","aud":"x","jti":"a",${claims}}`;
    const keys = { keysOf: async () => keySet } as unknown as Expected['keys'];
    const expected = { issuers: new Set([issuer.url]), audience: 'x', keys, now: NOW };
    return await verifyJobToken(issuer.sign(payload), expected).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
  };
  let keySet: unknown;
  before(async () => {
    const { createLocalJWKSet } = await import('jose');
    keySet = createLocalJWKSet({ keys: [issuer.publicJwk as never] });
  });
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['59 s after exp', `"iat":${NOW - 100},"exp":${NOW - 59}`, /^accepted$/],
    ['60 s after exp', `"iat":${NOW - 100},"exp":${NOW - 60}`, /expired/],
    ['60 s before nbf', `"iat":${NOW},"nbf":${NOW + 60},"exp":${NOW + 90}`, /^accepted$/],
    ['61 s before nbf', `"iat":${NOW},"nbf":${NOW + 61},"exp":${NOW + 90}`, /not valid yet/],
    ['61 s before iat, with an early nbf', `"iat":${NOW + 61},"nbf":0,"exp":${NOW + 90}`, /not valid yet/],
    ['an infinite exp', `"iat":${NOW},"exp":1e999`, /no valid exp/],
    ['an exp beyond all dates', `"iat":${NOW},"exp":1e300`, /no valid exp/],
    ['an exp as text', `"iat":${NOW},"exp":"${NOW + 90}"`, /no valid exp/],
    ['a negative iat', `"iat":-1,"exp":${NOW + 90}`, /no valid exp/],
    ['an nbf of null', `"iat":${NOW},"nbf":null,"exp":${NOW + 90}`, /no valid exp/],
    ['no iat', `"exp":${NOW + 90}`, /no valid exp/],
  ];
  for (const [what, text, expected] of cases)
    test(`${what}: ${expected.source}`, async () => assert.match(await verify(text), expected));
});

describe('The configuration', () => {
  const CONTEXT = { hostName: 'ap40.example.org', superUsers: [], insecureTestIssuer: false };
  const entry = '{ issuer: "https://token.actions.githubusercontent.com", repository_id: 74 }';
  const good = `grants:\n  - identity: ci@example.org\n    authz: [READ]\n    max-lifetime: 1h\n    jobs: [${entry}]\n`;
  const laughs = [
    'a: &a [x, x]',
    ...[...'bcdefghij'].map((name, at) => `${name}: &${name} [*${'abcdefghij'[at]}, *${'abcdefghij'[at]}]`),
  ];
  const texts: readonly (readonly [string, string])[] = [
    ['a billion laughs', `${laughs.join('\n')}\n${good}`],
    ['an alias', good.replace('[READ]', '&a [READ]').replace('1h', '*a')],
    ['a merge key', good.replace('{ issuer', '{ <<: { ref: refs/heads/main }, issuer')],
    ['an alias behind a merge key', `base: &b { repository_id: 74 }\n${good.replace('repository_id: 74', '<<: *b')}`],
    ['a duplicate claim', good.replace('repository_id: 74', 'repository_id: 74, repository_id: 75')],
    [
      'a duplicate claim, once in escaped form',
      good.replace('repository_id: 74', 'repository_id: 74, "repository_\\u0069d": 75'),
    ],
    [
      'a duplicate claim, once with a tag',
      good.replace('repository_id: 74', 'repository_id: 74, !!str repository_id: 75'),
    ],
    ['two documents', `${good}---\n${good}`],
    ['a tag', good.replace('74', '!!js/function "x"')],
    ['a directive', `%YAML 1.1\n---\n${good.replace('74 }', '74, untrusted-code: yes }')}`],
    ['a prototype', good.replace('repository_id: 74', '__proto__: { repository_id: 74 }')],
    ['a sequence as a key', good.replace('repository_id: 74', '? [repository_id] : 74')],
    ['a glob for the owner', good.replace('74', '{ glob: "*" }')],
    ['an empty owner', good.replace('74', '""')],
  ];
  for (const [what, config] of texts)
    test(`with ${what} is refused`, () => {
      const parsed = parseConfig(config, CONTEXT);
      assert.ok('mistakes' in parsed && parsed.mistakes.length > 0, JSON.stringify(parsed));
    });

  test('with 10,000 nested levels is refused', () => {
    const parsed = parseConfig(`${good}x: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`, CONTEXT);
    assert.ok('mistakes' in parsed);
  });
});

describe('The subcommand check', () => {
  test('with a schedd that is located by name ends with the last line, and names the host that the certificate lacks', async () => {
    const config = `daemon: [{ pool: "${pool.collector}", name: ci@pool }]
grants:
  - { identity: ${CI}, authz: [READ], max-lifetime: 1h, jobs: [{ issuer: "${issuer.url}", repository_id: 74 }] }
`;
    const other = await ServiceProcess.prepare({
      ...{ authority: issuer.authority, config, seeds: { [CI]: seed('ci', ['READ']) } },
    });
    try {
      const { status, stdout } = await other.run('check');
      assert.equal(status, 3, stdout);
      assert.match(stdout, /^ok +grant ci@pool\.test: /m);
      assert.match(stdout, /^fail certificate: it is not for tokens\.example\.org/m);
      await other.start();
      assert.equal((await other.ask(token())).status, 200);
      await until('no connection to the daemon remains open', 10, async () =>
        pool.open === 0 ? undefined : `${pool.open} are open`,
      );
    } finally {
      await other.stop();
    }
  });
});

describe('A seed', () => {
  const kinds: readonly (readonly [string, (path: string) => void])[] = [
    ['a FIFO', (path) => execFileSync('mkfifo', ['-m', '600', path])],
    ['a directory', (path) => mkdirSync(path, { mode: 0o700 })],
    ['a link to an endless device', (path) => symlinkSync('/dev/zero', path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
  ];
  for (const [what, make] of kinds) {
    test(`that is ${what} disables its grant, and the service does not hang`, async () => {
      const fresh = await start();
      try {
        const path = join(fresh.directory, 'seeds.d', CI);
        rmSync(path);
        make(path);
        assert.match(await fresh.reload(), /^configuration loaded/);
        const { status, body } = await fresh.ask(token());
        assert.deepEqual([status, body['error_description']], [503, 'seed unusable']);
      } finally {
        await fresh.stop();
      }
    });
  }
});

describe('Error messages', () => {
  test('contain no part of a rejected job token or form', async () => {
    const encoded = Buffer.from(MARKER).toString('base64url');
    const [header = '', payload = '', signature = ''] = token({ secret: MARKER }).split('.');
    const replies = [
      await service.ask(MARKER),
      await service.ask(`${encoded}.${encoded}.${encoded}`),
      await service.ask(`${header}.${encoded}.${signature}`),
      await service.ask(`${header}.${payload}.${encoded}`),
      await service.ask(token({ iss: MARKER })),
      await service.ask(token(), { grant_type: MARKER }),
      await service.ask(token(), { subject_token_type: MARKER }),
      await service.ask(token(), { requested_token_type: MARKER }),
      await service.ask(token(), { scope: MARKER }),
      await service.ask(token(), { lifetime: MARKER }),
      await service.post(`${MARKER}=${MARKER}&grant_type=${MARKER}&grant_type=${MARKER}`),
      await service.post('', { path: `/${MARKER}` }),
      await service.post('', { method: MARKER.toUpperCase() }).catch(() => ({ body: {} })),
    ];
    for (const { body } of replies) assert.doesNotMatch(JSON.stringify(body), new RegExp(`${MARKER}|${encoded}`));
    assert.doesNotMatch(service.printed, new RegExp(`${MARKER}|${encoded}`));
  });
});
