import { randomBytes } from 'node:crypto';
import type { Host } from '../../src/runtime/host.ts';

export interface NotingHost {
  readonly host: Host;
  /** What was masked, in order. */
  readonly masks: string[];
  /** What was logged, with its level in front. */
  readonly log: string[];
}

/** A host that keeps what it is told. */
export function notingHost(facts: Partial<Host> = {}): NotingHost {
  const masks: string[] = [];
  const log: string[] = [];
  const at = (level: string) => (line: string) => void log.push(`${level} ${line}`);
  const host: Host = {
    ...{ signal: new AbortController().signal, timeLeftMs: () => 60_000, now: () => new Date(), randomBytes },
    log: { debug: at('debug'), info: at('info'), notice: at('notice'), warn: at('warn') },
    mask: (secret) => void masks.push(secret.reveal()),
    ...facts,
  };
  return { host, masks, log };
}
