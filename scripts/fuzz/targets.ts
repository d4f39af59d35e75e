import { addressTargets } from './address-targets.ts';
import { daemonTargets } from './daemon-targets.ts';
import { kerberosTargets } from './kerberos-targets.ts';
import { machineTargets } from './machine-targets.ts';
import { securityTargets } from './security-targets.ts';
import { serviceTargets } from './service-targets.ts';
import type { Target } from './target.ts';
import { textTargets } from './text-targets.ts';
import { tokenTargets } from './token-targets.ts';
import { wireTargets } from './wire-targets.ts';

/** Returns all targets, ordered from the wire format to the printed text. */
export async function allTargets(): Promise<readonly Target[]> {
  const machine = await machineTargets();
  return [
    ...[...wireTargets, ...addressTargets, ...securityTargets, ...machine],
    ...[...tokenTargets, ...(await kerberosTargets()), ...daemonTargets, ...textTargets, ...serviceTargets],
  ];
}
