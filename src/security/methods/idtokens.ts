import type { Refusal } from '../../reasons.ts';
import { describeDuration } from '../../runtime/duration.ts';
import type { Host } from '../../runtime/host.ts';
import { type CredentialToken, revealSignature } from '../../token/jwt.ts';
import { breadth, covers } from '../../token/levels.ts';
import { expiry, hasExpired } from '../expiry.ts';
import type { AuthMethod, Candidate, Peer } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
import { akep2, keyOfToken, NONCE_LENGTH } from './akep2.ts';

/** An IDTOKEN that can be used to authenticate the client. */
export interface IdTokenCredential {
  readonly token: CredentialToken;
  /**
   * Source of the credential, such as `idtoken (line 1)` or a file name. The source is unique among the credentials of
   * a run.
   */
  readonly source: string;
  /**
   * True if the user provided this token for this daemon. If it is the only token, its header and claims, but not its
   * signature, can be sent before the server announces its trust domain. Sending them early saves a round trip.
   */
  readonly chosen: boolean;
}

/**
 * Signs a new token with a local signing key that the server also has. Returns undefined if this host has no such key.
 */
export type Mint = (server: ServerPolicy) => IdTokenCredential | undefined;

/** Options for the tokens of a run. */
interface IdTokenOptions {
  readonly mint?: Mint | undefined;
  /**
   * Requested authorization levels. Of the tokens that cover these levels, the one with the fewest levels is tried
   * first.
   */
  readonly authz?: readonly string[];
  /** True if the run ends when the daemon fails to authenticate itself with the only token. */
  readonly endsRun?: boolean;
}

/**
 * Returns the IDTOKENS method, in which both sides prove that they know the signature of a token (cedar-rfc §5.3).
 *
 * Like C++, the client uses a token only with a server that has the token's trust domain and signing key (findTokens in
 * condor_auth_passwd.cpp). A token that has expired according to this host's clock is tried after all other
 * credentials. The token is not discarded, because that clock could be wrong.
 */
export function idtokens(
  credentials: readonly IdTokenCredential[],
  host: Host,
  { mint, authz = [], endsRun = false }: IdTokenOptions = {},
): AuthMethod {
  const ordered = byBreadth(credentials, authz);
  const runState: RunState = { host, endsRun: endsRun && credentials.length === 1, warned: new Set() };
  return {
    name: 'TOKEN',
    authenticatesServer: true,
    sources: [
      ...credentials.map(({ source }) => source),
      ...(mint === undefined ? [] : ['a signing key on this host']),
    ],
    candidatesFor(server, peer) {
      const judged = ordered.map((credential) => ({
        credential,
        refusal: objection(credential, server, credentials.length > 1),
      }));
      const usable = judged.filter(({ refusal }) => refusal === undefined).map(({ credential }) => credential);
      // Like HTCondor's tools, the client does not replace an expired token from this pool with a new token that has more
      // permissions.
      const minted = usable.length === 0 ? mint?.(server) : undefined;
      return {
        usable: [...usable, ...(minted === undefined ? [] : [minted])].map((each) => candidate(each, runState, peer)),
        rejected: judged.flatMap(({ credential, refusal }) =>
          refusal === undefined ? [] : [{ label: labelOf(credential), ...refusal }],
        ),
      };
    },
    guessed(peer) {
      const valid = credentials.filter(({ token }) => !hasExpired(token, host.now()));
      const [only, ...others] = valid.length > 0 ? valid : credentials;
      return only?.chosen === true && others.length === 0 ? candidate(only, runState, peer) : undefined;
    },
  };
}

/**
 * Moves the tokens that cover the requested levels to the front, in ascending order of the number of levels. If no
 * levels are requested, HTCondor's order is kept.
 */
function byBreadth(credentials: readonly IdTokenCredential[], authz: readonly string[]): readonly IdTokenCredential[] {
  if (authz.length === 0) return credentials;
  const rank = ({ token }: IdTokenCredential): number => {
    if (token.subject === undefined) return MANY_LEVELS; // only the daemon knows the levels of a capability token
    if (token.authz === undefined) return MANY_LEVELS + 1;
    return authz.every((level) => covers(token.authz ?? [], level)) ? breadth(token.authz) : MANY_LEVELS + 2;
  };
  return credentials.toSorted((a, b) => rank(a) - rank(b));
}

/** A rank above that of every restricted token. No token has this many levels. */
const MANY_LEVELS = 1000;

/** State that all tokens of a run share. */
interface RunState {
  readonly host: Host;
  readonly endsRun: boolean;
  /** Sources of the tokens for which a warning was printed. */
  readonly warned: Set<string>;
}

function candidate(credential: IdTokenCredential, { host, endsRun, warned }: RunState, peer: Peer): Candidate {
  const { token, source } = credential;
  const own = akep2({
    method: 'TOKEN',
    label: labelOf(credential),
    source: credential.source,
    opening: { name: nameOf(token), signedText: token.signedText, nonce: host.randomBytes(NONCE_LENGTH) },
    key: () => keyOfToken(revealSignature(token), token.signedText),
    refusal: () => refusal(token, host.now()),
    doubt: expiry(token, 'idtoken-expired', host.now(), peer),
    unproven: () => {
      if (endsRun) return undefined;
      const advice = `if the pool was reinstalled, remove the token from ${source}`;
      if (!warned.has(source))
        host.log.warn(
          `The daemon failed to prove that it knows the signing key of the token from ${source}; ${advice}`,
        );
      warned.add(source);
      return `the daemon has a different secret for it; ${advice}`;
    },
  });
  return { ...own, expiresAt: token.expiresAt };
}

/**
 * Returns the client's name in AKEP2, which is `sub` or, if the token has no `sub`, `jti`
 * (Condor_Auth_Passwd::validate).
 */
function nameOf({ subject, tokenId }: CredentialToken): string {
  return subject ?? tokenId ?? '';
}

function labelOf({ source, token }: IdTokenCredential): string {
  return `${source} (${token.subject ?? `capability ${nameOf(token)}`}, issuer ${token.issuer}, key ${token.keyId})`;
}

function objection(
  { token, chosen }: IdTokenCredential,
  server: ServerPolicy,
  oneOfSeveral: boolean,
): Refusal | undefined {
  const { issuer, keyId: key } = token;
  const { trustDomain, issuerKeys } = server;
  if (trustDomain === '' && (!chosen || oneOfSeveral)) {
    const why = chosen
      ? 'so the client cannot choose one of several tokens'
      : 'and no input or setting selects this token for it';
    return { kind: 'no-trust-domain', reason: `the daemon does not report its trust domain, ${why}` };
  }
  if (trustDomain !== '' && issuer !== trustDomain) {
    const reason = `it was issued by ${issuer}; the daemon's trust domain is ${trustDomain}`;
    return { kind: 'issuer-differs', reason, details: { issuer, trustDomain } };
  }
  if (issuerKeys.length > 0 && !issuerKeys.includes(key)) {
    const reason = `it is signed with the key ${key}; the daemon has ${issuerKeys.join(', ')}`;
    return { kind: 'key-differs', reason, details: { key } };
  }
  return undefined;
}

/**
 * Lists possible reasons for a refusal, because the server sends no reason. Only the server can check these conditions
 * (Condor_Auth_Passwd::validate).
 */
function refusal({ issuedAt, tokenId, keyId }: CredentialToken, now: Date): Refusal {
  const age = issuedAt === undefined ? 'unknown' : describeDuration(Math.round(now.getTime() / 1000 - issuedAt));
  const reasons = [
    `the daemon cannot read its key ${keyId}`,
    'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
    `it is older than SEC_TOKEN_MAX_AGE (its age is ${age})`,
    ...(tokenId === undefined ? ['it has no jti, which HTCondor 25 requires'] : []),
  ];
  return {
    kind: 'unexplained',
    reason: `the daemon refused it without a reason; possible causes: ${reasons.join('; ')}`,
  };
}
