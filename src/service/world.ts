/**
 * The environment of the service's process: time, environment variables, signals, standard output and standard error.
 */
import { hostname, networkInterfaces } from 'node:os';
import { printable } from '../runtime/printable.ts';

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  readonly hostName: string;
  /** IP addresses of this host. */
  addresses(): readonly string[];
  /** Returns the current time, in seconds since 1970. */
  now(): number;
  /** Returns the current time of a monotonic clock, in milliseconds. */
  elapsedMs(): number;
  /** Writes a line to standard output. Rejects if the line cannot be written. */
  print(line: string): Promise<void>;
  /** Writes a message for the administrator to standard error. */
  say(line: string): void;
  onSignal(name: 'SIGHUP' | 'SIGINT' | 'SIGTERM', work: () => void): void;
}

export function processWorld(): World {
  process.stdout.on('error', () => {}); // errors are reported through the promise from `print`
  process.stderr.on('error', () => {});
  return {
    env: process.env,
    uid: process.getuid?.(),
    hostName: hostname(),
    addresses: () => Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address)),
    now: () => Date.now() / 1000,
    elapsedMs: () => performance.now(),
    print: (line) =>
      new Promise((resolve, reject) => {
        process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
      }),
    say: (line) => void process.stderr.write(`${printable(line)}\n`),
    onSignal: (name, work) => void process.on(name, work),
  };
}
