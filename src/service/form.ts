/** Parses the form in a token request (RFC 8693, section 2.1). Nothing in the form has been verified yet. */

export interface TokenForm {
  readonly jobToken: string;
  readonly authz: readonly string[];
  /** Requested lifetime in seconds. If undefined, the maximum lifetime of the grant is requested. */
  readonly lifetimeSeconds: number | undefined;
  /** Identity of the requested grant. Required only if several grants match the job. */
  readonly identity: string | undefined;
}

/** An error response as defined in RFC 6749, section 5.2. The error message contains nothing from the request. */
export class FormError extends Error {
  readonly code: 'invalid_request' | 'invalid_scope' | 'unsupported_grant_type';

  constructor(code: FormError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const TOKEN_TYPES = ['urn:ietf:params:oauth:token-type:jwt', 'urn:ietf:params:oauth:token-type:id_token'];
const REQUESTED_TYPES = [TOKEN_TYPES[0], 'urn:ietf:params:oauth:token-type:access_token'];
const LEVEL = /^condor:\/([A-Z_]{1,32})$/;
const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;
const MAX_PARAMETERS = 32;
/** Maximum length of an identity, in characters. The limit is low because a refusal repeats the identity. */
const MAX_IDENTITY_LENGTH = 200;

/** Parses the form. @throws FormError if the form is invalid. */
export function readForm(body: string): TokenForm {
  if (body.split('&').length > MAX_PARAMETERS) throw invalid('there are too many parameters');
  const form = new URLSearchParams(body);
  const one = (name: string): string | undefined => {
    const values = form.getAll(name);
    if (values.length > 1) throw invalid(`${name} is specified more than once`);
    return values[0] === '' ? undefined : values[0];
  };
  const grantType = one('grant_type');
  if (grantType === undefined) throw invalid('grant_type is missing');
  if (grantType !== GRANT_TYPE) throw new FormError('unsupported_grant_type', `grant_type must be ${GRANT_TYPE}`);
  if (form.has('actor_token')) throw invalid('actor_token is not supported');
  const requested = one('requested_token_type');
  if (requested !== undefined && !REQUESTED_TYPES.includes(requested))
    throw invalid('requested_token_type is not supported');
  const type = one('subject_token_type');
  if (type === undefined || !TOKEN_TYPES.includes(type))
    throw invalid(`subject_token_type must be ${TOKEN_TYPES.join(' or ')}`);
  const jobToken = one('subject_token');
  if (jobToken === undefined) throw invalid('subject_token is missing');
  const identity = one('identity');
  if (identity !== undefined && identity.length > MAX_IDENTITY_LENGTH) throw invalid('identity is too long');
  return { jobToken, authz: readScope(one('scope')), lifetimeSeconds: readLifetime(one('lifetime')), identity };
}

function readScope(scope: string | undefined): readonly string[] {
  const words = (scope ?? '').split(' ').filter((word) => word !== '');
  if (words.length === 0) throw new FormError('invalid_scope', 'scope is missing; request levels such as condor:/READ');
  const levels = words.map((word) => LEVEL.exec(word)?.[1]);
  if (levels.includes(undefined)) throw new FormError('invalid_scope', 'scope must contain only words condor:/LEVEL');
  return [...new Set(levels.filter((level) => level !== undefined))];
}

function readLifetime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^[0-9]{1,10}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAX_LIFETIME_SECONDS) return seconds;
  throw invalid(`lifetime must be a whole number of seconds from 1 to ${MAX_LIFETIME_SECONDS}`);
}

function invalid(reason: string): FormError {
  return new FormError('invalid_request', reason);
}
