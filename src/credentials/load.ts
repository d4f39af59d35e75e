/** From what users gave to the ways in that there are. */
import { readFileSync } from 'node:fs';
import { CredentialError, type MethodAttempt } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { type AuthMethod, type Credentials, displayName, type MethodName } from '../security/method.ts';
import { fs } from '../security/methods/fs.ts';
import { ssl } from '../security/methods/ssl.ts';
import { type IdTokenSource, loadIdTokens } from './idtokens.ts';
import { type KerberosSource, loadKerberos } from './kerberos.ts';
import { loadMunge } from './munge.ts';
import { loadPassword, type PasswordSource } from './password.ts';
import { loadSciToken, type SciTokenSource } from './scitokens.ts';
import { type CertificateSource, loadCertificate } from './ssl.ts';
import { loadTrust, type TrustSource } from './trust.ts';

/** Methods that HTCondor has and we do not speak. */
type ForeignMethod = 'NTSSPI' | 'FS_REMOTE' | 'GSI';
export type MethodSource = MethodName | ForeignMethod;

/** What may be used, and where each credential is or may be. */
export interface CredentialSources {
  readonly methods: readonly MethodSource[];
  readonly preference: Credentials['preference'];
  readonly idtoken: IdTokenSource;
  readonly scitoken: SciTokenSource;
  readonly certificate: CertificateSource;
  /** Whether SSL without a client certificate is of use: it encrypts, and the daemon proves itself. */
  readonly anonymousSsl: boolean;
  readonly trust: TrustSource;
  readonly password: PasswordSource;
  readonly kerberos: KerberosSource;
  readonly fs: {
    /** FS_LOCAL_DIR. */
    readonly directory: string | undefined;
    readonly uid: number | undefined;
    /** CONDOR_IDS, `uid.gid`: HTCondor's account where it is not called condor. */
    readonly accountIds: string | undefined;
    readonly mayBeUnbound: boolean;
  };
  /** PATH. */
  readonly path: string;
}

/**
 * The methods that have a credential, each secret masked, and the reasons of the others. `authz` are the levels that are
 * requested, which decide the order of IDTOKENS.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL with every place that was looked at; ERR_CREDENTIAL_UNREADABLE if something
 *   in an input is of no use.
 */
export function loadCredentials(sources: CredentialSources, host: Host, authz: readonly string[] = []): Credentials {
  const methods: AuthMethod[] = [];
  const unavailable: MethodAttempt[] = [];
  for (const method of sources.methods) {
    const loaded = load(method, sources, authz, host);
    if (typeof loaded !== 'string') methods.push(loaded);
    else unavailable.push({ method: displayName(method), reason: loaded });
  }
  if (methods.length > 0) return { methods, preference: sources.preference, unavailable };
  const reasons = unavailable.map(({ method, reason }) => `${method}: ${reason}`);
  throw new CredentialError('ERR_NO_CREDENTIAL', `no credential was found; ${reasons.join('. ')}`);
}

function load(
  method: MethodSource,
  sources: CredentialSources,
  authz: readonly string[],
  host: Host,
): AuthMethod | string {
  const { trust, certificate, scitoken } = sources;
  switch (method) {
    case 'TOKEN':
      return loadIdTokens(sources.idtoken, host, authz);
    case 'SCITOKENS':
      return loadSciToken(scitoken, loadTrust(trust, host)(undefined), host);
    case 'SSL': {
      const tlsFor = loadTrust(trust, host);
      const loaded = loadCertificate(certificate, tlsFor, host);
      const anonymous = typeof loaded === 'string' && sources.anonymousSsl;
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
      return 'the method is not supported; use IDTOKENS, SCITOKENS, SSL, KERBEROS, PASSWORD, FS or MUNGE';
  }
}

function loadFs(source: CredentialSources['fs']): AuthMethod | string {
  if (source.uid === undefined) return 'the method requires Unix accounts';
  const parents = ['/tmp', ...(source.directory === undefined ? [] : [source.directory.replace(/(?<!\/)\/+$/, '')])];
  return fs({ parents, owner: accountOfDaemons(source), mayBeUnbound: source.mayBeUnbound });
}

/** HTCondor's tools authenticate as its own account where root runs them (set_condor_priv). */
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
