/** Tests which token is used for which daemon. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Secret } from '../../../src/runtime/secret.ts';
import { idtokens } from '../../../src/security/methods/idtokens.ts';
import { parseIdToken } from '../../../src/token/jwt.ts';
import { strangeJwt } from '../../support/credentials/strange-jwt.ts';
import { notingHost } from '../../support/noting-host.ts';

const { host } = notingHost({ now: () => new Date(0) });
const peer = { address: '192.0.2.1', port: 9618, sharedPortId: undefined, serverName: undefined };
const credential = (source: string, chosen: boolean, claims = {}) => ({
  ...{ token: parseIdToken(new Secret(strangeJwt(claims))), source, chosen },
});

describe('Before its policy arrives, a daemon receives', () => {
  const guessed = (...credentials: Parameters<typeof idtokens>[0]) => idtokens(credentials, host).guessed(peer)?.label;

  test('the only token that the user supplied', () =>
    assert.match(guessed(credential('a', true)) ?? '', /^a \(alice@/));
  test('no token of the default directory', () => assert.equal(guessed(credential('a', false)), undefined));
  test('none of several tokens', () => assert.equal(guessed(credential('a', true), credential('b', true)), undefined));
  test('the only unexpired one of several tokens', () =>
    assert.match(guessed(credential('a', true, { exp: 0 }), credential('b', true)) ?? '', /^b /));
  test('the only token that the user supplied, even if it has expired according to this host’s clock', () =>
    assert.match(guessed(credential('a', true, { exp: 0 })) ?? '', /^a /));
  test('none of several expired tokens', () =>
    assert.equal(guessed(credential('a', true, { exp: 0 }), credential('b', true, { exp: 0 })), undefined));
});
