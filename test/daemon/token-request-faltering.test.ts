/** Token requests that an administrator approves, at a daemon that fails during the polls. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Ad, EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import type { RequestSettings } from '../support/embedded-pool/token-requests.ts';
import { APPROVED, polls, request, ways } from '../support/request-ways.ts';
import type { Fault } from '../support/server-channel.ts';
import { assertError, type Tried } from '../support/ways.ts';

/**
 * A daemon whose post-auth ad is malformed in some sessions, by number, and that does not offer resumption. A failed
 * poll uses two sessions.
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

  test('now and then is polled as often as necessary', async () => {
    const whenPolled: RequestSettings['whenPolled'] = (id, poll, all) => poll === 7 && all.decide(id, 'approved');
    const options = faltering((session) => session > 1 && session % 3 !== 1);
    const asked = await request({ requests: { whenPolled }, options });
    assert.equal(asked.fetched?.token.subject, 'carol@pool.test', String(asked.error));
    assert.equal(inVain(asked), 7);
  });

  test('permanently is given up after several polls', async () => {
    const asked = await request({ requests: APPROVED, options: faltering((session) => session > 1) });
    assertError(asked, 'ERR_CLOSED', /closed the connection/);
    assert.equal(inVain(asked), 5);
  });

  test('is not polled again if it cannot authenticate itself', async () => {
    const options = ways.pool();
    let sessions = 0;
    const tls = {
      authority: ways.authority.certificate,
      get certificate() {
        sessions += 1;
        return sessions > 2 ? ways.alice : ways.server; // requested twice in each session
      },
    };
    const asked = await request({ options: { ...options, tls }, requests: APPROVED });
    assertError(asked, 'ERR_SERVER_UNPROVEN', /failed to prove that it is ap\.pool\.test/);
    assert.equal(polls(asked), 0);
  });
});
