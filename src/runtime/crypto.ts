import type * as Crypto from 'node:crypto';

/**
 * Node's crypto, loaded when it is first used. That takes a tenth of the command's start, and passes while a connection to
 * the daemon is made (transport/connect.ts).
 */
export const crypto = (): typeof Crypto => process.getBuiltinModule('node:crypto');
