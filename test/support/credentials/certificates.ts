/** Creates certificates for tests: CAs, hosts, users, and X.509 proxies of users (RFC 3820). */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const { subtle } = webcrypto;
type KeyPair = webcrypto.CryptoKeyPair;
x509.cryptoProvider.set(webcrypto as never); // the declared type is the browser's type

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 60 * 60 * 1000;

/** A certificate and its private key, as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

export interface Wish {
  /** The subject, such as `CN=alice, O=Org`. */
  readonly subject: string;
  /** DNS names and IP addresses of the certificate. */
  readonly hosts?: readonly string[];
  readonly addresses?: readonly string[];
  /** Object identifiers of the extended key usage. By default, the certificate has no such extension. */
  readonly usages?: readonly string[];
  /** Start of the validity, in hours from now. By default, a certificate is valid from one hour ago until tomorrow. */
  readonly from?: number;
  readonly to?: number;
}

interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: KeyPair;
}

export class Authority {
  readonly #own: Issued;

  private constructor(own: Issued) {
    this.#own = own;
  }

  static async create(name = 'CN=Test Authority'): Promise<Authority> {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      ...{ name, keys, signingAlgorithm: ALGORITHM, ...validity({}) },
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new Authority({ certificate, keys });
  }

  /** The CA certificate, as PEM. */
  get certificate(): string {
    return pem(this.#own.certificate);
  }

  /** The CA certificate in the format of known_hosts. */
  get base64(): string {
    return Buffer.from(this.#own.certificate.rawData).toString('base64');
  }

  async issue(wish: Wish): Promise<Identity> {
    return await identity(await this.#issue(wish));
  }

  /** Issues a certificate with a SHA-1 signature, which OpenSSL refuses to use. */
  async issueWeakly(wish: Wish): Promise<Identity> {
    return await identity(await this.#issue(wish, { ...ALGORITHM, hash: 'SHA-1' }));
  }

  /**
   * Issues an X.509 proxy. As grid tools do, combines the proxy certificate, its key and the user certificate in one
   * PEM text.
   */
  async proxy(wish: Wish): Promise<string> {
    const owner = await this.#issue(wish);
    const keys = await generateKeys();
    const proxyPolicy = Buffer.from('300c300a06082b06010505071501', 'hex'); // id-ppl-inheritAll (RFC 3820)
    const certificate = await x509.X509CertificateGenerator.create({
      ...{ subject: `${owner.certificate.subject}, CN=12345`, issuer: owner.certificate.subject },
      ...{ publicKey: keys.publicKey, signingKey: owner.keys.privateKey, signingAlgorithm: ALGORITHM, ...validity({}) },
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.Extension('1.3.6.1.5.5.7.1.14', true, proxyPolicy),
      ],
    });
    const own = await identity({ certificate, keys });
    return `${own.certificate}\n${own.key}\n${pem(owner.certificate)}\n`;
  }

  async #issue(wish: Wish, signingAlgorithm = ALGORITHM): Promise<Issued> {
    const { subject } = wish;
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...{ subject, issuer: this.#own.certificate.subject, publicKey: keys.publicKey },
      ...{ signingKey: this.#own.keys.privateKey, signingAlgorithm, ...validity(wish) },
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.AuthorityKeyIdentifierExtension.create(this.#own.keys.publicKey),
        ...names(wish),
        ...(wish.usages === undefined ? [] : [new x509.ExtendedKeyUsageExtension([...wish.usages])]),
      ],
    });
    return { certificate, keys };
  }
}

/** Creates a self-signed certificate. */
export async function selfSigned(wish: Wish): Promise<Identity> {
  const keys = await generateKeys();
  const { subject: name } = wish;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name, keys, signingAlgorithm: ALGORITHM, ...validity(wish), extensions: names(wish) },
  });
  return await identity({ certificate, keys });
}

/** Creates a certificate with a 512-bit key, which current OpenSSL versions reject. */
export async function weakIdentity(): Promise<Identity> {
  const rsa = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 512,
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  const keys = await subtle.generateKey(rsa, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...{ name: 'CN=weak', keys, signingAlgorithm: rsa, ...validity({}) },
  });
  return await identity({ certificate, keys });
}

function names({ hosts = [], addresses = [] }: Wish): x509.Extension[] {
  const all = [
    ...hosts.map((value) => ({ type: 'dns' as const, value })),
    ...addresses.map((value) => ({ type: 'ip' as const, value })),
  ];
  return all.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(all)];
}

function validity({ from = -1, to = 24 }: Pick<Wish, 'from' | 'to'>) {
  const now = Date.now();
  return { notBefore: new Date(now + from * HOUR_MS), notAfter: new Date(now + to * HOUR_MS) };
}

async function generateKeys(): Promise<KeyPair> {
  return await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function identity({ certificate, keys }: Issued): Promise<Identity> {
  const key = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g)?.join('\n') ?? '';
  return { certificate: pem(certificate), key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n` };
}

function pem(certificate: x509.X509Certificate): string {
  return certificate.toString('pem');
}
