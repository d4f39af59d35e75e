import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type AnyHTCondorError, HTCondorError } from '../../src/errors.ts';
import { fetchToken } from '../../src/index.ts';
import { formatSinful, parseSinful } from '../../src/transport/sinful.ts';
import { type Direction, type FaultPlan, FaultProxy } from './fault-proxy.ts';
import { AGAIN, FAULTS, type Fault, FRAMES } from './fault-table.ts';
import type { Pool } from './pool.ts';

export interface FaultCase {
  readonly fault: Fault;
  readonly direction: Direction;
  /** Of the frame. */
  readonly name: string;
  readonly plan: FaultPlan;
}

export const DIRECTIONS: readonly Direction[] = ['to the daemon', 'to us'];

/** Of what comes first on a connection there is nothing before. */
const isPossible = ({ fault, direction, plan }: FaultCase) =>
  !(fault.name === AGAIN && direction === 'to the daemon' && plan.frame === 0);

export function everyFault(): readonly FaultCase[] {
  const of = (fault: Fault, direction: Direction): FaultCase[] =>
    FRAMES[direction].map((name, frame) => {
      return { fault, direction, name, plan: { direction, frame, damage: fault.damage } };
    });
  return FAULTS.flatMap((fault) => DIRECTIONS.flatMap((direction) => of(fault, direction))).filter(isPossible);
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

/** Whom to fetch from, and where tokens are put. */
export interface Destination {
  readonly pool: Pool;
  /** Sinful string of the daemon. */
  readonly address: string;
  readonly idtoken: string;
  readonly directory: string;
}

/** A fetch through a proxy that does damage. */
export async function fetchThrough(plan: FaultPlan | undefined, to: Destination): Promise<Outcome> {
  const sinful = parseSinful(to.address);
  if (sinful === undefined) throw new Error(to.address);
  const proxy = await FaultProxy.start({ host: '127.0.0.1', port: to.pool.port }, plan);
  const params = new Map([...sinful.params].filter(([key]) => key === 'sock'));
  const file = join(to.directory, `${proxy.port}`);
  const log: string[] = [];
  const started = performance.now();
  const error: unknown = await fetchToken({
    address: formatSinful({ host: '127.0.0.1', port: proxy.port, params }),
    ...{ idtoken: to.idtoken, authz: ['READ'], lifetime: 600, file, timeoutMs: 700, retries: 0 },
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
