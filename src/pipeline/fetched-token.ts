import type { IdToken } from '../token/jwt.ts';

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
  /** What a fetch depends on and a check cannot find out. */
  readonly notChecked: readonly string[];
}
