/**
 * Tests schedds behind CCB. Their brokers are HTCondor collectors from two releases: one without streaming (23.9) and
 * one with streaming (25.12). The schedd advertises an address on which no process listens, as if it were behind a
 * firewall. Therefore, any connection to the schedd must have come through CCB.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fetchToken } from '../../src/index.ts';
import { readRequest } from '../../src/inputs/request.ts';
import { fetchToken as fetchRequested } from '../../src/pipeline/fetch.ts';
import { advised } from '../support/errors/advice.ts';
import { assertRoundTrips, DistantProxy, ROUND_TRIP_MS } from '../support/network/distant-proxy.ts';
import { notingHost } from '../support/noting-host.ts';
import { type Pool, poolSuites, poolUnavailable, startPool } from '../support/pool/pool.ts';
import { claimsOf, fetchFrom, referenceFetch } from '../support/pool/real-fetch.ts';
import { NOWHERE as UNCONFIGURED } from '../support/surroundings.ts';

/** An address on which no process listens, because the pool's daemons use 127.0.0.1. */
const NOWHERE = '127.0.0.9';

const HIDDEN = `
  SCHEDD.CCB_ADDRESS = $(COLLECTOR_HOST)
  SCHEDD.USE_SHARED_PORT = False
  SCHEDD.TCP_FORWARDING_HOST = ${NOWHERE}
  COLLECTOR_DEBUG = D_FULLDEBUG D_SECURITY`;

/** Makes tools behave as if they ran on another host. Otherwise, they would be in the schedd's private network. */
const ELSEWHERE = { _CONDOR_PRIVATE_NETWORK_NAME: 'elsewhere' };

const STREAMED = /the broker relays the connection/;
const REVERSED = /the daemon connected to the client/;

for (const suite of poolSuites()) {
  const streams = suite === 'sid';
  describe(`A schedd behind CCB, with HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let pool: Pool;
    let idtoken: string;
    before(async () => {
      pool = await startPool({ suite, config: HIDDEN });
      idtoken = await pool.idToken({ user: 'alice' });
    });
    after(() => pool?.stop());

    /** Fetches a token. Returns the client's log and the broker's CCB actions. */
    async function fetchWatched(options: Parameters<typeof fetchFrom>[1] = {}) {
      const [lines, before] = [[] as string[], await ccbLog()];
      const onLog = (_: string, line: string) => lines.push(line);
      const fetched = await fetchFrom(pool, { idtoken, onLog, ...options });
      const log = (await ccbLog()).slice(before.length);
      return { ...fetched, ours: lines.join('\n'), theirs: log };
    }
    const ccbLog = async () => (await pool.exec(['grep', 'CCB', '/var/log/condor/CollectorLog'])).stdout;
    const address = () => pool.sinful('schedd', pool.scheddName);

    test('cannot be reached directly', async () => {
      const sinful = await address();
      assert.match(sinful, new RegExp(`^<${NOWHERE.replaceAll('.', '\\.')}:\\d+\\?.*CCBID=`));
      const direct = sinful.replace(/CCBID=[^&>]*&?/, '');
      await assert.rejects(fetchToken({ address: direct, idtoken, retries: 0 }), { code: 'ERR_CONNECT' });
    });

    test('is located by name and reached through its collector', async () => {
      const { token, ours, theirs, daemonVersion, roundTrips } = await fetchWatched({ authz: ['READ'], lifetime: 600 });
      assert.deepEqual(token.authz, ['READ']);
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
      assert.equal(daemonVersion, pool.version);
      assert.match(ours, streams ? STREAMED : REVERSED);
      assert.match(theirs, /PERMISSION GRANTED to alice@pool\.test .*CCB_REQUEST/);
      assert.match(
        theirs,
        streams ? /started streaming \(proxy\) session/ : /received request id \d+ from condor-token/,
      );
      assert.ok(
        roundTrips === 7 || roundTrips === 8,
        `two or three round trips to locate it, and five to fetch: ${roundTrips}`,
      );
    });

    test('is reached by its address', async () => {
      assert.equal((await fetchWatched({ address: await address() })).roundTrips, 5);
    });

    test('is also reached by HTCondor’s tool, which obtains the same claims', async () => {
      const where = ['-pool', pool.collector, '-name', pool.scheddName];
      const before = await ccbLog();
      const theirs = await referenceFetch(pool, idtoken, [...where, '-lifetime', '600', '-authz', 'WRITE'], ELSEWHERE);
      assert.equal(theirs.status, 0, theirs.stderr);
      assert.match((await ccbLog()).slice(before.length), /received request id \d+ from TOOL/);
      const ours = await fetchWatched({ authz: ['WRITE'], lifetime: 600 });
      const [{ jti: _, iat: i, exp: e, ...our }, { jti: __, iat: j, exp: f, ...their }] = [
        claimsOf(ours.token.jwt.reveal()),
        claimsOf(theirs.stdout),
      ];
      assert.deepEqual(our, their);
      assert.equal(Number(e) - Number(i), Number(f) - Number(j));
    });

    test('is reached directly from its private network, as with HTCondor’s tool', async () => {
      const sinful = await address();
      const [, name = assert.fail()] = /PrivNet=([^&>]+)/.exec(sinful) ?? [];
      const theirs = await referenceFetch(pool, idtoken, ['-name', sinful], { _CONDOR_PRIVATE_NETWORK_NAME: name });
      assert.notEqual(theirs.status, 0);
      const words: Record<string, string> = { address: sinful, idtoken };
      const request = { ...readRequest((input) => words[input], UNCONFIGURED), retries: 0 };
      const { host } = notingHost();
      await assert.rejects(fetchRequested({ ...request, privateNetworkName: name }, host), { code: 'ERR_CONNECT' });
      const { token } = await fetchRequested({ ...request, privateNetworkName: 'elsewhere' }, host);
      assert.equal(token.subject, `alice@${pool.trustDomain}`);
    });

    test('that has ended causes an error that quotes the broker', async () => {
      const stale = (await address()).replace(/#\d+/, '#4711');
      await assert.rejects(fetchFrom(pool, { address: stale, idtoken }), (error: Error & { code: string }) => {
        assert.equal(error.code, 'ERR_CCB_ONLY');
        assert.match(
          error.message,
          /broker 127\.0\.0\.1:\d+: it replied ".*ccbid 4711.*no daemon is currently registered/,
        );
        return advised('no daemon is currently registered with that id')(error);
      });
    });

    // A newer broker also requires a credential, so the query to the broker fails.
    if (!streams)
      test('is not contacted if FS or MUNGE is the only method', async () =>
        assert.rejects(
          fetchFrom(pool, { address: await address(), authenticationMethods: ['FS'] }),
          advised('which a connection through CCB requires'),
        ));

    test('takes five round trips through a distant broker', async () => {
      const target = { host: '127.0.0.1', port: pool.port };
      const proxy = await DistantProxy.start({
        host: '127.0.0.2',
        port: pool.port,
        target,
        roundTripMs: ROUND_TRIP_MS,
      });
      try {
        const far = (await address()).replace(
          /CCBID=[^&>]*(#\d+)/,
          `CCBID=127.0.0.2:${pool.port}%3fsock%3dcollector$1`,
        );
        // If the broker does not support streaming, the session with the daemon does not pass through the proxy.
        await assertRoundTrips(proxy, streams ? 5 : 3, async () =>
          assert.equal((await fetchWatched({ address: far })).roundTrips, 5),
        );
        // HTCondor's tool needs five round trips to the broker alone, because it waits for every reply.
        await assertRoundTrips(proxy, 5, async () => {
          const theirs = await referenceFetch(pool, idtoken, ['-name', far, '-lifetime', '600'], ELSEWHERE);
          assert.equal(theirs.status, 0, theirs.stderr);
        });
      } finally {
        await proxy.close();
      }
    });

    if (streams)
      test('connects to the client if streaming is disabled', async () => {
        await pool.configure(`${HIDDEN}\nCCB_SERVER_STREAMING = False`);
        const { ours, theirs } = await fetchWatched();
        assert.match(ours, REVERSED);
        assert.match(theirs, /rejecting request .* requires CCB streaming mode, which is disabled/);
        assert.match(theirs, /received 'success' from target daemon/);
      });

    test('is reached although the broker accepts none of the credentials', async () => {
      const foreign = ['AUTHENTICATION = OPTIONAL', 'ENCRYPTION = OPTIONAL', 'INTEGRITY = OPTIONAL'];
      const levels = [...foreign, 'AUTHENTICATION_METHODS = FS'].map((each) => `COLLECTOR.SEC_READ_${each}`);
      await pool.configure([HIDDEN, ...levels].join('\n'));
      // 23.9 caches the policy of the level that a client queried last. Therefore, the test queries the collector for a
      // different level.
      await referenceFetch(pool, idtoken, ['-pool', pool.collector, '-type', 'COLLECTOR']);
      const { ours, theirs } = await fetchWatched();
      assert.match(ours, /retrying without a session/);
      assert.match(theirs, /UNAUTHENTICATED command 68 CCB_REQUEST|unauthenticated@unmapped .*CCB_REQUEST/);
      assert.match(ours, streams ? STREAMED : REVERSED);
    });
  });

  test(`A schedd behind CCB on IPv6, with HTCondor of ${suite}, is reached`, {
    skip: poolUnavailable() ?? false,
  }, async () => {
    const pool = await startPool({ suite, ipv6: true, config: HIDDEN.replace(NOWHERE, 'fd00::9') });
    try {
      const idtoken = await pool.idToken({ user: 'alice' });
      assert.match(await pool.sinful('schedd', pool.scheddName), /^<\[fd00::9\]:\d+\?CCBID=\[::1\]/);
      const { token } = await fetchFrom(pool, { idtoken, authz: ['READ'] });
      assert.deepEqual(token.authz, ['READ']);
    } finally {
      await pool.stop();
    }
  });
}
