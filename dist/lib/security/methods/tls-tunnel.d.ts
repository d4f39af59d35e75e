import type { Secret } from '../../runtime/secret.ts';
/** What a client shows, and whom it believes. All PEM. */
export interface TlsOptions {
    /** Authorities to believe. */
    readonly authorities: readonly string[];
    /** True if a certificate among them is enough by itself, though it is no root: that of a known host. */
    readonly partialChain: boolean;
    readonly certificate: {
        readonly chain: string;
        readonly key: Secret;
    } | undefined;
    /** Sent in clear, as SNI, which HTCondor ignores; undefined: none. */
    readonly serverName: string | undefined;
}
/** What TLS itself says went wrong, e.g. an alert of the peer. */
export declare class TlsFailure extends Error {
}
/**
 * A TLS client without a socket: what it wants to send is taken from it, what has come is fed to it (§5.4).
 *
 * It verifies the peer's chain but lets the handshake pass all the same: whoever uses it has to ask `distrust` before
 * anything else is believed.
 */
export declare class TlsTunnel {
    #private;
    /**
     * Loads node:tls, which the other methods do not need, and begins the handshake.
     *
     * @throws TlsFailure OpenSSL does not take what we show, such as a key that is too short for it.
     */
    static start(options: TlsOptions): Promise<TlsTunnel>;
    private constructor();
    get established(): boolean;
    /** TLS records that have come. */
    feed(records: Uint8Array): void;
    /** What the engine wants to send next: waits for it. Throws TlsFailure; what there is to send then is still there. */
    output(): Promise<Uint8Array>;
    /** What the engine has to send now, without waiting. */
    pending(): Uint8Array;
    /** Waits for the end of the handshake. Throws TlsFailure. */
    handshake(): Promise<void>;
    /** What the engine says about an alert that was fed to it, if it was one. */
    failure(): Promise<string | undefined>;
    /** Waits for that many bytes from the peer. Throws TlsFailure. */
    read(length: number): Promise<Uint8Array>;
    write(plaintext: Uint8Array): Promise<Uint8Array>;
    /** Why the peer is not who it should be; undefined: it is, by its chain and by its name. */
    distrust(serverName: string): string | undefined;
    close(): void;
}
