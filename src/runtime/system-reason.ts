/** Describes errors of the operating system, of TLS and of Node's HTTP parser in plain words. */

const REASONS: Readonly<Record<string, string>> = {
  // files
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
  EPIPE: 'the reader closed the pipe',
  // networks
  EADDRINUSE: 'the address is already in use',
  EADDRNOTAVAIL: 'this host does not have the address',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'the host is unreachable',
  ENETUNREACH: 'the network is unreachable',
  ETIMEDOUT: 'the connection timed out',
  // certificates (OpenSSL's X509_V_ERR_*) and TLS
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed and not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the CA of its certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'the CA of its certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the CA of its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the CA of its certificate is not trusted, or it does not send its intermediate CAs',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for a different host name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not use TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not use TLS',
};

/** Describes why a system call or a connection failed. Does not use Node's own text, which quotes paths. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errno, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  if (code.startsWith('HPE_')) return 'its response is not valid HTTP';
  return REASONS[code] ?? (errno === undefined ? message : `the system reports ${code}`);
}
