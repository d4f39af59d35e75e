/** A parsed request: no code from here on sees a raw string from a user. */

import type { CredentialSources, KeylessSource } from '../credentials/load.ts';
import type { LocalDaemon } from '../daemon/local.ts';
import type { Endpoint, Sinful } from '../transport/sinful.ts';

/** Selects the daemon: by its address, or by its name in a pool. */
export type DaemonSelector =
  | { readonly kind: 'address'; readonly addresses: readonly Sinful[] }
  | {
      readonly kind: 'pool';
      readonly collectors: readonly Sinful[];
      readonly type: string;
      /** Undefined: the only daemon of its type in the pool. */
      readonly name: string | undefined;
      /** The daemon of this host, which is tried before a collector is queried. */
      readonly local: LocalDaemon | undefined;
      /** Address to connect to instead of the daemon's: the end of a tunnel. */
      readonly through: Endpoint | undefined;
    };

/**
 * How the token is obtained: for the client's identity (`fetch`), with the approval of an administrator (`request`), or for
 * the identity of a SciToken (`exchange`).
 */
export type Mode = 'fetch' | 'request' | 'exchange';

export interface TokenRequest {
  readonly mode: Mode;
  /** True if the daemon issues no token, because the request only checks whether it would. `mode` is then `fetch`. */
  readonly checkOnly: boolean;
  readonly daemon: DaemonSelector;
  /** With `fetch`: the collector fetches the schedd's token. `key` is then undefined. */
  readonly remote: boolean;
  /** Host name that the daemon's certificate must carry. Undefined: the host name of its address. */
  readonly serverName: string | undefined;
  readonly credentials: CredentialSources;
  /** Source of the bearer token, if it is not among the credentials: the job itself, or a token service. */
  readonly keyless: KeylessSource | undefined;
  /** Authorization levels. Empty: no restriction. */
  readonly authz: readonly string[];
  /** `unlimited`: a token that never expires. Undefined: no lifetime is requested. */
  readonly lifetimeSeconds: number | 'unlimited' | undefined;
  /** Name of the signing key. Undefined: the daemon's default. */
  readonly key: string | undefined;
  /** With `request`: the identity of the token. */
  readonly identity: string;
  /** With `request`: the interval between checks for the approval, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Name of the CI run, which the administrator sees in a request. Undefined outside of CI. */
  readonly run: string | undefined;
  /** With `request`: called with the ID that the approval needs. */
  readonly announce?: (requestId: string) => void;
  /** Identity that the token must carry. Undefined: any. */
  readonly expectedIdentity: string | undefined;
  /** Trust domain that the token must carry. Undefined: any. */
  readonly expectedTrustDomain: string | undefined;
  /** True if the client asks the daemon, with the new token, whether it authorizes the levels of `authz`. */
  readonly verify: boolean;
  /** Retries after a transient failure. */
  readonly retries: number;
  readonly onReduced: 'warn' | 'fail' | 'ignore';
  /** File to write the token to. Undefined: none. */
  readonly path: string | undefined;
  /** PRIVATE_NETWORK_NAME: daemons in the network of this name are reached at their private address, without CCB. */
  readonly privateNetworkName: string | undefined;
  /** False if HTCondor's configuration requires authentication or encryption of clients. */
  readonly mayBeUnauthenticated: boolean;
  /** Warnings from parsing the inputs. */
  readonly warnings: readonly string[];
}
