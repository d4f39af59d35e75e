/** Certificate and key of the service. They are read together, and again when they change. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { crypto } from '../runtime/crypto.ts';
import { systemReason } from '../runtime/system-reason.ts';

interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

interface Paths {
  readonly certificate: string;
  readonly key: string;
}

const POLL_MS = 2000;

/** Returns the paths of the pair: systemd's credentials if they exist, and otherwise the configured files. */
export function tlsPaths(configured: Paths, env: Readonly<Record<string, string | undefined>>): Paths {
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || !existsSync(join(directory, 'tls.crt'))) return configured;
  return { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
}

/** Reads the pair. @throws Error if the files cannot be read, or if the key does not match the certificate. */
export function readTlsPair({ certificate, key }: Paths): TlsPair {
  const pair = { cert: readPem(certificate), key: readPem(key) };
  const { X509Certificate, createPrivateKey } = crypto();
  const isPair = new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key));
  if (!isPair) throw new Error(`${key} is not the key of ${certificate}`);
  return pair;
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path}: ${systemReason(error)}`);
  }
}

/** Calls `swap` with the new pair when the files have changed and match. Returns a function that stops the watch. */
export function watchTlsPair(paths: Paths, swap: (pair: TlsPair) => void, say: (line: string) => void): () => void {
  let seen = stampOf(paths);
  let reported = '';
  const timer = setInterval(() => {
    const stamp = stampOf(paths);
    if (stamp === seen) return;
    try {
      swap(readTlsPair(paths));
      seen = stamp;
      reported = '';
      say('the TLS certificate was replaced');
    } catch (error) {
      const reason = messageOf(error); // so far, only one of the two files may have been replaced
      if (reason !== reported) say(`the TLS certificate was not replaced: ${reason}`);
      reported = reason;
    }
  }, POLL_MS).unref();
  return () => clearInterval(timer);
}

function stampOf({ certificate, key }: Paths): string {
  return [certificate, key]
    .map((path) => {
      const facts = statSync(path, { throwIfNoEntry: false });
      return `${facts?.ino} ${facts?.mtimeMs} ${facts?.size}`;
    })
    .join(' ');
}
