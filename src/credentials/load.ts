/** Loads the credentials of all authentication methods from their sources. */
import { readFileSync } from 'node:fs';
import { CredentialError } from '../errors.ts';
import type { MissingReason } from '../reasons.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { type AuthMethod, type Credentials, displayName, type MethodName } from '../security/method.ts';
import { fs } from '../security/methods/fs.ts';
import { ssl } from '../security/methods/ssl.ts';
import type { ProxySettings } from './http-proxy.ts';
import { type IdTokenSource, loadIdTokens } from './idtokens.ts';
import { type KerberosSource, loadKerberos } from './kerberos.ts';
import { loadMunge } from './munge.ts';
import { loadPassword, type PasswordSource } from './password.ts';
import { loadSciToken, type SciTokenSource } from './scitokens.ts';
import { type CertificateSource, loadCertificate } from './ssl.ts';
import { loadTrust, type TrustSource } from './trust.ts';

/** HTCondor's authentication methods that this client does not support. */
type ForeignMethod = 'NTSSPI' | 'FS_REMOTE' | 'GSI';
export type MethodSource = MethodName | ForeignMethod;

/** An authentication method for which there is no credential, with the reason. */
interface MissingMethod extends Pick<Unavailable, 'reason' | 'kind'> {
  readonly method: string;
}

/** The authentication methods that the client is allowed to use, and the sources of their credentials. */
export interface CredentialSources {
  readonly methods: readonly MethodSource[];
  readonly preference: Credentials['preference'];
  readonly idtoken: IdTokenSource;
  readonly scitoken: SciTokenSource;
  readonly certificate: CertificateSource;
  /**
   * True if the client is allowed to use SSL without a client certificate. Even then, the session is encrypted, and the
   * daemon authenticates itself.
   */
  readonly anonymousSsl: boolean;
  readonly trust: TrustSource;
  readonly password: PasswordSource;
  readonly kerberos: KerberosSource;
  readonly fs: {
    /** Value of the FS_LOCAL_DIR setting. */
    readonly directory: string | undefined;
    readonly uid: number | undefined;
    /** CONDOR_IDS in the form `uid.gid`, which identifies HTCondor's account if that account is not named condor. */
    readonly accountIds: string | undefined;
    readonly mayBeUnbound: boolean;
  };
  /** Value of the PATH environment variable. */
  readonly path: string;
}

/** Source of a credential for a job that has no stored secret: the job's OIDC token, a token service, or both. */
export interface KeylessSource {
  /** Undefined if the token service exchanges a SciToken from the other credential sources. */
  readonly job: JobSource | undefined;
  /** Undefined if the job's token is used directly as a SciToken. */
  readonly service: TokenServiceSource | undefined;
  /** HTTP proxies for the runner's OIDC endpoint and the token service. */
  readonly proxies: ProxySettings;
  /** NODE_EXTRA_CA_CERTS: a file of additional CA certificates for the OIDC endpoint and the token service. */
  readonly extraCertificates: string | undefined;
}

/** Grant types for requests to a token service (RFC 8693; RFC 6749 with RFC 7523 §2.2; RFC 7523 §2.1). */
export const TOKEN_GRANTS = ['token-exchange', 'client-credentials', 'jwt-bearer'] as const;
export type TokenGrant = (typeof TOKEN_GRANTS)[number];

export interface TokenServiceSource {
  readonly url: URL;
  readonly grant: TokenGrant;
  /** Requested lifetime. If undefined, the service decides. */
  readonly lifetimeSeconds: number | undefined;
  /** Requested identity. If undefined, the service decides. */
  readonly identity: string | undefined;
  readonly userAgent: string;
}

export interface JobSource {
  readonly audience: string;
  readonly userAgent: string;
  /** The runner's OIDC endpoint and its bearer token; undefined if the job is not permitted to request a token. */
  readonly runner: { readonly url: URL; readonly bearer: Secret } | undefined;
}

/**
 * Loads the authentication methods that have a credential, and masks each secret. `authz` contains the requested
 * levels, which affect the order of the IDTOKENs.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL, with the reason for each method, if no method has a credential;
 * ERR_CREDENTIAL_UNREADABLE if the credential in an input is unusable.
 */
export function loadCredentials(sources: CredentialSources, host: Host, authz: readonly string[] = []): Credentials {
  const methods: AuthMethod[] = [];
  const unavailable: MissingMethod[] = [];

  for (const method of sources.methods) {
    const loaded = load(method, sources, authz, host);
    if (loaded instanceof Unavailable) unavailable.push({ method: displayName(method), ...loaded });
    else methods.push(loaded);
  }
  if (methods.length > 0) return { methods, preference: sources.preference, unavailable };
  const reasons = unavailable.map(({ method, reason }) => `${method}: ${reason}`);
  throw new CredentialError('ERR_NO_CREDENTIAL', `no credential was found; ${reasons.join('. ')}`, {
    reason: reasonOf(unavailable),
  });
}

/**
 * Returns the reason that determines which hints the error shows. If the first method is KERBEROS, returns the reason
 * for KERBEROS. Otherwise, returns the reason for a token file that the user can correct, if there is one.
 */
function reasonOf(unavailable: readonly MissingMethod[]): MissingReason | undefined {
  const [first] = unavailable;
  if (first?.method === 'KERBEROS') return first.kind;
  const kinds = unavailable.map(({ kind }) => kind);
  return (['file-exposed', 'file-name-ignored'] as const).find((each) => kinds.includes(each));
}

function load(
  method: MethodSource,
  sources: CredentialSources,
  authz: readonly string[],
  host: Host,
): AuthMethod | Unavailable {
  const { trust, certificate, scitoken } = sources;
  switch (method) {
    case 'TOKEN':
      return loadIdTokens(sources.idtoken, host, authz);
    case 'SCITOKENS':
      return loadSciToken(scitoken, loadTrust(trust, host)(undefined), host);
    case 'SSL': {
      const tlsFor = loadTrust(trust, host);
      const loaded = loadCertificate(certificate, tlsFor, host);
      const anonymous = loaded instanceof Unavailable && sources.anonymousSsl;
      return anonymous ? ssl('no certificate', tlsFor(undefined)) : loaded;
    }
    case 'PASSWORD':
      return loadPassword(sources.password, host);
    case 'FS':
      return loadFs(sources.fs);
    case 'MUNGE':
      return loadMunge(sources.path, accountOfDaemons(sources.fs), host);
    case 'KERBEROS':
      return loadKerberos(sources.kerberos, host);
    case 'NTSSPI':
    case 'FS_REMOTE':
    case 'GSI':
      return new Unavailable(
        'the method is not supported; use IDTOKENS, SCITOKENS, SSL, KERBEROS, PASSWORD, FS or MUNGE',
      );
  }
}

function loadFs(source: CredentialSources['fs']): AuthMethod | Unavailable {
  if (source.uid === undefined) return new Unavailable('the method requires Unix accounts');
  const parents = ['/tmp', ...(source.directory === undefined ? [] : [source.directory.replace(/(?<!\/)\/+$/, '')])];
  return fs({ parents, owner: accountOfDaemons(source), mayBeUnbound: source.mayBeUnbound });
}

/**
 * Returns the user ID and group ID of HTCondor's account if this process runs as root. HTCondor's tools authenticate as
 * that account when root runs them (set_condor_priv).
 */
function accountOfDaemons({ uid, accountIds }: CredentialSources['fs']): { uid: number; gid: number } | undefined {
  if (uid !== 0) return undefined;
  const [, own, group] =
    /^(\d+)\.(\d+)$/.exec(accountIds ?? '') ?? /^condor:[^:]*:(\d+):(\d+):/m.exec(accounts()) ?? [];
  return own === undefined || group === undefined ? undefined : { uid: Number(own), gid: Number(group) };
}

function accounts(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}
