/** Determines which credentials are offered to a server, and in which order. */
import { type MethodAttempt, NegotiationError } from '../errors.ts';
import { type AuthMethod, type Candidate, type Credentials, displayName, type Objection, type Peer } from './method.ts';
import type { ServerPolicy } from './policy.ts';

/** A method with one of its credentials. */
export interface Offer {
  readonly method: AuthMethod;
  readonly candidate: Candidate;
}

/** Maximum number of IDTOKENS that are offered on one connection. */
const MAX_TOKENS = 8;

/**
 * Returns the offers in the order in which they are tried. Appends the reasons for not trying the other credentials to
 * `attempts`.
 */
export function planOffers(
  { methods, preference }: Credentials,
  peer: Peer,
  server: ServerPolicy,
  attempts: MethodAttempt[],
): Offer[] {
  const offers: Offer[] = [];
  const common = commonMethods(methods, preference, server);
  for (const { name } of methods.filter((method) => !common.includes(method)))
    attempts.push({ method: displayName(name), reason: 'the daemon does not offer it', kind: 'not-offered' });
  for (const method of common) {
    const { usable, rejected } = method.candidatesFor(server, peer);
    const tooMany = `not used, because at most ${MAX_TOKENS} tokens are tried`;
    const unused: readonly Objection[] = [
      ...usable.slice(MAX_TOKENS).map(({ label }) => ({ label, reason: tooMany })),
      ...rejected,
    ];
    for (const candidate of usable.slice(0, MAX_TOKENS)) offers.push({ method, candidate });
    for (const { label, reason, ...facts } of unused)
      attempts.push({ method: displayName(method.name), reason: `${label}: ${reason}`, ...facts });
  }
  const isDoubtful = ({ candidate }: Offer) => candidate.doubt !== undefined;
  return [...offers.filter((offer) => !isDoubtful(offer)), ...offers.filter(isDoubtful)];
}

/**
 * Returns the methods that both sides support, in the order in which they are tried.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD if the client and the server have no method in common.
 */
function commonMethods(
  methods: readonly AuthMethod[],
  preference: Credentials['preference'],
  server: ServerPolicy,
): readonly AuthMethod[] {
  const rank = ({ name }: AuthMethod) => server.methods.indexOf(name);
  const common = methods.filter((method) => rank(method) !== -1);
  if (common.length > 0) return preference === 'daemon' ? common.sort((a, b) => rank(a) - rank(b)) : common;
  const ours = methods.map(({ name }) => displayName(name)).join(', ');
  const theirs = server.methods.map(displayName);
  throw new NegotiationError(
    'ERR_NO_COMMON_METHOD',
    `no authentication method in common: the client has ${ours}; the daemon accepts ${theirs.join(', ') || 'none that the client supports'}`,
    theirs,
  );
}
