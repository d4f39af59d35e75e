import type { Secret } from '../../secret.ts';
import type { AuthMethod } from '../method.ts';
/**
 * MUNGE: a credential of the local `munged`, which the one on the daemon's machine can open (condor_auth_munge.cpp).
 *
 * It proves nothing about the daemon. `encode` makes a new credential for each use: `munged` takes one only once.
 */
export declare function munge(encode: () => Promise<Secret>): AuthMethod;
