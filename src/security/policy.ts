/**
 * Security policies: the requirements and offers of the client and the server (cedar-rfc §4.3;
 * SecMan::FillInSecurityPolicyAd and ReconcileSecurityPolicyAds).
 *
 * An authenticated session always requires encryption and integrity. The client supports one cipher, AES.
 */
import { NegotiationError, ProtocolError } from '../errors.ts';
import type { ErrorFacts, NegotiationReason } from '../reasons.ts';
import type { ClassAd, ClassAdValue } from '../wire/classad.ts';
import { type CondorVersion, parseVersion } from './version.ts';

/**
 * The HTCondor version whose protocol the client follows. Daemons require a version and use it to select protocol
 * details (CondorVersionInfo). This string does not identify the client software.
 */
const REMOTE_VERSION = '$CondorVersion: 25.0.0 2025-01-01 BuildID: 0 $';

/**
 * Methods that are listed in AuthMethods in addition to the methods with a credential. The daemon replies with the
 * methods that it accepts, which makes error messages specific. A method without a credential is never used, because
 * the client later offers only methods for which it has a credential.
 */
const KNOWN_METHODS: readonly string[] = ['FS', 'TOKEN', 'PASSWORD', 'KERBEROS', 'SCITOKENS', 'SSL', 'MUNGE'];

/** Requested session lifetime, in seconds. This lifetime is long enough for a run to resume the session. */
const SESSION_DURATION_SECONDS = 60;

/** The server's reply to the client's policy ad. */
export interface ServerPolicy {
  /** Names of the methods that both sides support, in the server's order. */
  readonly methods: readonly string[];
  /** Public key of the server for the ECDH key agreement, in base64. */
  readonly ecdhPublicKey: string;
  /** Issuer of the tokens that the server accepts. Empty if the server does not announce it. */
  readonly trustDomain: string;
  /** Names of the signing keys that the server has. Empty if the server does not announce them. */
  readonly issuerKeys: readonly string[];
  /**
   * Version that the server announces, such as `$CondorVersion: 25.14.1 2026-07-30 … $`. Empty if it announces none.
   */
  readonly remoteVersion: string;
  /** The parsed `remoteVersion`. Undefined if the version is absent or malformed. */
  readonly version?: CondorVersion | undefined;
}

/** Command number of DC_AUTHENTICATE (condor_commands.h), which opens or resumes a session for another command. */
export const DC_AUTHENTICATE = 60010;

/**
 * Command for which a session is opened. If `about` (AuthCommand) is set, the client only asks whether it is authorized
 * for the command `about`.
 */
export interface Purpose {
  readonly command: number;
  readonly about?: number | undefined;
}

/** Returns the policy ad that opens an authenticated session. */
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
    Enact: 'NO', // with `YES`, the server would send no reply and both sides would wait forever
    NewSession: 'YES',
    SessionDuration: String(SESSION_DURATION_SECONDS), // a string, as in C++
    Subsystem: 'TOOL',
    ECDHPublicKey: ecdhPublicKey,
    RemoteVersion: REMOTE_VERSION,
  };
}

/** Returns the policy ad that opens an unauthenticated session. The session is encrypted if the daemon supports it. */
export function unauthenticatedPolicyAd(
  purpose: Purpose,
  ecdhPublicKey: string,
): Record<string, ClassAdValue | undefined> {
  return {
    ...clientPolicyAd(purpose, [], ecdhPublicKey),
    Authentication: 'NEVER',
    AuthenticationNew: 'NEVER', // replaces Authentication in HTCondor 23.10 and later
    Encryption: 'OPTIONAL',
    Integrity: 'OPTIONAL',
  };
}

/** Returns the ad that resumes the session `sid`. The server does not reply to this ad. */
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
 * Parses the server's reply to the policy ad.
 *
 * @throws NegotiationError ERR_NO_ENCRYPTION unless the server agrees to AES and to a key agreement, because the
 *   protocol would otherwise continue with a key that an eavesdropper can read; ERR_NO_COMMON_METHOD if the server does
 *   not agree to authenticate.
 * @throws ProtocolError ERR_CLASSAD if an attribute has the wrong type or contains too many names.
 */
export function readServerPolicy(ad: ClassAd): ServerPolicy {
  const reported = reportedError(ad);
  const remoteVersion = ad.string('RemoteVersion') ?? '';
  const version = parseVersion(remoteVersion);
  const daemon = version === undefined ? 'the daemon' : `the daemon, HTCondor ${version.text},`;
  if (!isEncrypted(ad)) {
    const [text, facts] = whyNotEncrypted(ad);
    throw new NegotiationError('ERR_NO_ENCRYPTION', `${daemon} ${text}${reported}`, [], facts);
  }
  const ecdhPublicKey = ad.string('ECDHPublicKey');
  if (ecdhPublicKey === undefined) {
    throw new NegotiationError(
      'ERR_NO_ENCRYPTION',
      `${daemon} sends no ECDHPublicKey, so no secret key can be agreed on; HTCondor 9.9 or later is required${reported}`,
      [],
      { reason: 'no-key-agreement' },
    );
  }
  if (ad.string('Authentication') !== 'YES') {
    throw new NegotiationError('ERR_NO_COMMON_METHOD', `the daemon does not agree to authenticate${reported}`, [], {
      reason: 'no-authentication',
    });
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
 * Returns the error that the daemon reports in its policy ad, formatted so that it can be appended to a message.
 * Returns an empty string if no error is reported. HTCondor never reports an error in a policy ad, but other
 * implementations of CEDAR do.
 */
function reportedError(ad: ClassAd): string {
  const text = ad.string('ErrorString');
  const code = ad.string('ReturnCode');
  if (text !== undefined) return `; the daemon reports: ${text}${code === undefined ? '' : ` (${code})`}`;
  return code === undefined || code === 'AUTHORIZED' ? '' : `; the daemon reports ${code}`;
}

/**
 * Maps the name or alias of a method to the name in `METHOD_BIT`, regardless of letter case
 * (SecMan::sec_char_to_auth_method).
 */
function methodName(word: string): string {
  const name = word.toUpperCase();
  if (['TOKENS', 'IDTOKEN', 'IDTOKENS'].includes(name)) return 'TOKEN';
  return name === 'SCITOKEN' ? 'SCITOKENS' : name;
}

/** Returns whether the daemon agrees to AES encryption. */
export function isEncrypted(ad: ClassAd): boolean {
  return ad.string('Encryption') === 'YES' && list(ad, 'CryptoMethods')[0]?.toUpperCase() === 'AES';
}

/** Ciphers that HTCondor used before version 9.0. */
const OLD_CIPHERS: readonly string[] = ['BLOWFISH', '3DES', 'TRIPLEDES'];

function whyNotEncrypted(ad: ClassAd): readonly [text: string, facts?: ErrorFacts<NegotiationReason>] {
  const ciphers = list(ad, 'CryptoMethods');
  const [cipher] = ciphers;
  if (cipher === undefined)
    return ['accepts none of the ciphers that the client offers (AES)', { reason: 'no-cipher' }];
  if (cipher.toUpperCase() === 'AES') {
    const encryption = ad.string('Encryption') ?? 'missing';
    return [`supports AES but does not agree to encrypt (Encryption is ${encryption} in its policy)`];
  }
  if (ciphers.includes('AES')) return [`chooses ${cipher} instead of AES encryption`];
  const offered = ciphers.join(', ');
  const text = `does not agree to AES encryption (it offers ${offered})`;
  return OLD_CIPHERS.includes(cipher) ? [text, { reason: 'old-cipher', details: { ciphers: offered } }] : [text];
}

/** Maximum number of names in an attribute. The limit bounds the work that an unauthenticated peer can cause. */
const MAX_NAMES = 1000;

function list(ad: ClassAd, attribute: string): readonly string[] {
  const words = (ad.string(attribute) ?? '').split(/[\s,]+/).filter((word) => word !== '');
  if (words.length <= MAX_NAMES) return words;
  throw new ProtocolError(
    'ERR_CLASSAD',
    `the attribute ${attribute} has ${words.length} names, more than ${MAX_NAMES}`,
  );
}
