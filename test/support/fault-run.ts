/** Fetches through a proxy that damages frames. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyHTCondorError, HTCondorError } from '../../src/errors.ts';
import { type FetchOptions, fetchToken } from '../../src/index.ts';
import { formatSinful, parseSinful } from '../../src/transport/sinful.ts';
import { type FaultPlan, FaultProxy } from './fault-proxy.ts';
import { type FaultMethod, SUCCESS } from './fault-table.ts';
import { type MethodPool, startMethodPool } from './method-pool.ts';
import type { Suite } from './pool-tree.ts';
import { HOST } from './secure-pool.ts';
import { patience } from './slowness.ts';

const DAY_SECONDS = 86_400;
/** Limit of a fetch, which only ends what hangs. */
const LIMIT_MS = patience(20_000);
/** A fetch that is expected to time out is aborted so long after the damage. Without an abort, it would wait for its limit. */
const SILENCE_MS = 500;

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
    SCITOKENS: { scitoken: secure.issuer.issue('alice', { exp: Math.floor(Date.now() / 1000) + DAY_SECONDS }) },
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

/**
 * Fetches through a proxy that carries out the plan. If the fetch is expected to end in ERR_TIMEOUT, it is aborted after the
 * damage: this has the same code, and does not depend on the time that the daemon needs up to the damaged frame.
 */
export async function fetchThrough(
  method: FaultMethod,
  plan: FaultPlan | undefined,
  { secure, credentials, directory }: Destination,
  expected: string,
): Promise<Outcome> {
  const silence = new AbortController();
  const onStrike = () => expected === 'ERR_TIMEOUT' && setTimeout(() => silence.abort(), SILENCE_MS);
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
