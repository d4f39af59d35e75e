import type { X509Certificate } from 'node:crypto';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { type TlsFor } from '../security/methods/ssl.ts';
/**
 * PEM given as such, or the path of a file with it; `name` is that of the input. What was given for a path may be a key
 * that was garbled on its way, so it is as secret as the key.
 */
export type PemSource = {
    readonly name: string;
} & ({
    readonly text: Secret;
} | {
    readonly path: string | Secret;
});
/** The client certificate of the inputs, or those of HTCondor's configuration, of which the last readable one counts. */
export type CertificateSource = {
    readonly given: true;
    readonly certificate: PemSource;
    readonly key: PemSource;
} | {
    readonly given: false;
    readonly pairs: readonly {
        readonly certificate: string;
        readonly key: string;
    }[];
};
export interface ClientCertificate {
    /** The certificate and those that it needs above it. */
    readonly chain: string;
    readonly key: Secret;
    readonly label: string;
}
/**
 * SSL with the client certificate of a source; a string says why there is none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the one of the inputs is of no use.
 */
export declare function loadCertificate(source: CertificateSource, tlsFor: (own: ClientCertificate) => TlsFor, host: Host): AuthMethod | string;
/** PEM of all certificates in a text. @throws CredentialError if one of them is broken. */
export declare function readCertificates(text: string, name: string): readonly X509Certificate[];
/** All certificates in a text, a file, or the files of a directory. */
export declare function readAuthorities(source: PemSource): readonly string[];
/** The files of a directory; what is none stands for itself. */
export declare function filesOf(path: string): readonly string[];
