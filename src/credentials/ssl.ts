import type { KeyObject, X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialError } from '../errors.ts';
import { readBounded } from '../runtime/bounded-file.ts';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { distinguishedName } from '../runtime/printable.ts';
import { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { AuthMethod } from '../security/method.ts';
import { ssl, type TlsFor } from '../security/methods/ssl.ts';
import { pastedPem } from './pasted.ts';
import { exposedKind, reasonOf, unreadable } from './private-file.ts';

/**
 * PEM text or the path of a PEM file. `name` is the name of the input. The path is a Secret if it could actually be a
 * key that was pasted incorrectly.
 */
export type PemSource = { readonly name: string } & ({ readonly text: Secret } | { readonly path: string | Secret });

/**
 * The client certificate from the inputs, or the candidates from HTCondor's configuration. The last usable candidate is
 * used.
 */
export type CertificateSource =
  | { readonly given: true; readonly certificate: PemSource; readonly key: PemSource }
  | { readonly given: false; readonly pairs: readonly { readonly certificate: string; readonly key: string }[] };

export interface ClientCertificate {
  /** The client certificate, followed by its intermediate CA certificates. */
  readonly chain: string;
  readonly key: Secret;
  readonly onUnverified: (() => void) | undefined;
  readonly label: string;
  readonly source: string;
}

/** Maximum size of a certificate file, in bytes. The CA bundle of a typical system is about 250 kB. */
export const MAX_PEM_BYTES = 8 * 1024 * 1024;
/** Maximum number of files that are read from a directory of CA certificates. */
const MAX_FILES = 4096;
/** Minimum size of an RSA key in bits, as required by OpenSSL's default security level. */
const MIN_RSA_BITS = 2048;
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/;

/**
 * Returns the SSL method with the client certificate from a source, or the reason why there is no certificate.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the certificate from the inputs is unusable.
 */
export function loadCertificate(
  source: CertificateSource,
  tlsFor: (own: ClientCertificate) => TlsFor,
  host: Host,
): AuthMethod | Unavailable {
  const method = (own: ClientCertificate) => ssl(own.label, tlsFor(own), own.source);
  if (source.given) {
    const onUnverified = () =>
      host.log.warn(
        'The daemon does not support TLS 1.3, so the client sends its certificate in cleartext and before it verifies the daemon. The administrator should enable TLS 1.3',
      );
    return method({ ...readPair(source.certificate, source.key, host), onUnverified });
  }
  const reasons: string[] = [];
  let kind: 'file-exposed' | undefined;
  for (const { certificate, key } of source.pairs.toReversed()) {
    try {
      return method(
        readPair(
          { name: 'AUTH_SSL_CLIENT_CERTFILE', path: certificate },
          { name: 'AUTH_SSL_CLIENT_KEYFILE', path: key },
          host,
        ),
      );
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      reasons.push(error.message);
      if (error.reason === 'file-exposed') kind = error.reason;
    }
  }
  return new Unavailable(
    reasons.join('; ') || 'no client certificate was provided, and SSL authenticates no identity without one',
    kind,
  );
}

/**
 * Reason that is reported for an unusable certificate or key, unless the problem is the validity period or the file's
 * permissions.
 */
const UNREADABLE = 'certificate-unreadable';

function readPair(certificateSource: PemSource, keySource: PemSource, host: Host): ClientCertificate {
  const certificates = readPem(certificateSource);
  const chain = readCertificates(certificates, certificateSource.name);
  const key = readKey(keySource, host);
  const [own] = chain;
  if (own === undefined) throw unreadable(UNREADABLE, certificateSource.name, 'it contains no PEM certificate');
  checkUsable(own, key.object, certificateSource.name);
  const subject = distinguishedName(own.subject, 'an empty subject');
  if (!own.checkPrivateKey(key.object))
    throw unreadable(UNREADABLE, keySource.name, `the key does not match the certificate of ${subject}`);
  const [from, to] = [new Date(own.validFrom), new Date(own.validTo)];
  if (to <= host.now())
    throw unreadable(
      'certificate-expired',
      certificateSource.name,
      `the certificate of ${subject} expired at ${to.toISOString()}`,
    );
  if (from > host.now())
    throw unreadable(
      'certificate-expired',
      certificateSource.name,
      `the certificate of ${subject} is not valid before ${from.toISOString()}`,
    );
  return {
    chain: chain.map((each) => each.toString()).join('\n'),
    key: key.pem,
    onUnverified: undefined,
    label: `${certificateSource.name} (${subject})`,
    source: certificateSource.name,
  };
}

/** Rejects certificates that the TLS library of the client or the daemon would reject. */
function checkUsable({ keyUsage }: X509Certificate, key: KeyObject, name: string): void {
  const { modulusLength } = key.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS)
    throw unreadable(UNREADABLE, name, `its RSA key has ${modulusLength} bits; TLS requires at least ${MIN_RSA_BITS}`);
  // `keyUsage` is undefined if the certificate has no extended key usage. Such a certificate is unrestricted.
  const purposes = keyUsage as readonly string[] | undefined;
  if (purposes !== undefined && !purposes.includes(CLIENT_AUTH) && !purposes.includes(ANY_USAGE))
    throw unreadable(
      UNREADABLE,
      name,
      'the certificate is not valid for TLS clients (its extended key usage lacks clientAuth)',
    );
}

function readKey(source: PemSource, host: Host) {
  const [pem, kind = ''] = PRIVATE_KEY.exec(readPem(source)) ?? [];
  if (pem === undefined)
    throw unreadable(
      UNREADABLE,
      source.name,
      `it contains no PEM private key${source.name === 'client-certificate' ? ', and client-key is not set' : ''}`,
    );
  const secret = new Secret(pem);
  host.mask(secret);
  if (kind.includes('ENCRYPTED') || pem.includes('Proc-Type: 4,ENCRYPTED')) {
    throw unreadable(
      UNREADABLE,
      source.name,
      'the key is encrypted with a passphrase; decrypt it: openssl pkey -in KEY -out PLAIN',
    );
  }
  try {
    return { pem: secret, object: crypto().createPrivateKey(pem) };
  } catch {
    throw unreadable(UNREADABLE, source.name, 'the private key cannot be parsed'); // the cause could quote the key
  }
}

/** Parses all certificates in a PEM text. @throws CredentialError if a certificate is invalid. */
export function readCertificates(text: string, name: string): readonly X509Certificate[] {
  return (text.match(CERTIFICATE) ?? []).map((pem) => {
    try {
      return new (crypto().X509Certificate)(pem);
    } catch {
      throw unreadable(UNREADABLE, name, 'it contains a certificate that cannot be parsed');
    }
  });
}

function readPem(source: PemSource): string {
  if ('text' in source) return source.text.reveal();
  try {
    return pastedPem(readBounded(pathOf(source), MAX_PEM_BYTES).toString('latin1'));
  } catch (error) {
    const what =
      typeof source.path === 'string' ? source.path : 'the value is not PEM, and reading it as a path failed';
    throw unreadable(exposedKind(error) ?? UNREADABLE, source.name, `${what}: ${reasonOf(error)}`);
  }
}

function pathOf({ path }: { readonly path: string | Secret }): string {
  return typeof path === 'string' ? path : path.reveal();
}

/**
 * Reads all certificates from a text, from a file, or from the files of a directory. If a file of the directory
 * contains no usable certificate, `skip` is called with the reason.
 */
export function readAuthorities(source: PemSource, skip: (reason: string) => void): readonly string[] {
  const pem = (text: string) => readCertificates(text, source.name).map((each) => each.toString());
  const files = 'text' in source ? undefined : filesIn(pathOf(source));
  const found =
    files === undefined
      ? pem(readPem(source))
      : files.flatMap((path) => {
          try {
            const certificates = pem(readPem({ name: source.name, path }));
            if (certificates.length === 0) skip(`${path}: it contains no PEM certificate`);
            return certificates;
          } catch (error) {
            if (!(error instanceof CredentialError)) throw error;
            skip(`${path}: ${error.message}`);
            return [];
          }
        });
  if (found.length > 0) return found;
  throw unreadable(UNREADABLE, source.name, 'it contains no PEM certificate');
}

/** Returns the files of a directory, or the path itself if it is not a directory. */
export function filesOf(path: string): readonly string[] {
  return filesIn(path) ?? [path];
}

/** Returns the files of a directory; undefined if the path is not a directory. */
function filesIn(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((each) => each.isFile() || each.isSymbolicLink())
      .slice(0, MAX_FILES)
      .map(({ name }) => join(path, name));
  } catch {
    return undefined;
  }
}
