import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';

/** The audience of SciTokens for test pools. */
export const AUDIENCE = 'condor://pool.test';

/** The signing key of a SciToken issuer. */
export class SciTokenKey {
  readonly url: string;
  readonly #private: KeyObject;
  readonly #public: KeyObject;

  constructor(url: string) {
    this.url = url;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#private = privateKey;
    this.#public = publicKey;
  }

  get jwk(): JsonWebKey {
    return { ...this.#public.export({ format: 'jwk' }), kid: 'key', alg: 'ES256', use: 'sig' };
  }

  /** Issues a SciToken for `subject`. Omits claims that are undefined. */
  issue(subject: string, claims: Readonly<Record<string, unknown>> = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const all = {
      ...{ iss: this.url, sub: subject, aud: AUDIENCE, iat: now, nbf: now, exp: now + 600, jti: randomUUID() },
      ...{ ver: 'scitoken:2.0', scope: 'condor:/READ condor:/WRITE', ...claims },
    };
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const text = `${encode({ alg: 'ES256', kid: 'key', typ: 'JWT' })}.${encode(all)}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.#private, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }

  /** Returns whether a token is signed with this key. */
  signed(jwt: string): boolean {
    const [header, payload, signature = ''] = jwt.split('.');
    const key = { key: this.#public, dsaEncoding: 'ieee-p1363' } as const;
    return verify('sha256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url'));
  }
}
