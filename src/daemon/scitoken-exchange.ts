import { CredentialError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { Credentials } from '../security/method.ts';
import { ONE_SIDED } from '../security/method.ts';
import { getClassAd, putClassAd } from '../wire/classad.ts';
import { type CommandResult, callCommand, inPhase, type Target } from './call.ts';
import { DC_EXCHANGE_SCITOKEN } from './commands.ts';
import { readTokenReply } from './token-commands.ts';

/**
 * DC_EXCHANGE_SCITOKEN: an IDTOKEN for whom the daemon's map file makes of a SciToken, with the levels and the rest of
 * the lifetime of that (Daemon::exchangeSciToken, handle_dc_exchange_scitoken).
 *
 * Any authenticated session will do, but only one in which the daemon has proven itself, for the SciToken is sent.
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
  const proving = credentials.methods.filter(({ name }) => !ONE_SIDED.includes(name));
  if (proving.length === 0) {
    const text =
      'a SciToken is shown only to a daemon that proves itself: by IDTOKENS, SCITOKENS, SSL or PASSWORD, not by FS or MUNGE';
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
