/** Describes errors of the operating system, TLS and Node's HTTP parser in plain language. */

const REASONS: Readonly<Record<string, string>> = {
  // File system errors
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EFBIG: 'the file would exceed the size limit',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'it already exists',
  ELOOP: 'it is a symbolic link, or there are too many of them',
  ENAMETOOLONG: 'the path is too long',
  EBUSY: 'it is in use',
  EMFILE: 'too many files are open',
  EIO: 'an input/output error occurred',
  EPIPE: 'the reader closed the pipe',
  // Network errors
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  ETIMEDOUT: 'the connection timed out',
  // Certificate errors
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for a different host name',
};

/**
 * Describes why a system call or a connection failed. Node's own message for a failed system call is not used, because
 * it contains paths.
 */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  if (code.startsWith('HPE_')) return 'its response is not valid HTTP';
  if (code.startsWith('ERR_SSL_')) return 'it does not use TLS';
  if (/^UNABLE_TO_|SELF_SIGNED/.test(code)) return 'the CA of its certificate is not trusted';
  if (code === 'ECONNRESET' && errno === undefined) return 'it closed the connection'; // Node reports "socket hang up"
  return REASONS[code] ?? (errno === undefined ? message : `the system reports ${code}`);
}
