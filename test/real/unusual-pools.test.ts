/** Tests pools with unusual settings: other trust domains, ciphers, and mapping plugins. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HTCondorError } from '../../src/errors.ts';
import { processHost } from '../../src/inputs/process-host.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken } from '../../src/pipeline/fetch.ts';
import { type MethodPool, startMethodPool } from '../support/pool/method-pool.ts';
import { type Pool, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { surroundings } from '../support/surroundings.ts';

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    let pool: Pool;
    before(async () => {
      secure = await startMethodPool({ suite });
      ({ pool } = secure);
    });
    after(() => secure?.stop());

    /** Fetches a token with these inputs and records the log. */
    async function fetch(
      inputs: Record<string, string>,
      settings: Record<string, string> = {},
      announced: (line: string) => void = () => {},
    ) {
      const words: Record<string, string | undefined> = {
        ...{
          pool: pool.collector,
          name: pool.scheddName,
          'ca-certificate': secure.authority.certificate,
          authz: 'READ',
        },
        ...inputs,
      };
      const lines: string[] = [];
      const at = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
      const notice = (line: string) => {
        lines.push(`notice ${line}`);
        announced(line);
      };
      const log = { debug: at('debug'), info: at('info'), notice, warn: at('warn') };
      const host = processHost(20_000, new AbortController().signal, { mask() {}, log });
      const here = surroundings();
      const setting = (name: string) => settings[name] ?? here.setting(name);
      const request = readRequest((name) => words[name] || undefined, { ...here, setting });
      const outcome = await fetchToken({ ...request, pollIntervalMs: 50 }, host).catch((error: HTCondorError) => error);
      return { outcome, lines };
    }
    async function configured(settings: string, work: () => Promise<void>) {
      await secure.configure(settings);
      try {
        await work();
      } finally {
        await secure.configure();
      }
    }

    describe('with daemons that accept only BLOWFISH and 3DES', () => {
      const ciphers = 'SEC_DEFAULT_CRYPTO_METHODS = BLOWFISH, 3DES';

      test('the error names the daemon’s version and the cipher that was offered', async () => {
        const inputs = {
          idtoken: await pool.idToken({ user: 'alice' }),
          ...{ address: secure.address, pool: '', name: '' },
        };
        await configured(ciphers, async () => {
          const { outcome } = await fetch(inputs);
          assert.ok('code' in outcome);
          assert.equal(outcome.code, 'ERR_NO_ENCRYPTION');
          const text = `the daemon, HTCondor ${pool.version}, accepts none of the ciphers that the client offers (AES)`;
          assert.equal(outcome.message, text);
        });
      });
    });

    describe('with a collector that accepts none of the credentials', () => {
      const foreign = 'COLLECTOR.TRUST_DOMAIN = other.test';

      test('is queried without authentication if it does not respond in cleartext', async () => {
        const idtoken = await pool.idToken({ user: 'alice' });
        await configured(foreign, async () => {
          const { outcome, lines } = await fetch({ idtoken });
          assert.ok('token' in outcome, lines.join('\n'));
          assert.equal(outcome.token.subject, 'alice@pool.test');
          const notices = lines.filter((line) => line.startsWith('notice '));
          // 23.9 replies to the first query, although it is in cleartext.
          assert.equal(notices.length, suite === 'trixie' ? 0 : 1);
          for (const notice of notices)
            assert.match(notice, /^notice The collector accepts no credential .* so the query was not authenticated/);
        });
      });

      test('is not trusted for a host name, so that no SciToken is sent to the daemon that it returns', async () => {
        const scitoken = secure.issuer.issue('alice', { iss: 'https://localhost:1/' });
        await configured(foreign, async () => {
          const { outcome, lines } = await fetch({ scitoken });
          assert.ok('code' in outcome, lines.join('\n'));
          assert.equal(outcome.code, 'ERR_METHODS_EXHAUSTED');
          assert.match(JSON.stringify(outcome), /no host name is known to verify its certificate against/);
        });
      });

      for (const name of ['SEC_CLIENT_AUTHENTICATION', 'SEC_CLIENT_ENCRYPTION'])
        test(`is not queried without authentication if ${name} is REQUIRED`, async () => {
          const idtoken = await pool.idToken({ user: 'alice' });
          await configured(`${foreign}\nCOLLECTOR.SEC_READ_ENCRYPTION = REQUIRED`, async () => {
            const { outcome, lines } = await fetch({ idtoken }, { [name]: 'REQUIRED' });
            assert.ok('code' in outcome);
            assert.deepEqual([outcome.code, outcome.phase], ['ERR_METHODS_EXHAUSTED', 'locate']);
            assert.deepEqual(
              lines.filter((line) => line.startsWith('notice ')),
              [],
            );
          });
        });
    });

    describe('with a plugin that maps SciTokens', () => {
      const plugin = '#!/bin/sh\necho alice@pool.test\n';
      const settings = `CERTIFICATE_MAPFILE = /etc/condor/plugin-map
SEC_SCITOKENS_PLUGIN_NAMES = A
SEC_SCITOKENS_PLUGIN_A_COMMAND = /usr/local/bin/plugin`;
      const sentAhead = (lines: readonly string[]) =>
        lines.filter((line) => line.includes('closed the connection after an early request')).length;
      const bySciToken = () => ({
        ...{ scitoken: secure.issuer.issue('alice'), 'server-name': 'ap.pool.test' },
        ...{ address: secure.address, pool: '', name: '' },
      });
      before(async () => {
        await pool.write('/usr/local/bin/plugin', plugin, 0o755);
        await pool.write('/etc/condor/plugin-map', 'SCITOKENS .* PLUGIN:*\n', 0o644);
        await secure.configure(settings);
      });
      after(() => secure.configure());

      test('a fetch takes one additional connection', async () => {
        const { outcome, lines } = await fetch(bySciToken());
        assert.ok('token' in outcome, lines.join('\n'));
        assert.deepEqual([outcome.token.subject, outcome.authenticationMethod], ['alice@pool.test', 'SCITOKENS']);
        assert.equal(sentAhead(lines), 1);
        assert.equal(lines.filter((line) => line.startsWith('info ')).length, 0);
      });

      test('a run with several commands takes the additional connection only once', async () => {
        const approve = (line: string) => {
          const id = /-reqid (\d+)/.exec(line)?.[1] ?? '';
          const command = `echo yes | condor_token_request_approve -reqid ${id} -name '${secure.address}'`;
          void pool.run('sh', '-c', command);
        };
        const inputs = { ...bySciToken(), mode: 'request', identity: 'carol@pool.test' };
        const { outcome, lines } = await fetch(inputs, {}, approve);
        assert.ok('token' in outcome, lines.join('\n'));
        assert.equal(outcome.authenticationMethod, 'SCITOKENS');
        assert.equal(sentAhead(lines), 1);
      });

      test('HTCondor’s tool authenticates as the same identity', async () => {
        await secure.put('alice', '/home/alice/scitoken', `${secure.issuer.issue('alice')}\n`);
        const { status, stdout, stderr } = await pool.theirs(['-name', pool.scheddName, '-pool', secure.collector], {
          user: 'alice',
          cwd: '/home/alice',
          env: { BEARER_TOKEN_FILE: '/home/alice/scitoken', _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SCITOKENS' },
        });
        assert.equal(status, 0, stderr);
        assert.equal(claimsOf(stdout)['sub'], 'alice@pool.test');
      });
    });
  });
}
