import type { ProxySettings } from '../credentials/http-proxy.ts';
import { isHttpToThisHost } from '../credentials/https.ts';
import { type JobSource, type KeylessSource, TOKEN_GRANTS } from '../credentials/load.ts';
import { Secret } from '../runtime/secret.ts';
import { ciRun } from './ci-run.ts';
import { INPUTS, type InputName, type InputSource, type Surroundings } from './table.ts';
import { durationOf, oneOf, plainText, quote, refuse, splitList } from './words.ts';

/**
 * Environment variables with the URL and the bearer token of the OIDC service. GitHub sets them if the job has the
 * `id-token: write` permission.
 */
export const URL_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_URL';
export const TOKEN_VARIABLE = 'ACTIONS_ID_TOKEN_REQUEST_TOKEN';

/**
 * Reads the inputs for keyless credentials. Returns undefined if none are set.
 *
 * @throws InputError ERR_INPUT.
 */
export function readKeyless(input: InputSource, { env }: Surroundings): KeylessSource | undefined {
  const named = plainText('oidc-audience', input('oidc-audience'));
  const service = input('token-service');
  const grant = input('token-grant') ?? INPUTS['token-grant'];
  if (service === undefined && grant !== INPUTS['token-grant']) refuse('token-grant', 'token-service is not set');
  if (named === undefined && service === undefined) return undefined;
  if (service !== undefined && input('idtoken') !== undefined)
    refuse('idtoken', 'not supported with token-service, which needs no IDTOKEN; omit one of them');
  const url = service === undefined ? undefined : serviceUrl('token-service', service);
  const audience = named ?? (url && ownAudience(url, input, env));
  const lifetime = durationOf(input('lifetime') ?? '');
  if (audience !== undefined && input('scitoken') !== undefined)
    refuse('scitoken', 'not supported with oidc-audience, which requests a token for the job');
  return {
    job: audience === undefined ? undefined : readJob(audience, env),
    service: url && {
      url,
      grant: oneOf('token-grant', grant, TOKEN_GRANTS),
      lifetimeSeconds: lifetime,
      identity: plainText('expected-identity', input('expected-identity')),
      userAgent: userAgent(env),
    },
    proxies: readProxies(env),
    extraCertificates: variable(env, 'NODE_EXTRA_CA_CERTS'),
  };
}

/**
 * Returns the audience for the job's OIDC token if the runner can issue one, and the workflow supplies no other token.
 */
function ownAudience(service: URL, input: InputSource, env: Surroundings['env']): string | undefined {
  const supplied = [input('scitoken'), env['BEARER_TOKEN'], env['BEARER_TOKEN_FILE']];
  const isOffered = (env[URL_VARIABLE] ?? '') !== '';
  return isOffered && supplied.every((each) => (each ?? '').trim() === '') ? service.origin : undefined;
}

/**
 * Returns the proxy for HTTPS. As in curl, the lower-case variable takes precedence, and an empty variable counts as
 * unset.
 *
 * @throws InputError ERR_INPUT. The message does not contain the value, which might include a password.
 */
export function readProxies(env: Surroundings['env']): ProxySettings {
  const bypass = splitList(variable(env, 'no_proxy', 'NO_PROXY') ?? '');
  const text = variable(env, 'https_proxy', 'HTTPS_PROXY');
  if (text === undefined) return { proxy: undefined, bypass };
  const full = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    refuse('https_proxy', 'the value is not the URL of an HTTP proxy (http://HOST:PORT)');
  const { username, password, origin } = url;
  const anonymous = username === '' && password === '';
  const pair = `${decoded(username)}:${decoded(password)}`;
  const basic = Buffer.from(pair).toString('base64');
  const authorization = anonymous ? undefined : new Secret(`Basic ${basic}`);
  const secrets = [password, decoded(password), anonymous ? '' : basic].filter((each) => each !== '');
  return {
    proxy: { url: new URL(origin), authorization, secrets: secrets.map((each) => new Secret(each)) },
    bypass,
  };
}

/** Returns the value of the first variable that is set and not empty. */
function variable(env: Surroundings['env'], ...names: readonly string[]): string | undefined {
  return names.map((name) => env[name]?.trim()).find((value) => value !== undefined && value !== '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // the text contains a % that does not begin an escape sequence
  }
}

/**
 * Returns the User-Agent for requests to services. It contains the CI run, so that an administrator can find a request
 * in the service's log.
 */
function userAgent(env: Surroundings['env']): string {
  const run = ciRun(env);
  return run === undefined ? 'condor-token-fetch' : `condor-token-fetch (${run})`;
}

function readJob(audience: string, env: Surroundings['env']): JobSource {
  const [address, bearer] = [env[URL_VARIABLE] ?? '', env[TOKEN_VARIABLE] ?? ''];
  const source = { audience, userAgent: userAgent(env) };
  if (address === '' || bearer === '') return { ...source, runner: undefined };
  return { ...source, runner: { url: serviceUrl('oidc-audience', address), bearer: new Secret(bearer) } };
}

/**
 * Parses the URL of a service. Accepts only HTTPS, or HTTP to this host, so that no third party can read the request.
 */
function serviceUrl(name: InputName, text: string): URL {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isSafe = url !== undefined && (url.protocol === 'https:' || isHttpToThisHost(url));
  if (isSafe && url.username === '' && url.password === '' && url.hash === '') return url;
  const [shown = ''] = text.split(/[?#]/); // the query might contain a token
  const named = text.includes('@') ? 'the value' : quote(shown); // the text before @ might be a password
  refuse(name, `${named} is not the URL of a service (https://HOST/PATH)`);
}
