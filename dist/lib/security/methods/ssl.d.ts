import type { AuthMethod } from '../method.ts';
import type { TlsOptions } from './tls-tunnel.ts';
/** Gives what TLS needs for one server; asked when it is used. */
export type TlsFor = (serverName: string) => Promise<TlsOptions>;
/** A certificate without a name to check it against proves nothing. */
export declare const NO_SERVER_NAME = "no host name is known that its certificate must carry: give server-name, or the host by its name and not by its number";
/**
 * SSL: TLS with certificates of both sides (cedar-rfc §5.4). `label` says which certificate is ours.
 */
export declare function ssl(label: string, tlsFor: TlsFor): AuthMethod;
