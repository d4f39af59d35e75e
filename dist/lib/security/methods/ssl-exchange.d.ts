import type { MessageChannel } from '../../wire/message-channel.ts';
import { type MethodName } from '../method.ts';
import { type TlsOptions } from './tls-tunnel.ts';
/** Whom to believe, and what to show. */
export interface SslCredential {
    readonly method: MethodName;
    readonly label: string;
    /** Host name that the server's certificate must carry. */
    readonly serverName: string;
    /** Asked for when the method is really used: reading the system's authorities takes a while. */
    readonly tls: () => Promise<TlsOptions>;
}
/** One run of the exchange, from hello to the key. */
export declare class SslExchange {
    #private;
    constructor(credential: SslCredential);
    /** Hello, and the first words of TLS with it: the server's hello is known but for an error. */
    open(channel: MessageChannel): Promise<void>;
    /**
     * The rest. When it is through, the server is proven and waits for our word in the phase key: `hold()`.
     *
     * @throws MethodRefused the server refuses us.
     * @throws AuthenticationError ERR_SERVER_UNPROVEN.
     */
    prove(channel: MessageChannel): Promise<void>;
    /** Our last word in the phase key. */
    hold(channel: MessageChannel): void;
    /** Sends something through the tunnel. */
    say(channel: MessageChannel, plaintext: Uint8Array): Promise<void>;
    close(): void;
}
/** The status message that a server has left to say after a credential was sent through the tunnel. */
export declare function putHolding(message: Parameters<Parameters<MessageChannel['send']>[0]>[0]): void;
/** Whether the server says HOLDING too, where it has nothing else to say. */
export declare function serverHolds(channel: MessageChannel): Promise<boolean>;
