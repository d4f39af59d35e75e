/** Token requests that an administrator approves: the request, the announcement, and the token. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertHidden } from '../support/broken-messages.ts';
import type { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import type { RequestSettings } from '../support/embedded-pool/token-requests.ts';
import { APPROVED, notices, polls, request, ways } from '../support/request-ways.ts';
import type { Words } from '../support/ways.ts';

describe('A token request', () => {
  test('contains what was requested, and returns a token after the approval', async () => {
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

  test('is announced with the command for its approval', async () => {
    const asked = await request({ requests: APPROVED });
    const command = `condor_token_request_approve -reqid ${asked.id} -name '<127.0.0.1:PORT?alias=ap.pool.test&sock=schedd_0>'`;
    assert.deepEqual(
      notices(asked).map((line) => line.replace(/:\d+\?/, ':PORT?')),
      [`Request ${asked.id} for a token for carol@pool.test is waiting for approval: ${command}`],
    );
  });

  test('by daemon name is announced with type, name and pool', async () => {
    const words = (pool: EmbeddedPool): Words => ({
      ...{ pool: pool.collector, name: 'ci@pool', 'server-name': ways.hostName },
    });
    const asked = await request({ words, requests: APPROVED });
    assert.match(notices(asked).join(), /-reqid \d{7} -type schedd -name ci@pool -pool 127\.0\.0\.1:\d+$/);
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test');
  });

  test('without a credential is sent to a daemon that authenticates itself', async () => {
    const words: Words = { 'client-certificate': '', 'client-key': '' };
    const asked = await request({ words, requests: APPROVED });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(asked.wish?.requester, 'unauthenticated@unmapped');
  });

  test('has a new random client id each time, so that nobody else can fetch its token', async () => {
    const ids = new Set<string>();
    for (let run = 0; run < 3; run++) ids.add((await request({ requests: APPROVED })).wish?.clientId ?? '');
    assert.equal(ids.size, 3);
    for (const id of ids) assert.match(id, /^condor-token-fetch-[0-9a-f]{32}$/);
  });

  test('that a rule approves returns the token without announcement and poll', async () => {
    const asked = await request({ requests: { approvesItself: true } });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.deepEqual([notices(asked), asked.connections], [[], 1]);
  });

  test('is polled until it is approved, in a new session each time, which nobody can replay', async () => {
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

  test('has its token masked, and only in the result', async () => {
    const asked = await request({ requests: APPROVED });
    const jwt = asked.fetched?.token.jwt.reveal() ?? '';
    assert.ok(asked.masks.includes(jwt) && asked.masks.includes(jwt.split('.')[2] ?? ''));
    assertHidden([jwt.split('.')[2] ?? ''], undefined, ...asked.log);
  });
});
