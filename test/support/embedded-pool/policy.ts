/** Reconciles a client's policy ad with that of the daemon (SecMan::ReconcileSecurityPolicyAds). */
import type { ClassAd } from '../../../src/wire/classad.ts';
import type { Ad, Requirement, ServerMethodName } from './settings.ts';

/**
 * Reconciles authentication, encryption and integrity. Returns undefined if one side requires a feature that the other
 * side refuses.
 */
export function reconcile(policy: ClassAd, own: Requirement): Ad | undefined {
  const verdicts = {
    Authentication: decide(policy.string('AuthenticationNew') ?? policy.string('Authentication'), own),
    Encryption: decide(policy.string('Encryption'), own),
    Integrity: decide(policy.string('Integrity'), own),
  };
  if (Object.values(verdicts).includes(undefined)) return undefined;
  // AES always encrypts and protects integrity, regardless of what was negotiated.
  return verdicts.Authentication === 'YES' ? { ...verdicts, Encryption: 'YES', Integrity: 'YES' } : verdicts;
}

/** Reconciles one feature (SecMan::ReconcileSecurityAttribute). A missing attribute counts as a refusal. */
function decide(text: string | undefined, own: Requirement): 'YES' | 'NO' | undefined {
  const theirs = requirementOf(text ?? 'NEVER');
  if (theirs === undefined) return undefined;
  const both = [theirs, own];
  if (both.includes('REQUIRED')) return both.includes('NEVER') ? undefined : 'YES';
  return both.includes('PREFERRED') && !both.includes('NEVER') ? 'YES' : 'NO';
}

/** Only the first letter is significant (SecMan::sec_alpha_to_sec_req). */
function requirementOf(text: string): Requirement | undefined {
  const [first = ''] = text.toUpperCase();
  if ('RYT'.includes(first)) return 'REQUIRED';
  if ('NF'.includes(first)) return 'NEVER';
  return first === 'P' ? 'PREFERRED' : first === 'O' ? 'OPTIONAL' : undefined;
}

/**
 * Returns the common methods in the server's order, spelled as the client spells them. The comparison ignores case
 * (SecMan::ReconcileMethodLists).
 */
export function reconcileMethods(
  offered: string,
  own: readonly ServerMethodName[],
): { readonly names: readonly string[]; readonly methods: readonly ServerMethodName[] } {
  const words = offered.split(/[\s,]+/).filter((word) => word !== '');
  const names = own.flatMap((method) => words.filter((word) => word.toUpperCase() === method));
  const methods = own.filter((method) => names.some((name) => name.toUpperCase() === method));
  return { names, methods };
}

/** Parses SessionDuration as C++ does, with LookupString and atoi. An attribute that is not a string counts as 0. */
export function sessionDurationOf(policy: ClassAd): number {
  return Number(/^"\s*(\d+)/.exec(policy.source('SessionDuration') ?? '')?.[1] ?? 0);
}
