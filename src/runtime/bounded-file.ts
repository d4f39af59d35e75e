/** Reads files after checking their type and size, and describes errors of the operating system. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is exhausted',
  EFBIG: 'the file would exceed the size limit',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it exists already',
  ELOOP: 'it is a symbolic link, or there are too many of them',
  ENAMETOOLONG: 'the path is too long',
  EBUSY: 'it is in use',
  ENXIO: 'it is not a regular file',
  EXDEV: 'it is on another file system',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'an input/output error occurred',
};

/** Describes why a system call failed. Does not use Node's own text, which quotes paths. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return REASONS[code] ?? (errno === undefined ? message : `the system reports ${code}`);
}

/**
 * Reads a regular file of at most `maxBytes`. Rejects a FIFO, a device or a directory before reading it; opening one
 * never blocks.
 *
 * `check` throws to reject a file by its owner or mode. `flags` adds flags for open, such as O_NOFOLLOW.
 *
 * @throws Error if the file is rejected, or the error of the operating system; `systemReason` describes either.
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
      total += length; // stat reports size 0 for files in /proc
      if (total > maxBytes) throw new Error('it is too large');
      chunks.push(Buffer.from(bytes.subarray(0, length)));
    }
  } finally {
    closeSync(file);
  }
}
