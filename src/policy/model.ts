/** Data model of a parsed configuration. */
import type { Expectation } from './claims.ts';

export interface Configuration {
  readonly listen: Listen;
  /** Undefined if the service uses plain HTTP behind a reverse proxy on this host. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  readonly audience: string;
  readonly trustedProxies: readonly string[];
  /**
   * Daemons that issue the tokens, in the order in which they are tried. If the list is empty, the schedd on this host
   * issues the tokens.
   */
  readonly daemons: readonly DaemonPlace[];
  readonly grants: readonly Grant[];
}

export type Listen = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface DaemonPlace {
  readonly pool?: string;
  readonly name?: string;
  readonly type?: string;
  readonly address?: string;
  /** Name of the signing key. */
  readonly key?: string;
}

/**
 * The authorization levels and the maximum lifetime of the tokens for one identity, and the jobs that can get these
 * tokens.
 */
export interface Grant {
  readonly identity: string;
  readonly authz: readonly string[];
  readonly maxLifetimeSeconds: number;
  readonly enabled: boolean;
  readonly jobs: readonly Entry[];
}

/** An entry of `jobs`. A job matches if every claim in `claims` has the expected value. */
export interface Entry {
  /** Path of the entry in the configuration, for use in messages. */
  readonly path: string;
  readonly issuer: string;
  readonly claims: ReadonlyMap<string, Expectation>;
  readonly untrustedCode: boolean;
  readonly maxTokenAgeSeconds: number;
  readonly reuse: 'never' | 'job';
}

/** Properties of this host against which the configuration is checked. */
export interface ConfigContext {
  /** Fully qualified name of this host, from which the default of `audience` is derived. */
  readonly hostName: string;
  /** QUEUE_SUPER_USERS of the schedd on this host. */
  readonly superUsers: readonly string[];
  /** True if issuers are allowed to use plain HTTP on the loopback interface. */
  readonly insecureTestIssuer: boolean;
}

export type Raw = Readonly<Record<string, unknown>>;

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };

/** Converts a duration to seconds. The schema must already have accepted the duration. */
export function secondsOf(value: unknown): number {
  const [, digits, unit = ''] = /^(\d+)([smhd]?)$/.exec(String(value)) ?? [];
  return Number(digits) * (UNITS[unit] ?? Number.NaN);
}
