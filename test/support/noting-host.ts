import { randomBytes } from 'node:crypto';
import type { Host } from '../../src/runtime/host.ts';

export interface NotingHost {
  readonly host: Host;
  /** Masked values, in the order in which they were masked. */
  readonly masks: string[];
  /** Log lines, each with its level as a prefix. */
  readonly log: string[];
}

/** Returns a host that records its log and its masks. */
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
