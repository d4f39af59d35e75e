import type * as Crypto from 'node:crypto';

/**
 * Returns node:crypto, loaded on first use. Loading takes a tenth of the command's startup time and overlaps the wait
 * for the TCP connection to the daemon (transport/dial.ts).
 */
export const crypto = (): typeof Crypto => process.getBuiltinModule('node:crypto');
