import { type JobSource, type KeylessSource, TOKEN_GRANTS } from '../credentials/keyless-source.ts';
import { InputError } from '../errors.ts';
import { Secret } from '../runtime/secret.ts';
import { INPUTS, type InputName, type InputSource, type Surroundings } from './table.ts';
import { oneOf, parseDuration, plainText, quote } from './words.ts';

/** Variables of a job that may have an OIDC token: where, and with what. Set with `permissions: id-token: write`. */
export const URL_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL';
export const TOKEN_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN';

/** @throws InputError ERR_INPUT. */
export function readKeyless(input: InputSource, { env }: Surroundings): KeylessSource | undefined {
  const named = plainText('oidc-audience', input('oidc-audience'));
  const service = input('token-service');
  if (service === undefined && input('token-grant') !== undefined && input('token-grant') !== INPUTS['token-grant'])
    throw new InputError('token-grant', 'token-grant: give token-service too');
  if (named === undefined && service === undefined) return undefined;
  if (service !== undefined && input('idtoken') !== undefined)
    throw new InputError('idtoken', 'idtoken: with token-service no IDTOKEN is needed; leave one of the two out');
  const url = service === undefined ? undefined : serviceUrl('token-service', service);
  const audience = named ?? (url !== undefined && usesOwnToken(input, env) ? url.origin : undefined);
  const lifetime = parseDuration(input('lifetime') ?? '');
  if (audience !== undefined && input('scitoken') !== undefined)
    throw new InputError('scitoken', 'scitoken: with oidc-audience the job has its own; leave scitoken out');
  return {
    job: audience === undefined ? undefined : readJob(audience, env),
    service: url && {
      url,
      grant: oneOf('token-grant', input('token-grant') ?? INPUTS['token-grant'], TOKEN_GRANTS),
      lifetimeSeconds: lifetime,
      identity: plainText('expected-identity', input('expected-identity')),
    },
  };
}

/** Whether the job's own token is meant where no audience is named: the runner offers one, and no other token is given. */
function usesOwnToken(input: InputSource, env: Surroundings['env']): boolean {
  const given = [input('scitoken'), env['BEARER_TOKEN'], env['BEARER_TOKEN_FILE']];
  return (env[URL_VARIABLE] ?? '') !== '' && given.every((each) => (each ?? '').trim() === '');
}

function readJob(audience: string, env: Surroundings['env']): JobSource {
  const [address, bearer] = [env[URL_VARIABLE] ?? '', env[TOKEN_VARIABLE] ?? ''];
  if (address === '' || bearer === '') return { audience, runner: undefined };
  return { audience, runner: { url: serviceUrl('oidc-audience', address), bearer: new Secret(bearer) } };
}

const HERE = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** One where nobody on the way can read what is said: HTTPS, or this machine. */
function serviceUrl(name: InputName, text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && HERE.test(url.hostname));
  if (isSafe && url.username === '' && url.password === '' && url.hash === '') return url;
  const shown = text.includes('@') ? 'it' : quote(text); // a password may be in it
  throw new InputError(name, `${name}: ${shown} is not the URL of a service, https://HOST/PATH`);
}
