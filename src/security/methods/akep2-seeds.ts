/**
 * The two public constants of HTCondor's AKEP2, 256 bytes each (Condor_Auth_Passwd::setup_seed). They separate the keys
 * that are derived from one secret.
 */
const decode = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

/** Salt for K, the key with which both sides authenticate. */
export const SEED_A: Uint8Array = decode(
  'PkpQIEfV9OXcfGm7UhDLthZ63YCE992e860synHSg90RSk+7ex7pCt+oYsRDBN5Uc6MXL3NcLLtud1tdQNOfrOhzGCUj+SUr' +
    'Yjvg1LFno6gEDKz+6e49oCwKu/TZ2LEfiQBMlDkjzl2VCLs/BLxmo/ogoTpBbF5vTg0xh9Rfx4M1xeSF2yxaNxeXDMJue2ud' +
    'GWW0emffd6MfIvCKbAulcJeiGpynxgQk9yc5q1y5FaQYW9EJgo415CEIq4UcCKPf/eDjsG89OTjNrW3275pvbcLLdPAihRLr' +
    'ej1oIwEGhLAVwSrDAUxPn5OOOE2tHjvXRf+MFB/XC0ZbqK9dG5i0sQ==',
);
