/** Token requests that an administrator approves: every failure. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DaemonError } from '../../src/errors.ts';
import type { EmbeddedPoolOptions } from '../support/embedded-pool/settings.ts';
import type { RequestSettings } from '../support/embedded-pool/token-requests.ts';
import { APPROVED, decided, notices, polls, request } from '../support/request-ways.ts';
import { SigningKey } from '../support/signing-key.ts';
import { patience } from '../support/slowness.ts';
import { assertError } from '../support/ways.ts';

describe('A token request fails', () => {
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

  test('with its id if it is not approved in time', async () => {
    const asked = await request({ timeoutMs: patience(400) });
    assertError(asked, 'ERR_TIMEOUT', new RegExp(`^request ${asked.id} was not approved within the time limit$`));
    assert.equal((asked.error as { requestId?: string }).requestId, asked.id);
    assert.ok(polls(asked) > 1);
  });

  test('when it is cancelled during a pause or a poll', async () => {
    for (const at of ['filed', 'polled'] as const) {
      const controller = new AbortController();
      const cancel = () => controller.abort();
      const requests: RequestSettings = at === 'filed' ? { whenFiled: cancel } : { whenPolled: cancel };
      const asked = await request({ requests, signal: controller.signal });
      assertError(asked, 'ERR_TIMEOUT', /^cancelled$/);
    }
  });

  test('when the daemon no longer knows it', async () => {
    const asked = await request({ requests: { whenPolled: (id, _, all) => all.forget(id) } });
    assertError(asked, 'ERR_DAEMON', /Request ID is not known/);
  });

  test('for an identity that the credential may not request', async () => {
    const asked = await request({ options: { denied: () => true } });
    assertError(asked, 'ERR_DENIED', /DENIED/);
  });

  const replies: readonly [string, Record<string, string | number | undefined>, string][] = [
    ['with nothing', { RequestId: undefined }, 'ERR_DAEMON'],
    ['without an id', { RequestId: undefined, Status: 1 }, 'ERR_TOKEN_MALFORMED'],
    ['with a hostile id', { RequestId: '1; rm -rf /' }, 'ERR_TOKEN_MALFORMED'],
    ['with an id that breaks the line', { RequestId: '1\n::error::x' }, 'ERR_TOKEN_MALFORMED'],
    ['with an endless id', { RequestId: '1'.repeat(65) }, 'ERR_TOKEN_MALFORMED'],
    ['with a number for an id', { RequestId: 7 }, 'ERR_CLASSAD'],
    ['with a number for a token', { Token: 7 }, 'ERR_CLASSAD'],
    ['with a word for a token', { Token: 'x' }, 'ERR_TOKEN_MALFORMED'],
  ];
  for (const [what, changes, code] of replies) {
    test(`if the daemon answers ${what}, without an approval command`, async () => {
      const asked = await request({ options: { edit: { reply: (ad) => ({ ...ad, ...changes }) } } });
      assertError(asked, code, /./);
      assert.deepEqual(notices(asked), []);
    });
  }

  const tokens: readonly [string, Record<string, unknown>, RegExp][] = [
    ['of somebody else', { sub: 'root@pool.test' }, /the token is for root@pool\.test/],
    ['of another pool', { iss: 'other.test' }, /the token was issued by other\.test/],
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
