/** A real Keycloak server on this host, from the distribution on Maven Central. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Authority } from '../../test/support/credentials/certificates.ts';
import { cacheFolder, installPackages, onPath, run } from '../../test/support/host.ts';
import { freePort } from '../../test/support/network/free-port.ts';
import { until } from '../../test/support/until.ts';

const KEYCLOAK_VERSION = process.env['KEYCLOAK_VERSION'] ?? '26.7.3';
const ADMINISTRATOR = { KC_BOOTSTRAP_ADMIN_USERNAME: 'admin', KC_BOOTSTRAP_ADMIN_PASSWORD: 'only.for.this.test' };
const TRUST_STORE_PASSWORD = 'changeit';
/** Command that builds Keycloak. The build options are stored in Keycloak's installation directory. */
const BUILD = ['build', '--db=dev-mem'];

/**
 * Returns Keycloak's directory in the cache. Downloads and builds Keycloak once, and reports progress on standard
 * error.
 */
async function prepareKeycloak(): Promise<string> {
  const folder = join(cacheFolder('keycloak'), `keycloak-${KEYCLOAK_VERSION}`);
  if (existsSync(folder)) return folder;
  if (!onPath('java') || !onPath('mvn')) {
    await installPackages('default-jre-headless', 'maven');
  }
  const partial = join(cacheFolder('keycloak'), `partial-${process.pid}`);
  mkdirSync(partial, { recursive: true });
  try {
    const artifact = `org.keycloak:keycloak-quarkus-dist:${KEYCLOAK_VERSION}:tar.gz`;
    const copy = ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${partial}`];
    await run(`downloading Keycloak ${KEYCLOAK_VERSION} with Maven`, ['mvn', '-B', '-q', ...copy]);
    const archive = join(partial, `keycloak-quarkus-dist-${KEYCLOAK_VERSION}.tar.gz`);
    await run('unpacking', ['tar', 'xzf', archive, '-C', partial]);
    await run('building', [join(partial, `keycloak-${KEYCLOAK_VERSION}`, 'bin/kc.sh'), ...BUILD]);
    renameSync(join(partial, `keycloak-${KEYCLOAK_VERSION}`), folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

export class Keycloak {
  readonly url: string;
  readonly #folder: string;
  readonly #scratch: string;
  readonly #child: ChildProcess;
  readonly #ca: string;
  #output = '';

  private constructor(folder: string, scratch: string, port: number, ca: string, child: ChildProcess) {
    this.#folder = folder;
    this.#scratch = scratch;
    this.url = `https://localhost:${port}`;
    this.#ca = ca;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
  }

  /** Starts Keycloak with a certificate that the CA `authority` issued, and makes Keycloak trust this CA. */
  static async start(authority: Authority): Promise<Keycloak> {
    const folder = await prepareKeycloak();
    const scratch = mkdtempSync(join(tmpdir(), 'keycloak-'));
    const { certificate, key } = await authority.issue({ subject: 'CN=localhost', hosts: ['localhost'] });
    const files = { 'tls.crt': certificate, 'tls.key': key, 'ca.pem': authority.certificate };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(scratch, name), text, { mode: 0o600 });
    const trust = ['-importcert', '-noprompt', '-alias', 'ca', '-file', join(scratch, 'ca.pem')];
    const store = ['-storetype', 'PKCS12', '-keystore', join(scratch, 'ca.p12'), '-storepass', TRUST_STORE_PASSWORD];
    execFileSync('keytool', [...trust, ...store], { stdio: 'ignore' });
    const port = await freePort();
    const options = [
      ...[`--hostname=https://localhost:${port}`, '--http-host=127.0.0.1', `--https-port=${port}`],
      ...['--http-management-scheme=http', `--http-management-port=${await freePort()}`],
      ...[`--https-certificate-file=${scratch}/tls.crt`, `--https-certificate-key-file=${scratch}/tls.key`],
      `--truststore-paths=${scratch}/ca.pem`,
    ];
    const child = spawn(join(folder, 'bin/kc.sh'), ['start', '--optimized', '--cache=local', ...options], {
      env: { ...process.env, ...ADMINISTRATOR },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // the shell script starts Java; `stop` kills both as one process group
    });
    const keycloak = new Keycloak(folder, scratch, port, authority.certificate, child);
    await until('Keycloak answers', 300, async () => {
      if (child.exitCode !== null) throw new Error(`Keycloak ended with status ${child.exitCode}: ${keycloak.#output}`);
      const reply = send(`${keycloak.url}/realms/master`, authority.certificate);
      const status = await reply.then((each) => each.status, String);
      return status === 200 ? undefined : `status ${status}`;
    });
    return keycloak;
  }

  /**
   * Runs administrative commands in a directory that contains `file`. `kcadm.sh` is on the PATH, and environment
   * variables provide the login.
   */
  async administer(commands: string, file = { name: 'unused', text: '' }): Promise<string> {
    writeFileSync(join(this.#scratch, file.name), file.text);
    const trust = `-Djavax.net.ssl.trustStore=${this.#scratch}/ca.p12 -Djavax.net.ssl.trustStorePassword=${TRUST_STORE_PASSWORD}`;
    const words = [
      `PATH=${join(this.#folder, 'bin')}${delimiter}${process.env['PATH']}`,
      ...[`HOME=${this.#scratch}`, `KC_OPTS=${trust}`],
      `KC_CLI_PASSWORD=${ADMINISTRATOR.KC_BOOTSTRAP_ADMIN_PASSWORD}`,
    ];
    const script = `cd "$0"; ${commands}`;
    return await run('administering Keycloak', ['env', ...words, 'sh', '-ec', script, this.#scratch]);
  }

  /** Sends a form to an endpoint, and returns the JSON object in the response. */
  async post(path: string, form: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    const { text } = await send(`${this.url}/${path}`, this.#ca, new URLSearchParams(form).toString());
    return JSON.parse(text) as Record<string, unknown>;
  }

  stop(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) process.kill(-this.#child.pid, 'SIGKILL');
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

function send(url: string, ca: string, form?: string): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { ca, agent: false, method: form === undefined ? 'GET' : 'POST', headers },
      (response) => {
        text(response).then((body) => resolve({ status: response.statusCode ?? 0, text: body }), reject);
      },
    );
    sent.on('error', reject).end(form);
  });
}
