/**
 * Tests docs/ADMINISTRATORS.md with real daemons: their logs, the accepted identities and methods, and disabled
 * features.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { processHost } from '../../src/inputs/process-host.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken as fetchRequested } from '../../src/pipeline/fetch.ts';
import type { Host } from '../../src/runtime/host.ts';
import type { Identity } from '../support/credentials/certificates.ts';
import { administered, CI, DOCUMENT } from '../support/pool/administered-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { surroundings } from '../support/surroundings.ts';

for (const suite of poolSuites()) {
  describe(`${DOCUMENT} on HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    const { on, block, logLines, configured, fetch, refusedWith, assertTaken } = administered(suite, 'daemons');
    let ci: Identity;
    before(async () => {
      ci = await on.secure.authority.issue({ subject: 'O=Example, CN=ci' });
    });

    test('the audit log contains each fetch', async () => {
      await configured(block('audit'), async () => {
        const { jti } = claimsOf(await fetch({ authz: ['READ'] }));
        await refusedWith(4, { authz: ['ADMINISTRATOR'] });
        const lines = (await on.pool.run('cat', '/var/log/condor/SchedAuditLog')).trim().split('\n');
        const issued = lines.find((line) => line.includes('Token Issued') && line.includes(String(jti))) ?? '';
        const [connection = 'none'] = /\(cid:\d+\)/.exec(issued) ?? [];
        const ours = lines.filter((line) => line.includes(connection)).join('\n');
        const [first, ...rest] = logLines('log-fetch').map((line) => line.replace('\\(cid:.*\\)', ''));
        assert.match(ours, new RegExp([first, ...rest].join('\\n.*')));
        const last = lines.at(-1) ?? '';
        assert.match(last, /CondorId=ci@example\.org/, 'a denied fetch yields no token');
      });
    });

    test('certificates and SciTokens are mapped exactly to the identities in the map file', async () => {
      const map = block('map').replace('https://issuer[.]example[.]org', on.secure.issuer.url);
      await on.pool.write('/etc/condor/condor_mapfile', map, 0o644);
      await configured(block('methods'), async () => {
        const way = { caCertificate: on.secure.authority.certificate, serverName: 'ap.pool.test' };
        const audience = { aud: 'https://ap40.example.org' };
        const bySsl = (identity: Identity) =>
          fetch({ ...way, clientCertificate: identity.certificate, clientKey: identity.key });
        assert.equal(claimsOf(await bySsl(ci))['sub'], CI);
        assert.equal(claimsOf(await bySsl(ci))['scope'], undefined, 'a certificate restricts nothing');
        assert.equal(claimsOf(await fetch({ ...way, scitoken: on.secure.issuer.issue('ci', audience) }))['sub'], CI);
        const short = on.secure.issuer.issue('ci', { ...audience, exp: Math.floor(Date.now() / 1000) + 300 });
        const { exp, iat } = claimsOf(await fetch({ ...way, scitoken: short, lifetime: 3600 }));
        assert.equal(Number(exp) - Number(iat), 3600, 'the token expires later than the SciToken');
        for (const name of ['O=Example, CN=ci-of-somebody-else', 'C=XX, O=Example, CN=ci']) {
          const like = await on.secure.authority.issue({ subject: name });
          await assert.rejects(bySsl(like), { code: 'ERR_DENIED' }, name);
        }
        const like = on.secure.issuer.issue('ci-of-somebody-else', audience);
        await assert.rejects(fetch({ ...way, scitoken: like }), { code: 'ERR_METHODS_EXHAUSTED' });
        await assert.rejects(fetch({ ...way, scitoken: on.secure.issuer.issue('ci') }), {
          code: 'ERR_METHODS_EXHAUSTED',
        });
      });
    });

    test('a request is limited, listed and approved', async () => {
      await configured(block('request-limits'), async () => {
        const { token } = await requested({ authz: 'READ DAEMON' }, async (id) => {
          const [list = '', approve = ''] = block('approve')
            .trim()
            .split('\n')
            .map((line) => line.replace(/^# /, '').replace('1234567', id));
          assert.match(await on.pool.run('sh', '-c', list), /PeerLocation/);
          assert.match(approve, new RegExp(`^condor_token_request_approve -reqid ${id}$`));
          await on.pool.run('sh', '-c', `echo yes | ${approve}`);
        });
        assert.deepEqual([token.subject, claimsOf(token.jwt.reveal())['scope']], [CI, 'condor:/READ']);
      });
    });

    test('a daemon that requires AES rejects a client that does not support it', async () => {
      await configured(block('encryption'), async () => {
        await assertTaken(await fetch());
        const ping = (env: Record<string, string>) =>
          on.pool.exec(['condor_ping', '-type', 'schedd', '-table', 'READ'], { env });
        assert.match((await ping({})).stdout, /READ .*AES +AES +ALLOW/);
        for (const env of [
          { _CONDOR_SEC_CLIENT_ENCRYPTION: 'NEVER' },
          { _CONDOR_SEC_CLIENT_CRYPTO_METHODS: 'BLOWFISH' },
        ]) {
          assert.doesNotMatch((await ping(env)).stdout, /ALLOW/, JSON.stringify(env));
        }
      });
    });

    test('disabled token commands cause code 44', async () => {
      const scitoken = on.secure.issuer.issue('ci');
      await configured(block('switch-off'), async () => {
        await refusedWith(44, {});
        await assert.rejects(
          requested({}, async () => {}),
          { code: 'ERR_DAEMON', errorCode: 44 },
        );
        await assert.rejects(asked({ mode: 'exchange', address: on.address, idtoken: on.bootstrap, scitoken }), {
          ...{ code: 'ERR_DAEMON', errorCode: 44 },
        });
      });
    });

    /** Runs a fetch with these inputs as the Action does. */
    function asked(words: Record<string, string>, onNotice: (line: string) => void = () => {}) {
      const log: Host['log'] = { ...{ debug: () => {}, info: () => {}, warn: () => {} }, notice: onNotice };
      const host = processHost(20_000, new AbortController().signal, { mask: () => {}, log });
      const all: Record<string, string> = {
        'ca-certificate': on.secure.authority.certificate,
        'server-name': 'ap.pool.test',
        'on-reduced': 'ignore',
        ...words,
      };
      const request = readRequest((input) => all[input] || undefined, surroundings());
      return fetchRequested({ ...request, pollIntervalMs: 50 }, host);
    }
    function requested(words: Record<string, string>, approve: (id: string) => Promise<void>) {
      let approval = Promise.resolve();
      const fetched = asked({ mode: 'request', address: on.pool.collector, identity: CI, ...words }, (line) => {
        approval = approve(/-reqid (\d+)/.exec(line)?.[1] ?? '');
      });
      return fetched.then(async (result) => {
        await approval;
        return result;
      });
    }
  });
}
