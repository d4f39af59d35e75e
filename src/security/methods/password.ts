import type { Host } from '../../runtime/host.ts';
import type { Secret } from '../../runtime/secret.ts';
import type { AuthMethod, Candidate } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
import { isAtLeast } from '../version.ts';
import { akep2, keyOfPassword, NONCE_LENGTH } from './akep2.ts';

/** The name that goes with the pool password (CONDOR_PASSWORD_FQU), and what servers before 23.9 want instead. */
const NAME = 'condor@password';
const OLD_NAME = 'condor_pool@';

/**
 * PASSWORD: both sides prove that they know the pool password (cedar-rfc §5.3, version 1 of AKEP2).
 *
 * `secret` has a byte in each character; `source` says where it came from.
 */
export function password(secret: Secret, source: string, host: Host): AuthMethod {
  const candidate = (name: string): Candidate =>
    akep2({
      method: 'PASSWORD',
      label: `${source} (${name})`,
      source,
      opening: { name, signedText: undefined, nonce: host.randomBytes(NONCE_LENGTH) },
      key: () => keyOfPassword(Uint8Array.from(Buffer.from(secret.reveal(), 'latin1'))),
      refusal: () => 'the daemon has no pool password of its own (SEC_PASSWORD_FILE on its host)',
    });
  return {
    name: 'PASSWORD',
    sources: [source],
    candidatesFor: (server) => ({ fit: [candidate(nameFor(server))], unfit: [] }),
    presumed: () => candidate(NAME), // an older server is told apart by its policy
  };
}

/** Older servers look at the part before the `@` only (Condor_Auth_Passwd::doServerRec2). */
function nameFor({ version, trustDomain }: ServerPolicy): string {
  return version !== undefined && isAtLeast(version, 23, 9) ? NAME : `${OLD_NAME}${trustDomain}`;
}
