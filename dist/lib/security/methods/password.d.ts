import type { Host } from '../../host.ts';
import type { Secret } from '../../secret.ts';
import type { AuthMethod } from '../method.ts';
/**
 * PASSWORD: both sides prove that they know the pool password (cedar-rfc §5.3, version 1 of AKEP2).
 *
 * `secret` has a byte in each character; `source` says where it came from.
 */
export declare function password(secret: Secret, source: string, host: Host): AuthMethod;
