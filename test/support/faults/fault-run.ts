/** Runs fetches through a proxy that damages frames. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyHTCondorError, HTCondorError } from '../../../src/errors.ts';
import { type FetchOptions, fetchToken } from '../../../src/index.ts';
import { formatSinful, parseSinful } from '../../../src/transport/sinful.ts';
import { cacheBytes } from '../credentials/cache-bytes.ts';
import { Kdc } from '../credentials/kdc.ts';
import { type MethodPool, startMethodPool } from '../pool/method-pool.ts';
import { HOST } from '../pool/secure-pool.ts';
import type { Suite } from '../pool/suites.ts';
import { patience } from '../slowness.ts';
import { type FaultPlan, FaultProxy } from './fault-proxy.ts';
import { type FaultMethod, SUCCESS } from './fault-table.ts';

const DAY_SECONDS = 86_400;
const SERVICE = `host/${HOST}`;
/** Deadline of a fetch, in milliseconds. It only ends a fetch that hangs. */
const LIMIT_MS = patience(20_000);
/**
 * Delay between the damage and the abort of a fetch that is expected to time out, in milliseconds. The abort replaces
 * the deadline.
 */
const SILENCE_MS = 500;
/**
 * Delay before the abort of a fetch whose outcome is not yet documented, in milliseconds. It is shorter than the
 * timeout of a daemon, which is 20 s.
 */
const UNKNOWN_MS = 8000;

export interface Outcome {
  readonly error: AnyHTCondorError | undefined;
  readonly log: readonly string[];
  /** True if a token was written. */
  readonly delivered: boolean;
  readonly proxy: FaultProxy;
}

/** The pool, the credentials for it, and the directory for tokens. */
export interface Destination {
  readonly secure: MethodPool;
  readonly credentials: Readonly<Record<FaultMethod, FetchOptions>>;
  readonly directory: string;
}

export async function startDestination(suite: Suite): Promise<Destination> {
  const kdc = await Kdc.start({ principals: { alice: 'secret', [SERVICE]: 'service' } });
  const { configuration } = kdc;
  kdc.close(); // the client needs only the ticket
  const directory = mkdtempSync(join(tmpdir(), 'faults-'));
  const kerberosCache = join(directory, 'cache');
  writeFileSync(kerberosCache, cacheBytes(await kdc.ticket('alice', SERVICE)), { mode: 0o600 });
  const secure = await startMethodPool({
    suite,
    // The outcome of a bit flip depends on its position in an ad. Therefore, KERBEROS replaces PASSWORD, whose name has
    // the same length.
    config: `
      SEC_DEFAULT_AUTHENTICATION_METHODS = FS, IDTOKENS, SSL, SCITOKENS, KERBEROS, MUNGE
      KERBEROS_SERVER_PRINCIPAL = ${SERVICE}
    `.replaceAll(/^ +/gm, ''),
    async prepare(pool) {
      await pool.write('/etc/krb5.conf', configuration, 0o644);
      await pool.write('/etc/krb5.keytab', kdc.keytab(SERVICE), 0o600);
    },
  });
  const credentials = {
    IDTOKENS: { idtoken: await secure.pool.idToken({ user: 'alice' }) },
    SSL: { clientCertificate: secure.alice.certificate, clientKey: secure.alice.key },
    SCITOKENS: { scitoken: secure.issuer.issue('alice', { exp: Math.floor(Date.now() / 1000) + DAY_SECONDS }) },
    KERBEROS: { kerberosCache },
  };
  const to = { secure, credentials, directory };
  await fetchThrough('SCITOKENS', undefined, to, SUCCESS); // makes the daemon cache the issuer's keys
  return to;
}

export async function stopDestination({ secure, directory }: Destination): Promise<void> {
  await secure.stop();
  rmSync(directory, { recursive: true, force: true });
}

/**
 * Fetches a token through a proxy that executes the plan. If the outcome is unknown or ERR_TIMEOUT is expected, the
 * fetch is aborted after the damage. An abort has the same error code as a timeout, but it does not depend on how long
 * the daemon takes to reach the damaged frame.
 */
export async function fetchThrough(
  method: FaultMethod,
  plan: FaultPlan | undefined,
  { secure, credentials, directory }: Destination,
  expected: string | undefined,
): Promise<Outcome> {
  const silence = new AbortController();
  const waits = expected === undefined ? UNKNOWN_MS : expected === 'ERR_TIMEOUT' ? SILENCE_MS : undefined;
  const onStrike = () => waits !== undefined && setTimeout(() => silence.abort(), waits);
  const sinful = parseSinful(secure.address);
  if (sinful === undefined) throw new Error(secure.address);
  const proxy = await FaultProxy.start({ host: '127.0.0.1', port: secure.pool.port }, plan, onStrike);
  const params = new Map([...sinful.params].filter(([key]) => key === 'sock'));
  const file = join(directory, randomUUID());
  const log: string[] = [];
  const error: unknown = await fetchToken({
    address: formatSinful({ host: '127.0.0.1', port: proxy.port, params }),
    ...{ authenticationMethods: [method], ...credentials[method], authz: ['READ'], lifetime: 600, file },
    ...{ caCertificate: secure.authority.certificate, serverName: HOST, retries: 0 },
    ...{ timeoutMs: LIMIT_MS, signal: silence.signal },
    onLog: (_, line) => log.push(line),
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await proxy.close();
  if (error !== undefined && !(error instanceof HTCondorError)) throw error;
  return { error: error as AnyHTCondorError | undefined, log, delivered: existsSync(file), proxy };
}
