/** What the library accepts and returns. */

import type { Secret } from '../runtime/secret.ts';
import type { IdToken } from '../token/jwt.ts';

declare global {
  /** Declared for projects that use neither the `dom` library nor Node's types; merged with theirs otherwise. */
  interface AbortSignal {}
}

/** Options of checkFetch: the daemon, the credentials, and what to request. */
export interface CheckOptions {
  /**
   * The collector: `host`, `host:port`, `[v6]:port`, a sinful string, or a list of them separated by commas, tried in
   * order. Default: COLLECTOR_HOST of HTCondor's configuration.
   */
  readonly pool?: string | undefined;
  /** Name of the daemon, as in its ad. Default: the only daemon of its type in the pool. */
  readonly name?: string | undefined;
  /** Type of the daemon: `schedd`, `collector` and so on. Default: `schedd`. */
  readonly type?: string | undefined;
  /**
   * Sinful string or `host:port` of the daemon; no collector is queried. With `pool` or `name`, `host:port` is the local
   * end of a tunnel to the daemon.
   */
  readonly address?: string | undefined;
  /** Authorization levels that the token is restricted to, such as `['READ', 'WRITE']`. Default: no restriction. */
  readonly authz?: readonly string[] | undefined;
  /** Lifetime of the token in seconds, or `unlimited` for a token without expiry. Default: 3600. */
  readonly lifetime?: number | 'unlimited' | undefined;
  /**
   * Authentication methods in order of preference: IDTOKENS, SCITOKENS, SSL, KERBEROS, PASSWORD, FS, MUNGE. Default: those with a
   * credential below; if there is none, those of HTCondor's configuration, in the daemon's order.
   */
  readonly authenticationMethods?: readonly string[] | undefined;
  /** IDTOKENs to authenticate with, one per line. Default: those of HTCondor's token directory. */
  readonly idtoken?: string | undefined;
  /** A SciToken or WLCG token. Default: WLCG bearer token discovery. */
  readonly scitoken?: string | undefined;
  /** Audience of the CI job's own OIDC token, which becomes the bearer token. Default: no OIDC token is requested. */
  readonly oidcAudience?: string | undefined;
  /**
   * URL of a token service that exchanges the bearer token for another one. An IDTOKEN in its response is the result; a
   * SciToken is the credential for the fetch.
   */
  readonly tokenService?: string | undefined;
  /** Grant type for that service. Default: `token-exchange` (RFC 8693); the others are for Keycloak (RFC 7523). */
  readonly tokenGrant?: 'token-exchange' | 'client-credentials' | 'jwt-bearer' | undefined;
  /** Client certificate for SSL with its chain: PEM text, or a path. */
  readonly clientCertificate?: string | undefined;
  /** Private key of the client certificate: PEM text, or a path. Default: the key in `clientCertificate`. */
  readonly clientKey?: string | undefined;
  /** Keytab of a Kerberos client: a path, or its base64. Default: KRB5_CLIENT_KTNAME, if KERBEROS is chosen. */
  readonly kerberosKeytab?: string | undefined;
  /** Kerberos principal of the client, `name@REALM`. Default: the first of the keytab or the cache. */
  readonly kerberosPrincipal?: string | undefined;
  /** Password of that principal. */
  readonly kerberosPassword?: string | undefined;
  /** Credential cache: `FILE:`, `DIR:` or a path. Default: KRB5CCNAME or the system's, if KERBEROS is chosen. */
  readonly kerberosCache?: string | undefined;
  /** CA certificates to trust in addition to the system's: PEM text, or the path of a file or directory. */
  readonly caCertificate?: string | undefined;
  /** Host name that the daemon's certificate must carry. Default: the host name of the daemon's address. */
  readonly serverName?: string | undefined;
  /** The pool password. */
  readonly password?: string | undefined;
  /** Fail, and write nothing, unless the token carries exactly this identity, `user@domain`. */
  readonly expectedIdentity?: string | undefined;
  /** Fail, and write nothing, unless exactly this trust domain issued the token. */
  readonly expectedTrustDomain?: string | undefined;
  /** Time limit for everything, in milliseconds, from 1 to one day. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Aborts the call when the signal is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called with every secret before it is used, so that the caller can hide it in logs. */
  readonly onSecret?: ((secret: Secret) => void) | undefined;
  /** Called with one printable line for each event. Lines contain no secrets. */
  readonly onLog?: ((level: 'debug' | 'info' | 'notice' | 'warn', line: string) => void) | undefined;
}

/** Options of fetchToken. Each has the meaning of the Action's input of the same name. */
export interface FetchOptions extends CheckOptions {
  /**
   * `fetch` requests a token for the credential's own identity. `request` requests one for `identity`, which an
   * administrator must approve; `onLog` receives the command for the approval. `exchange` exchanges the SciToken for an
   * IDTOKEN first. Default: `fetch`.
   */
  readonly mode?: 'fetch' | 'request' | 'exchange' | undefined;
  /** With `mode: 'request'`, the identity to request, `user@domain`. */
  readonly identity?: string | undefined;
  /** Name of the signing key. Default: the daemon's default key. */
  readonly key?: string | undefined;
  /** The collector fetches the token of the schedd, which excludes `key`. Default: false. */
  readonly remote?: boolean | undefined;
  /** Reconnect with the new token and ask the daemon whether it authorizes each level of `authz`. Default: false. */
  readonly verify?: boolean | undefined;
  /** What to do if the daemon grants less than requested. Default: `warn`. */
  readonly onReduced?: 'warn' | 'fail' | 'ignore' | undefined;
  /** Write the token to this file with mode 0600. Default: the token is only returned. */
  readonly file?: string | undefined;
  /** Number of retries after a transient failure, within the time limit. Default: 3. */
  readonly retries?: number | undefined;
}

/** A token that the daemon issued and that passed every check, and how it was fetched. */
export interface FetchedToken {
  /** The token with its claims. `token.jwt.reveal()` returns the JWT itself. */
  readonly token: IdToken;
  /** One sentence for each way in which the daemon granted less than requested; empty if it granted everything. */
  readonly reductions: readonly string[];
  /** Name in the daemon's ad; empty if no collector was queried. */
  readonly daemonName: string;
  /** Sinful string of the daemon that issued the token; with `remote`, of the collector; empty if a token service issued it. */
  readonly daemonAddress: string;
  /** HTCondor version of that daemon, such as `25.14.1`; empty if the daemon did not send it. */
  readonly daemonVersion: string;
  /** The version as the daemon sends it, `$CondorVersion: … $`. */
  readonly daemonVersionText: string;
  /** `IDTOKENS`, `SSL` and so on; `token-service` if a token service issued the token. */
  readonly authenticationMethod: string;
  /** Source of the credential that the daemon accepted: an input, a file, a variable, `this account`. */
  readonly credentialSource: string;
  /** How far the daemon's clock is ahead of the local clock, in seconds; negative if it is behind. */
  readonly clockSkewSeconds: number;
  /** Network round trips that were waited for, TCP connections included. */
  readonly roundTrips: number;
  /** File that the token was written to; undefined if it was not written. */
  readonly path: string | undefined;
  /** Outermost directory that was created for that file; undefined if none was created. */
  readonly directoryMade: string | undefined;
}

/** What a check found. A fetch with the same options would succeed. */
export interface CheckResult {
  /** Identity that the daemon assigns to the credential, `user@domain`. */
  readonly identity: string;
  readonly trustDomain: string;
  /** Name in the daemon's ad; empty if no collector was queried. */
  readonly daemonName: string;
  /** Sinful string of the daemon. */
  readonly daemonAddress: string;
  /** HTCondor version of the daemon, such as `25.14.1`; empty if the daemon did not send it. */
  readonly daemonVersion: string;
  readonly authenticationMethod: string;
  /** Source of the credential that the daemon accepted: an input, a file, a variable, `this account`. */
  readonly credentialSource: string;
  /** Authorization levels that the daemon allows to this identity with this credential. */
  readonly allowed: readonly string[];
  /** Authorization levels that the daemon denies. */
  readonly refused: readonly string[];
  /** Facts that a fetch depends on and a check cannot determine. */
  readonly notChecked: readonly string[];
}
