import type { Host } from '../../runtime/host.ts';
import type { Secret } from '../../runtime/secret.ts';
import type { AuthMethod, Candidate } from '../method.ts';
import type { ServerPolicy } from '../policy.ts';
import { isAtLeast } from '../version.ts';
import { akep2, keyOfPassword, NONCE_LENGTH } from './akep2.ts';

/** Client name that is used with the pool password (CONDOR_PASSWORD_FQU). */
const CLIENT_NAME = 'condor@password';
/** Prefix of the client name that servers before HTCondor 23.9 expect. */
const OLD_NAME_PREFIX = 'condor_pool@';

/**
 * Returns the PASSWORD method, in which both sides prove that they know the pool password (cedar-rfc §5.3, version 1 of
 * AKEP2).
 *
 * Each character of `secret` represents one byte (Latin-1). `source` is the credential source that messages show.
 */
export function password(secret: Secret, source: string, host: Host): AuthMethod {
  const candidate = (name: string): Candidate =>
    akep2({
      method: 'PASSWORD',
      label: `${source} (${name})`,
      source,
      opening: { name, signedText: undefined, nonce: host.randomBytes(NONCE_LENGTH) },
      key: () => keyOfPassword(Uint8Array.from(Buffer.from(secret.reveal(), 'latin1'))),
      refusal: () => ({ reason: 'the daemon has no pool password of its own (SEC_PASSWORD_FILE on its host)' }),
    });
  return {
    name: 'PASSWORD',
    authenticatesServer: true,
    sources: [source],
    candidatesFor: (server) => ({ usable: [candidate(nameFor(server))], rejected: [] }),
    guessed: () => candidate(CLIENT_NAME), // before 23.9, the name depends on the server's policy
  };
}

/**
 * Returns the client name for this server. Servers before HTCondor 23.9 compare only the part before `@`
 * (Condor_Auth_Passwd::doServerRec2).
 */
function nameFor({ version, trustDomain }: ServerPolicy): string {
  return version !== undefined && isAtLeast(version, 23, 9) ? CLIENT_NAME : `${OLD_NAME_PREFIX}${trustDomain}`;
}
