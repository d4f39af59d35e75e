/** Token requests that an administrator approves: the request, the announcement, and the token. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertHidden } from '../support/broken-messages.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { RequestSettings } from '../support/embedded-pool/token-requests.ts';
import { APPROVED, notices, polls, request, ways } from '../support/request-ways.ts';
import type { Words } from '../support/ways.ts';

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
      [`Request ${asked.id} for a token for carol@pool.test is waiting for approval: ${command}`],
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
    assert.equal(asked.log.filter((line) => /could not poll request \d+/.test(line)).length, 3);
  });

  test('has its token masked, and nowhere but in the result', async () => {
    const asked = await request({ requests: APPROVED });
    const jwt = asked.fetched?.token.jwt.reveal() ?? '';
    assert.ok(asked.masks.includes(jwt) && asked.masks.includes(jwt.split('.')[2] ?? ''));
    assertHidden([jwt.split('.')[2] ?? ''], undefined, ...asked.log);
  });
});
