import type { Host } from '../../runtime/host.ts';
import { type IdToken, revealSignature } from '../../token/jwt.ts';
import type { AuthMethod, Candidate } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
import { akep2, keyOfToken, NONCE_LENGTH } from './akep2.ts';

export interface IdTokenCredential {
  readonly token: IdToken;
  /** Where it came from, e.g. `idtoken (line 1)` or a file name; unique among the credentials of a run. */
  readonly source: string;
  /**
   * True if the user gave this token for this very daemon. If it is the only one, its header and claims (not its
   * signature) may be shown before the server has said which trust domain it is of; that saves a round trip.
   */
  readonly chosen: boolean;
}

/** A token made here, for whoever has a signing key of the server; undefined: we have none of its keys. */
export type Mint = (server: ServerPolicy) => IdTokenCredential | undefined;

/**
 * IDTOKENS: the signature of a token is the secret that both sides prove to know (cedar-rfc §5.3).
 *
 * A token is sent only to a server of its trust domain that has its key, and only while it is valid: the rule of C++
 * (findTokens in condor_auth_passwd.cpp), and the expiry, which C++ does not look at.
 */
export function idtokens(credentials: readonly IdTokenCredential[], host: Host, mint?: Mint): AuthMethod {
  return {
    name: 'TOKEN',
    sources: [
      ...credentials.map(({ source }) => source),
      ...(mint === undefined ? [] : ['a signing key of this machine']),
    ],
    candidatesFor(server) {
      const judged = credentials.map((credential) => ({
        credential,
        reason: objection(credential.token, server, host.now(), credentials.length > 1),
      }));
      const fit = judged.filter(({ reason }) => reason === undefined).map(({ credential }) => credential);
      const minted = fit.length === 0 ? mint?.(server) : undefined;
      return {
        fit: [...fit, ...(minted === undefined ? [] : [minted])].map((each) => candidate(each, host)),
        unfit: judged.flatMap(({ credential, reason }) =>
          reason === undefined ? [] : [{ label: labelOf(credential), reason }],
        ),
      };
    },
    presumed() {
      const [only, ...others] = credentials.filter(({ token }) => expiry(token, host.now()) === undefined);
      return only?.chosen === true && others.length === 0 ? candidate(only, host) : undefined;
    },
  };
}

function candidate(credential: IdTokenCredential, host: Host): Candidate {
  const { token } = credential;
  const own = akep2({
    method: 'TOKEN',
    label: labelOf(credential),
    opening: { name: token.subject, signedText: token.signedText, nonce: host.randomBytes(NONCE_LENGTH) },
    key: () => keyOfToken(revealSignature(token), token.signedText),
    refusal: () => refusal(token, host.now()),
  });
  return { ...own, expiresAt: token.expiresAt };
}

function labelOf({ source, token }: IdTokenCredential): string {
  return `${source} (${token.subject}, issuer ${token.issuer}, key ${token.keyId})`;
}

function objection(token: IdToken, server: ServerPolicy, now: Date, oneOfSeveral: boolean): string | undefined {
  if (server.trustDomain === '' && oneOfSeveral) {
    return 'the daemon does not say which trust domain it is of, and none of several tokens is shown just so';
  }
  if (server.trustDomain !== '' && token.issuer !== server.trustDomain) {
    return `it was issued by ${token.issuer}; the daemon's trust domain is ${server.trustDomain}`;
  }
  if (server.issuerKeys.length > 0 && !server.issuerKeys.includes(token.keyId)) {
    return `it is signed with the key ${token.keyId}; the daemon has ${server.issuerKeys.join(', ')}`;
  }
  return expiry(token, now);
}

function expiry({ expiresAt }: IdToken, now: Date): string | undefined {
  if (expiresAt === undefined || expiresAt * 1000 > now.getTime()) return undefined;
  return `it expired at ${new Date(expiresAt * 1000).toISOString()}`;
}

/** The server gives no reason; this is what it checks and we cannot (Condor_Auth_Passwd::validate). */
function refusal({ issuedAt, tokenId, keyId }: IdToken, now: Date): string {
  const age = issuedAt === undefined ? 'of unknown age' : `${Math.round(now.getTime() / 1000 - issuedAt)} s old`;
  const tells = [
    `its key ${keyId} cannot be read by the daemon`,
    'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
    `it is older than SEC_TOKEN_MAX_AGE (it is ${age})`,
    ...(tokenId === undefined ? ['it has no jti, which HTCondor 25 requires'] : []),
  ];
  return `the daemon refused it without a reason; one of: ${tells.join('; ')}`;
}
