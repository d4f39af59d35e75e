import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { type AuthMethod, type Credentials, ONE_SIDED } from '../security/method.ts';
import { onlyClaimed } from '../security/methods/ssl.ts';
import { getClassAd, putClassAd } from '../wire/classad.ts';
import { type CommandResult, callCommand, inPhase, type Target } from './call.ts';
import { DC_EXCHANGE_SCITOKEN } from './commands.ts';
import { readTokenReply } from './token-commands.ts';

/**
 * DC_EXCHANGE_SCITOKEN: an IDTOKEN for whom the daemon's map file makes of a SciToken, with the levels and the rest of
 * the lifetime of that (Daemon::exchangeSciToken, handle_dc_exchange_scitoken).
 *
 * Any authenticated session will do, but only one in which the daemon has proven itself, for the SciToken is sent. A host
 * name that only the collector vouches for does not prove it: a certificate for that name is easy to obtain.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if there is no credential for such a session.
 * @throws DaemonError ERR_DAEMON with what is wrong with the SciToken, which SCITOKENS itself never says.
 */
export async function exchangeSciToken(
  target: Target,
  scitoken: Secret,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<Secret>> {
  const proving = credentials.methods.filter(({ name }) => !ONE_SIDED.includes(name)).map(withoutClaimedName);
  if (proving.length === 0) {
    const text =
      'a SciToken is sent only to a daemon that authenticates itself: with IDTOKENS, SCITOKENS, SSL or PASSWORD, not with FS or MUNGE';
    throw new CredentialError('ERR_NO_CREDENTIAL', text, { phase: 'credentials' });
  }
  return await callCommand(
    {
      target,
      command: DC_EXCHANGE_SCITOKEN,
      credentials: { ...credentials, methods: proving },
      request: (message) => putClassAd(message, { Token: scitoken.reveal() }),
    },
    ({ channel }) => inPhase('token', target.address, async () => readTokenReply(await channel.receive(getClassAd))),
    host,
  );
}

/** The same method. SSL does not accept a host name that only the collector vouches for; SCITOKENS never does. */
function withoutClaimedName(method: AuthMethod): AuthMethod {
  if (method.name !== 'SSL') return method;
  return {
    ...method,
    candidatesFor(server, { claimedName, ...peer }) {
      const { fit, unfit } = method.candidatesFor(server, peer);
      if (claimedName === undefined) return { fit, unfit };
      return { fit, unfit: unfit.map(({ label }) => ({ label, reason: onlyClaimed(claimedName) })) };
    },
    presumed: ({ claimedName: _, ...peer }) => method.presumed(peer),
  };
}
