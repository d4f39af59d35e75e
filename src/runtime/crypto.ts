import type * as Crypto from 'node:crypto';

/**
 * Returns node:crypto, which is loaded on first use. Loading the module takes a tenth of the command's startup time,
 * but the client does this while it waits for the TCP connection to the daemon (transport/dial.ts).
 */
export const crypto = (): typeof Crypto => process.getBuiltinModule('node:crypto');
