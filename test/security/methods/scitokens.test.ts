/**
 * Tests SCITOKENS. The client sends the token in one record, and only after the daemon has authenticated itself. Also
 * tests how the client interprets a refusal.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AuthenticationError, CredentialError, HTCondorError } from '../../../src/errors.ts';
import { MAX_SCITOKEN_LENGTH } from '../../../src/security/methods/scitokens.ts';
import { MethodClients, type Tried, type Words } from '../../support/clients/method-clients.ts';
import { Authority, type Identity, selfSigned } from '../../support/credentials/certificates.ts';
import { SciTokenKey } from '../../support/credentials/scitoken-key.ts';
import type { Fault } from '../../support/embedded-pool/server-channel.ts';
import type { EmbeddedPoolOptions } from '../../support/embedded-pool/settings.ts';
import type { TlsSettings } from '../../support/embedded-pool/ssl.ts';
import { withPool } from '../../support/embedded-pool/with-pool.ts';
import { assertHidden, instead, MESSAGE_FAULTS } from '../../support/faults/broken-messages.ts';

let clients: MethodClients;
let stranger: Authority;
before(async () => {
  [clients, stranger] = await Promise.all([MethodClients.create(), Authority.create('CN=Stranger')]);
});
after(() => clients?.close());

const now = () => Math.floor(Date.now() / 1000);

interface TryToken {
  readonly token?: string;
  readonly tls?: Partial<TlsSettings>;
  readonly options?: EmbeddedPoolOptions;
  readonly words?: Words;
  readonly timeoutMs?: number;
}

interface TriedToken extends Tried {
  readonly said: readonly string[];
  /** True if the daemon has received any part of the token. */
  readonly shown: boolean;
}

function by({
  token = clients.issuer.issue('alice'),
  tls = {},
  options = {},
  words,
  timeoutMs,
}: TryToken): Promise<TriedToken> {
  const settings = { certificate: clients.server, authority: clients.authority.certificate, ...tls };
  return withPool({ ...clients.pool(), tls: settings, ...options }, async (pool) => {
    const all = { ...clients.inputsFor('SCITOKENS', pool), scitoken: token, ...words };
    const tried = await clients.try(pool, all, timeoutMs === undefined ? {} : { timeoutMs });
    // When all connections are closed, the daemon has received everything.
    while (pool.open > 0) await new Promise((resolve) => setImmediate(resolve));
    assertHidden([token.split('.')[2] ?? token], tried.error, ...tried.log, ...pool.log);
    const parts = token.split('.');
    return { ...tried, said: pool.log, shown: parts.some((part) => pool.hasHeard(part)) };
  });
}

function reasonsOf({ error }: Tried): string {
  assert.ok(error instanceof AuthenticationError, error instanceof Error ? error.stack : String(error));
  return error.attempts.map((each) => `${each.method}: ${each.reason}`).join('\n');
}

describe('SCITOKENS', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`authenticates with ${version} as the mapped identity after the daemon has authenticated itself`, async () => {
      const { fetched, error, said, shown } = await by({ tls: { version }, words: { authz: 'READ' } });
      assert.equal(fetched?.token.subject, 'alice@pool.test', `${error}\n${said.join('\n')}`);
      assert.ok(shown);
      assert.ok(said.includes('SCITOKENS: the client trusts the server'));
    });
  }

  test('restricts the session to the levels in its scope', async () => {
    const token = clients.issuer.issue('alice', { scope: 'condor:/READ' });
    const { fetched } = await by({ token });
    assert.deepEqual(fetched?.token.authz, ['READ']);
    assert.equal(((await by({ token, words: { authz: 'WRITE' } })).error as { errorCode?: number }).errorCode, 4);
  });

  test('sends no client certificate', async () => {
    const words = { 'client-certificate': clients.alice.certificate, 'client-key': clients.alice.key };
    const { fetched, said } = await by({
      words,
      options: { map: { [`SCITOKENS ${clients.issuer.url},alice`]: 'a@pool.test' } },
    });
    assert.equal(fetched?.token.subject, 'a@pool.test', said.join('\n'));
  });
});

describe('The token is not sent', () => {
  const host = { subject: 'CN=ap.pool.test', hosts: ['ap.pool.test'] };
  const impostors: readonly [string, () => Promise<Identity>][] = [
    ['with a certificate from another CA', () => stranger.issue(host)],
    ['with a self-signed certificate', () => selfSigned(host)],
    [
      'with a certificate for another host',
      () => clients.authority.issue({ subject: 'CN=other.test', hosts: ['other.test'] }),
    ],
    ['with an expired certificate', () => clients.authority.issue({ ...host, from: -48, to: -24 })],
    ['with a certificate that is not yet valid', () => clients.authority.issue({ ...host, from: 24, to: 48 })],
  ];
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const [what, make] of impostors) {
      test(`to a daemon ${what}, with ${version}`, async () => {
        const { error, shown, said } = await by({ tls: { certificate: await make(), version } });
        assert.equal((error as HTCondorError).code, 'ERR_SERVER_UNPROVEN', said.join('\n'));
        assert.ok(!shown);
      });
    }
  }

  test('to a daemon without a certificate', async () =>
    assert.ok(!(await by({ tls: { certificate: undefined } })).shown));

  test('to a daemon whose host name is not known', async () => {
    const { alias: _, ...options } = clients.pool();
    const { error, shown, said } = await by({ options: { ...options, alias: undefined as never } });
    assert.match(reasonsOf({ error } as Tried), /SCITOKENS: .*no host name is known/);
    assert.ok(!shown && !said.some((line) => line.startsWith('HANDSHAKE')));
  });

  /** Faults that the tests omit. For these, only the deadline ends the fetch, or the message is valid. */
  const SKIPPED = ['sends nothing', 'sends all but the last byte', 'never ends the message', 'sends a body of zeros'];
  const early: readonly [string, Fault][] = [
    ['holds', instead((m) => m.int(4).int(0))],
    ['reports success', instead((m) => m.int(0).int(0))],
    ['gives up', instead((m) => m.int(3).int(0))],
    ...Object.entries<Fault>(MESSAGE_FAULTS).filter(([what]) => !SKIPPED.includes(what)),
  ];
  for (const step of ['hello', 'tls 1', 'tls key'] as const) {
    for (const [what, fault] of early) {
      test(`to a daemon that ${what} at the step “${step}”`, async () => {
        const { error, shown } = await by({ options: { ...clients.pool(), faults: { [step]: fault } } });
        assert.ok(error instanceof HTCondorError, String(error));
        assert.ok(!shown);
      });
    }
  }
});

describe('The length of a SciToken', () => {
  /** Returns a token with exactly this many characters. */
  function ofLength(length: number): string {
    const short = clients.issuer.issue('alice', { pad: '' });
    for (let pad = Math.floor((length - short.length) * 0.75) - 3; ; pad++) {
      const token = clients.issuer.issue('alice', { pad: 'x'.repeat(pad) });
      if (token.length === length) return token;
      if (token.length > length) return `${ofLengthBelow(length, pad)}`;
    }
  }
  /**
   * Appends the missing characters to the signature. No payload makes the token exactly this long, because base64url
   * cannot have every length.
   */
  function ofLengthBelow(length: number, pad: number): string {
    const token = clients.issuer.issue('alice', { pad: 'x'.repeat(pad - 1) });
    return `${token}${'A'.repeat(length - token.length)}`;
  }

  test(`may be ${MAX_SCITOKEN_LENGTH} bytes, which fit into one TLS record`, async () => {
    const token = ofLength(MAX_SCITOKEN_LENGTH);
    assert.equal(token.length, MAX_SCITOKEN_LENGTH);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { shown, said } = await by({ token, tls: { version } });
      assert.ok(shown);
      assert.ok(!said.some((line) => line.includes('Failed to decode a SciToken')), said.join('\n'));
    }
  });

  test('may not be larger, and the error is reported before any connection', async () => {
    const { error, shown } = await by({ token: ofLength(MAX_SCITOKEN_LENGTH + 1) });
    assert.ok(error instanceof CredentialError, String(error));
    assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
    assert.match(
      error.message,
      /scitoken: it has 16381 bytes; SCITOKENS accepts at most 16380; mode exchange accepts more/,
    );
    assert.ok(!shown);
  });
});

describe('A rejected SciToken', () => {
  const refused: readonly [string, () => Record<string, unknown>, RegExp][] = [
    [
      'with the wrong audience',
      () => ({ aud: 'https://other.test' }),
      /possible causes: its audience is https:\/\/other\.test, but SCITOKENS_SERVER_AUDIENCE of the daemon differs; no line/,
    ],
    [
      'with a list of audiences',
      () => ({ aud: ['a', 'b'] }),
      /possible causes: its audience is a, b, but SCITOKENS_SERVER_AUD/,
    ],
    [
      'without an audience',
      () => ({ aud: undefined }),
      /possible causes: it has no audience, which scitoken:2\.0 requires; no line/,
    ],
    [
      'without a scope',
      () => ({ scope: undefined }),
      /possible causes: it has no scope, which only issuers in SEC_SCITOKENS_FOREIGN/,
    ],
    [
      'that is not yet valid',
      () => ({ nbf: now() + 3600, aud: 'x' }),
      /possible causes: it is not valid before 20\d\d-/,
    ],
    [
      'from an issuer without https',
      () => ({ iss: 'pool.test' }),
      /possible causes: its issuer pool\.test is not an https URL;/,
    ],
    [
      'that expires soon',
      () => ({ exp: now() + 100, aud: 'x' }),
      /it expires in \d+ s, and the daemon's clock may be ahead$/,
    ],
    ['for an unmapped subject', () => ({ sub: 'mallory' }), /is for https:\/\/issuer\.test,mallory/],
  ];
  for (const [what, claims, reason] of refused) {
    for (const last of [true, false]) {
      test(`${what}${last ? '' : ', and not the last'}, causes an error with the possible reasons`, async () => {
        const token = clients.issuer.issue('alice', claims());
        const words = last ? {} : { password: 'correct horse', 'authentication-methods': 'SCITOKENS PASSWORD' };
        const tried = await by({ token, words, options: { ...clients.pool(), password: undefined } });
        assert.match(reasonsOf(tried).split('\n')[0] ?? '', reason);
      });
    }
  }

  test('with a forged signature causes an error with this reason among others', async () => {
    const token = new SciTokenKey(clients.issuer.url).issue('alice');
    assert.match(
      reasonsOf(await by({ token })),
      /cannot fetch the keys of https:\/\/issuer\.test, or they did not sign/,
    );
  });

  test('that looks expired is sent, because this host’s clock may be wrong, but expiry is the first possible reason', async () => {
    const tried = await by({ token: clients.issuer.issue('alice', { exp: now() - 10 }) });
    assert.match(reasonsOf(tried), /^SCITOKENS: scitoken \(alice, issuer https:\/\/issuer\.test\): it expired at 20/);
    assert.ok(tried.shown);
  });

  const odd: readonly [claims: Record<string, unknown>, code: string][] = [
    [{ nbf: 1e300 }, 'ERR_CREDENTIAL_UNREADABLE'],
    [{ nbf: -1e300, aud: 'x' }, 'ERR_CREDENTIAL_UNREADABLE'],
    [{ exp: 1e300, aud: 'x' }, 'ERR_CREDENTIAL_UNREADABLE'],
    [{ exp: -1e300 }, 'ERR_CREDENTIAL_UNREADABLE'],
    [{ exp: 8.7e12, nbf: 8.7e12, aud: 'x' }, 'ERR_CREDENTIAL_UNREADABLE'],
    [{ nbf: 'soon', exp: 'never', aud: 7 }, 'ERR_METHODS_EXHAUSTED'],
    [{ nbf: 1e300, exp: 1e12 }, 'ERR_CREDENTIAL_UNREADABLE'],
    [{ aud: [{}, null, 3] }, 'ERR_METHODS_EXHAUSTED'],
    [{ scope: ['condor:/READ'] }, 'ERR_METHODS_EXHAUSTED'],
  ];
  for (const [claims, code] of odd) {
    test(`with the claims ${JSON.stringify(claims)} causes ${code}`, async () => {
      const { error } = await by({ token: clients.issuer.issue('alice', claims) });
      assert.ok(error instanceof HTCondorError, error instanceof Error ? error.stack : String(error));
      assert.equal(error.code, code);
    });
  }
});
