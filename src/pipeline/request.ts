/** What is wanted, already parsed: nothing from here on sees a raw string from a user. */

import type { KeylessSource } from '../credentials/keyless-source.ts';
import type { CredentialSources } from '../credentials/load.ts';
import type { LocalDaemon } from '../daemon/local.ts';
import type { Secret } from '../runtime/secret.ts';
import type { Endpoint, Sinful } from '../transport/sinful.ts';

/** Which daemon: where it is, or who knows. */
export type Wanted =
  | { readonly address: readonly Sinful[] }
  | {
      readonly collectors: readonly Sinful[];
      readonly type: string;
      /** Undefined: the only one of its type in the pool. */
      readonly name: string | undefined;
      /** The daemon of this machine, to be looked for before a collector is asked. */
      readonly local: LocalDaemon | undefined;
      /** Where to connect to instead: the end of a tunnel. */
      readonly through: Endpoint | undefined;
    };

/**
 * What kind of token: one for whom we are (`fetch`), one that an administrator approves (`request`), or one for whom a
 * SciToken makes us (`exchange`).
 */
export type Mode = 'fetch' | 'request' | 'exchange';

export interface TokenRequest {
  readonly mode: Mode;
  /** Nothing is fetched: it is found out whether it could be. Then `mode` is `fetch`. */
  readonly checkOnly: boolean;
  readonly daemon: Wanted;
  /** With `fetch`: the collector fetches the token of the schedd for us; then `key` is undefined. */
  readonly remote: boolean;
  /** Host name that the daemon's certificate must carry; undefined: that of its address. */
  readonly serverName: string | undefined;
  readonly credentials: CredentialSources;
  /** Where the bearer token comes from, if it is not among the credentials: the job itself, or a token service. */
  readonly keyless: KeylessSource | undefined;
  /** The token itself, if a token service made it: then no daemon is asked for one. With whom the service says it is for. */
  readonly issued?: { readonly jwt: Secret; readonly identity: string | undefined };
  readonly authz: readonly string[];
  /** Seconds; `unlimited`: a token that never expires is wanted; undefined: nothing is said about it. */
  readonly lifetime: number | 'unlimited' | undefined;
  readonly key: string | undefined;
  /** With `request`: whom the token is to be for, and how often it is looked whether it is approved. */
  readonly identity: string;
  readonly pollIntervalMs: number;
  /** Name of the CI run, which the administrator sees in a request; undefined: outside of CI. */
  readonly run: string | undefined;
  /** With `request`: called with the id that the approval needs. */
  readonly announce?: (requestId: string) => void;
  /** What the token must say; undefined: it does not matter. */
  readonly expectedIdentity: string | undefined;
  readonly expectedTrustDomain: string | undefined;
  /** Whether the daemon is asked, with the new token, if it allows the levels of `authz`. */
  readonly verify: boolean;
  /** Further tries if what failed may heal. */
  readonly retries: number;
  readonly onReduced: 'warn' | 'fail' | 'ignore';
  /** File to write the token to; undefined: none. */
  readonly path: string | undefined;
  /** PRIVATE_NETWORK_NAME: daemons in the network of this name are reached at their private address, without CCB. */
  readonly privateNetworkName: string | undefined;
  /** False if HTCondor's configuration requires authentication or encryption of clients. */
  readonly mayBeUnauthenticated: boolean;
  /** What was noticed when the inputs were read. */
  readonly warnings?: readonly string[];
}
