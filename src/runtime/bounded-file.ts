/** Reads files whose kind and size are checked before the first byte, and reasons of the system in words. */
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

/** Why a call of the system failed, in words; never Node's text, which quotes paths. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return REASONS[code] ?? (errno === undefined ? message : `the system reports ${code}`);
}

/**
 * The content of a regular file of at most `maxBytes`. A FIFO, a device or a directory is refused before it is read, and
 * opening one never blocks.
 *
 * `check` rejects a file by its owner or mode, by throwing. `flags`: further flags for open, such as O_NOFOLLOW.
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
      total += length; // files of /proc have no size before they are read
      if (total > maxBytes) throw new Error('it is too large');
      chunks.push(Buffer.from(bytes.subarray(0, length)));
    }
  } finally {
    closeSync(file);
  }
}
