import type { Host } from '../../host.ts';
import type { BearerToken } from '../../token/bearer.ts';
import type { AuthMethod } from '../method.ts';
import { type TlsFor } from './ssl.ts';
/** The server reads length and token with one SSL_read, so both have to fit into one TLS record. */
export declare const MAX_SCITOKEN_LENGTH = 16380;
/**
 * SCITOKENS: a bearer token through TLS, after the server has proven itself by its certificate (cedar-rfc §5.4.5;
 * Condor_Auth_SSL with scitokens_mode in C++).
 */
export declare function scitokens(token: BearerToken, tlsFor: TlsFor, host: Host): AuthMethod;
