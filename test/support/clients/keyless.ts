/** Resolves token requests from jobs that have no stored credentials, before any daemon is contacted. */
import { after, before, beforeEach } from 'node:test';
import { resolveBearer } from '../../../src/credentials/keyless.ts';
import { readRequest } from '../../../src/inputs/request.ts';
import type { InputName, Surroundings } from '../../../src/inputs/table.ts';
import { fetchToken } from '../../../src/pipeline/fetch.ts';
import type { FetchedToken } from '../../../src/pipeline/library-types.ts';
import type { TokenRequest } from '../../../src/pipeline/request.ts';
import { type NotingHost, notingHost } from '../noting-host.ts';
import { TokenServices } from '../service/token-services.ts';
import { surroundings } from '../surroundings.ts';

export type Words = Partial<Record<InputName, string | undefined>>;

/** The token services that the importing test file uses. */
export let services: TokenServices;
before(async () => {
  services = await TokenServices.start();
});
after(() => services.stop());
beforeEach(() => {
  services.asked.length = 0;
  services.agents.length = 0;
  services.others.clear();
});

function requestOf(words: Words, env: Surroundings['env']): TokenRequest {
  const all: Words = {
    address: '127.0.0.1:1',
    retries: '0',
    'ca-certificate': services.authority.certificate,
    ...words,
  };
  return readRequest((name) => all[name], surroundings(env));
}

/**
 * Resolves the request for these inputs. Returns the request, the log, and the masks. If the bearer token is a
 * SciToken, the request contains it.
 */
export async function keyless(
  words: Words,
  env: Surroundings['env'] = services.env,
  noting: NotingHost = notingHost(),
): Promise<NotingHost & { readonly request: TokenRequest }> {
  const request = requestOf(words, env);
  const bearer = await resolveBearer(request, noting.host);
  if (bearer?.kind !== 'scitoken') return { request, ...noting };
  const credentials = { ...request.credentials, scitoken: bearer.source };
  return { request: { ...request, credentials, keyless: undefined }, ...noting };
}

/** Runs a complete fetch. */
export async function fetchKeyless(
  words: Words,
  { host }: NotingHost = notingHost(),
  env: Surroundings['env'] = services.env,
): Promise<FetchedToken> {
  return await fetchToken(requestOf(words, env), host);
}

/** Returns inputs that request the job's OIDC token for the token services. */
export const audience = (): Words => ({ 'oidc-audience': services.origin });
/** Returns the same inputs, with a token service at this path. */
export const service = (path: string): Words => ({ ...audience(), 'token-service': `${services.origin}${path}` });
