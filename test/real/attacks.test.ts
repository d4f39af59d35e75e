/**
 * Tests attacks on fetches from real daemons. The attacker modifies the traffic, advertises to the collector, has
 * another host's certificate, runs the token service, or has left files on the runner. Each attack causes one error,
 * and no credential leaves the client. Where possible, the test runs the same fetch without the defense to show that
 * the attack would succeed.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { descramble } from '../../src/credentials/signing-key.ts';
import type { AuthenticationError, FetchOptions } from '../../src/index.ts';
import { Authority, type Identity } from '../support/credentials/certificates.ts';
import { SigningKey } from '../support/credentials/signing-key.ts';
import { type FaultPlan, FaultProxy } from '../support/faults/fault-proxy.ts';
import { FRAMES } from '../support/faults/fault-table.ts';
import { type MethodPool, only, startMethodPool } from '../support/pool/method-pool.ts';
import { type Pool, poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { onlyToken } from '../support/pool/real-fetch.ts';
import { HOST } from '../support/pool/secure-pool.ts';
import { Runner } from '../support/runner/runner.ts';
import { TokenServices } from '../support/service/token-services.ts';

/** The attacker's host, which has a certificate from the pool's CA. */
const EVIL = 'evil.pool.test';
const YEAR = 31_536_000;
const HEADER = 5;

const now = (): number => Math.floor(Date.now() / 1000);

/** Replaces text in a cleartext frame and corrects the length in the frame's header. */
function edited(frame: Uint8Array, from: RegExp | string, to: string): Uint8Array {
  const text = Buffer.from(frame.subarray(HEADER)).toString('latin1');
  const at = typeof from === 'string' ? text.indexOf(from) : text.search(from);
  assert.notEqual(at, -1, `no ${from} in the frame`);
  const body = Buffer.from(text.replace(from, to), 'latin1');
  const header = Buffer.from(frame.subarray(0, HEADER));
  header.writeUInt32BE(body.length, 1);
  return Buffer.concat([header, body]);
}

const CONFIG = `
  SCHEDD.AUTH_SSL_SERVER_CERTFILE = /etc/condor/schedd.pem
  SCHEDD.AUTH_SSL_SERVER_KEYFILE = /etc/condor/schedd.key
  SCHEDD_DEBUG = D_COMMAND
`.replaceAll(/^ +/gm, '');

const ACCEPTED = 'is accepted';
const WIDER = 'causes ERR_TOKEN_CLAIM';
const MALFORMED = 'causes ERR_TOKEN_MALFORMED';

/**
 * Claims about levels, as JSON, in tokens for which the client requested only READ. Each row has the outcome of the
 * fetch, and whether HTCondor authorizes WRITE. Tokens that the client cannot parse are not sent to HTCondor.
 */
const SCOPES: readonly [claims: string, outcome: string, writes?: boolean][] = [
  ['"scope": "condor:/READ"', ACCEPTED, false],
  ['"scope": "condor:/READ,condor:/WRITE"', WIDER, true],
  ['"scope": "condor:/READ\\tcondor:\\/WRITE"', WIDER, true],
  ['"scope": "condor:/READ", "scope": "condor:/WRITE"', WIDER, true],
  ['"scope": "condor:/WRITE", "scope": "condor:/READ"', ACCEPTED, false],
  ['"scope": "condor:/READ", "\\u0073cope": "condor:/WRITE"', WIDER, true],
  ['"scope": "condor:/READ Condor:/WRITE"', ACCEPTED, false],
  ['"scope": "condor:/READ;condor:/WRITE"', WIDER, false],
  ['"scope": "offline_access"', WIDER, true],
  ['"Scope": "condor:/READ"', WIDER, true],
  ['"scope": "condor:/READ\\u00a0condor:/WRITE"', MALFORMED],
  ['"scope": "condor:/READ\\u000bcondor:/WRITE"', MALFORMED],
  ['"scope": ["condor:/READ", "condor:/WRITE"]', MALFORMED],
];

for (const suite of poolSuites()) {
  describe(`HTCondor of ${suite}, with an attacker`, { skip: poolUnavailable() ?? false }, () => {
    let secure: MethodPool;
    let services: TokenServices;
    let signingKey: SigningKey;
    let host: Identity;
    before(async () => {
      const authority = await Authority.create();
      host = await authority.issue({ subject: `CN=${HOST}`, hosts: [HOST] });
      const prepare = (pool: Pool) => present(host, pool);
      [secure, services] = await Promise.all([
        startMethodPool({ suite, authority, config: CONFIG, prepare }),
        TokenServices.start(),
      ]);
      const file = Buffer.from(await secure.pool.run('base64', '-w0', '/etc/condor/passwords.d/POOL'), 'base64');
      signingKey = new SigningKey('POOL', descramble(file));
    });
    after(async () => {
      services?.stop();
      await secure?.stop();
    });

    /** Configures the schedd to use this certificate from now on. */
    async function present({ certificate, key }: Identity, pool = secure.pool): Promise<void> {
      await pool.write('/etc/condor/schedd.pem', certificate, 0o644);
      await pool.write('/etc/condor/schedd.key', key, 0o600);
    }

    const certificate = () => ({ clientCertificate: secure.alice.certificate, clientKey: secure.alice.key });

    /**
     * Calls `work` with the address of a proxy in front of the schedd. The proxy changes one frame of each connection.
     * Returns the data that the client sent.
     */
    async function changing(
      { direction, frame }: Pick<FaultPlan, 'direction' | 'frame'>,
      change: (frame: Uint8Array) => Uint8Array,
      work: (address: string) => Promise<unknown>,
    ): Promise<Buffer> {
      const sent: (readonly Uint8Array[])[] = [];
      const damage: FaultPlan['damage'] = (bytes, earlier) => {
        sent.push(earlier['to the daemon']); // later frames are appended to this array
        return { bytes: [change(bytes)] };
      };
      const { pool, address } = secure;
      const proxy = await FaultProxy.start({ host: '127.0.0.1', port: pool.port }, { direction, frame, damage });
      try {
        await work(address.replace(`:${pool.port}`, `:${proxy.port}`).replace(/addrs=[^&>]*&?/, ''));
      } finally {
        await proxy.close();
      }
      assert.ok(proxy.struck > 0, 'the frame was never sent');
      return Buffer.concat(sent.flat());
    }

    describe('who advertises a host that has another certificate of the pool’s CA', () => {
      let options: FetchOptions;
      before(async () => {
        const { authority, pool, address } = secure;
        await present(await authority.issue({ subject: `CN=${EVIL}`, hosts: [EVIL] }));
        const there = address.replace(`alias=${HOST}`, `alias=${EVIL}`);
        const ad = { MyType: 'Scheduler', Name: 'ci@evil', Machine: EVIL, MyAddress: there, ScheddIpAddr: there };
        const lines = Object.entries(ad).map(([name, value]) => `${name} = "${value}"`);
        await pool.write('/tmp/ad', `${lines.join('\n')}\n`, 0o644);
        await pool.run('condor_advertise', '-tcp', 'UPDATE_SCHEDD_AD', '/tmp/ad');
        const collector = `<127.0.0.1:${pool.port}?alias=${HOST}>`;
        options = { ...certificate(), address: undefined, pool: collector, name: 'ci@evil', retries: 0 };
      });
      after(() => present(host));

      /** Returns the number of SciTokens that the schedd received in exchange requests. */
      const exchanges = async () => {
        const count = ['grep', '-c', 'Calling HandleReq <handle_dc_exchange_scitoken>', '/var/log/condor/SchedLog'];
        return Number((await secure.pool.exec(count)).stdout);
      };
      for (const [mode, method] of [
        ['fetch', 'SCITOKENS'],
        ['exchange', 'SSL'],
      ] as const)
        test(`receives no SciToken with ${method} and mode ${mode}, unless the user names that host`, async () => {
          const earlier = await exchanges();
          const own = { ...options, mode, scitoken: secure.issuer.issue('alice'), authenticationMethods: [method] };
          await assert.rejects(secure.fetch(own), (error: AuthenticationError) => {
            assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.stack);
            const reasons = error.attempts.map(({ reason }) => reason).join();
            return /only the collector reports that the daemon's host is evil\.pool\.test/.test(reasons);
          });
          assert.equal(await exchanges(), earlier);
          assert.equal((await secure.fetch({ ...own, serverName: EVIL })).token.subject, 'alice@pool.test');
          assert.equal((await exchanges()) > earlier, mode === 'exchange');
        });
    });

    test('who has a certificate with the common name of the daemon for another host receives no SciToken', async () => {
      const { pool, authority, collector } = secure;
      const scitoken = secure.issuer.issue('alice');
      const own = { scitoken, authenticationMethods: ['SCITOKENS', 'SSL'], ...certificate() };
      try {
        await present(await authority.issue({ subject: `CN=${HOST}`, hosts: [EVIL] }));
        await assert.rejects(secure.fetch(own), {
          code: 'ERR_SERVER_UNPROVEN',
          message: `the daemon failed to prove that it is ${HOST}: its certificate is for DNS:${EVIL}, not for ${HOST}`,
        });
        const env = { ...only('SCITOKENS'), BEARER_TOKEN: scitoken };
        const theirs = await pool.theirs(['-pool', collector, '-name', pool.scheddName], { user: 'alice', env });
        assert.equal(theirs.status, 0, 'HTCondor accepts the common name');
        await present(await authority.issue({ subject: `CN=${HOST}` }));
        assert.equal((await secure.fetch(own)).token.subject, 'alice@pool.test', 'without any other name');
      } finally {
        await present(host);
      }
    });

    test('who removes TLS 1.3 from the client’s offer does not see the client certificate', async () => {
      const frame = FRAMES.SSL['to the daemon'].indexOf('TLS hello');
      const offer = Buffer.from('002b00050403040303', 'hex').toString('latin1'); // the supported_versions extension
      const own = { ...certificate(), serverName: HOST, authenticationMethods: ['SSL'], retries: 0 };
      const certificateIn = (bytes: Buffer) => bytes.includes(new X509Certificate(own.clientCertificate).raw);
      const sent = await changing(
        { direction: 'to the daemon', frame },
        (bytes) => edited(bytes, offer, `Z${offer.slice(1)}`),
        (address) =>
          assert.rejects(secure.fetch({ ...own, address }), (error: AuthenticationError) => {
            assert.equal(error.code, 'ERR_METHODS_EXHAUSTED', error.stack);
            return /ERR_SSL_INAPPROPRIATE_FALLBACK/.test(error.attempts[0]?.reason ?? '');
          }),
      );
      assert.ok(!certificateIn(sent));
    });

    test('who removes the trust domain receives no token from the default directory', async () => {
      const { pool } = secure;
      const jwt = await pool.run('cat', '/home/alice/.condor/tokens.d/pool');
      const claimsIn = (bytes: Buffer) => bytes.includes(jwt.split('.')[1] ?? assert.fail());
      const run = (name: string, outcome: RegExp) =>
        changing(
          { direction: 'to the client', frame: 0 },
          (bytes) => edited(bytes, /TrustDomain/, name),
          async (address) => {
            const args = ['-addr', address, '-retries', '0'];
            const { status, stderr } = await pool.ours(args, { user: 'alice', env: only('IDTOKENS') });
            assert.match(`${status} ${stderr}`, outcome);
          },
        );
      assert.ok(claimsIn(await run('TrustDomain', /^0 $/)), 'the claims are visible in other frames');
      assert.ok(!claimsIn(await run('X', /ERR_METHODS_EXHAUSTED.*does not report its trust domain/s)));
    });

    for (const [attribute, start] of [
      ['RemoteVersion', /(?<=RemoteVersion = ")/],
      ['IssuerKeys', /(?<=IssuerKeys = ")/],
    ] as const)
      test(`who inflates ${attribute} of the daemon causes only linear work`, async () => {
        const idtoken = await secure.pool.idToken({ user: 'alice' });
        const cost = async (count: number) => {
          const started = process.cpuUsage();
          await changing(
            { direction: 'to the client', frame: 0 },
            (bytes) => edited(bytes, start, '1,'.repeat(count)),
            (address) => assert.rejects(secure.fetch({ address, idtoken, retries: 0 }), { code: 'ERR_CLASSAD' }),
          );
          const { user, system } = process.cpuUsage(started);
          return (user + system) / 1000;
        };
        await cost(25_000); // the first run loads all code
        const [short, long] = [await cost(25_000), await cost(500_000)];
        // In quadratic time, the long input would take 400 times as long.
        assert.ok(long < 60 * Math.max(short, 10), `${short} ms and ${long} ms of CPU time`);
      });

    for (const method of ['FS', 'MUNGE'])
      test(`who adds a CCB broker to the address cannot use ${method}`, async () => {
        const { pool, address } = secure;
        const behind = address.replace('?', `?CCBID=127.0.0.1:${pool.port}%3fsock%3dcollector%231&`);
        const ask = (addr: string) => pool.ours(['-addr', addr, '-retries', '0'], { user: 'alice', env: only(method) });
        assert.equal((await ask(address)).status, 0);
        const { status, stdout, stderr } = await ask(behind);
        assert.deepEqual([status, stdout], [2, '']);
        assert.match(stderr, /does not authenticate the daemon, .*\(ERR_NO_CREDENTIAL/);
      });

    describe('who runs the token service', () => {
      const signed = (claims: string) => {
        const encode = (text: string) => Buffer.from(text).toString('base64url');
        const text = `${encode('{"alg":"HS256","kid":"POOL"}')}.${encode(`{${claims}}`)}`;
        return `${text}.${Buffer.from(signingKey.signature(text)).toString('base64url')}`;
      };
      const withLevels = (claims: string, iat = now(), exp = iat + 600) =>
        signed(`"iss": "pool.test", "sub": "alice@pool.test", "jti": "1", "iat": ${iat}, "exp": ${exp}, ${claims}`);

      /** Fetches a token with READ for 10 minutes; the service responds with `jwt`. */
      function outcomeOf(jwt: string): Promise<string> {
        services.made = () => jwt;
        const fetching = secure.fetch({
          ...{ address: undefined, pool: secure.pool.collector, name: secure.pool.scheddName, onReduced: 'fail' },
          ...{ tokenService: `${services.origin}/v1/token`, caCertificate: services.authority.certificate },
          ...{ scitoken: services.runner.issue('job', { aud: services.origin }), authz: ['READ'], lifetime: 600 },
        });
        return fetching.then(
          () => ACCEPTED,
          (error: AuthenticationError) => `causes ${error.code}`,
        );
      }

      /** Returns whether the schedd authorizes the holder of a token for a level. */
      async function isAuthorized(jwt: string, level: string): Promise<boolean> {
        const { pool } = secure;
        await pool.write('/home/bob/token/t', `${jwt}\n`, 0o600);
        await pool.run('chown', '-R', 'bob', '/home/bob/token');
        const args = ['-pool', pool.collector, '-type', 'SCHEDD', '-name', pool.scheddName, level];
        const env = onlyToken('/home/bob/token');
        const { stdout, stderr } = await pool.exec(['condor_ping', ...args], { user: 'bob', env });
        // Locating the schedd requires READ.
        assert.match(stdout + stderr, /succeeded as alice@pool\.test|WRITE failed!|couldn't locate/);
        return /succeeded/.test(stdout);
      }

      before(() => secure.pool.run('mkdir', '-m', '700', '/home/bob/token'));

      for (const [claims, outcome, writes] of SCOPES)
        test(`issues a token with ${claims}, which ${outcome}`, async () => {
          const jwt = withLevels(claims);
          assert.equal(await outcomeOf(jwt), outcome);
          if (writes !== undefined) assert.equal(await isAuthorized(jwt, 'WRITE'), writes);
        });

      test('cannot extend the lifetime with a future issue time, which HTCondor accepts', async () => {
        const jwt = withLevels('"scope": "condor:/READ"', now() + YEAR);
        assert.equal(await outcomeOf(jwt), WIDER);
        assert.equal(await isAuthorized(jwt, 'READ'), true);
      });
    });

    test('who has a certificate from the pool’s CA does not receive the runner’s request for an OIDC token', async () => {
      const runner = new Runner();
      services.asked.length = 0;
      const step = await runner.runAction(
        {
          ...{ address: secure.address, 'server-name': HOST, authz: 'READ', 'oidc-audience': services.origin },
          'ca-certificate': services.authority.certificate,
        },
        { env: { ...services.env, SSL_CERT_FILE: undefined } },
      );
      runner.close();
      assert.deepEqual([step.outputs['error-code'], step.outputs['token']], ['ERR_CONNECT', undefined], step.raw);
      assert.deepEqual(services.asked, []);
      // The client does not use ca-certificate for this service.
      assert.match(step.raw, /NODE_EXTRA_CA_CERTS for the OIDC service/);
    });

    describe('who removes a secret from a job that runs as root', () => {
      const expired = () =>
        signingKey.issue({ subject: 'alice@pool.test', issuer: 'pool.test', lifetime: 1, issuedAt: 1 });

      test('receives no token signed with the pool’s key in place of an expired one, as with HTCondor’s tool', async () => {
        const { pool, collector } = secure;
        await pool.write('/etc/condor/tokens.d/expired', `${expired()}\n`, 0o600);
        try {
          const args = ['-pool', collector, '-name', pool.scheddName];
          const ours = await pool.ours([...args, '-retries', '0'], { env: only('IDTOKENS') });
          assert.deepEqual([ours.status, ours.stdout], [5, ''], ours.stderr);
          assert.match(ours.stderr, /ERR_METHODS_EXHAUSTED.*it expired at 1970/s);
          assert.notEqual((await pool.theirs(args, { env: only('IDTOKENS') })).status, 0);
        } finally {
          await pool.run('rm', '/etc/condor/tokens.d/expired');
        }
      });

      test('receives from the Action no token signed with the pool’s key', async () => {
        const { pool, address } = secure;
        const files = ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => [
          `GITHUB_${name}`,
          '/tmp/command',
        ]);
        await pool.write('/tmp/command', '', 0o600);
        const inputs = { INPUT_ADDRESS: address, INPUT_LIFETIME: '60', INPUT_RETRIES: '0', RUNNER_TEMP: '/tmp' };
        const env = { ...only('IDTOKENS'), ...inputs, ...Object.fromEntries(files), GITHUB_ACTIONS: 'true' };
        const { status, stdout } = await pool.exec(['node', '/opt/ours/action/index.js'], { env });
        assert.equal(status, 2, stdout);
        assert.match(stdout, /ERR_NO_CREDENTIAL/);
        assert.doesNotMatch(await pool.run('cat', '/tmp/command'), /^token<</m);
      });
    });
  });
}
