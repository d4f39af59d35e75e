/** TLS certificate and private key of the service. Both files are read together, and read again when they change. */
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

/**
 * Returns the paths of the certificate and the key. If systemd's credentials include a certificate, returns the paths
 * of these credentials; otherwise, returns the configured paths.
 */
export function tlsPaths(configured: Paths, env: Readonly<Record<string, string | undefined>>): Paths {
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || !existsSync(join(directory, 'tls.crt'))) return configured;
  return { certificate: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
}

/**
 * Reads the certificate and the key. @throws Error if a file cannot be read, or if the key does not match the
 * certificate.
 */
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

/**
 * Watches the files. When they have changed, and the key matches the certificate, calls `swap` with the new pair.
 * Returns a function that stops the watch.
 */
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
      const reason = messageOf(error); // one of the two files might not have been replaced yet
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
