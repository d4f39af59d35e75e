/** Jobs that have nothing stored: what becomes of their request before any daemon is asked. */
import { after, before, beforeEach } from 'node:test';
import { readRequest } from '../../src/inputs/request.ts';
import type { InputName } from '../../src/inputs/table.ts';
import { withBearer } from '../../src/keyless/with-bearer.ts';
import type { TokenRequest } from '../../src/wanted.ts';
import { type NotingHost, notingHost } from './noting-host.ts';
import { surroundings } from './surroundings.ts';
import { TokenServices } from './token-services.ts';

export type Words = Partial<Record<InputName, string | undefined>>;

/** Of the test file that imports this. */
export let services: TokenServices;
before(async () => {
  services = await TokenServices.start();
});
after(() => services.stop());
beforeEach(() => {
  services.asked.length = 0;
  services.others.clear();
});

/** The request of these words with its bearer token, and what is told and hidden on the way. */
export async function keyless(
  words: Words,
  env: Record<string, string | undefined> = services.env,
  noting: NotingHost = notingHost(),
): Promise<NotingHost & { readonly request: TokenRequest }> {
  const all: Words = {
    address: '127.0.0.1:1',
    retries: '0',
    'ca-certificate': services.authority.certificate,
    ...words,
  };
  const input = (name: InputName) => all[name];
  const request = await withBearer(readRequest(input, surroundings(env)), input, env, noting.host);
  return { request, ...noting };
}

/** Words that ask for the job's own token, for the token services. */
export const audience = (): Words => ({ 'oidc-audience': services.origin });
/** The same for a service at this path. */
export const service = (path: string): Words => ({ ...audience(), 'token-service': `${services.origin}${path}` });
