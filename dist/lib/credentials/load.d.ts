import type { Host } from '../runtime/host.ts';
import { type Credentials, type MethodName } from '../security/method.ts';
import { type IdTokenSource } from './idtokens.ts';
import { type PasswordSource } from './password.ts';
import { type SciTokenSource } from './scitokens.ts';
import { type CertificateSource } from './ssl.ts';
import { type TrustSource } from './trust.ts';
/** Methods that HTCondor has and we do not speak. */
type ForeignMethod = 'KERBEROS' | 'NTSSPI' | 'FS_REMOTE' | 'GSI';
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
 * The methods that have a credential, each secret masked, and the reasons of the others.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL with every place that was looked at; ERR_CREDENTIAL_UNREADABLE if something
 *   in an input is of no use.
 */
export declare function loadCredentials(sources: CredentialSources, host: Host): Credentials;
export {};
