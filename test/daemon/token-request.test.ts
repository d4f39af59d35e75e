/** Requests that an administrator approves: what is asked, what is announced, and every way in which it comes to nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DaemonError } from '../../src/errors.ts';
import { assertHidden } from '../support/broken-messages.ts';
import { withPool } from '../support/embedded-fetch.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { Ad, EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import type { RequestSettings, TokenWish } from '../support/embedded-pool/token-requests.ts';
import type { Fault } from '../support/server-channel.ts';
import { SigningKey } from '../support/signing-key.ts';
import { assertError, type Tried, type TryOptions, Ways, type Words } from '../support/ways.ts';

let ways: Ways;
before(async () => {
  ways = await Ways.create();
});
after(() => ways?.close());

interface Ask extends TryOptions {
  readonly words?: Words | ((pool: EmbeddedPool) => Words);
  readonly options?: EmbeddedPoolOptions;
  readonly requests?: RequestSettings;
}

interface Asked extends Tried {
  readonly said: readonly string[];
  readonly connections: number;
  /** The request as it was filed. */
  readonly wish: TokenWish | undefined;
  readonly id: string;
}

/** The request is in this state as soon as it is filed. */
const decided = (state: TokenWish['state']): RequestSettings => ({ whenFiled: (id, all) => all.decide(id, state) });
const APPROVED = decided('approved');

/** Requests a token for carol, with alice's certificate unless the words say otherwise. */
async function request({ words = {}, options = {}, requests = {}, ...how }: Ask): Promise<Asked> {
  const filed: { id: string; wish: TokenWish | undefined } = { id: '', wish: undefined };
  const whenFiled: RequestSettings['whenFiled'] = (id, all) => {
    Object.assign(filed, { id, wish: all.get(id) });
    requests.whenFiled?.(id, all);
  };
  return await withPool({ ...ways.pool(), ...options, requests: { ...requests, whenFiled } }, async (pool) => {
    const own = typeof words === 'function' ? words(pool) : words;
    const all: Words = { ...ways.words('SSL', pool), mode: 'request', identity: 'carol@pool.test', ...own };
    const tried = await ways.try(pool, all, how);
    assertHidden(ways.secrets(all), tried.error, ...tried.log);
    return { ...tried, ...filed, said: pool.log, connections: pool.connections };
  });
}

const notices = ({ log }: Tried) => log.filter((line) => line.startsWith('notice ')).map((line) => line.slice(7));
const polls = ({ said }: Asked) => said.filter((line) => /^poll \d+ of request/.test(line)).length;

describe('a request', () => {
  test('is filed as it was asked, and gives a token when it is approved', async () => {
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
      [`Request ${asked.id} for a token of carol@pool.test waits for its approval: ${command}`],
    );
  });

  test('by name is announced with type, name and pool', async () => {
    const words = (pool: EmbeddedPool): Words => ({
      ...{ pool: pool.collector, name: 'ci@pool', 'server-name': ways.hostName },
    });
    const asked = await request({ words, requests: APPROVED });
    assert.match(notices(asked).join(), /-reqid \d{7} -type schedd -name ci@pool -pool 127\.0\.0\.1:\d+$/);
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test');
  });

  test('of somebody without any credential is made where the daemon proves itself', async () => {
    const words: Words = { 'client-certificate': '', 'client-key': '' };
    const asked = await request({ words, requests: APPROVED });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(asked.wish?.requester, 'unauthenticated@unmapped');
  });

  test('draws the id of its client anew each time, so that nobody else can fetch its token', async () => {
    const ids = new Set<string>();
    for (let run = 0; run < 3; run++) ids.add((await request({ requests: APPROVED })).wish?.clientId ?? '');
    assert.equal(ids.size, 3);
    for (const id of ids) assert.match(id, /^condor-token-fetch-[0-9a-f]{32}$/);
  });

  test('that a rule approves is neither announced nor waited for', async () => {
    const asked = await request({ requests: { approvesItself: true } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.deepEqual([notices(asked), asked.connections], [[], 1]);
  });

  test('is looked at until it is approved, in a session of its own each time, which nobody can replay', async () => {
    const whenPolled: RequestSettings['whenPolled'] = (id, poll, all) => poll === 4 && all.decide(id, 'approved');
    const asked = await request({ requests: { whenPolled } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.deepEqual([polls(asked), asked.connections, asked.fetched.roundTrips], [4, 5, 20]);
  });

  test('that too many look at is looked at again', async () => {
    const asked = await request({ requests: { ...APPROVED, rateLimited: 3 } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(polls(asked), 4);
    assert.equal(asked.log.filter((line) => /asked in vain whether request \d+ is approved/.test(line)).length, 3);
  });

  test('has its token masked, and nowhere but in the result', async () => {
    const asked = await request({ requests: APPROVED });
    const jwt = asked.fetched?.token.jwt.reveal() ?? '';
    assert.ok(asked.masks.includes(jwt) && asked.masks.includes(jwt.split('.')[2] ?? ''));
    assertHidden([jwt.split('.')[2] ?? ''], undefined, ...asked.log);
  });
});

describe('a request comes to nothing', () => {
  const ends: readonly [string, RequestSettings, number, RegExp][] = [
    ['where requests are switched off', { disabled: true }, 44, /Token request disabled/],
    ['where none of the levels may be had', { limits: ['WRITE'] }, 3, /eliminated by the SEC_TOKEN_REQUEST_LIMITS/],
    ['when it has expired', decided('expired'), 5, /Request has expired/],
    ['when the daemon cannot make the token', decided('failed'), 4, /Request failed/],
    ['when too many look at it for long', { ...APPROVED, rateLimited: 100 }, 5, /Request rate limit hit/],
  ];
  for (const [what, requests, code, text] of ends) {
    test(what, async () => {
      const asked = await request({ words: { authz: 'READ' }, requests });
      assertError(asked, 'ERR_DAEMON', text);
      assert.ok(asked.error instanceof DaemonError);
      assert.deepEqual([asked.error.errorCode, asked.error.phase], [code, 'token']);
    });
  }

  test('in the time that there is: its id is told', async () => {
    const asked = await request({ timeoutMs: 400 });
    assertError(asked, 'ERR_TIMEOUT', new RegExp(`^request ${asked.id} was not approved in the time allowed$`));
    assert.equal((asked.error as { requestId?: string }).requestId, asked.id);
    assert.ok(polls(asked) > 1);
  });

  test('when it is cancelled, in the middle of a wait or of a look', async () => {
    for (const at of ['filed', 'polled'] as const) {
      const controller = new AbortController();
      const cancel = () => controller.abort();
      const requests: RequestSettings = at === 'filed' ? { whenFiled: cancel } : { whenPolled: cancel };
      const asked = await request({ requests, signal: controller.signal });
      assertError(asked, 'ERR_TIMEOUT', /was not approved in the time allowed|cancelled/);
    }
  });

  test('when the daemon forgets it', async () => {
    const asked = await request({ requests: { whenPolled: (id, _, all) => all.forget(id) } });
    assertError(asked, 'ERR_DAEMON', /Request ID is not known/);
  });

  test('for somebody whom the credential is not good enough for', async () => {
    const asked = await request({ options: { denied: () => true } });
    assertError(asked, 'ERR_DENIED', /DENIED/);
  });

  const replies: readonly [string, Record<string, string | number | undefined>, string][] = [
    ['with nothing', { RequestId: undefined }, 'ERR_TOKEN_MALFORMED'],
    ['with a hostile id', { RequestId: '1; rm -rf /' }, 'ERR_TOKEN_MALFORMED'],
    ['with an id that breaks the line', { RequestId: '1\n::error::x' }, 'ERR_TOKEN_MALFORMED'],
    ['with an endless id', { RequestId: '1'.repeat(65) }, 'ERR_TOKEN_MALFORMED'],
    ['with a number for an id', { RequestId: 7 }, 'ERR_CLASSAD'],
    ['with a number for a token', { Token: 7 }, 'ERR_CLASSAD'],
    ['with a word for a token', { Token: 'x' }, 'ERR_TOKEN_MALFORMED'],
  ];
  for (const [what, changes, code] of replies) {
    test(`where the daemon answers ${what}, and no command is announced`, async () => {
      const asked = await request({ options: { edit: { reply: (ad) => ({ ...ad, ...changes }) } } });
      assertError(asked, code, /./);
      assert.deepEqual(notices(asked), []);
    });
  }

  const tokens: readonly [string, Record<string, unknown>, RegExp][] = [
    ['of somebody else', { sub: 'root@pool.test' }, /the token is for root@pool\.test/],
    ['of another pool', { iss: 'other.test' }, /the token's issuer is other\.test/],
    ['that lasts longer', { exp: Math.floor(Date.now() / 1000) + 10_000 }, /longer than the 60 s that we asked for/],
    ['with more levels', { scope: 'condor:/READ condor:/ADMINISTRATOR' }, /allows ADMINISTRATOR, which we did not ask/],
  ];
  for (const [what, claims, text] of tokens) {
    test(`where the token is one ${what}`, async () => {
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
 * A daemon whose post-auth ad breaks in some sessions, by their number, and which does not say how to resume them; a look in
 * vain takes two of them.
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
const inVain = ({ log }: Tried) => log.filter((line) => line.includes('asked in vain')).length;

describe('a daemon that falters while it is looked at', () => {
  for (const fault of ['close', 'reset'] as const) {
    test(`once (${fault}), is looked at again`, async () => {
      const options = faltering((session) => session === 2 || session === 3, fault);
      const asked = await request({ requests: APPROVED, options });
      assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
      assert.equal(inVain(asked), 1);
    });
  }

  test('now and then, is looked at as often as it takes', async () => {
    const whenPolled: RequestSettings['whenPolled'] = (id, poll, all) => poll === 7 && all.decide(id, 'approved');
    const options = faltering((session) => session > 1 && session % 3 !== 1);
    const asked = await request({ requests: { whenPolled }, options });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(inVain(asked), 7);
  });

  test('for good, is given up after some times', async () => {
    const asked = await request({ requests: APPROVED, options: faltering((session) => session > 1) });
    assertError(asked, 'ERR_CLOSED', /closed the connection/);
    assert.equal(inVain(asked), 5);
  });

  test('is not looked at again when it can no longer prove itself', async () => {
    const options = ways.pool();
    let sessions = 0;
    const tls = {
      authority: ways.authority.certificate,
      get certificate() {
        sessions += 1;
        return sessions > 2 ? ways.alice : ways.server; // asked for twice in each session
      },
    };
    const asked = await request({ options: { ...options, tls }, requests: APPROVED });
    assertError(asked, 'ERR_SERVER_UNPROVEN', /could not prove that it is ap\.pool\.test/);
    assert.equal(polls(asked), 0);
  });
});
