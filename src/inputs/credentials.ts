import { join } from 'node:path';
import { isEncodedKeytab } from '../credentials/kerberos-files.ts';
import type { CredentialSources, MethodSource } from '../credentials/load.ts';
import { mistakeIn, pastedPem, pastedToken, pastedTokens } from '../credentials/pasted.ts';
import { unreadable } from '../credentials/private-file.ts';
import type { PemSource } from '../credentials/ssl.ts';
import { messageOf } from '../errors.ts';
import type { Mode } from '../pipeline/request.ts';
import { Secret } from '../runtime/secret.ts';
import { expandPath } from './paths.ts';
import type { InputName, InputSource, Surroundings, TextInput } from './table.ts';
import { listOf, plainText, quote, refuse, splitFiles, splitList } from './words.ts';

/** Authentication methods, by every name that HTCondor accepts for them (SecMan::sec_char_to_auth_method). */
const METHODS: Readonly<Record<string, MethodSource>> = {
  IDTOKENS: 'TOKEN',
  IDTOKEN: 'TOKEN',
  TOKENS: 'TOKEN',
  TOKEN: 'TOKEN',
  SCITOKENS: 'SCITOKENS',
  SCITOKEN: 'SCITOKENS',
  SSL: 'SSL',
  PASSWORD: 'PASSWORD',
  FS: 'FS',
  MUNGE: 'MUNGE',
  KERBEROS: 'KERBEROS',
  NTSSPI: 'NTSSPI',
  FS_REMOTE: 'FS_REMOTE',
  GSI: 'GSI',
};
/** Authentication methods that are always rejected, because they prove no identity. */
const NEVER: readonly string[] = ['CLAIMTOBE', 'ANONYMOUS'];

/** Maximum length of a path. A longer string is assumed to be a key whose first line is missing. */
const MAX_PATH_LENGTH = 500;

/** HTCondor's default methods on Unix (SEC_STD_AUTH_METHOD_NAMES). */
const DEFAULT_METHODS = 'FS IDTOKENS KERBEROS SCITOKENS SSL';

/** Inputs that select a method if `authentication-methods` is not set, in order of preference. */
const METHOD_OF_INPUT: readonly (readonly [InputName, MethodSource])[] = [
  ['idtoken', 'TOKEN'],
  ['scitoken', 'SCITOKENS'],
  ['oidc-audience', 'SCITOKENS'],
  ['token-service', 'SCITOKENS'],
  ['client-certificate', 'SSL'],
  ['kerberos-cache', 'KERBEROS'],
  ['kerberos-keytab', 'KERBEROS'],
  ['kerberos-password', 'KERBEROS'],
  ['kerberos-principal', 'KERBEROS'],
  ['password', 'PASSWORD'],
];

/**
 * Returns the authentication methods and the sources of their credentials. A list of methods from the user takes
 * precedence. If the user supplies no list, the methods for which an input supplies a credential are used. Otherwise,
 * the daemon chooses from the methods in HTCondor's configuration, or from HTCondor's default methods.
 *
 * If `isTool` is true, the configuration of this host can also select KERBEROS, as it does for HTCondor's tool.
 *
 * @throws InputError ERR_INPUT.
 */
export function readCredentials(
  input: InputSource,
  surroundings: Surroundings,
  mode: Mode,
  isTool: boolean,
): CredentialSources {
  const { setting, env, uid, platform } = surroundings;
  const given = [...new Set(METHOD_OF_INPUT.filter(([name]) => input(name) !== undefined).map(([, method]) => method))];
  const named = input('authentication-methods');
  const methods = named !== undefined ? readMethods(named) : given.length > 0 ? given : methodsOfHost(setting);
  if (methods.length === 0) refuse('authentication-methods', 'the list is empty');
  const secret = (name: TextInput, read: (text: string) => string) => {
    const text = input(name);
    return text === undefined ? undefined : new Secret(read(text));
  };
  return {
    methods,
    preference: named !== undefined || given.length > 0 ? 'ours' : 'daemon',
    idtoken: readIdTokenSource(secret('idtoken', pastedTokens), surroundings),
    scitoken: {
      text: secret('scitoken', (text) => pastedToken('scitoken', text)),
      file: setting('SCITOKENS_FILE'),
      env,
      uid,
    },
    certificate: readCertificate(input, surroundings),
    anonymousSsl: mode === 'request',
    trust: {
      authorities: pemSource('ca-certificate', input('ca-certificate'), surroundings),
      files: splitFiles(setting('AUTH_SSL_CLIENT_CAFILE') ?? ''),
      directory: setting('AUTH_SSL_CLIENT_CADIR'),
      system: (setting('AUTH_SSL_CLIENT_USE_DEFAULT_CAS') ?? 'true').toLowerCase() !== 'false',
      knownHosts: setting('SEC_KNOWN_HOSTS') ?? knownHosts(surroundings),
      certificateFile: env['SSL_CERT_FILE'],
      platform,
    },
    password: { text: secret('password', plainPassword), file: setting('SEC_PASSWORD_FILE') },
    kerberos: {
      chosen: named !== undefined || given.includes('KERBEROS') || isTool,
      cache: readKerberosPath('kerberos-cache', input('kerberos-cache'), surroundings),
      keytab: secret('kerberos-keytab', (text) => readKerberosPath('kerberos-keytab', text, surroundings) ?? text),
      password: secret('kerberos-password', (text) => text),
      principal: plainText('kerberos-principal', input('kerberos-principal')),
      service: setting('KERBEROS_SERVER_SERVICE') ?? 'host',
      ...{ env, uid, platform },
    },
    fs: {
      directory: setting('FS_LOCAL_DIR'),
      uid,
      accountIds: setting('CONDOR_IDS'),
      mayBeUnbound: (named !== undefined && methods.includes('FS')) || !bindsFs(surroundings),
    },
    path: env['PATH'] ?? '',
  };
}

function methodsOfHost(setting: Surroundings['setting']): ReturnType<typeof configuredMethods> {
  const configured = setting('SEC_CLIENT_AUTHENTICATION_METHODS') ?? setting('SEC_DEFAULT_AUTHENTICATION_METHODS');
  return configuredMethods(configured ?? DEFAULT_METHODS);
}

/** Returns the password. Rejects only strings that cannot be HTCondor passwords. */
function plainPassword(text: string): string {
  const mistake = /^(\$\{\{[\s\S]*\}\}|\*{3})$/.test(text.trim()) ? mistakeIn(text) : undefined;
  if (mistake !== undefined) throw unreadable('password-malformed', 'password', mistake);
  return text;
}

function readMethods(value: string | readonly string[]): readonly MethodSource[] {
  const methods = listOf(value).map((word) => {
    const name = word.toUpperCase();
    if (NEVER.includes(name))
      refuse('authentication-methods', `${name} is not supported, because it proves no identity`);
    const method = METHODS[name];
    if (method !== undefined) return method;
    const known = 'IDTOKENS SCITOKENS SSL KERBEROS PASSWORD FS MUNGE';
    return refuse('authentication-methods', `${quote(word)} is not valid; use one of ${known}`);
  });
  return [...new Set(methods)];
}

/** Returns the authentication methods in HTCondor's configuration. Unknown methods are skipped, as in HTCondor. */
function configuredMethods(text: string): readonly MethodSource[] {
  return [...new Set(splitList(text).flatMap((word) => METHODS[word.toUpperCase()] ?? []))];
}

function readIdTokenSource(text: Secret | undefined, surroundings: Surroundings): CredentialSources['idtoken'] {
  if (text !== undefined) return { text };
  const { setting } = surroundings;
  const signing = {
    trustDomain: setting('TRUST_DOMAIN') ?? setting('UID_DOMAIN'),
    poolKeyFile: setting('SEC_TOKEN_POOL_SIGNING_KEY_FILE'),
    keyDirectory: setting('SEC_PASSWORD_DIRECTORY'),
  };
  return { ...tokenDirectory(surroundings), excluded: excludedNames(surroundings), signing };
}

function excludedNames({ setting }: Surroundings): RegExp | undefined {
  const text = setting('LOCAL_CONFIG_DIR_EXCLUDE_REGEXP');
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (cause) {
    refuse('idtoken', `LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: ${messageOf(cause)}`, cause);
  }
}

/** Returns the token directory (findTokens in condor_auth_passwd.cpp), and whether the user configured it. */
export function tokenDirectory({ setting, home, uid }: Surroundings): { directory: string; named: boolean } {
  const named = setting('SEC_TOKEN_DIRECTORY');
  if (named !== undefined) return { directory: named, named: true };
  const system = setting('SEC_TOKEN_SYSTEM_DIRECTORY') ?? '/etc/condor/tokens.d';
  return { directory: uid === 0 ? system : join(home, '.condor', 'tokens.d'), named: false };
}

function readCertificate(input: InputSource, surroundings: Surroundings): CredentialSources['certificate'] {
  const { setting, env } = surroundings;
  const certificate = pemSource('client-certificate', input('client-certificate'), surroundings);
  const key = pemSource('client-key', input('client-key'), surroundings);
  if (certificate !== undefined) return { given: true, certificate, key: key ?? certificate };
  if (key !== undefined) refuse('client-key', 'client-certificate is not set');
  const proxy =
    setting('AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR')?.toLowerCase() === 'true' ? env['X509_USER_PROXY'] : undefined;
  if (proxy) return { given: false, pairs: [{ certificate: proxy, key: proxy }] };
  const files = splitFiles(setting('AUTH_SSL_CLIENT_CERTFILE') ?? '');
  const keys = splitFiles(setting('AUTH_SSL_CLIENT_KEYFILE') ?? '');
  return {
    given: false,
    pairs: files.flatMap((file, at) => (keys[at] === undefined ? [] : [{ certificate: file, key: keys[at] }])),
  };
}

/** Determines whether the value of an input is PEM or a path. */
function pemSource(name: InputName, text: string | undefined, surroundings: Surroundings): PemSource | undefined {
  if (text === undefined) return undefined;
  const pem = pastedPem(text);
  if (pem.includes('-----BEGIN')) return { name, text: new Secret(pem) };
  const trimmed = text.trim();
  const mistake = mistakeIn(text);
  if (mistake !== undefined && !trimmed.startsWith('/')) refuse(name, `${mistake}; it is neither PEM nor a path`);
  if (trimmed === '' || trimmed.length > MAX_PATH_LENGTH || /[\0\n]/.test(trimmed))
    refuse(name, `the value is neither PEM nor a path`);
  const path = expandPath(name, trimmed, surroundings);
  return { name, path: name === 'ca-certificate' ? path : new Secret(path) };
}

/**
 * True if FS authentication is bound to the channel. HTCondor 24 and later have a default for the setting that controls
 * this. If HTCondor is installed and that setting has no value, the installed version is earlier than 24.
 */
function bindsFs({ setting }: Surroundings): boolean {
  const text = setting('SEC_FS_ENFORCE_CHANNEL_BINDING');
  return text === undefined ? setting('FULL_HOSTNAME') === undefined : text.toLowerCase() !== 'false';
}

function knownHosts({ setting, home, uid }: Surroundings): string {
  return uid === 0
    ? (setting('SEC_SYSTEM_KNOWN_HOSTS') ?? '/etc/condor/known_hosts')
    : join(home, '.condor', 'known_hosts');
}

/**
 * Returns a base64-encoded keytab, or a name with a type such as `FILE:/tmp/cc`, unchanged. Any other value is expanded
 * as a path.
 */
function readKerberosPath(name: InputName, text: string | undefined, surroundings: Surroundings): string | undefined {
  if (text === undefined || isEncodedKeytab(text)) return text;
  return /^[A-Za-z]{2,}:/.test(text.trim()) ? plainText(name, text) : expandPath(name, text, surroundings);
}
