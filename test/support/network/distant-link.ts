import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asRoot } from '../processes.ts';
import { projectRoot } from '../project.ts';

/**
 * A simulated link to a distant host. Clients connect to the address `far`; the server listens on the address `near`.
 */
export interface DistantLink {
  readonly near: { readonly v4: string; readonly v6: string };
  readonly far: { readonly v4: string; readonly v6: string };
  /** Sets the round-trip time of subsequent packets, in milliseconds. */
  setRoundTrip(ms: number): void;
  close(): Promise<void>;
}

/** The reason why this system cannot open a link; false if it can. */
export const NO_LINK: string | false = process.platform === 'linux' ? false : 'needs the TUN devices of Linux';

/**
 * Opens a link that delays each packet, including those of the TCP handshake, by half of this time. Requires root and
 * Python.
 */
export async function openDistantLink(roundTripMs: number): Promise<DistantLink> {
  // 198.18.0.0/15 is reserved for benchmarks (RFC 2544) and fd00::/8 is private, so the addresses do not clash with
  // real hosts.
  const [high, low] = [randomInt(1, 255), 4 * randomInt(0, 63)];
  const at = (host: number) => ({
    v4: `198.18.${high}.${low + host}`,
    v6: `fd00:198:18:${high.toString(16)}::${(low + host).toString(16)}`,
  });
  const [near, far] = [at(1), at(2)];
  const script = join(projectRoot, 'test/support/network/distant-link.py');
  const [program, ...args] = asRoot('python3', script, near.v4, far.v4, near.v6, far.v6, String(roundTripMs));
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    createInterface(child.stdout).once('line', () => resolve());
    child.once('error', reject);
    void ended.then(() => reject(new Error(`no distant link: ${complaints}`)));
  });
  return {
    near,
    far,
    setRoundTrip(ms) {
      child.stdin.write(`${ms}\n`);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
