import type { SecurableChannel } from '../wire/message-channel.ts';
/** What it takes to come back to a session: the daemon's name for it, and its key, which nobody sees. */
export declare class Resumption {
    #private;
    readonly sid: string;
    /** `key`: 32 bytes. */
    constructor(sid: string, key: Uint8Array);
    protect(channel: SecurableChannel): void;
}
