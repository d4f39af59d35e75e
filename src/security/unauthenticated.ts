import { AuthorizationError, NegotiationError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import { getClassAd, putClassAd } from '../wire/classad.ts';
import type { SecurableChannel } from '../wire/message-channel.ts';
import type { Writer } from '../wire/writer.ts';
import { KeyAgreement } from './key-agreement.ts';
import { DC_AUTHENTICATE, isEncrypted, type Purpose, unauthenticatedPolicyAd } from './policy.ts';

/**
 * Opens an unauthenticated session and sends the request. HTCondor 25 encrypts unauthenticated sessions; older releases
 * do not. Because an attacker on the network path could have replied, an encrypted reply is no more trustworthy than a
 * cleartext reply.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD if the daemon requires authentication; ERR_NO_ENCRYPTION if the daemon
 *   requires a cipher other than AES.
 * @throws AuthorizationError ERR_DENIED if the daemon denies the command without authentication.
 * @throws ProtocolError, ConnectError.
 */
export async function startUnauthenticated(
  channel: SecurableChannel,
  purpose: Purpose,
  request: (message: Writer) => void,
  host: Host,
): Promise<void> {
  const agreement = new KeyAgreement(host.randomBytes);
  channel.send((message) =>
    putClassAd(message.int(DC_AUTHENTICATE), unauthenticatedPolicyAd(purpose, agreement.publicKey)),
  );
  const policy = await channel.receive(getClassAd);
  if (policy.string('Authentication') === 'YES')
    throw new NegotiationError('ERR_NO_COMMON_METHOD', 'the daemon requires authentication');
  const publicKey = policy.string('ECDHPublicKey');
  const encrypted = policy.string('Encryption') === 'YES';
  if (encrypted && (!isEncrypted(policy) || publicKey === undefined))
    throw new NegotiationError(
      'ERR_NO_ENCRYPTION',
      'the daemon requires encryption but does not offer AES with a key exchange',
    );
  if (encrypted && publicKey !== undefined) channel.protect(agreement.sessionKey(publicKey));
  channel.send(request);
  const verdict = await channel.receive(getClassAd);
  const code = verdict.string('ReturnCode');
  const user = verdict.string('User');
  if (code !== 'AUTHORIZED')
    throw new AuthorizationError(
      'ERR_DENIED',
      `the daemon replied ${code ?? 'no code'} to the unauthenticated request`,
      user,
      {
        reason: 'no-identity',
      },
    );
  host.log.debug(`session: not authenticated, ${encrypted ? 'encrypted' : 'in cleartext'}`);
}
