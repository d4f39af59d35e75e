import { createHmac, hkdfSync, randomBytes, randomUUID } from 'node:crypto';

interface Grant {
  readonly subject: string;
  readonly issuer: string;
  /** Authorization levels of the token; empty if it is unrestricted. */
  readonly authz?: readonly string[];
  /** Lifetime in seconds; undefined if the token never expires. */
  readonly lifetime?: number | undefined;
  /** Issue time in seconds since 1970. Default: now. */
  readonly issuedAt?: number;
}

/** A pool's signing key. It issues IDTOKENS (Condor_Auth_Passwd::generate_token) and computes their signatures. */
export class SigningKey {
  readonly id: string;
  readonly #jwtKey: Uint8Array;

  /**
   * `secret` is the descrambled content of the key file. As HTCondor does for compatibility with pool passwords, the
   * constructor doubles the key if it is named POOL.
   */
  constructor(id = 'POOL', secret: Uint8Array = randomBytes(64)) {
    this.id = id;
    const material = id === 'POOL' ? Buffer.concat([secret, secret]) : secret;
    this.#jwtKey = new Uint8Array(hkdfSync('sha256', material, 'htcondor', 'master jwt', 32));
  }

  get jwtKey(): Uint8Array {
    return this.#jwtKey;
  }

  /** Returns the signature as 32 raw bytes. */
  signature(signedText: string): Uint8Array {
    return createHmac('sha256', this.#jwtKey).update(signedText).digest();
  }

  issue({ subject, issuer, authz = [], lifetime, issuedAt = Math.floor(Date.now() / 1000) }: Grant): string {
    return this.sign({
      ...(lifetime === undefined ? {} : { exp: issuedAt + lifetime }),
      ...{ iat: issuedAt, iss: issuer, jti: randomUUID().replaceAll('-', '') },
      ...(authz.length === 0 ? {} : { scope: authz.map((level) => `condor:/${level}`).join(' ') }),
      sub: subject,
    });
  }

  /** Signs a token with exactly these claims. */
  sign(claims: Readonly<Record<string, unknown>>, header: object = { alg: 'HS256', kid: this.id }): string {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signedText = `${encode(header)}.${encode(claims)}`;
    return `${signedText}.${Buffer.from(this.signature(signedText)).toString('base64url')}`;
  }
}
