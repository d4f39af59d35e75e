import type { ClassAd, ClassAdValue } from '../../../src/wire/classad.ts';
import type { SigningKey } from '../credentials/signing-key.ts';
import type { BrokerRequest } from './broker.ts';
import type { FsSettings } from './fs.ts';
import type { ImpersonationSettings } from './impersonation.ts';
import type { KerberosSettings } from './kerberos.ts';
import type { MungeSettings } from './munge.ts';
import type { EmbeddedPool } from './pool.ts';
import type { SciTokenSettings } from './scitokens.ts';
import type { Fault } from './server-channel.ts';
import type { TlsSettings } from './ssl.ts';
import type { RequestSettings } from './token-requests.ts';

export type Ad = Record<string, ClassAdValue | undefined>;

/** Bits of the methods, by their names on the wire (CAUTH_* in condor_auth.h). */
export const METHOD_BITS = {
  ...{ FS: 4, KERBEROS: 64, SSL: 256, PASSWORD: 512 },
  ...{ MUNGE: 1024, TOKEN: 2048, SCITOKENS: 4096 },
} as const;

export type ServerMethodName = keyof typeof METHOD_BITS;

/** What one side requires of a session feature (SecMan::sec_req). */
export type Requirement = 'REQUIRED' | 'PREFERRED' | 'OPTIONAL' | 'NEVER';

/**
 * Messages that the pool sends, in the order of a session. `ads` is the collector's reply. TOKEN and PASSWORD use
 * `challenge`. FS uses `directory` and `directory verdict`. KERBEROS uses `kerberos …`, and MUNGE uses `munge verdict`.
 * SSL and SCITOKENS use `hello` and the messages after it. The CCB broker sends `ccb …`.
 */
export type Step =
  | 'ccb reply'
  | 'ccb greeting'
  | 'ads'
  | 'policy'
  | 'resumption'
  | 'method'
  | 'challenge'
  | 'directory'
  | 'directory verdict'
  | 'kerberos mutual'
  | 'kerberos reply'
  | 'kerberos verdict'
  | 'munge verdict'
  | 'hello'
  | 'tls'
  | 'tls key'
  | 'scitoken verdict'
  | 'key exchange'
  | 'post-auth'
  | 'reply';

export interface EmbeddedPoolOptions {
  readonly host?: string;
  /** The port on which the pool listens. Default: a free port. */
  readonly port?: number;
  /** The host name in the pool's addresses. It must match the daemon's certificate. */
  readonly alias?: string;
  readonly trustDomain?: string;
  readonly version?: string;
  readonly keys?: readonly SigningKey[];
  /** Names of the schedds. The socket of the first schedd is `schedd_0`. */
  readonly schedds?: readonly string[];
  /** SEC_DEFAULT_AUTHENTICATION_METHODS, in the daemon's order of preference. Default: only TOKEN. */
  readonly methods?: readonly ServerMethodName[];
  /** Descrambled content of SEC_PASSWORD_FILE; undefined if the pool has no password. */
  readonly password?: Uint8Array | undefined;
  readonly fs?: FsSettings;
  readonly kerberos?: KerberosSettings;
  readonly munge?: MungeSettings;
  readonly tls?: TlsSettings;
  readonly scitokens?: SciTokenSettings;
  readonly requests?: RequestSettings;
  /** CERTIFICATE_MAPFILE, which maps `SSL /CN=…` and `SCITOKENS issuer,subject` to users. */
  readonly map?: Readonly<Record<string, string>>;
  /** True if the collector closes the connection when it receives a query outside a session. */
  readonly readNeedsSession?: boolean;
  /** SEC_ISSUED_TOKEN_EXPIRATION, in seconds. */
  readonly maxLifetime?: number;
  /** True to set SEC_ENABLE_TOKEN_FETCH = false. */
  readonly fetchDisabled?: boolean;
  /** Set if the schedds allow the collector to fetch tokens from them. */
  readonly impersonation?: ImpersonationSettings;
  /** The SEC_TOKEN_REVOCATION_EXPR setting, as a function. */
  readonly revoked?: (claims: Readonly<Record<string, unknown>>) => boolean;
  readonly denied?: (user: string) => boolean;
  /** SEC_DEFAULT_AUTHENTICATION, SEC_DEFAULT_ENCRYPTION and SEC_DEFAULT_INTEGRITY. Default: REQUIRED. */
  readonly security?: Requirement;
  /** SEC_DEFAULT_SESSION_DURATION, in seconds. */
  readonly sessionDuration?: number;
  /** If true, a reset discards the reply that precedes it, as it does for a client on Windows. */
  readonly resetDiscards?: boolean;
  /** Changes an ad before the pool sends it. */
  readonly edit?: Readonly<Partial<Record<'policy' | 'post-auth' | 'reply' | 'daemon', (ad: Ad) => Ad>>>;
  /**
   * Faults by message, or by message and its number on a connection. For example, `tls 2` is the second `tls` message.
   */
  readonly faults?: Readonly<Partial<Record<Step | `${Step} ${number}`, Fault>>>;
  /** Number of bytes that each write sends. */
  readonly pieces?: number;
  /** Handles CCB requests. If set, the collector is also a CCB broker. */
  readonly broker?: (request: BrokerRequest, pool: EmbeddedPool) => Promise<void>;
}

/** The properties of the pool that its modules share. */
export interface PoolFacts {
  readonly options: EmbeddedPoolOptions;
  readonly trustDomain: string;
  readonly keys: readonly SigningKey[];
  readonly schedds: readonly string[];
  readonly version: string;
  /** Returns the sinful string of a schedd. */
  schedd(index?: number): string;
  /** Adds a line to the log, with HTCondor's wording for events that HTCondor also logs. */
  note(line: string): void;
  /** Records data from a client, decrypted where possible. */
  hear(bytes: Uint8Array): void;
}

/** A session that a client can resume (KeyCacheEntry). */
export interface CachedSession {
  readonly key: Uint8Array;
  readonly identity: Identity;
  /** Expiry time, in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The authenticated identity of a session, and its restrictions. */
export interface Identity {
  readonly user: string;
  /** Authorization levels; empty if unrestricted. */
  readonly authz: readonly string[];
  /** Expiry time, in seconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** A client, with its policy ad and its connection. */
export interface Client {
  readonly policy: ClassAd;
  /** The local end of the connection. */
  readonly local: { readonly address: string; readonly port: number };
  /** Name of the daemon's socket behind the shared port; undefined if the client did not request one. */
  readonly socketName: string | undefined;
}

/** Returns an identity without restrictions. */
export function unlimited(user: string): Identity {
  return { user, authz: [], expiresAt: undefined };
}

/** The domain of unmapped identities. */
export const UNMAPPED = '@unmapped';

/** Returns a version string, `$CondorVersion: …$`. The client uses the version to select protocol details. */
export function versionString(version: string): string {
  return `$CondorVersion: ${version} 2026-07-30 BuildID: embedded $`;
}

/** Returns whether a version string denotes the given release or a later one. An empty string counts as later. */
export function isSince(text: string, major: number, minor: number): boolean {
  const [, a = major, b = minor] = /(\d+)\.(\d+)\.\d+/.exec(text)?.map(Number) ?? [];
  return a > major || (a === major && b >= minor);
}
