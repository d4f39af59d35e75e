import { ENCRYPTION_TYPES, encryptionType } from './encryption.ts';
import { KerberosError } from './kerberos-error.ts';
import type { Principal } from './principal.ts';
import type { ClientKeys } from './tickets.ts';

/**
 * Bounds on the iteration count that the client accepts from a KDC. The KDC is not yet authenticated when it sends this
 * count. A lower count would help an impostor guess the password, and a higher count would keep this host busy for too
 * long.
 */
const MIN_ITERATIONS = 4096;
const MAX_ITERATIONS = 1_000_000;

/**
 * Returns the keys that are derived from a password (RFC 3962 §4, RFC 8009 §4). The KDC supplies the salt and the
 * iteration count.
 */
export function keysOfPassword(text: () => string, client: Principal, source: string): ClientKeys {
  return {
    source,
    types: ENCRYPTION_TYPES,
    needInformation: true,
    async key({ type, salt, iterations }) {
      const { stringToKey, defaultIterations } = encryptionType(type);
      const count = iterations ?? defaultIterations;
      if (count < MIN_ITERATIONS || count > MAX_ITERATIONS)
        throw new KerberosError(`the KDC requires ${count} iterations to derive the key from the password`);
      // The default salt is the realm followed by the principal's components, without separators (RFC 4120 §4).
      const bytes = await stringToKey(
        text(),
        salt ?? Buffer.from(`${client.realm}${client.components.join('')}`),
        count,
      );
      return { type, bytes };
    },
  };
}
