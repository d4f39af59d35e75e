/** Tests token requests that an administrator approves, and how requests fail. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DaemonError } from '../../src/errors.ts';
import { assertError, type Tried, type Words } from '../support/clients/method-clients.ts';
import { APPROVED, clients, decided, notices, polls, request } from '../support/clients/request-client.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { Fault } from '../support/embedded-pool/server-channel.ts';
import type { Ad, EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import type { RequestSettings } from '../support/embedded-pool/token-requests.ts';
import { assertHidden } from '../support/faults/broken-messages.ts';
import { patience } from '../support/slowness.ts';

describe('A token request', () => {
  test('contains the requested properties, and returns a token after it has been approved', async () => {
    const asked = await request({ words: { authz: 'READ,WRITE', lifetime: '10m' }, requests: APPROVED });
    assert.ok(asked.fetched !== undefined, String(asked.error));
    const { token, authenticationMethod, roundTrips } = asked.fetched;
    assert.deepEqual([token.subject, token.authz, authenticationMethod], ['carol@pool.test', ['READ', 'WRITE'], 'SSL']);
    assert.equal(Number(token.expiresAt) - Number(token.issuedAt), 600);
    const { requester, identity, authz, lifetime } = asked.wish ?? {};
    assert.deepEqual(
      [requester, identity, authz, lifetime],
      ['alice@pool.test', 'carol@pool.test', ['READ', 'WRITE'], 600],
    );
    assert.deepEqual([roundTrips, asked.connections], [8, 2]);
  });

  test('is announced with the command that approves it', async () => {
    const asked = await request({ requests: APPROVED });
    const command = `condor_token_request_approve -reqid ${asked.id} -name '<127.0.0.1:PORT?alias=ap.pool.test&sock=schedd_0>'`;
    assert.deepEqual(
      notices(asked).map((line) => line.replace(/:\d+\?/, ':PORT?')),
      [`Request ${asked.id} for a token for carol@pool.test is waiting for approval: ${command}`],
    );
  });

  test('to a named daemon is announced with the daemon’s type, name and pool', async () => {
    const words = (pool: EmbeddedPool): Words => ({
      ...{ pool: pool.collector, name: 'ci@pool', 'server-name': clients.hostName },
    });
    const asked = await request({ words, requests: APPROVED });
    assert.match(notices(asked).join(), /-reqid \d{7} -type schedd -name ci@pool -pool 127\.0\.0\.1:\d+$/);
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test');
  });

  test('without a credential is sent only to a daemon that authenticates itself', async () => {
    const words: Words = { 'client-certificate': '', 'client-key': '' };
    const asked = await request({ words, requests: APPROVED });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(asked.wish?.requester, 'unauthenticated@unmapped');
  });

  test('has a new random client ID each time, so that no other client can fetch its token', async () => {
    const ids = new Set<string>();
    for (let run = 0; run < 3; run++) ids.add((await request({ requests: APPROVED })).wish?.clientId ?? '');
    assert.equal(ids.size, 3);
    for (const id of ids) assert.match(id, /^condor-token-fetch-[0-9a-f]{32}$/);
  });

  test('contains the name of the CI run in its client ID, which the daemon shows to its administrator', async () => {
    const run = { GITHUB_RUN_ID: '1234', GITHUB_RUN_ATTEMPT: '2' };
    const asked = await request({ requests: APPROVED, env: run });
    assert.match(asked.wish?.clientId ?? '', /^condor-token-fetch-actions-1234\.2-[0-9a-f]{32}$/);
    assert.ok(asked.fetched !== undefined, String(asked.error));
  });

  test('that a rule approves automatically returns the token without an announcement or a poll', async () => {
    const asked = await request({ requests: { approvesItself: true } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.deepEqual([notices(asked), asked.connections], [[], 1]);
  });

  test('is polled until it is approved, in a new session each time, so that no poll can be replayed', async () => {
    const whenPolled: RequestSettings['whenPolled'] = (id, poll, all) => poll === 4 && all.decide(id, 'approved');
    const asked = await request({ requests: { whenPolled } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.deepEqual([polls(asked), asked.connections, asked.fetched.roundTrips], [4, 5, 20]);
  });

  test('is polled again after a rate limit', async () => {
    const asked = await request({ requests: { ...APPROVED, rateLimited: 3 } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(polls(asked), 4);
    assert.equal(asked.log.filter((line) => /could not poll request \d+/.test(line)).length, 3);
  });

  test('returns a token that is masked and appears only in the result', async () => {
    const asked = await request({ requests: APPROVED });
    const jwt = asked.fetched?.token.jwt.reveal() ?? '';
    assert.ok(asked.masks.includes(jwt) && asked.masks.includes(jwt.split('.')[2] ?? ''));
    assertHidden([jwt.split('.')[2] ?? ''], undefined, ...asked.log);
  });
});

describe('A token request fails', () => {
  const ends: readonly [string, RequestSettings, number, RegExp][] = [
    ['if requests are disabled', { disabled: true }, 44, /Token request disabled/],
    [
      'if the daemon permits none of the levels',
      { limits: ['WRITE'] },
      3,
      /eliminated by the SEC_TOKEN_REQUEST_LIMITS/,
    ],
    ['if it has expired', decided('expired'), 5, /Request has expired/],
    ['if the daemon cannot create the token', decided('failed'), 4, /Request failed/],
    [
      'if the daemon limits the rate of polls for too long',
      { ...APPROVED, rateLimited: 100 },
      5,
      /Request rate limit hit/,
    ],
  ];
  for (const [what, requests, code, text] of ends) {
    test(what, async () => {
      const asked = await request({ words: { authz: 'READ' }, requests });
      assertError(asked, 'ERR_DAEMON', text);
      assert.ok(asked.error instanceof DaemonError);
      assert.deepEqual([asked.error.errorCode, asked.error.phase], [code, 'token']);
    });
  }

  test('with its ID if it is not approved in time', async () => {
    const asked = await request({ timeoutMs: patience(400) });
    assertError(asked, 'ERR_TIMEOUT', new RegExp(`^request ${asked.id} was not approved within the time limit$`));
    assert.equal((asked.error as { requestId?: string }).requestId, asked.id);
    assert.ok(polls(asked) > 1);
  });

  test('if it is cancelled during a pause or a poll', async () => {
    for (const at of ['filed', 'polled'] as const) {
      const controller = new AbortController();
      const cancel = () => controller.abort();
      const requests: RequestSettings = at === 'filed' ? { whenFiled: cancel } : { whenPolled: cancel };
      const asked = await request({ requests, signal: controller.signal });
      assertError(asked, 'ERR_TIMEOUT', /^cancelled$/);
    }
  });

  test('if the daemon has forgotten it', async () => {
    const asked = await request({ requests: { whenPolled: (id, _, all) => all.forget(id) } });
    assertError(asked, 'ERR_DAEMON', /Request ID is not known/);
  });

  test('for an identity that the credential may not request', async () => {
    const asked = await request({ options: { denied: () => true } });
    assertError(asked, 'ERR_DENIED', /DENIED/);
  });

  const replies: readonly [string, Record<string, string | number | undefined>, string][] = [
    ['with an empty ad', { RequestId: undefined }, 'ERR_DAEMON'],
    ['without an ID', { RequestId: undefined, Status: 1 }, 'ERR_TOKEN_MALFORMED'],
    ['with a hostile ID', { RequestId: '1; rm -rf /' }, 'ERR_TOKEN_MALFORMED'],
    ['with an ID that contains a newline', { RequestId: '1\n::error::x' }, 'ERR_TOKEN_MALFORMED'],
    ['with an ID that is too long', { RequestId: '1'.repeat(65) }, 'ERR_TOKEN_MALFORMED'],
    ['with a number as the ID', { RequestId: 7 }, 'ERR_CLASSAD'],
    ['with a number as the token', { Token: 7 }, 'ERR_CLASSAD'],
    ['with a malformed token', { Token: 'x' }, 'ERR_TOKEN_MALFORMED'],
  ];
  for (const [what, changes, code] of replies) {
    test(`if the daemon replies ${what}, without an approval command`, async () => {
      const asked = await request({ options: { edit: { reply: (ad) => ({ ...ad, ...changes }) } } });
      assertError(asked, code, /./);
      assert.deepEqual(notices(asked), []);
    });
  }

  const tokens: readonly [string, Record<string, unknown>, RegExp][] = [
    ['for another identity', { sub: 'root@pool.test' }, /the token is for root@pool\.test/],
    ['from another pool', { iss: 'other.test' }, /the token was issued by other\.test/],
    ['that lasts longer', { exp: Math.floor(Date.now() / 1000) + 10_000 }, /longer than the requested 1 min/],
    [
      'with more levels',
      { scope: 'condor:/READ condor:/ADMINISTRATOR' },
      /allows ADMINISTRATOR, which was not requested/,
    ],
  ];
  for (const [what, claims, text] of tokens) {
    test(`if the token is one ${what}`, async () => {
      const now = Math.floor(Date.now() / 1000);
      const good = { iss: 'pool.test', sub: 'carol@pool.test', iat: now, exp: now + 60, scope: 'condor:/READ' };
      const Token = new SigningKey().sign({ ...good, ...claims });
      const edit: EmbeddedPoolOptions['edit'] = { reply: (ad) => ('Token' in ad ? { Token } : ad) };
      const asked = await request({ words: { authz: 'READ', lifetime: '60' }, requests: APPROVED, options: { edit } });
      assertError(asked, 'ERR_TOKEN_CLAIM', text);
    });
  }
});

/**
 * Returns options for a daemon that offers no resumption and whose post-auth ad is malformed in the sessions that
 * `isBroken` selects. A failed poll uses two sessions.
 */
function faltering(isBroken: (session: number) => boolean, fault: Fault = 'close'): EmbeddedPoolOptions {
  let session = 0;
  const count = (ad: Ad) => {
    session += 1;
    return { ...ad, Sid: undefined };
  };
  const faults = Object.defineProperty({}, 'post-auth', { get: () => (isBroken(session) ? fault : undefined) });
  return { edit: { 'post-auth': count }, faults };
}
const inVain = ({ log }: Tried) => log.filter((line) => line.includes('could not poll')).length;

describe('A daemon that fails during the polls of a request', () => {
  for (const fault of ['close', 'reset'] as const) {
    test(`once (${fault}) is polled again`, async () => {
      const options = faltering((session) => session === 2 || session === 3, fault);
      const asked = await request({ requests: APPROVED, options });
      assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
      assert.equal(inVain(asked), 1);
    });
  }

  test('occasionally is polled as often as necessary', async () => {
    const whenPolled: RequestSettings['whenPolled'] = (id, poll, all) => poll === 7 && all.decide(id, 'approved');
    const options = faltering((session) => session > 1 && session % 3 !== 1);
    const asked = await request({ requests: { whenPolled }, options });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(inVain(asked), 7);
  });

  test('permanently is no longer polled after several failures', async () => {
    const asked = await request({ requests: APPROVED, options: faltering((session) => session > 1) });
    assertError(asked, 'ERR_CLOSED', /closed the connection/);
    assert.equal(inVain(asked), 5);
  });

  test('is not polled again if it cannot authenticate itself', async () => {
    const options = clients.pool();
    let sessions = 0;
    const tls = {
      authority: clients.authority.certificate,
      get certificate() {
        sessions += 1;
        return sessions > 2 ? clients.alice : clients.server; // the certificate is read twice in each session
      },
    };
    const asked = await request({ options: { ...options, tls }, requests: APPROVED });
    assertError(asked, 'ERR_SERVER_UNPROVEN', /failed to prove that it is ap\.pool\.test/);
    assert.equal(polls(asked), 0);
  });
});
