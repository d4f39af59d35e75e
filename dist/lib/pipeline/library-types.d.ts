/** Options and results of the library. */
import type { Secret } from '../runtime/secret.ts';
import type { IdToken } from '../token/jwt.ts';
declare global {
    /**
     * Declared for projects that use neither the `dom` library nor Node's types. In other projects, this declaration
     * merges with the existing declaration.
     */
    interface AbortSignal {
    }
}
/** Options of checkFetch, which specify the daemon, the credentials and the requested token. */
export interface CheckOptions {
    /**
     * Address of the collector, as `host`, `host:port`, `[v6]:port` or a sinful string. Several collectors, separated by
     * commas, are tried in order. Default: COLLECTOR_HOST in HTCondor's configuration.
     */
    readonly pool?: string | undefined;
    /** Name of the daemon, as in its ad. Default: the only daemon of its type in the pool. */
    readonly name?: string | undefined;
    /** Type of the daemon: `schedd`, `collector` and so on. Default: `schedd`. */
    readonly type?: string | undefined;
    /**
     * Address of the daemon, as a sinful string or `host:port`. The client connects to this address without querying a
     * collector. If `pool` or `name` is set as well, `host:port` is instead the local end of a tunnel to the daemon, and
     * the daemon itself is located as usual.
     */
    readonly address?: string | undefined;
    /** Authorization levels that the token is restricted to, such as `['READ', 'WRITE']`. Default: no restriction. */
    readonly authz?: readonly string[] | undefined;
    /** Lifetime of the token in seconds, or `unlimited` for a token that never expires. Default: 3600. */
    readonly lifetime?: number | 'unlimited' | undefined;
    /**
     * Authentication methods in order of preference: IDTOKENS, SCITOKENS, SSL, KERBEROS, PASSWORD, FS, MUNGE. Default:
     * the methods for which these options contain a credential. If there are none, the methods in HTCondor's
     * configuration, in the order that the daemon prefers.
     */
    readonly authenticationMethods?: readonly string[] | undefined;
    /** IDTOKENs to authenticate with, one per line. Default: the tokens in HTCondor's token directory. */
    readonly idtoken?: string | undefined;
    /** A SciToken or WLCG token. Default: the token found by WLCG bearer token discovery. */
    readonly scitoken?: string | undefined;
    /**
     * Audience of the OIDC token to request for the CI job. The OIDC token is used as the bearer token. Default: no OIDC
     * token is requested.
     */
    readonly oidcAudience?: string | undefined;
    /**
     * URL of a token service that exchanges the bearer token for another token. If the service returns an IDTOKEN, that
     * token is the result of the call. If the service returns a SciToken, that token is the credential for the fetch.
     */
    readonly tokenService?: string | undefined;
    /**
     * Grant type for `tokenService`. Default: `token-exchange` (RFC 8693). The other grant types are for Keycloak (RFC
     * 7523).
     */
    readonly tokenGrant?: 'token-exchange' | 'client-credentials' | 'jwt-bearer' | undefined;
    /** Client certificate for SSL, followed by its chain, as PEM text or the path of a file. */
    readonly clientCertificate?: string | undefined;
    /**
     * Private key of the client certificate, as PEM text or the path of a file. Default: the key in `clientCertificate`.
     */
    readonly clientKey?: string | undefined;
    /**
     * Keytab of the Kerberos client, as a path or in base64. Default, if KERBEROS is selected: the keytab that
     * KRB5_CLIENT_KTNAME names.
     */
    readonly kerberosKeytab?: string | undefined;
    /**
     * Kerberos principal of the client, `name@REALM`. Default: the first principal in the keytab or the credential cache.
     */
    readonly kerberosPrincipal?: string | undefined;
    /** Password of the Kerberos principal. */
    readonly kerberosPassword?: string | undefined;
    /**
     * Kerberos credential cache, as `FILE:…`, `DIR:…` or a path. Default, if KERBEROS is selected: the cache that
     * KRB5CCNAME names, or the system's default cache if KRB5CCNAME is not set.
     */
    readonly kerberosCache?: string | undefined;
    /**
     * CA certificates to trust in addition to the system's CA certificates, as PEM text or as the path of a file or
     * directory.
     */
    readonly caCertificate?: string | undefined;
    /** Host name that the daemon's certificate must contain. Default: the host name of the daemon's address. */
    readonly serverName?: string | undefined;
    /** The pool password. */
    readonly password?: string | undefined;
    /**
     * Identity that the token must carry, `user@domain`. If the token carries a different identity, the call fails and
     * writes nothing.
     */
    readonly expectedIdentity?: string | undefined;
    /**
     * Trust domain that must issue the token. If a different trust domain issues the token, the call fails and writes
     * nothing.
     */
    readonly expectedTrustDomain?: string | undefined;
    /** Time limit for the whole call, in milliseconds. The maximum is one day. Default: 60,000. */
    readonly timeoutMs?: number | undefined;
    /** Signal that aborts the call. */
    readonly signal?: AbortSignal | undefined;
    /** Called with every secret before the secret is used, so that the caller can mask the secret in logs. */
    readonly onSecret?: ((secret: Secret) => void) | undefined;
    /** Called with one printable line for each event. The lines contain no secrets. */
    readonly onLog?: ((level: 'debug' | 'info' | 'notice' | 'warn', line: string) => void) | undefined;
}
/** Options of fetchToken. Each option has the same meaning as the corresponding input of the Action. */
export interface FetchOptions extends CheckOptions {
    /**
     * How the token is obtained. `fetch` requests a token for the credential's own identity. `request` requests a token
     * for `identity`; an administrator must approve the request, and `onLog` receives the approval command. `exchange`
     * first exchanges the SciToken for an IDTOKEN. Default: `fetch`.
     */
    readonly mode?: 'fetch' | 'request' | 'exchange' | undefined;
    /** Identity to request a token for, `user@domain`. Used only with `mode: 'request'`. */
    readonly identity?: string | undefined;
    /** Name of the signing key. Default: the daemon's default key. */
    readonly key?: string | undefined;
    /** True to have the collector fetch the token from the schedd. Cannot be combined with `key`. Default: false. */
    readonly remote?: boolean | undefined;
    /**
     * True to reconnect with the new token and ask the daemon whether it authorizes each level of `authz`. Default:
     * false.
     */
    readonly verify?: boolean | undefined;
    /** What to do if the daemon grants less than requested. Default: `warn`. */
    readonly onReduced?: 'warn' | 'fail' | 'ignore' | undefined;
    /** File to write the token to, with mode 0600. Default: the token is only returned. */
    readonly file?: string | undefined;
    /** Maximum number of retries after transient failures, within the time limit. Default: 3. */
    readonly retries?: number | undefined;
}
/** An issued token that passed every check, with details of how it was fetched. */
export interface FetchedToken {
    /** The token and its claims. `token.jwt.reveal()` returns the JWT itself. */
    readonly token: IdToken;
    /** One sentence for each way in which the token grants less than requested. Empty if everything was granted. */
    readonly reductions: readonly string[];
    /** Name of the daemon. Empty if the address was known without looking up the daemon. */
    readonly daemonName: string;
    /**
     * Sinful string of the daemon that issued the token or, with `remote`, of the collector. If a token service issued
     * the token, this is the address of the located daemon, or an empty string if no daemon was located.
     */
    readonly daemonAddress: string;
    /** HTCondor version of the daemon at `daemonAddress`, such as `25.14.1`. Empty if the version is unknown. */
    readonly daemonVersion: string;
    /** Version string of the daemon, `$CondorVersion: … $`. Empty if the version is unknown. */
    readonly daemonVersionText: string;
    /** Authentication method, such as `IDTOKENS`, or `token-service` if a token service issued the token. */
    readonly authenticationMethod: string;
    /** Source of the credential that the daemon accepted: an input, a file, an environment variable or `this account`. */
    readonly credentialSource: string;
    /**
     * Number of seconds by which the daemon's clock is ahead of the local clock. Negative if the daemon's clock is
     * behind.
     */
    readonly clockSkewSeconds: number;
    /** Number of sequential network round trips, including those of TCP connections. */
    readonly roundTrips: number;
    /** File that the token was written to. Undefined if the token was not written. */
    readonly path: string | undefined;
    /** Outermost directory that was created for the token file. Undefined if none was created. */
    readonly directoryMade: string | undefined;
}
/** Result of a successful check. A fetch with the same options would succeed. */
export interface CheckResult {
    /** Identity that the daemon assigns to the credential, `user@domain`. */
    readonly identity: string;
    readonly trustDomain: string;
    /** Name of the daemon. Empty if the address was known without looking up the daemon. */
    readonly daemonName: string;
    /** Sinful string of the daemon. */
    readonly daemonAddress: string;
    /** HTCondor version of the daemon, such as `25.14.1`. Empty if the daemon did not send its version. */
    readonly daemonVersion: string;
    readonly authenticationMethod: string;
    /** Source of the credential that the daemon accepted: an input, a file, an environment variable or `this account`. */
    readonly credentialSource: string;
    /** Authorization levels that the daemon allows for this identity and credential. */
    readonly allowed: readonly string[];
    /** Authorization levels that the daemon denies for this identity and credential. */
    readonly refused: readonly string[];
    /** Items that a fetch depends on but that a check cannot verify, such as the signing key. */
    readonly notChecked: readonly string[];
}
