import type { SessionKey } from '../../../src/kerberos/encryption.ts';
import { apReply, type ReadApRequest, readApRequest } from '../credentials/kdc.ts';
import type { ServerChannel } from './server-channel.ts';
import { type Identity, type PoolFacts, unlimited } from './settings.ts';

export interface KerberosSettings {
  /** The key in the daemon's keytab; undefined if the daemon has no keytab. */
  readonly key: SessionKey | undefined;
  /** KERBEROS_MAP_FILE, which maps realms to domains. Default: the realm in lower case. */
  readonly domains?: Readonly<Record<string, string>>;
}

const [DENY, GRANT, MUTUAL, PROCEED] = [0, 1, 3, 4];

/**
 * Serves KERBEROS. Returns the client's identity if the daemon's key decrypts the ticket in the AP-REQ
 * (Condor_Auth_Kerberos).
 */
export async function serveKerberos(channel: ServerChannel, pool: PoolFacts): Promise<Identity | string> {
  const ready = await channel.receive((message) => message.int());
  if (ready !== PROCEED) return 'the client is not ready'; // the client does not wait for a reply
  const bytes = await channel.receive((message) => {
    message.int();
    return message.bytes(message.int());
  });
  const request = read(bytes, pool.options.kerberos?.key);
  if (typeof request === 'string') {
    await channel.send('kerberos mutual', (message) => message.int(DENY));
    return `2: Kerberos server authentication error: ${request}`;
  }
  const reply = apReply(request);
  await channel.send('kerberos mutual', (message) => message.int(MUTUAL));
  await channel.send('kerberos reply', (message) => message.int(PROCEED).int(reply.length).bytes(reply));
  await channel.receive((message) => message.int());
  const { components, realm } = request.client;
  const domains = pool.options.kerberos?.domains;
  const domain = domains === undefined ? realm.toLowerCase() : domains[realm];
  await channel.send('kerberos verdict', (message) => message.int(domain === undefined ? DENY : GRANT));
  return domain === undefined ? 'Unable to map Kerberos name' : unlimited(`${components[0] ?? ''}@${domain}`);
}

function read(bytes: Uint8Array, key: SessionKey | undefined): ReadApRequest | string {
  if (key === undefined) return 'no keytab';
  try {
    return readApRequest(bytes, key, 11);
  } catch (error) {
    return String(error);
  }
}
