/** Determines which servers are trusted, based on CA certificates and known hosts (ca_utils.cpp). */
import { messageOf } from '../errors.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { reasonOf } from './private-file.ts';
import { type ClientCertificate, filesOf, MAX_PEM_BYTES, type PemSource, readAuthorities } from './ssl.ts';

export interface TrustSource {
  /** CA certificates from the `ca-certificate` input. */
  readonly authorities: PemSource | undefined;
  /** Files from AUTH_SSL_CLIENT_CAFILE, and the directory from AUTH_SSL_CLIENT_CADIR. */
  readonly files: readonly string[];
  readonly directory: string | undefined;
  /** True if the system's CA certificates are trusted (AUTH_SSL_CLIENT_USE_DEFAULT_CAS). */
  readonly system: boolean;
  /** Path of HTCondor's known_hosts file. */
  readonly knownHosts: string | undefined;
  /** Path of the file that replaces the system's CA certificates, from SSL_CERT_FILE. */
  readonly certificateFile: string | undefined;
  readonly platform: NodeJS.Platform;
}

type SystemTrustSource = Pick<TrustSource, 'certificateFile' | 'platform'>;

/** Default paths of the CA bundle on Unix systems. */
const SYSTEM_FILES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Returns the trust settings for a service that is not part of a pool: only the CA certificates of the system, or those
 * of SSL_CERT_FILE. The pool's CAs (from `ca-certificate`, HTCondor's settings or known hosts) must not be able to
 * vouch for the runner's OIDC endpoint.
 */
export function systemTrust({ certificateFile, platform }: SystemTrustSource): TrustSource {
  return {
    authorities: undefined,
    files: [],
    directory: undefined,
    system: true,
    knownHosts: undefined,
    certificateFile,
    platform,
  };
}

/**
 * Returns a function that provides the TLS options for a server. CA certificates from the input are read immediately,
 * so that mistakes are reported before a connection is opened. All other CA certificates are read when a handshake
 * begins.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the `ca-certificate` input is unusable.
 */
export function loadTrust(source: TrustSource, host: Host): (own: ClientCertificate | undefined) => TlsFor {
  const skip = (reason: string) => host.log.debug(`credentials: skipped ${reason}`);
  const given = source.authorities === undefined ? [] : readAuthorities(source.authorities, skip);
  const configured = () =>
    [...source.files, ...(source.directory === undefined ? [] : filesOf(source.directory))].flatMap((path) => {
      try {
        return readAuthorities({ name: path, path }, skip);
      } catch (error) {
        skip(messageOf(error));
        return [];
      }
    });
  return (own) => async (serverName) => {
    const { knownHosts } = source;
    const known = knownHosts === undefined ? undefined : knownCertificate(knownHosts, serverName, host);
    const system = source.system ? await systemAuthorities(source, skip) : [];
    return {
      authorities: [...given, ...configured(), ...system, ...(known === undefined ? [] : [known])],
      partialChain: known !== undefined,
      certificate: own,
      serverName,
    };
  };
}

/**
 * Returns candidate files for the system's CA certificates. The first readable file is used. There are no candidates on
 * Windows, because a path such as `/etc/ssl` would be on the current drive, where any account could create it.
 */
export function systemFiles({ certificateFile, platform }: SystemTrustSource): readonly string[] {
  if (certificateFile) return [certificateFile];
  return platform === 'win32' ? [] : SYSTEM_FILES;
}

/** Reads the system's CA certificates. Returns no certificates if SSL_CERT_FILE is set but the file is unreadable. */
async function systemAuthorities(source: TrustSource, skip: (reason: string) => void): Promise<readonly string[]> {
  for (const path of systemFiles(source)) {
    try {
      return [readBounded(path, MAX_PEM_BYTES).toString('latin1')];
    } catch (error) {
      if (source.certificateFile) {
        skip(`SSL_CERT_FILE ${path}: ${reasonOf(error)}`);
        return [];
      }
      // The path depends on the system, so try the next one.
    }
  }
  const tls: { getCACertificates?: (kind: 'system') => string[]; rootCertificates: readonly string[] } =
    process.getBuiltinModule('node:tls');
  const system = tls.getCACertificates?.('system') ?? []; // requires Node 22.15 or later
  return system.length > 0 ? system : tls.rootCertificates;
}

/**
 * Returns the certificate that the user accepted for a host when prompted by one of HTCondor's tools. Only the first
 * line for the host is considered. A leading `!` marks a certificate that the user did not accept
 * (htcondor::get_known_hosts_first_match).
 */
export function knownCertificate(file: string, serverName: string, host: Host): string | undefined {
  let text: string;
  try {
    text = readBounded(file, MAX_PEM_BYTES).toString('utf8');
  } catch (error) {
    host.log.debug(`credentials: no known hosts in ${file}: ${reasonOf(error)}`);
    return undefined;
  }
  for (const line of text.split('\n')) {
    const [alias = '', method, certificate = ''] = line.trim().split(/\s+/);
    if (alias !== serverName && alias !== `!${serverName}`) continue;
    if (alias.startsWith('!') || method !== 'SSL' || certificate.startsWith('@')) return undefined;
    try {
      return new (crypto().X509Certificate)(Buffer.from(certificate, 'base64')).toString();
    } catch {
      host.log.debug(`credentials: the line for ${serverName} in ${file} contains no certificate`);
      return undefined;
    }
  }
  return undefined;
}
