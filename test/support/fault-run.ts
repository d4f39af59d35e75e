import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyHTCondorError, HTCondorError } from '../../src/errors.ts';
import { type FetchOptions, fetchToken } from '../../src/index.ts';
import { formatSinful, parseSinful } from '../../src/transport/sinful.ts';
import { type Direction, type FaultPlan, FaultProxy } from './fault-proxy.ts';
import { AGAIN, FAULTS, type Fault, type FaultMethod, FRAMES, METHODS } from './fault-table.ts';
import { type MethodPool, startMethodPool } from './method-pool.ts';
import type { Suite } from './pool-tree.ts';
import { HOST } from './secure-pool.ts';

/** Time that one fetch may take, of which several are going on; alone it takes some 20 and 60 ms. */
const TIMEOUT_MS: Readonly<Record<FaultMethod, number>> = {
  IDTOKENS: 700,
  SSL: 1000,
  SCITOKENS: 1000,
};

export interface FaultCase {
  readonly method: FaultMethod;
  readonly fault: Fault;
  readonly direction: Direction;
  /** Of the frame. */
  readonly name: string;
  readonly plan: FaultPlan;
}

export const DIRECTIONS: readonly Direction[] = ['to the daemon', 'to us'];

/**
 * Of what comes first on a connection there is nothing before; and a schedd of 25.14 does not outlive one of them: it has taken
 * the SciToken, and looks for it once more.
 */
const isPossible = ({ method, fault, direction, name, plan }: FaultCase) =>
  !(fault.name === AGAIN && direction === 'to the daemon' && plan.frame === 0) &&
  !(method === 'SCITOKENS' && fault.name === 'left out' && name === 'TLS done');

export function everyFault(): readonly FaultCase[] {
  const of = (method: FaultMethod, fault: Fault, direction: Direction): FaultCase[] =>
    FRAMES[method][direction].map((name, frame) => {
      return { method, fault, direction, name, plan: { direction, frame, damage: fault.damage } };
    });
  return METHODS.flatMap((method) =>
    FAULTS.flatMap((fault) => DIRECTIONS.flatMap((direction) => of(method, fault, direction))),
  ).filter(isPossible);
}

/** The request is read by a daemon that serves nobody else meanwhile: those cases go one by one. */
export const isExclusive = ({ direction, name }: FaultCase): boolean =>
  direction === 'to the daemon' && name === 'request';

export interface Outcome {
  readonly error: AnyHTCondorError | undefined;
  readonly log: readonly string[];
  readonly elapsedMs: number;
  /** Whether there is a token. */
  readonly delivered: boolean;
  readonly proxy: FaultProxy;
}

/** Whom to fetch from, as whom, and where tokens are put. */
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
  await fetchThrough('SCITOKENS', undefined, to); // so that the daemon has the keys of the issuer
  return to;
}

export async function stopDestination({ secure, directory }: Destination): Promise<void> {
  await secure.stop();
  rmSync(directory, { recursive: true, force: true });
}

/**
 * A fetch through a proxy that does damage. Once more, a few times, if the daemon was too busy with what was broken before for
 * the frame to come at all.
 */
export async function fetchThrough(
  method: FaultMethod,
  plan: FaultPlan | undefined,
  to: Destination,
  timeoutMs: number = TIMEOUT_MS[method],
): Promise<Outcome> {
  for (let tries = 1; ; tries++) {
    const outcome = await fetchOnce(method, plan, to, timeoutMs * tries);
    if (plan === undefined || outcome.proxy.struck > 0 || tries === 5) return outcome;
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
  const file = join(directory, `${proxy.port}`);
  const log: string[] = [];
  const started = performance.now();
  const error: unknown = await fetchToken({
    address: formatSinful({ host: '127.0.0.1', port: proxy.port, params }),
    ...{ authenticationMethods: [method], ...credentials[method], authz: ['READ'], lifetime: 600, file },
    ...{ caCertificate: secure.authority.certificate, serverName: HOST, timeoutMs, retries: 0 },
    onLog: (_, line) => log.push(line),
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const elapsedMs = performance.now() - started;
  await proxy.close();
  if (error !== undefined && !(error instanceof HTCondorError)) throw error;
  return { error: error as AnyHTCondorError | undefined, log, elapsedMs, delivered: existsSync(file), proxy };
}
