/**
 * Records which job tokens have been used, and how often. Each use is written to disk before the daemon is contacted,
 * so that neither a crash nor a restart permits a second use.
 *
 * The file has one JSON line for each change. `k` is the key of a token, `n` is the number of its uses, and `u` is the
 * time after which the entry can be removed. If the last line has no newline, the write was interrupted, so no token
 * was fetched for this use.
 */
import { type FileHandle, lstat, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MAX_SKEW_SECONDS } from './job-token.ts';
import { checkDirectories } from './ownership.ts';
import type { World } from './world.ts';

interface Use {
  uses: number;
  /** Time until which the entry must be kept, in seconds since 1970. */
  readonly until: number;
}

interface Change {
  readonly line: string;
  readonly done: (error?: Error) => void;
}

const FILE = 'used-tokens';
/** Key of the entry that stores `blindUntil`. The keys of all other entries are SHA-256 digests in hexadecimal. */
const BLIND = 'blind';
/**
 * Maximum accepted age of a job token, in seconds. Once `blindUntil` is this long ago, no earlier token is accepted
 * anyway, so the entry can be removed.
 */
const MAX_TOKEN_AGE_SECONDS = 6 * 60 * 60 + MAX_SKEW_SECONDS;
/** Number of obsolete lines in the file after which it is rewritten. */
const MAX_DEAD_LINES = 50_000;

export class ReuseStore {
  readonly #path: string;
  readonly #used: Map<string, Use>;
  #file: FileHandle;
  /** Total length of the complete lines in the file, in bytes. */
  #length: number;
  #lines: number;
  #queue: Change[] = [];
  #writing: Promise<void> | undefined;
  #now: () => number;
  /**
   * Job tokens that were issued before this time (in seconds since 1970) are refused, because the store has no record
   * of whether they were used.
   */
  readonly blindUntil: number;

  private constructor(path: string, used: Map<string, Use>, file: FileHandle, now: () => number) {
    this.#path = path;
    this.#used = used;
    this.#file = file;
    this.#now = now;
    this.blindUntil = used.get(BLIND)?.uses ?? 0;
    this.#length = 0;
    this.#lines = 0;
  }

  /**
   * Opens the store in a directory. If the file is missing or unreadable, the store starts empty, and all tokens that
   * were issued earlier must be refused. Because an issuer's clock might be ahead, this also applies to tokens that are
   * issued within the next minute. The end of this minute is stored as `blindUntil`, so that it is kept across
   * restarts. `say` receives the reason why the store starts empty.
   */
  static async open(directory: string, { now, say, uid }: Pick<World, 'now' | 'say' | 'uid'>): Promise<ReuseStore> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    checkDirectories(directory, uid);
    const path = join(directory, FILE);
    let used = new Map<string, Use>();
    try {
      if (!(await lstat(path)).isFile()) throw new Error('it is not a regular file');
      used = parseStore(await readFile(path, 'utf8'));
    } catch (error) {
      const blindUntil = Math.floor(now()) + MAX_SKEW_SECONDS;
      used = new Map([[BLIND, { uses: blindUntil, until: blindUntil + MAX_TOKEN_AGE_SECONDS }]]);
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      say(`${path}: ${missing ? 'it does not exist' : 'it cannot be read'}; tokens issued before now are refused`);
      if (!missing) await rename(path, `${path}.unreadable`);
    }
    const store = new ReuseStore(path, used, await open(path, 'a', 0o600), now);
    await store.#compact();
    return store;
  }

  /**
   * Records one more use of a token. Resolves to false if the token has already been used `limit` times, and to true
   * once the use has been written to disk. If the use cannot be written, rejects without counting it.
   */
  async reserve(key: string, limit: number, until: number): Promise<boolean> {
    const use = this.#used.get(key) ?? { uses: 0, until };
    if (use.uses >= limit) return false;
    use.uses += 1;
    this.#used.set(key, use);
    try {
      await this.#append(key, use);
      return true;
    } catch (error) {
      this.#forget(key, use);
      throw error;
    }
  }

  /**
   * Cancels a use for which no token was issued. If the cancellation cannot be written, it is lost at the next restart.
   */
  async release(key: string): Promise<void> {
    const use = this.#used.get(key);
    if (use === undefined) return;
    this.#forget(key, use);
    await this.#append(key, use).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #forget(key: string, use: Use): void {
    use.uses -= 1;
    if (use.uses === 0) this.#used.delete(key);
  }

  #append(key: string, { uses, until }: Use): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => (error === undefined ? resolve() : reject(error));
      this.#queue.push({ line: `${JSON.stringify({ k: key, n: uses, u: until })}\n`, done });
      this.#writing ??= this.#writeAll().finally(() => {
        this.#writing = undefined;
      });
    });
  }

  /** Writes all queued lines together and syncs the file once, so that many requests share one sync. */
  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const changes = this.#queue;
      this.#queue = [];
      const error = await this.#writeSynced(changes.map(({ line }) => line).join('')).then(
        () => undefined,
        (cause: unknown) => (cause instanceof Error ? cause : new Error(String(cause))),
      );
      if (error === undefined) this.#lines += changes.length;
      for (const { done } of changes) done(error);
      if (this.#lines > this.#used.size + MAX_DEAD_LINES) await this.#compact().catch(() => {});
    }
  }

  async #writeSynced(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length; ) at += (await this.#file.write(bytes, at)).bytesWritten;
      await this.#file.datasync();
      this.#length += bytes.length;
    } catch (error) {
      await this.#file.truncate(this.#length); // a partial line followed by another line would make the file unreadable
      throw error;
    }
  }

  /** Rewrites the file without obsolete lines and expired entries. */
  async #compact(): Promise<void> {
    const now = this.#now();
    for (const [key, { until }] of this.#used) if (until < now) this.#used.delete(key);
    const lines = [...this.#used].map(([k, { uses, until }]) => `${JSON.stringify({ k, n: uses, u: until })}\n`);
    const text = lines.join('');
    const temporary = `${this.#path}.new`;
    await rm(temporary, { force: true }); // the file could remain from a run that was killed
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
    const directory = await open(dirname(this.#path), 'r');
    await directory.sync().finally(() => directory.close());
    await this.#file.close();
    this.#file = await open(this.#path, 'a', 0o600);
    this.#length = Buffer.byteLength(text);
    this.#lines = lines.length;
  }
}

/** Parses the file. An incomplete last line is ignored. @throws Error if any other line is invalid. */
function parseStore(text: string): Map<string, Use> {
  const used = new Map<string, Use>();
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    if (line === '') continue;
    const { k, n, u } = JSON.parse(line) as Record<string, unknown>;
    if (typeof k !== 'string' || typeof n !== 'number' || typeof u !== 'number')
      throw new Error('a line has an unexpected format');
    if (n > 0) used.set(k, { uses: n, until: u });
    else used.delete(k);
  }
  return used;
}
