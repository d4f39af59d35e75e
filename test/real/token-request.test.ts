/**
 * Tests tokens that an administrator approves, and tokens that are issued in exchange for SciTokens. HTCondor's own
 * tools are the peer.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { callCommand } from '../../src/daemon/call.ts';
import type { ConnectError, DaemonError } from '../../src/index.ts';
import { processHost } from '../../src/inputs/process-host.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken } from '../../src/pipeline/fetch.ts';
import type { FetchedToken } from '../../src/pipeline/library-types.ts';
import type { Host } from '../../src/runtime/host.ts';
import { Secret } from '../../src/runtime/secret.ts';
import type { Credentials } from '../../src/security/method.ts';
import { idtokens } from '../../src/security/methods/idtokens.ts';
import type { Session } from '../../src/security/session.ts';
import { parseIdToken } from '../../src/token/jwt.ts';
import { formatSinful, parseSinful } from '../../src/transport/sinful.ts';
import { getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { advised } from '../support/errors/advice.ts';
import type { ErrorName } from '../support/errors/every-error.ts';
import { notingHost } from '../support/noting-host.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf, onlyToken } from '../support/pool/real-fetch.ts';
import { type SecurePool, startSecurePool } from '../support/pool/secure-pool.ts';
import { patience } from '../support/slowness.ts';
import { surroundings } from '../support/surroundings.ts';

for (const suite of poolSuites()) {
  describe(`With HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let secure: SecurePool;
    let pool: Pool;
    let address: string;
    before(async () => {
      secure = await startSecurePool({ suite });
      ({ pool } = secure);
      address = await pool.sinful('schedd', pool.scheddName);
    });
    after(() => secure?.stop());

    interface Waiting {
      readonly fetched: Promise<FetchedToken>;
      /** The ID of the request, and the notice that announces it. */
      readonly announced: Promise<{ id: string; line: string }>;
    }

    /** Requests a token as the Action does, but polls more often. */
    function start(inputs: Record<string, string>, timeoutMs = patience(20_000)): Waiting {
      const words: Record<string, string | undefined> = { 'ca-certificate': secure.authority.certificate, ...inputs };
      const { promise: announced, resolve: announce, reject } = promiseOf<{ id: string; line: string }>();
      const log: Host['log'] = {
        ...{ debug: () => {}, info: () => {}, warn: () => {} },
        notice: (line) => announce({ id: /-reqid (\d+)/.exec(line)?.[1] ?? '', line }),
      };
      const host = processHost(timeoutMs, new AbortController().signal, { mask: () => {}, log });
      const request = readRequest((name) => words[name] || undefined, surroundings());
      const fetched = fetchToken({ ...request, pollIntervalMs: 50 }, host);
      fetched.catch(reject); // the request might fail before the announcement
      announced.catch(() => {}); // not every test waits for the announcement
      return { fetched, announced };
    }
    const request = (inputs: Record<string, string> = {}, timeoutMs?: number) =>
      start({ mode: 'request', address, identity: 'carol@pool.test', ...inputs }, timeoutMs);
    const approve = (id: string) =>
      pool.run('sh', '-c', `echo yes | condor_token_request_approve -reqid ${id} -name '${address}'`);

    describe('a request', () => {
      test('without any credential is approved with the announced command, and returns the requested token', async () => {
        const { fetched, announced } = request({ authz: 'READ', lifetime: '10m' });
        const { id, line } = await announced;
        assert.match(
          line,
          /^Request \d{7} for a token for carol@pool\.test is waiting for approval: condor_token_request_approve /,
        );
        const command = line.slice(line.indexOf('condor_token_request_approve'));
        await pool.run('sh', '-c', `echo yes | ${command}`);
        const { token, authenticationMethod } = await fetched;
        const { sub, scope, iat, exp } = claimsOf(token.jwt.reveal());
        assert.deepEqual([sub, scope, Number(exp) - Number(iat)], ['carol@pool.test', 'condor:/READ', 600]);
        assert.equal(authenticationMethod, 'SSL');
        assert.match(id, /^\d{7}$/);
      });

      test('returns a token that HTCondor accepts', async () => {
        const { fetched, announced } = request({ authz: 'READ' });
        await approve((await announced).id);
        const { token } = await fetched;
        await pool.run('mkdir', '-p', '-m', '700', '/tmp/approved');
        await pool.write('/tmp/approved/token', `${token.jwt.reveal()}\n`, 0o600);
        const ping = await pool.exec(['condor_ping', '-addr', address, '-table', 'READ'], {
          env: onlyToken('/tmp/approved'),
        });
        assert.match(ping.stdout, /ALLOW +carol@pool\.test/, ping.stdout + ping.stderr);
      });

      test('by name through the collector is announced with a command that names the daemon and the pool', async () => {
        const target = { address: '', pool: pool.collector, name: pool.scheddName, 'server-name': 'ap.pool.test' };
        const { announced, fetched } = request(target);
        const { id, line } = await announced;
        assert.ok(line.endsWith(`-reqid ${id} -type schedd -name ci@pool -pool ${pool.collector}`), line);
        await approve(id);
        await fetched;
      });

      test('with a credential is sent in an authenticated session', async () => {
        const { announced, fetched } = request({ idtoken: await pool.idToken({ user: 'alice' }) });
        const { id } = await announced;
        const listed = await pool.run('condor_token_request_list', '-name', address);
        assert.match(listed, /AuthenticatedIdentity = "alice@pool\.test"/);
        assert.match(listed, /RequestedIdentity = "carol@pool\.test"/);
        await approve(id);
        assert.equal((await fetched).token.subject, 'carol@pool.test');
      });

      test('that is not approved fails at the time limit, with its ID', async () => {
        const { announced, fetched } = request({}, 1500);
        const { id } = await announced;
        await assert.rejects(fetched, (error: ConnectError) => {
          assert.deepEqual([error.code, error.requestId, error.phase], ['ERR_TIMEOUT', id, 'token']);
          assert.match(error.message, new RegExp(`^request ${id} was not approved within the time limit$`));
          return advised('was not approved within the time limit')(error);
        });
      });

      test('causes code 44 if requests are disabled', async () => {
        await secure.configure('SEC_ENABLE_TOKEN_REQUEST = False');
        try {
          await assertDaemonError(request().fetched, 44, 'Token request disabled.');
        } finally {
          await secure.configure();
        }
      });

      test('causes code 3 if SEC_TOKEN_REQUEST_LIMITS excludes all requested levels, and is reduced if it excludes some of them', async () => {
        await secure.configure('SEC_TOKEN_REQUEST_LIMITS = READ, WRITE');
        try {
          await assertDaemonError(
            request({ authz: 'DAEMON' }).fetched,
            3,
            'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
          );
          const { announced, fetched } = request({ authz: 'READ DAEMON' });
          await approve((await announced).id);
          assert.deepEqual((await fetched).reductions, ['authorization: requested READ DAEMON, granted READ']);
          const everything = request();
          await approve((await everything.announced).id);
          const { token, reductions } = await everything.fetched;
          assert.deepEqual(token.authz?.toSorted(), ['READ', 'WRITE']);
          assert.deepEqual(reductions, [`authorization: requested all levels, granted ${token.authz?.join(' ')}`]);
        } finally {
          await secure.configure();
        }
      });
    });

    test('a request causes code 4 if the daemon has lost its key by the time of approval', async () => {
      const { announced, fetched } = request();
      const { id } = await announced;
      await secure.configure('SEC_TOKEN_ISSUER_KEY = NOWHERE');
      try {
        await assert.rejects(approve(id), /did not provide information/);
        await assertDaemonError(fetched, 4, 'Request failed.');
      } finally {
        await secure.configure();
      }
    });

    test('a request fails, with the cause, while more than 1,000 requests are pending', async () => {
      const other = await startPool({ suite });
      try {
        const { host } = notingHost();
        const idtoken = new Secret(await other.idToken({ user: 'alice' }));
        const token = parseIdToken(idtoken);
        const credentials: Credentials = {
          methods: [idtokens([{ token, source: 'a test', chosen: true }], host)],
          ...{ preference: 'ours', unavailable: [] },
        };
        const at = parseSinful(await other.sinful('schedd', other.scheddName));
        assert.ok(at !== undefined);
        const ad = { ClientId: 'test', User: 'carol@pool.test' };
        const file = (resume?: Session) =>
          callCommand(
            {
              target: { address: at, serverName: undefined, resume },
              command: 60047,
              request: (message) => putClassAd(message, ad),
              credentials,
            },
            async ({ channel }) => (await channel.receive(getClassAd)).string('RequestId'),
            host,
          );
        // Further requests use the session of the first one, so they need no authentication. This saves time.
        const { session } = await file();
        for (let filed = 1; filed <= 1000; filed += 20)
          await Promise.all(Array.from({ length: 20 }, () => file(session)));
        const address = formatSinful(at);
        const refused = start({ mode: 'request', identity: 'carol@pool.test', address, idtoken: idtoken.reveal() });
        await assertDaemonError(refused.fetched, -1, 'Too many requests in the system.');
        const theirs = await other.exec(['condor_token_request', '-type', 'schedd', '-name', other.scheddName]);
        assert.notEqual(theirs.status, 0);
        assert.match(theirs.stderr, /malformed ad/);
      } finally {
        await other.stop();
      }
    });

    describe('the exchange of a SciToken', () => {
      const exchange = (inputs: Record<string, string>) =>
        start({ mode: 'exchange', address, lifetime: '60', authz: 'READ', ...inputs }).fetched;

      test('in its own session returns a token for the mapped identity with the requested levels', async () => {
        const { token } = await exchange({ scitoken: secure.issuer.issue('alice') });
        const { sub, scope, iat, exp } = claimsOf(token.jwt.reveal());
        assert.deepEqual([sub, scope, Number(exp) - Number(iat)], ['alice@pool.test', 'condor:/READ', 60]);
      });

      test('uses a session with another method if the SciToken is too long for SCITOKENS', async () => {
        const scitoken = secure.issuer.issue('alice', { padding: 'x'.repeat(20_000) });
        const idtoken = await pool.idToken({ user: 'bob' });
        const { token } = await exchange({ scitoken, idtoken, 'authentication-methods': 'IDTOKENS' });
        assert.equal(token.subject, 'alice@pool.test');
        await assert.rejects(start({ address, scitoken }).fetched, { code: 'ERR_CREDENTIAL_UNREADABLE' });
      });

      test('limits the lifetime to that of the SciToken', async () => {
        const scitoken = secure.issuer.issue('alice', { exp: Math.floor(Date.now() / 1000) + 30 });
        const { reductions } = await exchange({ scitoken });
        assert.match(reductions.join(), /^lifetime: requested 1 min, granted (2\d|30) s$/);
      });

      test('is rejected with a reason, which SCITOKENS never sends', async () => {
        const scitoken = secure.issuer.issue('alice', { aud: 'https://other.test' });
        const idtoken = await pool.idToken({ user: 'bob' });
        const fetching = exchange({ scitoken, idtoken, 'authentication-methods': 'IDTOKENS' });
        await assert.rejects(fetching, (error: DaemonError) => {
          assert.equal(error.code, 'ERR_DAEMON');
          assert.match(error.errorString, /aud/);
          return advised('SCITOKENS:2:Failed to verify token')(error);
        });
      });

      test('causes code 5 for an unmapped identity', async () => {
        const idtoken = await pool.idToken({ user: 'bob' });
        const scitoken = secure.issuer.issue('mallory');
        const fetching = exchange({ scitoken, idtoken, 'authentication-methods': 'IDTOKENS' });
        await assertDaemonError(fetching, 5, 'Failed to map SciToken to a local identity.');
      });
    });
  });
}

async function assertDaemonError(fetching: Promise<unknown>, code: number, name: ErrorName): Promise<void> {
  await assert.rejects(fetching, (error: DaemonError) => {
    assert.equal(error.code, 'ERR_DAEMON', error.message);
    assert.ok(error.errorString.includes(name), error.errorString);
    assert.equal(error.errorCode, code);
    return advised(name)(error);
  });
}

function promiseOf<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
