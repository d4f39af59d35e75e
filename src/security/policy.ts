/**
 * What each side demands and offers (cedar-rfc §4.3; SecMan::FillInSecurityPolicyAd and ReconcileSecurityPolicyAds).
 *
 * We demand authentication, encryption and integrity, always, and know one cipher.
 */
import { NegotiationError, ProtocolError } from '../errors.ts';
import type { ClassAd, ClassAdValue } from '../wire/classad.ts';
import { type CondorVersion, parseVersion } from './version.ts';

/**
 * The version that we behave like. Daemons choose details of the protocol by it and expect it to be there
 * (CondorVersionInfo); it makes no claim on what software this is.
 */
const REMOTE_VERSION = '$CondorVersion: 25.0.0 2025-01-01 BuildID: 0 $';

/**
 * Names that go into AuthMethods beside ours, so that the daemon tells which of them it takes: a reason is worth having.
 * None is used without a credential, for the choice is made by bits later.
 */
const KNOWN_METHODS: readonly string[] = ['FS', 'TOKEN', 'PASSWORD', 'KERBEROS', 'SCITOKENS', 'SSL', 'MUNGE'];

/** Seconds that the daemon should keep the session: as long as a run may want to come back to it. */
const SESSION_DURATION_SECONDS = 60;

export interface ServerPolicy {
  /** Names of the methods both sides know, in the server's order. */
  readonly methods: readonly string[];
  readonly ecdhPublicKey: string;
  /** Issuer of the tokens that the server takes; empty if it does not say. */
  readonly trustDomain: string;
  /** Names of the signing keys that the server has; empty if it does not say. */
  readonly issuerKeys: readonly string[];
  /** As it says, e.g. `$CondorVersion: 25.14.1 2026-07-30 … $`; empty if it does not say. */
  readonly remoteVersion: string;
  /** The same, parsed; undefined if the daemon announces none. */
  readonly version?: CondorVersion | undefined;
}

/** DC_AUTHENTICATE (condor_commands.h): the command that opens a session for another one, or resumes one. */
export const DC_AUTHENTICATE = 60010;

/** What we want to do once we are in; with `about` (AuthCommand), to ask whether we may do that. */
export interface Purpose {
  readonly command: number;
  readonly about?: number | undefined;
}

/** The policy ad that opens a session. */
export function clientPolicyAd(
  { command, about }: Purpose,
  methods: readonly string[],
  ecdhPublicKey: string,
): Record<string, ClassAdValue | undefined> {
  return {
    Command: command,
    AuthCommand: about,
    AuthMethods: [...new Set([...methods, ...KNOWN_METHODS])].join(','),
    CryptoMethods: 'AES',
    Authentication: 'REQUIRED',
    AuthenticationNew: 'REQUIRED',
    Encryption: 'REQUIRED',
    Integrity: 'REQUIRED',
    OutgoingNegotiation: 'REQUIRED',
    Enact: 'NO', // without it the server sends no answer and both sides wait for ever
    NewSession: 'YES',
    SessionDuration: String(SESSION_DURATION_SECONDS), // a string, as C++ sends it
    Subsystem: 'TOOL',
    ECDHPublicKey: ecdhPublicKey,
    RemoteVersion: REMOTE_VERSION,
  };
}

/** The policy ad of a session without authentication, encrypted if the daemon can do that. */
export function unauthenticatedPolicyAd(
  purpose: Purpose,
  ecdhPublicKey: string,
): Record<string, ClassAdValue | undefined> {
  return {
    ...clientPolicyAd(purpose, [], ecdhPublicKey),
    Authentication: 'NEVER',
    AuthenticationNew: 'NEVER', // read instead of Authentication since 23.10
    Encryption: 'OPTIONAL',
    Integrity: 'OPTIONAL',
  };
}

/** The ad that resumes a session, without any answer to it. */
export function resumptionAd(
  { command, about }: Purpose,
  sid: string,
  nonce: string,
): Record<string, ClassAdValue | undefined> {
  return {
    UseSession: 'YES',
    Sid: sid,
    Command: command,
    AuthCommand: about,
    CryptoMethods: 'AES',
    ResumeResponse: false,
    RemoteVersion: REMOTE_VERSION,
    Nonce: nonce,
  };
}

/**
 * The server's answer, if a session with it is worth having.
 *
 * @throws NegotiationError ERR_NO_ENCRYPTION unless it agrees to AES with a key agreement: the protocol would go on,
 *   with a key that everybody on the way can read. ERR_NO_COMMON_METHOD if it wants no authentication.
 */
export function readServerPolicy(ad: ClassAd): ServerPolicy {
  const reported = reportedError(ad);
  const remoteVersion = ad.string('RemoteVersion') ?? '';
  const version = parseVersion(remoteVersion);
  const daemon = version === undefined ? 'the daemon' : `the daemon, HTCondor ${version.text},`;
  if (!isEncrypted(ad)) throw new NegotiationError('ERR_NO_ENCRYPTION', `${daemon} ${whyNotEncrypted(ad)}${reported}`);
  const ecdhPublicKey = ad.string('ECDHPublicKey');
  if (ecdhPublicKey === undefined) {
    throw new NegotiationError(
      'ERR_NO_ENCRYPTION',
      `${daemon} sends no ECDHPublicKey, so no secret key can be agreed on; HTCondor 9.9 or later is required${reported}`,
    );
  }
  if (ad.string('Authentication') !== 'YES') {
    throw new NegotiationError('ERR_NO_COMMON_METHOD', `the daemon does not agree to authenticate${reported}`);
  }
  return {
    methods: list(ad, ad.string('AuthMethodsList') === undefined ? 'AuthMethods' : 'AuthMethodsList').map(methodName),
    ecdhPublicKey,
    trustDomain: ad.string('TrustDomain') ?? '',
    issuerKeys: list(ad, 'IssuerKeys'),
    remoteVersion,
    version,
  };
}

/**
 * What a daemon adds to a refusal, as the end of a message; empty if it adds nothing. C++ never sends these attributes
 * in a policy ad; other implementations of CEDAR do.
 */
function reportedError(ad: ClassAd): string {
  const text = ad.string('ErrorString');
  const code = ad.string('ReturnCode');
  if (text !== undefined) return `; the daemon reports: ${text}${code === undefined ? '' : ` (${code})`}`;
  return code === undefined || code === 'AUTHORIZED' ? '' : `; the daemon reports ${code}`;
}

/** Other names of a method, in any case, under the name that this program uses (SecMan::sec_char_to_auth_method). */
function methodName(word: string): string {
  const name = word.toUpperCase();
  if (['TOKENS', 'IDTOKEN', 'IDTOKENS'].includes(name)) return 'TOKEN';
  return name === 'SCITOKEN' ? 'SCITOKENS' : name;
}

/** True if the daemon agrees to AES. */
export function isEncrypted(ad: ClassAd): boolean {
  return ad.string('Encryption') === 'YES' && list(ad, 'CryptoMethods')[0]?.toUpperCase() === 'AES';
}

function whyNotEncrypted(ad: ClassAd): string {
  const ciphers = list(ad, 'CryptoMethods');
  const [cipher] = ciphers;
  if (cipher === undefined) return 'accepts none of the ciphers that the client offers (AES)';
  if (cipher.toUpperCase() === 'AES')
    return `knows AES but does not agree to encrypt (Encryption is ${ad.string('Encryption') ?? 'missing'} in its policy)`;
  return ciphers.includes('AES')
    ? `chooses ${cipher} instead of AES encryption`
    : `does not agree to AES encryption (it offers ${ciphers.join(', ')})`;
}

/** Names in one attribute of a policy. A stranger sends them, and each of them costs work. */
const MAX_NAMES = 1000;

function list(ad: ClassAd, attribute: string): readonly string[] {
  const words = (ad.string(attribute) ?? '').split(/[\s,]+/).filter((word) => word !== '');
  if (words.length <= MAX_NAMES) return words;
  throw new ProtocolError(
    'ERR_CLASSAD',
    `the attribute ${attribute} has ${words.length} names, more than ${MAX_NAMES}`,
  );
}
