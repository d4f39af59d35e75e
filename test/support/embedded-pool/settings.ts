import type { ClassAd, ClassAdValue } from '../../../src/wire/classad.ts';
import type { Fault } from '../server-channel.ts';
import type { SigningKey } from '../signing-key.ts';
import type { BrokerRequest } from './broker.ts';
import type { FsSettings } from './fs.ts';
import type { ImpersonationSettings } from './impersonation.ts';
import type { KerberosSettings } from './kerberos.ts';
import type { MungeSettings } from './munge.ts';
import type { EmbeddedPool } from './pool.ts';
import type { SciTokenSettings } from './scitokens.ts';
import type { TlsSettings } from './ssl.ts';
import type { RequestSettings } from './token-requests.ts';

export type Ad = Record<string, ClassAdValue | undefined>;

/** Methods by the names that travel, each with its bit (CAUTH_* in condor_auth.h). */
export const METHOD_BITS = {
  ...{ FS: 4, KERBEROS: 64, SSL: 256, PASSWORD: 512 },
  ...{ MUNGE: 1024, TOKEN: 2048, SCITOKENS: 4096 },
} as const;

export type ServerMethodName = keyof typeof METHOD_BITS;

/** What a side demands of a feature of a session (SecMan::sec_req). */
export type Requirement = 'REQUIRED' | 'PREFERRED' | 'OPTIONAL' | 'NEVER';

/**
 * Messages that the pool sends, in the order of a session. `ads` is the collector's answer; `challenge` is of TOKEN and
 * PASSWORD, `directory` and `directory verdict` of FS, `kerberos …` of KERBEROS, `munge verdict` of MUNGE, `hello` and so on of SSL and SCITOKENS;
 * `ccb …` are the broker's.
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
  /** Default: a free one. */
  readonly port?: number;
  /** Host name in the addresses: what the certificate has to be for. */
  readonly alias?: string;
  readonly trustDomain?: string;
  readonly version?: string;
  readonly keys?: readonly SigningKey[];
  /** Names of the schedds; the first one's socket is `schedd_0`. */
  readonly schedds?: readonly string[];
  /** SEC_DEFAULT_AUTHENTICATION_METHODS, the daemon's favourite first. Default: TOKEN alone. */
  readonly methods?: readonly ServerMethodName[];
  /** SEC_PASSWORD_FILE, descrambled; undefined: the pool has none. */
  readonly password?: Uint8Array | undefined;
  readonly fs?: FsSettings;
  readonly kerberos?: KerberosSettings;
  readonly munge?: MungeSettings;
  readonly tls?: TlsSettings;
  readonly scitokens?: SciTokenSettings;
  readonly requests?: RequestSettings;
  /** CERTIFICATE_MAPFILE: users by `SSL /CN=…` and `SCITOKENS issuer,subject`. */
  readonly map?: Readonly<Record<string, string>>;
  /** The collector hangs up on a query outside a session. */
  readonly readNeedsSession?: boolean;
  /** SEC_ISSUED_TOKEN_EXPIRATION, seconds. */
  readonly maxLifetime?: number;
  /** SEC_ENABLE_TOKEN_FETCH = false. */
  readonly fetchDisabled?: boolean;
  /** The schedds let the collector fetch their tokens. */
  readonly impersonation?: ImpersonationSettings;
  /** SEC_TOKEN_REVOCATION_EXPR. */
  readonly revoked?: (claims: Readonly<Record<string, unknown>>) => boolean;
  readonly denied?: (user: string) => boolean;
  /** SEC_DEFAULT_AUTHENTICATION, _ENCRYPTION and _INTEGRITY in one. Default: REQUIRED. */
  readonly security?: Requirement;
  /** SEC_DEFAULT_SESSION_DURATION, seconds. */
  readonly sessionDuration?: number;
  /** The peer's host discards the answer that precedes a reset, as Windows does. */
  readonly resetDiscards?: boolean;
  /** Changes what an ad says. */
  readonly edit?: Readonly<Partial<Record<'policy' | 'post-auth' | 'reply' | 'daemon', (ad: Ad) => Ad>>>;
  /** In place of a message, or of the so-manieth of its name on a connection: `tls 2`. */
  readonly faults?: Readonly<Partial<Record<Step | `${Step} ${number}`, Fault>>>;
  /** Bytes that leave at once. */
  readonly pieces?: number;
  /** The collector is a CCB broker too; this is what it does with a request. */
  readonly broker?: (request: BrokerRequest, pool: EmbeddedPool) => Promise<void>;
}

/** What every part of the pool knows. */
export interface PoolFacts {
  readonly options: EmbeddedPoolOptions;
  readonly trustDomain: string;
  readonly keys: readonly SigningKey[];
  readonly schedds: readonly string[];
  readonly version: string;
  /** Sinful string of a schedd. */
  schedd(index?: number): string;
  /** Adds a line to the log, in HTCondor's words where it has some. */
  note(line: string): void;
  /** Keeps what a client said, as far as it could be read. */
  hear(bytes: Uint8Array): void;
}

/** A session that a client may resume (KeyCacheEntry). */
export interface CachedSession {
  readonly key: Uint8Array;
  readonly identity: Identity;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Whom a session is for, and what it is limited to. */
export interface Identity {
  readonly user: string;
  /** Empty: no limit. */
  readonly authz: readonly string[];
  /** Seconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** The client as its policy ad has it, and the connection that it came by. */
export interface Client {
  readonly policy: ClassAd;
  /** Our end of the connection. */
  readonly local: { readonly address: string; readonly port: number };
  /** Name of the daemon's socket behind the shared port; undefined: the client asked for none. */
  readonly socketName: string | undefined;
}

/** What is said of somebody of whom no more is known than that they belong to an account. */
export function unlimited(user: string): Identity {
  return { user, authz: [], expiresAt: undefined };
}

/** The domain of identities that are none. */
export const UNMAPPED = '@unmapped';

/** `$CondorVersion: …$`, of which the client makes out what to expect. */
export function versionString(version: string): string {
  return `$CondorVersion: ${version} 2026-07-30 BuildID: embedded $`;
}

/** Whether a version string is of a release, or of one behind it. Somebody who says nothing is taken for new. */
export function isSince(text: string, major: number, minor: number): boolean {
  const [, a = major, b = minor] = /(\d+)\.(\d+)\.\d+/.exec(text)?.map(Number) ?? [];
  return a > major || (a === major && b >= minor);
}
