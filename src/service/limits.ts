/**
 * Limits of the service: the number of requests per minute for each client address or job, and the number of concurrent
 * fetches.
 */

const MINUTE_MS = 60_000;
/**
 * Maximum number of keys that are counted at the same time. If this number is reached, all counts are dropped, so that
 * a flood cannot exhaust memory.
 */
const MAX_KEYS = 100_000;

/** Counts events by key in one-minute windows. A key identifies a client address or a job. */
export class PerMinute {
  readonly #limit: number;
  readonly #elapsedMs: () => number;
  #counts = new Map<string, number>();
  #windowEndMs = 0;

  constructor(limit: number, elapsedMs: () => number) {
    this.#limit = limit;
    this.#elapsedMs = elapsedMs;
  }

  /** True if the number of events for this key has reached the limit. */
  isOver(key: string): boolean {
    this.#roll();
    return (this.#counts.get(key) ?? 0) >= this.#limit;
  }

  add(key: string): void {
    this.#roll();
    if (this.#counts.size >= MAX_KEYS) this.#counts.clear();
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Number of seconds until the next window begins. */
  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.#windowEndMs - this.#elapsedMs()) / 1000));
  }

  #roll(): void {
    const now = this.#elapsedMs();
    if (now < this.#windowEndMs) return;
    this.#counts = new Map();
    this.#windowEndMs = now + MINUTE_MS;
  }
}

/** Limits the number of concurrent tasks. Further callers wait in order of arrival, for a limited time. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Acquires a slot. Returns a function that releases the slot, or undefined if no slot becomes free in time. */
  async acquire(waitMs: number): Promise<(() => void) | undefined> {
    if (this.#free > 0) {
      this.#free -= 1;
      return this.#releaser();
    }
    return await new Promise((resolve) => {
      const acquired = () => {
        clearTimeout(timer);
        resolve(this.#releaser());
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(acquired), 1);
        resolve(undefined);
      }, waitMs);
      this.#waiting.push(acquired);
    });
  }

  #releaser(): () => void {
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}

/**
 * Returns the key under which the failures of a client address are counted. For IPv6, the key is the /64 prefix,
 * because a single client usually controls an entire /64 network.
 */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const start = head === '' ? [] : head.split(':');
  const end = tail === '' ? [] : tail.split(':');
  const zeros = plain.includes('::') ? Array<string>(Math.max(0, 8 - start.length - end.length)).fill('0') : [];
  return [...start, ...zeros, ...end].slice(0, 4).join(':');
}
