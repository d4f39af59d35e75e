/** A parsed request. Code that receives it never handles raw user input. */

import type { CredentialSources, KeylessSource } from '../credentials/load.ts';
import type { LocalDaemon } from '../daemon/local.ts';
import type { Endpoint, Sinful } from '../transport/sinful.ts';

/** Selects the daemon by its address, or by its name in a pool. */
export type DaemonSelector =
  | { readonly kind: 'address'; readonly addresses: readonly Sinful[] }
  | {
      readonly kind: 'pool';
      readonly collectors: readonly Sinful[];
      readonly type: string;
      /** Undefined selects the only daemon of its type in the pool. */
      readonly name: string | undefined;
      /** The daemon on this host, which is tried before any collector is queried. */
      readonly local: LocalDaemon | undefined;
      /** Address to connect to instead of the daemon's address: the local end of a tunnel. */
      readonly through: Endpoint | undefined;
    };

/**
 * How the token is obtained. `fetch` requests a token for the client's identity. `request` requests a token that an
 * administrator must approve. `exchange` requests a token for the identity of a SciToken.
 */
export type Mode = 'fetch' | 'request' | 'exchange';

export interface TokenRequest {
  readonly mode: Mode;
  /** True if the request only checks whether the daemon would issue a token. `mode` is then `fetch`. */
  readonly checkOnly: boolean;
  readonly daemon: DaemonSelector;
  /** With mode `fetch`, true if the collector fetches the schedd's token. `key` is then undefined. */
  readonly remote: boolean;
  /** Host name that the daemon's certificate must contain. Undefined means the host name of the daemon's address. */
  readonly serverName: string | undefined;
  readonly credentials: CredentialSources;
  /** Source of a bearer token that is not among the credentials: the CI job itself, or a token service. */
  readonly keyless: KeylessSource | undefined;
  /** Authorization levels of the token. An empty list means no restriction. */
  readonly authz: readonly string[];
  /**
   * Lifetime of the token. `unlimited` means that the token never expires. Undefined means that no lifetime is
   * requested.
   */
  readonly lifetimeSeconds: number | 'unlimited' | undefined;
  /** Name of the signing key. Undefined means the daemon's default key. */
  readonly key: string | undefined;
  /** Identity of the requested token in mode `request`. */
  readonly identity: string;
  /** Interval between checks for the approval in mode `request`, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Name of the CI run, which the request shows to the administrator. Undefined outside CI. */
  readonly run: string | undefined;
  /**
   * Called in mode `request` with the ID of the token request, which the administrator needs to approve the request.
   */
  readonly announce?: (requestId: string) => void;
  /** Identity that the token must carry. Undefined means that any identity is accepted. */
  readonly expectedIdentity: string | undefined;
  /** Trust domain that the token must carry. Undefined means that any trust domain is accepted. */
  readonly expectedTrustDomain: string | undefined;
  /** True if the client asks the daemon, using the new token, whether it authorizes the levels of `authz`. */
  readonly verify: boolean;
  /** Number of retries after a transient failure. */
  readonly retries: number;
  readonly onReduced: 'warn' | 'fail' | 'ignore';
  /** File to write the token to. Undefined means that no file is written. */
  readonly path: string | undefined;
  /** Value of PRIVATE_NETWORK_NAME. Daemons in this network are reached at their private addresses, without CCB. */
  readonly privateNetworkName: string | undefined;
  /** False if HTCondor's configuration requires authentication or encryption of clients. */
  readonly mayBeUnauthenticated: boolean;
  /** Warnings from parsing the inputs. */
  readonly warnings: readonly string[];
}
