/**
 * What each side demands and offers (cedar-rfc §4.3; SecMan::FillInSecurityPolicyAd and ReconcileSecurityPolicyAds).
 *
 * We demand authentication, encryption and integrity, always, and know one cipher.
 */

import { NegotiationError } from '../errors.ts';
import type { ClassAd, ClassAdValue } from '../wire/classad.ts';
import { versionOf } from './version.ts';

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
  const remoteVersion = ad.string('RemoteVersion') ?? '';
  if (!isEncrypted(ad)) {
    throw new NegotiationError('ERR_NO_ENCRYPTION', `the daemon${versionIn(remoteVersion)} ${whyNotEncrypted(ad)}`);
  }
  const ecdhPublicKey = ad.string('ECDHPublicKey');
  if (ecdhPublicKey === undefined) {
    throw new NegotiationError(
      'ERR_NO_ENCRYPTION',
      `the daemon${versionIn(remoteVersion)} sends no ECDHPublicKey, so no secret key can be agreed on; HTCondor 9.9 or later is required`,
    );
  }
  if (ad.string('Authentication') !== 'YES') {
    throw new NegotiationError('ERR_NO_COMMON_METHOD', 'the daemon does not agree to authenticate');
  }
  return {
    methods: list(ad.string('AuthMethodsList') ?? ad.string('AuthMethods')),
    ecdhPublicKey,
    trustDomain: ad.string('TrustDomain') ?? '',
    issuerKeys: list(ad.string('IssuerKeys')),
    remoteVersion,
  };
}

/** Whether the daemon agrees to AES. */
export function isEncrypted(ad: ClassAd): boolean {
  return ad.string('Encryption') === 'YES' && ciphersOf(ad)[0] === 'AES';
}

function ciphersOf(ad: ClassAd): readonly string[] {
  return list(ad.string('CryptoMethods'));
}

function whyNotEncrypted(ad: ClassAd): string {
  const ciphers = ciphersOf(ad);
  if (ciphers[0] === 'AES') return 'does not agree to encryption';
  if (ciphers.length === 0) return 'accepts none of the ciphers that the client offers (AES)';
  return `does not agree to AES encryption (it offers ${ciphers.join(', ')})`;
}

function versionIn(remoteVersion: string): string {
  const version = versionOf(remoteVersion);
  return version === undefined ? '' : `, HTCondor ${version.join('.')},`;
}

function list(text = ''): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
