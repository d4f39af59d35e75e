/** Writes one JSON line for each decision to standard output. These lines never contain a token. */
import { printable } from '../runtime/printable.ts';
import type { World } from './world.ts';

/** Facts about a decision. Claims are included only if the job token was verified. */
export interface Decided {
  readonly decision: 'issued' | 'refused' | 'failed';
  readonly reason?: string;
  readonly [fact: string]: string | number | readonly string[] | undefined;
}

const MAX_TEXT_LENGTH = 256;
const MINUTE_MS = 60_000;
/**
 * Maximum number of rejection reasons that are counted separately for unverified tokens. The number is limited because
 * a reason can contain a claim that an attacker chooses.
 */
const MAX_REASONS = 100;
const OTHER_REASONS = 'other reasons';

/** Claims that an audit line contains if the job token has them. */
export const AUDITED_CLAIMS: readonly string[] = [
  ...['iss', 'sub', 'repository_id', 'repository_owner_id', 'project_id', 'job_project_id', 'namespace_id'],
  ...['pipeline_id', 'oidc.circleci.com/project-id', 'ref', 'event_name', 'pipeline_source', 'run_id', 'jti'],
];

export class Audit {
  readonly #world: World;
  readonly #unverified = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(world: World) {
    this.#world = world;
    this.#timer = setInterval(() => void this.flush(), MINUTE_MS).unref();
  }

  /**
   * Writes the audit line for a decision. Rejects if the line cannot be written, in which case the service must not
   * return a token.
   */
  record(facts: Decided): Promise<void> {
    const time = new Date(this.#world.now() * 1000).toISOString();
    const cut = Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? cutText(value) : value,
    ]);
    return this.#world.print(JSON.stringify({ time, ...Object.fromEntries(cut) }));
  }

  /**
   * Counts a request whose job token was not verified. The token's claims are not written, because they cannot be
   * trusted.
   */
  count(reason: string): void {
    const cut = cutText(reason);
    const key = this.#unverified.has(cut) || this.#unverified.size < MAX_REASONS ? cut : OTHER_REASONS;
    this.#unverified.set(key, (this.#unverified.get(key) ?? 0) + 1);
  }

  /** Writes the counts since the previous call, if there are any. */
  async flush(): Promise<void> {
    const counts = Object.fromEntries(this.#unverified);
    this.#unverified.clear();
    if (Object.keys(counts).length === 0) return;
    const time = new Date(this.#world.now() * 1000).toISOString();
    await this.#world.print(JSON.stringify({ time, decision: 'unverified', counts })).catch(() => {});
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}

function cutText(text: string): string {
  const clean = printable(text);
  return clean.length > MAX_TEXT_LENGTH ? `${clean.slice(0, MAX_TEXT_LENGTH)}…` : clean;
}
