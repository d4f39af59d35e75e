/** A parsed request. Code that receives a request never handles raw user input. */

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
      /** If undefined, the only daemon of this type in the pool is selected. */
      readonly name: string | undefined;
      /** Files of the daemon on this host, which are read before any collector is queried. */
      readonly local: LocalDaemon | undefined;
      /** Local end of a tunnel, which the client connects to instead of the daemon's own address. */
      readonly through: Endpoint | undefined;
    };

/**
 * How the token is obtained. `fetch` requests a token for the client's identity. `request` requests a token for a
 * chosen identity, which an administrator must approve. `exchange` requests a token for the identity that the daemon
 * assigns to a SciToken.
 */
export type Mode = 'fetch' | 'request' | 'exchange';

export interface TokenRequest {
  readonly mode: Mode;
  /** True if the client only checks whether the daemon would issue a token. If true, `mode` is `fetch`. */
  readonly checkOnly: boolean;
  readonly daemon: DaemonSelector;
  /** In mode `fetch`, true if the collector fetches the token from the schedd. If true, `key` is undefined. */
  readonly remote: boolean;
  /**
   * Host name that the daemon's certificate must carry. If undefined, the host name of the daemon's address is
   * required.
   */
  readonly serverName: string | undefined;
  readonly credentials: CredentialSources;
  /** Source of a bearer token that is obtained during the run, from the CI system or from a token service. */
  readonly keyless: KeylessSource | undefined;
  /** Requested authorization levels. If the list is empty, the token is not restricted. */
  readonly authz: readonly string[];
  /**
   * Requested lifetime of the token, in seconds. `unlimited` means that the token never expires. If undefined, no
   * lifetime is requested.
   */
  readonly lifetimeSeconds: number | 'unlimited' | undefined;
  /** Name of the signing key. If undefined, the daemon uses its default key. */
  readonly key: string | undefined;
  /** In mode `request`, the identity that the token is requested for. */
  readonly identity: string;
  /** In mode `request`, the time between checks for approval, in milliseconds. */
  readonly pollIntervalMs: number;
  /** Name of the CI run, which helps the administrator recognize the token request. Undefined outside CI. */
  readonly run: string | undefined;
  /**
   * In mode `request`, called with the ID of the token request, which the administrator needs in order to approve it.
   */
  readonly announce?: (requestId: string) => void;
  /** Identity that the token must carry. If undefined, any identity is accepted. */
  readonly expectedIdentity: string | undefined;
  /** Trust domain that the token must carry. If undefined, any trust domain is accepted. */
  readonly expectedTrustDomain: string | undefined;
  /** True if the client reconnects with the new token to ask the daemon whether it authorizes the levels in `authz`. */
  readonly verify: boolean;
  /** Maximum number of retries after transient failures. */
  readonly retries: number;
  readonly onReduced: 'warn' | 'fail' | 'ignore';
  /** Path of the file to write the token to. If undefined, no file is written. */
  readonly path: string | undefined;
  /**
   * Value of PRIVATE_NETWORK_NAME. The client connects to daemons in this network at their private addresses, without
   * CCB.
   */
  readonly privateNetworkName: string | undefined;
  /** False if HTCondor's configuration requires clients to use authentication or encryption. */
  readonly mayBeUnauthenticated: boolean;
  /** Warnings that were produced when the inputs were parsed. */
  readonly warnings: readonly string[];
}
