/**
 * Runs KERBEROS command lines with HTCondor's condor_token_fetch and with this command, under the same account and
 * environment. Either both succeed with the same claims, or both fail. Also counts round trips and runs the GitLab
 * example.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { exampleText } from '../support/documents/examples.ts';
import { type DistantNetwork, startDistantNetwork } from '../support/network/distant-network.ts';
import { type KerberosPool, ONLY_KERBEROS, REALM, startKerberosPool } from '../support/pool/kerberos-pool.ts';
import { poolSuites, poolUnavailable } from '../support/pool/pool.ts';
import { claimsOf } from '../support/pool/real-fetch.ts';
import { projectRoot } from '../support/project.ts';

interface Case {
  /** The command line. POOL, NAME and SCHEDD are placeholders for the pool's values. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Heading in docs/PARITY.md, if this command intentionally succeeds although HTCondor's tool fails. */
  readonly differs?: string;
}

const HOME = '/home/alice';
const CACHE = { KRB5CCNAME: `${HOME}/cache` };
const CREDENTIALS = 'Credentials';

const CASES: readonly Case[] = [
  { args: [], env: CACHE },
  { args: ['-pool', 'POOL'], env: CACHE },
  { args: ['-name', 'NAME'], env: CACHE },
  { args: ['-pool', 'POOL', '-name', 'NAME'], env: CACHE },
  { args: ['-name', 'SCHEDD'], env: CACHE },
  { args: ['-type', 'collector', '-pool', 'POOL'], env: CACHE },
  { args: ['-authz', 'READ', '-lifetime', '60'], env: CACHE },
  { args: ['-authz', 'READ', '-authz', 'WRITE'], env: CACHE },
  { args: ['-key', 'POOL'], env: CACHE },
  { args: ['-key', 'OTHER'], env: CACHE },
  { args: [], env: { KRB5CCNAME: `FILE:${HOME}/cache` } },
  { args: [], env: { KRB5CCNAME: `DIR:${HOME}/caches` } },
  { args: [], env: { KRB5CCNAME: `DIR::${HOME}/caches/tkt` } },
  { args: [], env: { KRB5CCNAME: `FILE:${HOME}/nothing` } },
  { args: [], env: { KRB5CCNAME: `${HOME}/text` } },
  { args: [], env: { KRB5CCNAME: `${HOME}/empty` } },
  { args: [], env: { KRB5CCNAME: 'KCM:' } },
  { args: [], env: { KRB5CCNAME: 'NONSENSE:x' } },
  { args: [], env: { ...CACHE, KRB5_CONFIG: '/etc/krb5.conf:/nowhere' } },
  { args: [], env: { ...CACHE, _CONDOR_KERBEROS_SERVER_SERVICE: 'nosuch' } },
  { args: [], env: { ...CACHE, _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'SSL, KERBEROS' } },
  { args: [], env: { ...CACHE, _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'KERBEROS, FS' } },
  {
    args: [],
    env: { KRB5CCNAME: `${HOME}/nothing`, KRB5_CLIENT_KTNAME: `${HOME}/alice.keytab` },
    differs: CREDENTIALS,
  },
];

test('the Kerberos table is complete, and docs/PARITY.md contains every difference', () => {
  assert.ok(CASES.length >= 15);
  const text = readFileSync(join(projectRoot, 'docs/PARITY.md'), 'utf8');
  for (const { differs } of CASES) assert.ok(differs === undefined || text.includes(`## ${differs}\n`));
});

for (const suite of poolSuites()) {
  describe(`With KERBEROS, condor_token_fetch from HTCondor ${suite} and this command have the same result for`, {
    skip: poolUnavailable() ?? false,
  }, () => {
    let realm: KerberosPool;
    let words: Readonly<Record<string, string>>;
    before(async () => {
      realm = await startKerberosPool({ suite });
      const { pool } = realm;
      await realm.kinit(`${HOME}/cache`);
      await pool.run('install', '-d', '-o', 'alice', '-m', '700', `${HOME}/caches`);
      await realm.kinit(`DIR:${HOME}/caches`);
      await pool.run(
        'sh',
        '-c',
        `set -- ${HOME}/caches/tkt*; test -e ${HOME}/caches/tkt || cp -p "$1" ${HOME}/caches/tkt`,
      );
      await realm.put(`${HOME}/text`, 'correct horse battery staple');
      await realm.put(`${HOME}/empty`, '');
      const schedd = await pool.sinful('schedd', pool.scheddName);
      words = { POOL: realm.collector, NAME: pool.scheddName, SCHEDD: schedd };
    });
    after(() => realm?.stop());

    for (const { args, env = {}, differs } of CASES) {
      const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      test(`${[...set, ...args].join(' ') || 'nothing'}${differs === undefined ? '' : ' — differs'}`, async () => {
        const given = args.map((arg, at) => (args[at - 1] === '-key' ? arg : (words[arg] ?? arg)));
        const options = { user: 'alice', env: { ...ONLY_KERBEROS, ...env } };
        const theirs = await realm.pool.theirs(given, options);
        const ours = await realm.pool.ours(given, options);
        const said = `theirs: ${theirs.status} ${theirs.stderr}\nours: ${ours.status} ${ours.stderr}`;
        assert.equal(ours.status === 0, theirs.status === 0 || differs !== undefined, said);
        if (differs !== undefined) assert.notEqual(theirs.status, 0, said);
        if (ours.status !== 0 || differs !== undefined) return;
        assert.deepEqual(factsOf(ours.stdout), factsOf(theirs.stdout), said);
      });
    }

    test('the job of the GitLab example submits under its service account, and leaves no files', async () => {
      const { pool } = realm;
      const place = { collector: realm.collector, schedd: pool.scheddName };
      const { submit } = parse(exampleText('gitlab/kerberos.yml', place)) as {
        submit: Record<'before_script' | 'script' | 'after_script', readonly string[]> & {
          variables: Record<string, string>;
        };
      };
      const sum = (await pool.run('sha256sum', '/opt/ours/cli/index.js')).split(' ')[0] ?? '';
      await pool.write('/usr/local/bin/curl', '#!/bin/sh\ncp /opt/ours/cli/index.js "$3"\n', 0o755);
      await realm.put(`${HOME}/CONDOR_KEYTAB`, await realm.base64(`${HOME}/alice.keytab`));
      await realm.put(`${HOME}/job.sub`, 'executable = /bin/true\ntransfer_executable = false\nqueue\n');
      const env = {
        ...submit.variables,
        ...{ CONDOR_TOKEN_FETCH_SHA256: sum, CI_JOB_ID: '17', CONDOR_KEYTAB: `${HOME}/CONDOR_KEYTAB` },
      };
      const shell = (lines: readonly string[]) =>
        pool.exec(['sh', '-e', '-c', lines.join('\n')], { user: 'alice', env, cwd: HOME });
      const { status, stdout, stderr } = await shell([...submit.before_script, ...submit.script]);
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, /WRITE +IDTOKENS .* ALLOW +alice@pool\.test/);
      assert.match(stdout, /1 job\(s\) submitted to cluster \d+/);
      assert.doesNotMatch(stdout + stderr, /eyJ[\w-]+\.eyJ/);
      assert.equal((await shell(submit.after_script)).status, 0);
      assert.notEqual((await pool.exec(['ls', '/tmp/condor-token-17'])).status, 0);
    });
  });

  describe(`Round trips with KERBEROS to HTCondor of ${suite}`, { skip: poolUnavailable() ?? false }, () => {
    let realm: KerberosPool;
    let network: DistantNetwork;
    before(async () => {
      network = await startDistantNetwork(60);
      const { port, config } = network;
      realm = await startKerberosPool({ suite, port, config });
      await realm.pool.run('sh', '-c', 'sed "s/127.0.0.1 ap/127.0.0.2 ap/" /etc/hosts > /tmp/h; cp /tmp/h /etc/hosts');
      await realm.kinit(`${HOME}/cache`);
      await realm.pool.run('su', 'alice', '-c', `KRB5CCNAME=${HOME}/cache kvno host/ap.pool.test@${REALM} > /dev/null`);
    });
    after(async () => {
      await network?.proxy.close();
      await realm?.stop();
    });

    test('are those in docs/PERFORMANCE.md if the client has a ticket', async () => {
      const schedd = await realm.pool.sinful('schedd', realm.pool.scheddName);
      const options = { user: 'alice', env: { ...ONLY_KERBEROS, ...CACHE } };
      const counts: number[] = [];
      for (const tool of ['theirs', 'ours'] as const) {
        network.proxy.reset();
        const { status, stderr } = await realm.pool[tool](['-name', schedd, '-lifetime', '60'], options);
        assert.equal(status, 0, `${tool}: ${stderr}`);
        counts.push(network.proxy.roundTrips);
      }
      const [theirs, ours] = counts;
      assert.equal(ours, 3);
      const figures = readFileSync(join(projectRoot, 'docs/PERFORMANCE.md'), 'utf8');
      assert.ok(figures.includes(`| KERBEROS, with a ticket | ${theirs} | **${ours}** |`), counts.join());
    });
  });
}

/** Returns the properties that must be equal in two tokens. */
function factsOf(jwt: string): unknown {
  const { jti: _, iat, exp, ...claims } = claimsOf(jwt);
  return { ...claims, lifetime: exp === undefined ? 'unlimited' : Number(exp) - Number(iat) };
}
