/** Limits of the service: requests per minute for each key, and concurrent work. */

const MINUTE_MS = 60_000;
/**
 * Maximum number of keys in one minute. If it is exceeded, all keys are dropped, so that a flood cannot exhaust memory.
 */
const MAX_KEYS = 100_000;

/** Counts events by key in windows of one minute. */
export class PerMinute {
  readonly #limit: number;
  readonly #elapsedMs: () => number;
  #counts = new Map<string, number>();
  #windowEndMs = 0;

  constructor(limit: number, elapsedMs: () => number) {
    this.#limit = limit;
    this.#elapsedMs = elapsedMs;
  }

  /** True if this key has reached its limit. */
  isOver(key: string): boolean {
    this.#roll();
    return (this.#counts.get(key) ?? 0) >= this.#limit;
  }

  add(key: string): void {
    this.#roll();
    if (this.#counts.size >= MAX_KEYS) this.#counts.clear();
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Number of seconds until the next window. */
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

/** Limits concurrent work. Additional callers wait in order, for a limited time. */
export class Slots {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** Acquires a slot. Returns the function that releases it, or undefined if no slot became free in time. */
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
 * Returns the key under which failures of an address are counted. For IPv6, the key is the /64 prefix, because a client
 * controls a whole /64 network.
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
