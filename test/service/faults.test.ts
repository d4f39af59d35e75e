/**
 * Tests how the token service handles faults in its disk, issuer, configuration, certificate and clients, and how it
 * recovers after its process is killed.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { serve } from '../../src/service/serve.ts';
import { InvalidConfiguration } from '../../src/service/snapshot.ts';
import { processWorld } from '../../src/service/world.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { portOf } from '../support/network/listen.ts';
import { GITHUB_CLAIMS, type IssuerClaims, JobIssuer } from '../support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, type Reply, ServiceProcess } from '../support/service/service-process.ts';
import { until } from '../support/until.ts';

const CI = 'ci@pool.test';
/** Number of kills in `npm test`. For more, set KILLS=50. */
const KILLS = Number(process.env['KILLS'] ?? 20);
let pool: EmbeddedPool;
let issuer: JobIssuer;

const configOf = (address = pool.schedd()) => `daemon: [{ address: "${address}" }]
grants:
  - identity: ${CI}
    authz: [READ, WRITE]
    max-lifetime: 1h
    jobs:
      - { issuer: "${issuer.url}", repository_id: 74, ref: refs/heads/main }
`;
const token = (claims: IssuerClaims = {}) => issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE, ...claims });
const seeds = () => ({ [CI]: pool.idToken('ci', { authz: ['READ', 'WRITE'], lifetime: 90 * 86_400 }) });
const options = (config = configOf()) => ({ authority: issuer.authority, config, seeds: seeds() });

before(async () => {
  [pool, issuer] = await Promise.all([EmbeddedPool.start(), JobIssuer.start()]);
});
after(async () => {
  issuer?.stop();
  await pool?.stop();
});

async function withService<T>(work: (service: ServiceProcess) => Promise<T>, more = {}): Promise<T> {
  const service = await ServiceProcess.start({ ...options(), ...more });
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}

const granted = (reply: Reply) => reply.status === 200 && typeof reply.body['access_token'] === 'string';

describe('The issuer', () => {
  const faults: readonly (readonly [string, NonNullable<JobIssuer['fault']>])[] = [
    ['answers 500', (_, response) => response.writeHead(500).end()],
    ['redirects', (_, response) => response.writeHead(302, { location: issuer.url }).end()],
    ['answers HTML', (_, response) => response.end('<html>')],
    ['closes the connection', (_, response) => response.destroy()],
    ['accepts the request and is silent', () => {}],
    ['answers with 1 MB', (_, response) => response.end(Buffer.alloc(1_000_000, 'x'))],
    [
      'has a discovery document that names another issuer',
      (_, response) => response.end(JSON.stringify({ issuer: 'https://evil.test' })),
    ],
    [
      'publishes its keys over plain HTTP',
      (_, response) => response.end(JSON.stringify({ issuer: issuer.url, jwks_uri: 'http://127.0.0.1/jwks' })),
    ],
    [
      'has 51 keys',
      (path, response) =>
        path === '/jwks'
          ? response.end(JSON.stringify({ keys: Array(51).fill(issuer.publicJwk) }))
          : issuer.answer(path, response),
    ],
  ];
  for (const [what, fault] of faults) {
    test(`that ${what} causes 503, and the log contains the reason`, () =>
      withService(async (service) => {
        issuer.fault = fault;
        try {
          const { status, body } = await service.ask(token());
          assert.deepEqual([status, body['error']], [503, 'temporarily_unavailable']);
          assert.match(service.log.join('\n'), /^the keys of https:\/\/localhost:\d+ cannot be fetched: /m);
          await service.end('SIGTERM');
          const [{ decision, counts } = {}] = service.audit;
          assert.equal(decision, 'unverified');
          assert.match(
            Object.keys(counts as object).join(),
            /^the keys of https:\/\/localhost:\d+ cannot be fetched: /,
          );
        } finally {
          issuer.fault = undefined;
        }
      }));
  }

  test('that accepts connections but is silent delays no token beyond its time limit, and does not delay other issuers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = `https://localhost:${portOf(silent)}`;
    const entry = `      - { issuer: "${url}", repository_id: 74, ref: refs/heads/main }\n`;
    try {
      await withService(
        async (service) => {
          const connected = once(silent, 'connection');
          const slow = service.ask(token({ iss: url }));
          await connected;
          assert.ok(granted(await service.ask(token())));
          const { status, body } = await slow;
          assert.deepEqual([status, body['error']], [503, 'temporarily_unavailable']);
          // For a while, the service does not query the issuer again, and rejects job tokens from this issuer at once.
          const again = await service.ask(token({ iss: url }));
          assert.deepEqual(
            [again.status, service.log.filter((line) => line.includes('cannot be fetched')).length],
            [503, 1],
          );
        },
        { config: configOf() + entry },
      );
    } finally {
      silent.close();
    }
  });

  test('that is down is not required while its keys are cached', () =>
    withService(async (service) => {
      assert.ok(granted(await service.ask(token())));
      issuer.fault = (_, response) => response.destroy();
      try {
        assert.ok(granted(await service.ask(token())));
      } finally {
        issuer.fault = undefined;
      }
    }));
});

describe('The store of used tokens', () => {
  test('that cannot be written causes an error, and the job token remains usable', async () => {
    const service = await ServiceProcess.prepare({ ...options(), prefix: ['prlimit', '--fsize=200', '--'] });
    try {
      await service.start();
      const results: Reply[] = [];
      const jobTokens = Array.from({ length: 4 }, () => token());
      for (const jobToken of jobTokens) results.push(await service.ask(jobToken));
      const statuses = results.map(({ status }) => status);
      assert.ok(statuses.includes(200) && statuses.includes(503), statuses.join());
      const text = readFileSync(service.storePath, 'utf8');
      assert.ok(text.endsWith('\n'), 'the incomplete line is removed');
      await service.end();
    } finally {
      await service.stop();
    }
  });

  /** Runs a service that granted a job token and was then restarted without its record of used tokens. */
  async function withLostStore(claims: IssuerClaims, work: (service: ServiceProcess, used: string) => Promise<void>) {
    await withService(async (service) => {
      const used = token(claims);
      assert.ok(granted(await service.ask(used)));
      await service.end();
      rmSync(service.storePath);
      await service.start();
      await work(service, used);
    });
  }
  const assertUnrecorded = ({ status, headers, body }: Reply) => {
    assert.deepEqual([status, body['error_description']], [503, 'the record of used job tokens is new']);
    const seconds = Number(headers['retry-after']);
    assert.ok(seconds > 0 && seconds <= 60, `Retry-After: ${seconds}`);
  };

  test('that is missing at the start invalidates earlier job tokens, even after another restart', () =>
    withLostStore({}, async (service, used) => {
      assertUnrecorded(await service.ask(used));
      await service.end();
      await service.start();
      assertUnrecorded(await service.ask(used));
    }));

  test('that is missing at the start allows no replay of a token from an issuer whose clock is ahead', () =>
    withLostStore({ iat: Math.floor(Date.now() / 1000) + 50 }, async (service, used) => {
      assertUnrecorded(await service.ask(used));
    }));

  test('that was missing some time ago invalidates only older job tokens', async () => {
    const service = await ServiceProcess.prepare(options());
    try {
      const now = Math.floor(Date.now() / 1000);
      writeFileSync(service.storePath, `{"k":"blind","n":${now - 100},"u":${now + 3600}}\n`);
      await service.start();
      const { status, body } = await service.ask(token({ iat: now - 101 }));
      assert.equal(status, 400);
      assert.match(String(body['error_description']), /issued before the record of used job tokens began/);
      assert.ok(granted(await service.ask(token({ iat: now - 99 }))));
    } finally {
      await service.stop();
    }
  });

  test('that is damaged at the start is renamed, and invalidates older job tokens', async () => {
    const service = await ServiceProcess.prepare(options());
    try {
      writeFileSync(service.storePath, '{"k":"a","n":1,"u":9e9}\nrubbish\n{"k":');
      await service.start();
      assert.match(service.log.join('\n'), /used-tokens: it cannot be read; tokens issued before now are refused/);
      assertUnrecorded(await service.ask(token()));
      assert.ok(existsSync(join(service.directory, 'state/used-tokens.unreadable')));
    } finally {
      await service.stop();
    }
  });

  test(`never permits a second token for the same job token, at any of ${KILLS} moments of a SIGKILL`, async () => {
    const service = await ServiceProcess.start(options());
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const jobToken = token();
        const reply = service.ask(jobToken).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, (kill * 15) / KILLS));
        await service.end('SIGKILL');
        const first = await reply;
        await service.start();
        const again = await service.ask(jobToken);
        const both = first !== undefined && granted(first) && granted(again);
        assert.ok(!both, `kill ${kill}`);
      }
    } finally {
      await service.stop();
    }
  });
});

describe('The configuration', () => {
  test('that is invalid during a reload changes nothing', () =>
    withService(async (service) => {
      for (const bad of ['grants: []\n', 'a: [', configOf().replace('repository_id', 'repository')]) {
        service.configure(bad);
        assert.match(await service.reload(), /^the configuration was not replaced: .*config\.yaml: /);
        assert.ok(granted(await service.ask(token())));
      }
      service.configure(configOf());
      chmodSync(service.configPath, 0o666);
      assert.match(await service.reload(), /not replaced: .*other accounts can write to it/);
    }));

  test('that is replaced under load applies to each request either completely or not at all', () =>
    withService(async (service) => {
      assert.ok(granted(await service.ask(token())));
      const wrong: unknown[] = [];
      let running = true;
      const load = Promise.all(
        Array.from({ length: 4 }, async () => {
          while (running) {
            const { status, body } = await service.ask(token());
            // A busy service might ask the client to retry.
            if (status !== 200 && body['error'] !== 'invalid_grant' && status !== 429 && status !== 503)
              wrong.push([status, body]);
          }
        }),
      );
      for (let round = 0; round < 6; round++) {
        service.configure(round % 2 === 0 ? configOf().replace('74', '75') : configOf());
        assert.match(await service.reload(), /^configuration loaded/);
      }
      running = false;
      await load;
      assert.deepEqual(wrong, [], JSON.stringify(service.audit.filter(({ decision }) => decision === 'failed')));
    }));

  for (const [what, change, reason] of [
    [
      'readable by others',
      (service: ServiceProcess) => chmodSync(join(service.directory, 'seeds.d', CI), 0o644),
      /other accounts can read it/,
    ],
    ['missing', (service: ServiceProcess) => service.writeSeed(CI, ''), /it must contain exactly one line/],
    [
      'less restricted than the grant',
      (service: ServiceProcess) =>
        service.writeSeed(CI, pool.idToken('ci', { authz: ['READ', 'WRITE', 'DAEMON'], lifetime: 600 })),
      /its scope is wider than the grant: DAEMON/,
    ],
    [
      'not restricted',
      (service: ServiceProcess) => service.writeSeed(CI, pool.idToken('ci', { lifetime: 600 })),
      /its scope is not restricted/,
    ],
    [
      'expired',
      (service: ServiceProcess) =>
        service.writeSeed(CI, pool.idToken('ci', { authz: ['READ', 'WRITE'], lifetime: 60, issuedAt: 1_000_000 })),
      /it has expired/,
    ],
    [
      'for another identity',
      (service: ServiceProcess) =>
        service.writeSeed(CI, pool.idToken('bob', { authz: ['READ', 'WRITE'], lifetime: 600 })),
      /it is a token for bob@pool\.test/,
    ],
  ] as const) {
    test(`with a seed that is ${what} disables its grant, with a message when it is loaded`, async () => {
      const service = await ServiceProcess.prepare(options());
      try {
        change(service);
        await service.start();
        assert.match(service.log.join('\n'), reason);
        const { status, body } = await service.ask(token());
        assert.deepEqual([status, body['error_description']], [503, 'seed unusable']);
        assert.equal((await service.post('', { path: '/readyz', method: 'GET' })).status, 503);
        const { status: checked, stdout } = await service.run('check');
        assert.equal(checked, 3, stdout);
        assert.match(stdout, /^fail grant ci@pool\.test: seed unusable: /m);
      } finally {
        await service.stop();
      }
    });
  }

  test('that is invalid makes each subcommand fail with status 2 and print the mistakes', async () => {
    const service = await ServiceProcess.prepare(options('grants: []\n'));
    try {
      for (const subcommand of ['serve', 'check', 'config']) {
        const { status, stderr } = await service.run(subcommand);
        assert.deepEqual([status, /config\.yaml: grants: it is empty/.test(stderr)], [2, true], stderr);
      }
      assert.equal((await service.run('frobnicate')).status, 2);
      assert.equal((await service.run('check', '-frobnicate')).status, 2);
    } finally {
      await service.stop();
    }
  });

  test('is explained for claims: either the grant, or the differences and the entry that would admit the job', async () => {
    const service = await ServiceProcess.prepare(options());
    try {
      const file = join(service.directory, 'claims.json');
      const explain = async (claims: IssuerClaims) => {
        writeFileSync(file, JSON.stringify({ iss: issuer.url, iat: 1, jti: 'a', aud: AUDIENCE_OF_SERVICE, ...claims }));
        return await service.run('explain', '-claims', file);
      };
      const good = await explain(GITHUB_CLAIMS);
      assert.deepEqual(
        [good.status, /granted: ci@pool\.test, READ WRITE, at most 3600 s/.test(good.stdout)],
        [0, true],
        good.stdout + good.stderr,
      );
      const bad = await explain({ ...GITHUB_CLAIMS, ref: 'refs/heads/x' });
      assert.equal(bad.status, 3);
      assert.match(bad.stdout, /grants\[0\]\.jobs\[0\] .*: ref: expected refs\/heads\/main, got refs\/heads\/x/);
      assert.match(bad.stdout, /- issuer: .*\n {2}repository_id: "74"\n {2}ref: "refs\/heads\/x"/);
    } finally {
      await service.stop();
    }
  });

  test('is printed as a unit that systemd accepts, and as the commands that create the seeds', async () => {
    const service = await ServiceProcess.prepare(options());
    try {
      const { status, stdout, stderr } = await service.run('config');
      assert.equal(status, 0, stderr);
      assert.match(stdout, /condor_token_create -identity ci@pool\.test -authz READ -authz WRITE -lifetime 7776000 > /);
      assert.match(stdout, /^LoadCredential=seed\.ci@pool\.test:/m);
      assert.doesNotMatch(stdout, /MemoryDenyWriteExecute/);
      assert.match(stdout, /^SystemCallErrorNumber=EPERM$/m); // a filtered system call must not kill Node
      assert.doesNotMatch(stdout, /\/bin\/kill/); // from procps, which a minimal system does not include
      const unit = stdout.slice(stdout.indexOf('[Unit]'), stdout.indexOf('# Then:'));
      const file = join(service.directory, 'condor-token-service.service');
      writeFileSync(file, unit.replaceAll('/usr/local/bin/condor_token_service', '/bin/true'));
      if (existsSync('/usr/bin/systemd-analyze'))
        execFileSync('systemd-analyze', ['verify', '--man=no', file], { stdio: 'pipe' });
    } finally {
      await service.stop();
    }
  });
});

describe('The certificate', () => {
  test('is replaced while the service runs, once the key matches the certificate', () =>
    withService(async (service) => {
      const serial = () =>
        new Promise<string>((resolve, reject) => {
          const socket: TLSSocket = connectTls(
            { port: service.port, host: '127.0.0.1', servername: 'localhost', ca: service.authority.certificate },
            () => {
              resolve(socket.getPeerCertificate().serialNumber);
              socket.destroy();
            },
          );
          socket.once('error', reject);
        });
      const old = await serial();
      const certificate = readFileSync(join(service.directory, 'tls.crt'), 'utf8');
      const renewed = await service.renewCertificate();
      // Restores the old certificate, but keeps the new key.
      writeFileSync(join(service.directory, 'tls.crt'), certificate);
      await service.logged(/^the TLS certificate was not replaced: .*is not the key of/);
      assert.equal(await serial(), old);
      writeFileSync(join(service.directory, 'tls.crt'), renewed);
      await service.logged(/^the TLS certificate was replaced$/);
      assert.notEqual(await serial(), old);
      assert.ok(granted(await service.ask(token())));
    }));
});

describe('Clients', () => {
  test('that are slow do not block another client, even if there are 1,000 of them', () =>
    withService(async (service) => {
      const slow: Socket[] = [];
      try {
        for (let count = 0; count < 1000; count++) {
          const socket = connect(service.port, '127.0.0.1');
          socket.on('error', () => {});
          slow.push(socket);
          if (count % 100 === 99) assert.ok(granted(await service.ask(token())), `with ${count} slow clients`);
        }
        const open = () => slow.filter((socket) => !socket.destroyed).length;
        await until('the service has closed those beyond its limit', 20, async () =>
          open() <= 600 ? undefined : `${open()} are open`,
        );
      } finally {
        for (const socket of slow) socket.destroy();
      }
    }));

  test('that send 10 MB, no form, another method or another path receive an error at once', () =>
    withService(async (service) => {
      const huge = await service.post('x'.repeat(10_000_000)).catch((error: Error) => error);
      if (!(huge instanceof Error)) assert.equal(huge.status, 413);
      const statuses = await Promise.all([
        service.post('{}', { headers: { 'content-type': 'application/json' } }),
        service.post('', { method: 'GET' }),
        service.post('', { path: '/elsewhere' }),
        service.post('', { path: '/healthz', method: 'GET' }),
        service.post('', { headers: { 'x-long': 'x'.repeat(17_000) } }),
      ]);
      assert.deepEqual(
        statuses.map(({ status }) => status),
        [400, 405, 404, 200, 431],
      );
      assert.ok(granted(await service.ask(token())));
    }));

  test('that send 700 refused requests do not affect other clients, and neither memory nor the log grows with the requests', () =>
    withService(async (service) => {
      const memory = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))?.[1]);
      const bad = Array.from({ length: 60 }, (_, at) => token({ aud: `${at}${'x'.repeat(8000)}` }));
      assert.ok(granted(await service.ask(token())));
      const before = memory();
      let good = 0;
      const flood = async (client: number) => {
        for (let sent = 0; sent < 70; sent++) {
          const { status } = await service.ask(bad[sent % bad.length] ?? '', {}, `127.0.1.${client}`);
          assert.ok(status === 400 || status === 429 || status === 503, `status ${status}`);
          if (client === 1 && sent % 7 === 0 && granted(await service.ask(token()))) good += 1;
        }
      };
      await Promise.all(Array.from({ length: 10 }, (_, client) => flood(client + 1)));
      assert.equal(good, 10);
      assert.ok(memory() - before < 100_000, `${memory() - before} kB more`);
      await service.end('SIGTERM');
      const lines = service.audit.filter(({ decision }) => decision !== 'issued');
      // The service writes one audit line per minute. On a slow host, the flood takes several minutes.
      for (const line of lines) assert.equal(line['decision'], 'unverified');
      const counted = lines.flatMap(({ counts }) => Object.values(counts as Record<string, number>));
      assert.equal(
        counted.reduce((sum, each) => sum + each, 0),
        700,
      );
      assert.ok(lines.length < 30, `${lines.length} lines`);
      for (const line of lines) assert.ok(JSON.stringify(line).length < 50_000);
    }));

  test('cannot select the recorded address, unless they are a trusted proxy', async () => {
    const headers = (forwarded = '192.0.2.1, 192.0.2.7') => ({ headers: { 'x-forwarded-for': forwarded } });
    const body = () =>
      new URLSearchParams({
        ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', scope: 'condor:/READ' },
        ...{ subject_token: token(), subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
      }).toString();
    await withService(async (service) => {
      await service.post(body(), headers());
      assert.equal((await service.audited(1))['address'], '127.0.0.1');
      service.configure(`trusted-proxies: [127.0.0.1]\n${configOf()}`);
      await service.reload();
      for (const [forwarded, address] of [
        ['192.0.2.1, 192.0.2.7', '192.0.2.7'],
        ['192.0.2.1, 192.0.2.7, 127.0.0.1', '192.0.2.7'],
        ['192.0.2.1, 192.0.2.7:50123', '192.0.2.7'],
        ['192.0.2.1, [2001:db8::7]:50123', '2001:db8::7'],
        ['192.0.2.1, unknown', '127.0.0.1'],
      ] as const) {
        const jobToken = body();
        await service.post(jobToken, headers(forwarded));
        const line = await service.auditOf(new URLSearchParams(jobToken).get('subject_token') ?? '');
        assert.equal(line['address'], address, forwarded);
      }
    });
  });
});

describe('The process', () => {
  test('ignores SIGHUP until it has started, then reloads the configuration once', async () => {
    const service = await ServiceProcess.prepare(options());
    try {
      writeFileSync(service.storePath, 'rubbish\n'); // the service reports this at its start
      const starting = service.start();
      await service.logged(/used-tokens: it cannot be read/);
      service.signal('SIGHUP');
      await starting;
      const loaded = () => service.log.filter((line) => line.startsWith('configuration loaded')).length;
      await until('the configuration is loaded again', 20, async () => (loaded() === 2 ? undefined : `${loaded()}`));
      assert.equal((await service.post('', { path: '/healthz', method: 'GET' })).status, 200);
    } finally {
      await service.stop();
    }
  });

  test('handles SIGHUP before it reads its configuration', async () => {
    const signals: string[] = [];
    const world = { ...processWorld(), onSignal: (name: string) => void signals.push(name) };
    const path = '/nowhere/config.yaml';
    const load = { path, insecureTestIssuer: false, stateDirectory: '/nowhere' };
    await assert.rejects(serve(load, world), InvalidConfiguration);
    assert.deepEqual(signals, ['SIGHUP']);
  });

  test('exits with status 0 after SIGTERM, within its grace period for open connections', () =>
    withService(async (service) => {
      const idle = connect(service.port, '127.0.0.1');
      idle.on('error', () => {});
      assert.ok(granted(await service.ask(token())));
      assert.deepEqual(await service.end('SIGTERM'), [0, null]);
      idle.destroy();
    }));

  test('issues no token if the audit log cannot be written', async () => {
    const service = await ServiceProcess.prepare(options());
    try {
      await service.start();
      service.closeOutput();
      const { status, body } = await service.ask(token());
      assert.deepEqual([status, body['access_token']], [503, undefined]);
    } finally {
      await service.stop();
    }
  });
});
