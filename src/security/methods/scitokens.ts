import type { Host } from '../../runtime/host.ts';
import type { BearerToken } from '../../token/bearer.ts';
import { expiry } from '../expiry.ts';
import type { AuthMethod, Candidate, Peer } from '../method.ts';
import { MethodRefused } from '../method.ts';
import { NO_SERVER_NAME, onlyClaimed, type TlsFor } from './ssl.ts';
import { putHolding, SslExchange, serverHolds } from './ssl-exchange.ts';

/**
 * Maximum length of a SciToken, in bytes. The server reads the length and the token with one SSL_read, so both must fit
 * into one TLS record.
 */
export const MAX_SCITOKEN_LENGTH = 16_380;

/**
 * Returns the SCITOKENS method, which sends a bearer token over TLS after the server has authenticated itself with its
 * certificate (cedar-rfc §5.4.5; Condor_Auth_SSL with scitokens_mode in C++).
 */
export function scitokens(token: BearerToken, tlsFor: TlsFor, host: Host): AuthMethod {
  const { source } = token;
  const label = `${source} (${token.subject}, issuer ${token.issuer})`;
  const patience = { waits: false };
  const candidate = (serverName: string, peer: Peer): Candidate => {
    const exchange = new SslExchange({ method: 'SCITOKENS', label, serverName, tls: () => tlsFor(serverName) });
    return {
      label,
      source,
      doubt: expiry(token, 'scitoken-expired', host.now(), peer),
      expiresAt: token.expiresAt,
      open: (channel) => exchange.open(channel),
      patience,
      async finish(channel, _, last) {
        try {
          await exchange.prove(channel);
          exchange.hold(channel);
          await exchange.sendThroughTunnel(channel, lengthAndToken(token));
        } finally {
          exchange.close();
        }
        const refused = new MethodRefused({ reason: refusal(token, host.now()) });
        if (last && !patience.waits) return [{ write: putHolding, otherwise: () => refused }];
        if (!(await serverHolds(channel))) throw refused;
        return [];
      },
    };
  };
  return {
    name: 'SCITOKENS',
    authenticatesServer: true,
    sources: [source],
    candidatesFor(_, peer) {
      const { serverName, claimedName } = peer;
      if (serverName !== undefined) return { usable: [candidate(serverName, peer)], rejected: [] };
      const reason = claimedName === undefined ? NO_SERVER_NAME : onlyClaimed(claimedName);
      return { usable: [], rejected: [{ label, reason, kind: 'no-server-name' }] };
    },
    guessed: (peer) => (peer.serverName === undefined ? undefined : candidate(peer.serverName, peer)),
  };
}

function lengthAndToken({ jwt }: BearerToken): Uint8Array {
  const text = new TextEncoder().encode(jwt.reveal());
  const bytes = new Uint8Array(4 + text.length);
  new DataView(bytes.buffer).setUint32(0, text.length);
  bytes.set(text, 4);
  return bytes;
}

/**
 * Lists possible reasons for a refusal, because the server sends no reason (validate_scitoken). Reasons that are
 * visible in the token come first.
 */
function refusal({ issuer, subject, audience, scope, profile, expiresAt, notBefore }: BearerToken, now: Date): string {
  const seconds = now.getTime() / 1000;
  const likely: string[] = [];
  const possible: string[] = [];
  if (notBefore !== undefined && notBefore > seconds)
    likely.push(`it is not valid before ${new Date(notBefore * 1000).toISOString()}`);
  if (scope === undefined)
    likely.push(`it has no scope, which only issuers in SEC_SCITOKENS_FOREIGN_TOKEN_ISSUERS may omit`);
  if (!issuer.startsWith('https://')) likely.push(`its issuer ${issuer} is not an https URL`);
  if (audience.length === 0 && profile === 'scitoken:2.0')
    likely.push('it has no audience, which scitoken:2.0 requires');
  if (audience.length > 0)
    likely.push(`its audience is ${audience.join(', ')}, but SCITOKENS_SERVER_AUDIENCE of the daemon differs`);
  else if (profile !== 'scitoken:2.0')
    possible.push('it has no audience, but the daemon sets SCITOKENS_SERVER_AUDIENCE');
  possible.push(
    `no line of the daemon's map file (CERTIFICATE_MAPFILE, method SCITOKENS) is for ${issuer},${subject}`,
    `the daemon cannot fetch the keys of ${issuer}, or they did not sign this token`,
  );
  if (expiresAt !== undefined && expiresAt > seconds && expiresAt - seconds < 300)
    possible.push(`it expires in ${Math.floor(expiresAt - seconds)} s, and the daemon's clock may be ahead`);
  return `the daemon refused it without a reason; possible causes: ${[...likely, ...possible].join('; ')}`;
}
