import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { crypto } from '../runtime/crypto.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { Mint } from '../security/methods/idtokens.ts';
import { maskJwt, parseCredentialToken } from '../token/jwt.ts';
import { readPrivateFile, reasonOf } from './private-file.ts';

/** HTCondor's signing keys, and the trust domain of the tokens that they sign. */
export interface SigningKeys {
  readonly trustDomain: string | undefined;
  /** Path of the POOL key's file, from SEC_TOKEN_POOL_SIGNING_KEY_FILE. */
  readonly poolKeyFile: string | undefined;
  /**
   * Path of the directory for all other keys, from SEC_PASSWORD_DIRECTORY. The name of each file is the name of the
   * key.
   */
  readonly keyDirectory: string | undefined;
}

/** Identity of clients that use a signing key (CONDOR_PASSWORD_FQU). */
const IDENTITY = 'condor@password';
const LIFETIME_SECONDS = 60;

/**
 * Returns a function that uses a signing key on this host to issue a token for one session. HTCondor's tools do the
 * same for root if no stored token fits (Condor_Auth_Passwd::fetchLogin). Returns undefined if no key is readable.
 */
export function mintWith({ trustDomain, poolKeyFile, keyDirectory }: SigningKeys, host: Host): Mint | undefined {
  const pathOf = (id: string) =>
    id === 'POOL' ? poolKeyFile : keyDirectory && /^[\w.-]+$/.test(id) ? join(keyDirectory, id) : undefined;
  if (!isReadable(poolKeyFile) && !isReadable(keyDirectory)) return undefined;
  return (server) => {
    if (trustDomain === undefined || server.trustDomain !== trustDomain) return undefined;
    for (const id of server.issuerKeys) {
      const path = pathOf(id);
      if (path === undefined || !isReadable(path)) continue;
      try {
        const jwt = sign(id, descramble(readPrivateFile(path)), trustDomain, host);
        maskJwt(jwt, host);
        return { token: parseCredentialToken(jwt), source: `a token signed with the key ${path}`, chosen: true };
      } catch (error) {
        host.log.debug(`credentials: skipped the key ${path}: ${reasonOf(error)}`);
      }
    }
    return undefined;
  };
}

/**
 * Signs a token with HS256 and a key that is derived from the key file (Condor_Auth_Passwd::generate_token). The POOL
 * key is first concatenated with itself, because HTCondor treats it as a pool password.
 */
function sign(id: string, key: Uint8Array, issuer: string, host: Host): Secret {
  const material = id === 'POOL' ? Buffer.concat([key, key]) : key;
  const jwtKey = new Uint8Array(crypto().hkdfSync('sha256', material, 'htcondor', 'master jwt', 32));
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const now = Math.floor(host.now().getTime() / 1000);
  const jti = Buffer.from(host.randomBytes(16)).toString('hex');
  const claims = { exp: now + LIFETIME_SECONDS, iat: now, iss: issuer, jti, sub: IDENTITY };
  const signedText = `${encode({ alg: 'HS256', kid: id })}.${encode(claims)}`;
  return new Secret(`${signedText}.${crypto().createHmac('sha256', jwtKey).update(signedText).digest('base64url')}`);
}

/** Decodes HTCondor's key and password files (simple_scramble). The encoding provides no protection. */
export function descramble(bytes: Uint8Array): Uint8Array {
  const mask = [0xde, 0xad, 0xbe, 0xef];
  return bytes.map((byte, at) => byte ^ (mask[at % mask.length] ?? 0));
}

function isReadable(path: string | undefined): boolean {
  if (path === undefined) return false;
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
