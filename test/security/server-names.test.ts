/** Tests which name a daemon's certificate must contain, and which sources of that name are trusted. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../src/runtime/secret.ts';
import type { Peer } from '../../src/security/method.ts';
import { idtokens } from '../../src/security/methods/idtokens.ts';
import { scitokens } from '../../src/security/methods/scitokens.ts';
import { ssl } from '../../src/security/methods/ssl.ts';
import { TlsTunnel } from '../../src/security/methods/tls-tunnel.ts';
import type { ServerPolicy } from '../../src/security/policy.ts';
import { parseBearerToken } from '../../src/token/bearer.ts';
import { parseIdToken } from '../../src/token/jwt.ts';
import { strangeJwt } from '../support/credentials/strange-jwt.ts';
import { notingHost } from '../support/noting-host.ts';

const { host } = notingHost();
const unused = () => Promise.reject(new Error('no connection is made'));
const server: ServerPolicy = {
  ...{ methods: ['SSL', 'SCITOKENS', 'TOKEN'], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: '' },
};
const peer: Peer = { address: '192.0.2.7', port: 9618, sharedPortId: undefined, serverName: undefined };

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const bearer = `${encode({ alg: 'ES256' })}.${encode({ iss: 'https://issuer.test', sub: 'ci' })}.c2lnbmF0dXJl`;
const byToken = scitokens(parseBearerToken(new Secret(bearer), 'scitoken'), unused, host);
const byCertificate = ssl('client-certificate', unused);

describe('A host name that the user supplied', () => {
  const named: Peer = { ...peer, serverName: 'ap40.example.org' };
  test('suffices for SSL and SCITOKENS', () => {
    for (const method of [byToken, byCertificate]) {
      assert.equal(method.candidatesFor(server, named).usable.length, 1);
      assert.notEqual(method.guessed(named), undefined);
    }
  });
});

describe('A host name that an authenticated collector returned', () => {
  const claimed: Peer = { ...peer, claimedName: 'ap40.example.org' };
  test('suffices for SSL', () => assert.equal(byCertificate.candidatesFor(server, claimed).usable.length, 1));
  test('does not suffice for SCITOKENS, with the reason', () => {
    const { usable, rejected } = byToken.candidatesFor(server, claimed);
    assert.deepEqual(usable, []);
    assert.match(rejected[0]?.reason ?? '', /^only the collector reports that .* ap40\.example\.org; .* server-name$/);
    assert.equal(byToken.guessed(claimed), undefined);
  });
});

test('SSL and SCITOKENS are not used without a host name', () => {
  for (const method of [byToken, byCertificate]) {
    const { usable, rejected } = method.candidatesFor(server, peer);
    assert.deepEqual(usable, []);
    assert.match(rejected[0]?.reason ?? '', /^no host name is known/);
    assert.equal(method.guessed(peer), undefined);
  }
});

test('a host name with a leading dot is rejected', async () => {
  const tunnel = await TlsTunnel.start({
    ...{ authorities: [], partialChain: false, certificate: undefined, serverName: undefined },
  });
  try {
    for (const name of ['.org', '.example.org', '', 'a..b', '*.example.org', 'a/b'])
      assert.equal(tunnel.distrust(name)?.reason, `${name} is not a host name`);
    assert.equal(tunnel.distrust('ap40.example.org')?.reason, 'it has no certificate');
  } finally {
    tunnel.close();
  }
});

test('no token from the default directory is sent to a daemon without a trust domain', () => {
  const token = (chosen: boolean) => ({ token: parseIdToken(new Secret(strangeJwt())), source: 'tokens.d/ci', chosen });
  const { usable, rejected } = idtokens([token(false)], host).candidatesFor(server, peer);
  assert.deepEqual(usable, []);
  assert.match(rejected[0]?.reason ?? '', /^the daemon does not report its trust domain, and no input/);
  assert.equal(idtokens([token(false)], host).guessed(peer), undefined);
  assert.equal(idtokens([token(true)], host).candidatesFor(server, peer).usable.length, 1);
});

test('none of several tokens is sent to a daemon without a trust domain', () => {
  const token = (source: string) => ({ token: parseIdToken(new Secret(strangeJwt())), source, chosen: true });
  const one = idtokens([token('idtoken')], host);
  assert.equal(one.candidatesFor(server, peer).usable.length, 1);
  const several = idtokens([token('idtoken line 1'), token('idtoken line 2')], host).candidatesFor(server, peer);
  assert.deepEqual(several.usable, []);
  for (const { reason } of several.rejected) assert.match(reason, /does not report its trust domain/);
});
