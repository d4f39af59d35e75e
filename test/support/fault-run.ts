/** Fetches through a proxy that damages frames. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyHTCondorError, HTCondorError } from '../../src/errors.ts';
import { type FetchOptions, fetchToken } from '../../src/index.ts';
import { formatSinful, parseSinful } from '../../src/transport/sinful.ts';
import { type FaultPlan, FaultProxy } from './fault-proxy.ts';
import { type FaultMethod, SUCCESS, VARIES } from './fault-table.ts';
import { type MethodPool, startMethodPool } from './method-pool.ts';
import type { Suite } from './pool-tree.ts';
import { HOST } from './secure-pool.ts';
import { patience } from './slowness.ts';

/** Deadline of a fetch that is expected to time out. Other deadlines only end what hangs. */
const SHORT_MS = 700;
/** A busy daemon may not reach the damaged frame before a short deadline. The fetch is repeated with a longer one. */
const MAX_TRIES = 10;

export interface Outcome {
  readonly error: AnyHTCondorError | undefined;
  readonly log: readonly string[];
  /** Whether a token was written. */
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
  const secure = await startMethodPool({ suite });
  const credentials = {
    IDTOKENS: { idtoken: await secure.pool.idToken({ user: 'alice' }) },
    SSL: { clientCertificate: secure.alice.certificate, clientKey: secure.alice.key },
    SCITOKENS: { scitoken: secure.issuer.issue('alice') },
  };
  const directory = mkdtempSync(join(tmpdir(), 'faults-'));
  const to = { secure, credentials, directory };
  await fetchThrough('SCITOKENS', undefined, to, SUCCESS); // the daemon fetches the keys of the issuer
  return to;
}

export async function stopDestination({ secure, directory }: Destination): Promise<void> {
  await secure.stop();
  rmSync(directory, { recursive: true, force: true });
}

/** Fetches through a proxy that carries out the plan, which is expected to end in this code or in SUCCESS. */
export async function fetchThrough(
  method: FaultMethod,
  plan: FaultPlan | undefined,
  to: Destination,
  expected: string,
): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const timeoutMs = [VARIES, 'ERR_TIMEOUT'].includes(expected) ? SHORT_MS * tries : patience(20_000);
    const outcome = await fetchOnce(method, plan, to, timeoutMs);
    if (plan === undefined || outcome.proxy.struck > 0 || tries === MAX_TRIES) return outcome;
  }
}

async function fetchOnce(
  method: FaultMethod,
  plan: FaultPlan | undefined,
  { secure, credentials, directory }: Destination,
  timeoutMs: number,
): Promise<Outcome> {
  const sinful = parseSinful(secure.address);
  if (sinful === undefined) throw new Error(secure.address);
  const proxy = await FaultProxy.start({ host: '127.0.0.1', port: secure.pool.port }, plan);
  const params = new Map([...sinful.params].filter(([key]) => key === 'sock'));
  const file = join(directory, randomUUID());
  const log: string[] = [];
  const error: unknown = await fetchToken({
    address: formatSinful({ host: '127.0.0.1', port: proxy.port, params }),
    ...{ authenticationMethods: [method], ...credentials[method], authz: ['READ'], lifetime: 600, file },
    ...{ caCertificate: secure.authority.certificate, serverName: HOST, timeoutMs, retries: 0 },
    onLog: (_, line) => log.push(line),
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await proxy.close();
  if (error !== undefined && !(error instanceof HTCondorError)) throw error;
  return { error: error as AnyHTCondorError | undefined, log, delivered: existsSync(file), proxy };
}
