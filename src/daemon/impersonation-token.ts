import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { Credentials } from '../security/method.ts';
import { getClassAd, putClassAd } from '../wire/classad.ts';
import { type CommandResult, callCommand, inPhase, type Target } from './call.ts';
import { IMPERSONATION_TOKEN_REQUEST } from './commands.ts';
import { readTokenReply, type TokenLimits } from './token-commands.ts';

/** Which token the collector is to fetch. A signing key cannot be chosen: it is always the schedd's own. */
interface ImpersonationWish extends Omit<TokenLimits, 'key'> {
  /** Name of the schedd, exactly as in its ad. */
  readonly schedd: string;
}

/**
 * IMPERSONATION_TOKEN_REQUEST: the collector fetches a schedd's token for whoever we are to the collector
 * (DCCollector::requestScheddToken, CollectorDaemon::schedd_token_request, Scheduler::handle_collector_token_request).
 *
 * The schedd signs with its own key and as its own trust domain, and knows nothing of our credential: neither the levels
 * nor the rest of the lifetime of that bound the token.
 *
 * What is refused comes with code 1 (we have no identity), 3 (not encrypted), 4 (no name) or 5 (no such schedd, or none
 * whose capability the collector can find: since 9.9.0 it looks for it in the ad from which it was taken away), or
 * with the schedd's own code.
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; whatever opening the session throws.
 */
export function getImpersonationToken(
  collector: Target,
  { schedd, authz, lifetimeSeconds }: ImpersonationWish,
  credentials: Credentials,
  host: Host,
): Promise<CommandResult<Secret>> {
  const ad = {
    Name: schedd,
    LimitAuthorization: authz.length > 0 ? authz.join(',') : undefined,
    TokenLifetime: lifetimeSeconds,
  };
  const request: Parameters<typeof callCommand>[0]['request'] = (message) => putClassAd(message, ad);
  return callCommand(
    { target: collector, command: IMPERSONATION_TOKEN_REQUEST, request, credentials },
    ({ channel }) => inPhase('token', collector.address, async () => readTokenReply(await channel.receive(getClassAd))),
    host,
  );
}
