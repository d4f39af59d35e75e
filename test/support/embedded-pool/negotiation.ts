import { serveFs } from './fs.ts';
import { serveToken } from './idtokens.ts';
import { serveKerberos } from './kerberos.ts';
import { serveMunge } from './munge.ts';
import { servePassword } from './password.ts';
import { Ended, type ServerChannel } from './server-channel.ts';
import { type Client, type Identity, METHOD_BITS, type PoolFacts, type ServerMethodName } from './settings.ts';
import { serveSciTokens, serveSsl } from './ssl.ts';

/**
 * The server side of one method. Returns the client's identity. If the method fails and the client can try the next
 * one, returns the reason for the refusal. Otherwise, throws Ended.
 */
type Serve = (channel: ServerChannel, pool: PoolFacts, client: Client) => Promise<Identity | string>;

const SERVE: Readonly<Record<ServerMethodName, Serve>> = {
  FS: serveFs,
  KERBEROS: serveKerberos,
  SSL: serveSsl,
  PASSWORD: servePassword,
  MUNGE: serveMunge,
  TOKEN: serveToken,
  SCITOKENS: serveSciTokens,
};

/** Negotiates and runs methods until one succeeds or the client gives up (Authentication::handshake). */
export async function authenticate(
  channel: ServerChannel,
  methods: readonly ServerMethodName[],
  pool: PoolFacts,
  client: Client,
): Promise<Identity> {
  for (;;) {
    const offered = await channel.receive((message) => message.int());
    const chosen = methods.find((method) => (offered & METHOD_BITS[method]) !== 0);
    pool.note(`HANDSHAKE: client sent ${offered}, i picked ${chosen ?? 'none'}`);
    await channel.send('method', (message) => message.int(chosen === undefined ? 0 : METHOD_BITS[chosen]));
    if (chosen === undefined) throw new Ended('Failed to authenticate with any method');
    const identity = await SERVE[chosen](channel, pool, client);
    if (typeof identity !== 'string') return identity;
    pool.note(`${chosen}: ${identity}`);
  }
}
