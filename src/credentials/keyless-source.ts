import type { Secret } from '../runtime/secret.ts';
import type { ProxySettings } from './http-proxy.ts';

/** The job's own OIDC token, and a service that makes one for the pool of it, or of a SciToken; one of them at least. */
export interface KeylessSource {
  /** Undefined: a SciToken among the credentials is what the service is shown. */
  readonly job: JobSource | undefined;
  /** Undefined: the job's token is the SciToken. */
  readonly service: TokenServiceSource | undefined;
  /** How both are reached. */
  readonly proxies: ProxySettings;
  /** NODE_EXTRA_CA_CERTS: a file of CA certificates that count for both. */
  readonly extraCertificates: string | undefined;
}

/** How a token service is asked (RFC 8693; RFC 6749 with RFC 7523, section 2.2; RFC 7523, section 2.1). */
export const TOKEN_GRANTS = ['token-exchange', 'client-credentials', 'jwt-bearer'] as const;
export type TokenGrant = (typeof TOKEN_GRANTS)[number];

export interface TokenServiceSource {
  readonly url: URL;
  readonly grant: TokenGrant;
  /** Sent along; undefined: the service decides. */
  readonly lifetimeSeconds: number | undefined;
  readonly identity: string | undefined;
  readonly userAgent: string;
}

export interface JobSource {
  readonly audience: string;
  readonly userAgent: string;
  /** Where the runner gives it, and with what; undefined: this job may not have one. */
  readonly runner: { readonly url: URL; readonly bearer: Secret } | undefined;
}
