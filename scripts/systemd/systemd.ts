/**
 * `npm run systemd`: tests the unit that `condor_token_service config` prints, under a real systemd and with the
 * documented steps. Needs root privileges, cgroup v2, and one download of about 60 MB. `NODE=PATH npm run systemd` runs
 * the service with the Node binary at PATH. Not part of `npm test`.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { blocksOf } from '../../test/support/documents/markdown.ts';
import { EmbeddedPool } from '../../test/support/embedded-pool/pool.ts';
import { GITHUB_CLAIMS, JobIssuer } from '../../test/support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, ServiceProcess } from '../../test/support/service/service-process.ts';
import { until } from '../../test/support/until.ts';
import { BootedSystem } from './booted.ts';

const CI = 'ci@pool.test';
const FOLDER = '/etc/condor-token-service';
const UNIT = 'condor-token-service';

describe('The unit of the token service, under systemd', () => {
  let system: BootedSystem;
  let pool: EmbeddedPool;
  let issuer: JobIssuer;
  /** Provides the service's files and a client. systemd starts the service process itself. */
  let service: ServiceProcess;
  before(async () => {
    [pool, issuer] = await Promise.all([EmbeddedPool.start(), JobIssuer.start()]);
    service = await ServiceProcess.prepare({
      authority: issuer.authority,
      config: `daemon: [{ address: "${pool.schedd()}" }]
grants:
  - { identity: ${CI}, authz: [READ], max-lifetime: 1h, jobs: [{ issuer: "${issuer.url}", repository_id: 74 }] }
`,
      seeds: { [CI]: pool.idToken('ci', { authz: ['READ'], lifetime: 86_400 }) },
    });
    system = await BootedSystem.boot(process.env['NODE'] ?? process.execPath);
    const file = (name: string) => readFileSync(`${service.directory}/${name}`, 'utf8');
    await system.write(`${FOLDER}/config.yaml`, file('config.yaml').replaceAll(service.directory, FOLDER), '644');
    for (const name of ['tls.crt', 'tls.key', `seeds.d/${CI}`])
      await system.write(`${FOLDER}/${name}`, file(name), '600');
    await system.write(`${FOLDER}/ca.pem`, file('ca.pem'), '644');
    await system.run(`chmod 755 ${FOLDER}; chmod 700 ${FOLDER}/seeds.d`);
    const variable = `[Service]\nEnvironment=SSL_CERT_FILE=${FOLDER}/ca.pem\n`;
    await system.write(`/etc/systemd/system/${UNIT}.service.d/test.conf`, variable, '644');
    // If there is no record of used tokens, the service responds with status 503 during its first minute.
    await system.write(`/var/lib/${UNIT}/used-tokens`, '', '600');
    await system.run(`chmod 700 /var/lib/${UNIT}`);
    await system.run(blocksOf('docs/KEYLESS.md').find((each) => each.name === 'unit')?.text ?? 'exit 1');
    await listening();
  });
  after(async () => {
    await system?.stop();
    await service?.stop();
    issuer?.stop();
    await pool?.stop();
  });

  const listening = () =>
    until('the service listens', 60, async () =>
      service.post('', { path: '/healthz', method: 'GET' }).then(
        () => undefined,
        (error: Error) => error.message,
      ),
    );
  const ask = () => service.ask(issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE }));
  const show = async (property: string) => (await system.run(`systemctl show -p ${property} --value ${UNIT}`)).trim();
  const journal = () => system.run(`journalctl -u ${UNIT} --no-pager -o cat`);

  test('is one that systemd-analyze accepts', async () => {
    await system.run(`systemd-analyze verify ${UNIT}.service`);
  });

  test('gives a job a token, and records it in the journal', async () => {
    assert.equal((await ask()).status, 200, await journal());
    assert.match(await journal(), /"decision":"issued"/);
  });

  test('runs as a dynamic user without capabilities to gain, and writes no core', async () => {
    const pid = await show('MainPID');
    const status = await system.run(`cat /proc/${pid}/status`);
    assert.doesNotMatch(status, /^Uid:\t0\t/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Seccomp:\t2$/m);
    assert.match(await system.run(`cat /proc/${pid}/limits`), /^Max core file size +0 +0 /m);
    assert.equal(await system.run(`stat -L -c %a /var/lib/${UNIT}`), '700\n');
  });

  test('reloads a valid configuration, and keeps the old one if the new one is invalid', async () => {
    await system.run(`systemctl reload ${UNIT}`);
    await system.run(`cp ${FOLDER}/config.yaml /tmp/good; echo 'unknown: 1' >> ${FOLDER}/config.yaml`);
    const { status } = await system.exec('systemctl', 'reload', UNIT);
    assert.notEqual(status, 0);
    assert.match(await journal(), /unknown: unknown key/);
    assert.equal((await ask()).status, 200);
    await system.run(`cp /tmp/good ${FOLDER}/config.yaml; systemctl reload ${UNIT}`);
    assert.equal((await ask()).status, 200);
  });

  test('is started again after a crash, and knows the job tokens from before', async () => {
    const jobToken = issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE });
    assert.equal((await service.ask(jobToken)).status, 200);
    const pid = await show('MainPID');
    await system.run(`systemctl kill -s KILL ${UNIT}`);
    await until('there is another process', 60, async () => {
      const next = await show('MainPID');
      return next === pid || next === '0' ? `it is ${next}` : undefined;
    });
    await listening();
    assert.match(String((await service.ask(jobToken)).body['error_description']), /has been used already/);
    assert.equal((await ask()).status, 200);
  });

  test('stops with status 0', async () => {
    await system.run(`systemctl stop ${UNIT}`);
    assert.equal(await show('Result'), 'success');
    assert.equal(await show('ExecMainStatus'), '0');
  });
});
