/** How a daemon reconciles the policy ad of a client with its own (SecMan::ReconcileSecurityPolicyAds). */
import type { ClassAd } from '../../../src/wire/classad.ts';
import type { Ad, Requirement, ServerMethodName } from './settings.ts';

/** What is agreed on for authentication, encryption and integrity; undefined: one side requires what the other refuses. */
export function reconcile(policy: ClassAd, own: Requirement): Ad | undefined {
  const verdicts = {
    Authentication: decide(policy.string('AuthenticationNew') ?? policy.string('Authentication'), own),
    Encryption: decide(policy.string('Encryption'), own),
    Integrity: decide(policy.string('Integrity'), own),
  };
  if (Object.values(verdicts).includes(undefined)) return undefined;
  // AES always encrypts and protects integrity, whatever was negotiated.
  return verdicts.Authentication === 'YES' ? { ...verdicts, Encryption: 'YES', Integrity: 'YES' } : verdicts;
}

/** One feature (SecMan::ReconcileSecurityAttribute). An attribute that is missing is a refusal. */
function decide(text: string | undefined, own: Requirement): 'YES' | 'NO' | undefined {
  const theirs = requirementOf(text ?? 'NEVER');
  if (theirs === undefined) return undefined;
  const both = [theirs, own];
  if (both.includes('REQUIRED')) return both.includes('NEVER') ? undefined : 'YES';
  return both.includes('PREFERRED') && !both.includes('NEVER') ? 'YES' : 'NO';
}

/** The first letter decides (SecMan::sec_alpha_to_sec_req). */
function requirementOf(text: string): Requirement | undefined {
  const [first = ''] = text.toUpperCase();
  if ('RYT'.includes(first)) return 'REQUIRED';
  if ('NF'.includes(first)) return 'NEVER';
  return first === 'P' ? 'PREFERRED' : first === 'O' ? 'OPTIONAL' : undefined;
}

/**
 * The common methods in the server's order, under the names that the client gave them: they are compared without regard
 * to case (SecMan::ReconcileMethodLists).
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

/** SessionDuration as C++ reads it, with LookupString and atoi: an attribute that is not a string counts as 0. */
export function sessionDurationOf(policy: ClassAd): number {
  return Number(/^"\s*(\d+)/.exec(policy.source('SessionDuration') ?? '')?.[1] ?? 0);
}
