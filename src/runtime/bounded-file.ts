/** Reads files after checking their type and size. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/**
 * Reads a regular file that is at most `maxBytes` long. Rejects FIFOs, devices and directories without reading them,
 * and does not block on a FIFO.
 *
 * `check` can throw an error to reject the file because of its owner or mode. `flags` contains additional flags for
 * open(2), such as O_NOFOLLOW.
 *
 * @throws Error if the file is rejected or cannot be read. Use `systemReason` to describe this error in a message.
 */
export function readBounded(path: string, maxBytes: number, check?: (stats: Stats) => void, flags = 0): Buffer {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | flags);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new Error('it is not a regular file');
    if (stats.size > maxBytes) throw new Error('it is too large');
    check?.(stats);
    const bytes = Buffer.alloc(Math.max(stats.size, 4096) + 1);
    const chunks: Buffer[] = [];
    for (let total = 0; ; ) {
      const length = readSync(file, bytes);
      if (length === 0) return Buffer.concat(chunks);
      total += length; // checked again, because stat reports size 0 for files in /proc
      if (total > maxBytes) throw new Error('it is too large');
      chunks.push(Buffer.from(bytes.subarray(0, length)));
    }
  } finally {
    closeSync(file);
  }
}
