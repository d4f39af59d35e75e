import type { Host } from '../runtime/host.ts';
import type { TlsFor } from '../security/methods/ssl.ts';
import { type ClientCertificate, type PemSource } from './ssl.ts';
export interface TrustSource {
    /** The input ca-certificate. */
    readonly authorities: PemSource | undefined;
    /** AUTH_SSL_CLIENT_CAFILE and _CADIR. */
    readonly files: readonly string[];
    readonly directory: string | undefined;
    /** False: those of the system do not count (AUTH_SSL_CLIENT_USE_DEFAULT_CAS). */
    readonly system: boolean;
    /** File of hosts that HTCondor's tools have come to know. */
    readonly knownHosts: string;
    /** SSL_CERT_FILE: the system's, for OpenSSL. */
    readonly certificateFile: string | undefined;
}
/**
 * What TLS needs for a server. The authorities of the input are read at once, so that what is wrong with them is told
 * before any connection; the system's when a handshake begins.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE.
 */
export declare function loadTrust(source: TrustSource, host: Host): (own: ClientCertificate | undefined) => TlsFor;
/**
 * The certificate that HTCondor's tools have been told to trust for a host: the first line for it counts, and `!` in
 * front means that it was seen but not trusted (htcondor::get_known_hosts_first_match).
 */
export declare function knownCertificate(file: string, serverName: string, host: Host): string | undefined;
