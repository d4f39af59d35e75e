/** The library: one function, its options, its result and its errors. */

import { InputError } from './errors.ts';
import { processHost, processSurroundings } from './inputs/process-host.ts';
import { checkTimeout, readRequest, readTimeout } from './inputs/request.ts';
import type { InputName, InputSource } from './inputs/table.ts';
import { type FetchedToken, fetchToken as fetchRequested } from './pipeline/fetch.ts';
import { printable } from './runtime/printable.ts';
import type { Secret } from './runtime/secret.ts';

export * from './errors.ts';
export type { FetchedToken } from './pipeline/fetch.ts';
export type { Secret } from './runtime/secret.ts';
export type { IdToken } from './token/jwt.ts';

/** What is wanted. Every word means what the input of the same name means to the Action. */
export interface FetchOptions {
  /**
   * The collector: `host`, `host:port`, a sinful string, or a list of them. Default: COLLECTOR_HOST of HTCondor's
   * configuration.
   */
  readonly pool?: string | undefined;
  /** Name of the daemon. Default: the only one of its type in the pool. */
  readonly name?: string | undefined;
  /** `schedd`, `collector`, … Default: `schedd`. */
  readonly type?: string | undefined;
  /** Sinful string or `host:port` of the daemon; then no collector is asked. */
  readonly address?: string | undefined;
  /** Authorization levels. Default: no restriction. */
  readonly authz?: readonly string[] | undefined;
  /** Seconds, or `unlimited`. Default: 3600. */
  readonly lifetime?: number | 'unlimited' | undefined;
  /**
   * `fetch`: a token for whom the credential is for. `request`: one for `identity`, which an administrator approves;
   * `onLog` is told the command for that. `exchange`: first the SciToken becomes an IDTOKEN. Default: `fetch`.
   */
  readonly mode?: 'fetch' | 'request' | 'exchange' | undefined;
  /** With `request`: whom the token is to be for, `user@domain`. */
  readonly identity?: string | undefined;
  /** Name of the signing key. Default: the daemon's. */
  readonly key?: string | undefined;
  /** The collector fetches the token of the schedd for us; then there is no choice of `key`. Default: false. */
  readonly remote?: boolean | undefined;
  /**
   * The ways to authenticate, in order: IDTOKENS, SCITOKENS, SSL, KERBEROS, PASSWORD, FS, MUNGE. Default: those that have a
   * credential below; if none has, those of HTCondor's configuration, as the daemon prefers.
   */
  readonly authenticationMethods?: readonly string[] | undefined;
  /** IDTOKENs to authenticate with, one a line. Default: those of HTCondor's token directory. */
  readonly idtoken?: string | undefined;
  /** A SciToken or WLCG token. Default: WLCG bearer token discovery. */
  readonly scitoken?: string | undefined;
  /** Audience of the job's own OIDC token, which then is the SciToken. Default: none is asked for. */
  readonly oidcAudience?: string | undefined;
  /** URL of a service that makes another token of that one: an IDTOKEN, which is the result, or a SciToken. */
  readonly tokenService?: string | undefined;
  /** PEM, or a path: client certificate for SSL, and its key, which may stand in the same text. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Keytab of a Kerberos client: a path, or its base64. Default: KRB5_CLIENT_KTNAME, if KERBEROS is chosen. */
  readonly kerberosKeytab?: string | undefined;
  /** Kerberos principal of the client, `name@REALM`. Default: the first of the keytab or the cache. */
  readonly kerberosPrincipal?: string | undefined;
  /** Password of that principal. */
  readonly kerberosPassword?: string | undefined;
  /** Credential cache: `FILE:`, `DIR:` or a path. Default: KRB5CCNAME or the system's, if KERBEROS is chosen. */
  readonly kerberosCache?: string | undefined;
  /** PEM, or the path of a file or directory: authorities to trust beside those of the system. */
  readonly caCertificate?: string | undefined;
  /** Host name that the daemon's certificate or Kerberos principal must carry. Default: that of its address. */
  readonly serverName?: string | undefined;
  /** Pool password. */
  readonly password?: string | undefined;
  /** Fail unless the token is for this identity, or of this trust domain. Default: for whom the daemon says that we are. */
  readonly expectedIdentity?: string | undefined;
  readonly expectedTrustDomain?: string | undefined;
  /** Come back with the new token and ask whether it is allowed each level of `authz`. Default: false. */
  readonly verify?: boolean | undefined;
  /** What to do if the daemon grants less than was asked. Default: `warn`. */
  readonly onReduced?: 'warn' | 'fail' | 'ignore' | undefined;
  /** Write the token to this file, mode 0600. Default: it is only returned. */
  readonly file?: string | undefined;
  /** Milliseconds for everything. Default: 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Further tries, within that time, if what failed may heal. Default: 3. */
  readonly retries?: number | undefined;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every secret before it is put to use, so that logs can hide it. */
  readonly onSecret?: ((secret: Secret) => void) | undefined;
  /** Told what happens, a printable line each; no secrets. */
  readonly onLog?: ((level: 'debug' | 'info' | 'notice' | 'warn', line: string) => void) | undefined;
}

const DEFAULT_LIFETIME_SECONDS = 3600;

/** The input that each option is. */
const INPUT_OF = {
  pool: 'pool',
  name: 'name',
  type: 'type',
  address: 'address',
  authz: 'authz',
  lifetime: 'lifetime',
  mode: 'mode',
  identity: 'identity',
  key: 'key',
  remote: 'remote',
  authenticationMethods: 'authentication-methods',
  idtoken: 'idtoken',
  scitoken: 'scitoken',
  oidcAudience: 'oidc-audience',
  tokenService: 'token-service',
  clientCertificate: 'client-certificate',
  clientKey: 'client-key',
  kerberosKeytab: 'kerberos-keytab',
  kerberosPrincipal: 'kerberos-principal',
  kerberosPassword: 'kerberos-password',
  kerberosCache: 'kerberos-cache',
  caCertificate: 'ca-certificate',
  serverName: 'server-name',
  password: 'password',
  expectedIdentity: 'expected-identity',
  expectedTrustDomain: 'expected-trust-domain',
  verify: 'verify',
  onReduced: 'on-reduced',
  file: 'file',
  retries: 'retries',
} as const satisfies Readonly<
  Record<Exclude<keyof FetchOptions, 'timeoutMs' | 'signal' | 'onSecret' | 'onLog'>, InputName>
>;

/**
 * Fetches a token from a daemon of an HTCondor pool: for the identity that the credential has, limited to the levels and
 * the lifetime asked for, and checked to be so.
 *
 * `result.token.jwt.reveal()` is the token; everything else can be printed.
 *
 * @throws AnyHTCondorError with a stable `code`; InputError before any connection is made.
 */
export async function fetchToken(options: FetchOptions): Promise<FetchedToken> {
  const { timeoutMs, signal, onSecret, onLog, lifetime = DEFAULT_LIFETIME_SECONDS } = options;
  const input = inputsOf({ ...options, lifetime });
  const host = processHost(
    timeoutMs === undefined ? readTimeout(input) : checkTimeout(timeoutMs),
    signal ?? new AbortController().signal,
    {
      mask: (secret) => onSecret?.(secret),
      log: {
        debug: (line) => onLog?.('debug', printable(line)),
        info: (line) => onLog?.('info', printable(line)),
        notice: (line) => onLog?.('notice', printable(line)),
        warn: (line) => onLog?.('warn', printable(line)),
      },
    },
  );
  try {
    const request = readRequest(input, await processSurroundings(host.signal));
    if (request.checkOnly) throw new InputError('mode', 'mode: check is one of the Action and the command');
    return await fetchRequested(request, host);
  } finally {
    host.done();
  }
}

function inputsOf(options: FetchOptions): InputSource {
  const entries = Object.entries(INPUT_OF) as [keyof typeof INPUT_OF, InputName][];
  const words = new Map(entries.map(([option, name]) => [name, options[option]]));
  return (name) => {
    const value = words.get(name);
    return typeof value === 'object' ? value.join(',') : value?.toString();
  };
}
