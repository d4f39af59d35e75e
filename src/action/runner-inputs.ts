/** What the runner passes for an input. */
import { CredentialError } from '../errors.ts';
import { ABSENT, CREDENTIAL_INPUTS, INPUTS, type InputName, type InputSource, LIMIT_INPUTS } from '../inputs/table.ts';
import { splitList } from '../inputs/words.ts';
import type { Host } from '../runtime/host.ts';

/** Methods that need no input. */
const WITHOUT_INPUT: readonly string[] = ['FS', 'MUNGE', 'KERBEROS'];

/**
 * An input that is empty because a variable of the workflow was is as good as unset: it has the default, or an empty
 * lifetime would be one without end.
 */
export const runnerInput: InputSource = (name) => {
  const text = rawInput(name);
  const value = isEmpty(name) || !text ? INPUTS[name] : text;
  return value === ABSENT || value === '' ? undefined : value;
};

/**
 * An empty secret is the most common mistake of all. Without this check another identity would be used silently, such as
 * that of the runner's token directory.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL a credential is empty, and no other one is named.
 */
export function checkEmptyCredentials(host: Host): void {
  const empty = CREDENTIAL_INPUTS.filter(isEmpty);
  if (empty.length === 0) return;
  const methods = splitList(runnerInput('authentication-methods') ?? '').map((each) => each.toUpperCase());
  const named = CREDENTIAL_INPUTS.some((name) => name !== 'client-key' && runnerInput(name) !== undefined);
  const isOther = runnerInput('oidc-audience') !== undefined || runnerInput('token-service') !== undefined;
  if (!named && !isOther && !methods.some((each) => WITHOUT_INPUT.includes(each))) {
    const text = `${empty.join(', ')} ${empty.length === 1 ? 'is' : 'are'} empty, and no other credential is provided`;
    throw new CredentialError('ERR_NO_CREDENTIAL', text, { phase: 'credentials' });
  }
  for (const name of empty) host.log.debug(`credentials: ${name} is empty and is ignored`);
}

/** Warns about limits that are empty, and about a token without authorization levels. */
export function warnAboutLimits(host: Host): void {
  const unrestricted = 'the token is not restricted to any authorization levels';
  for (const name of LIMIT_INPUTS.filter(isEmpty))
    host.log.warn(name === 'authz' ? `authz is empty: ${unrestricted}` : `${name} is empty, so it is not checked`);
  if (!isEmpty('authz') && runnerInput('authz') === undefined) host.log.warn(`authz is not set: ${unrestricted}`);
}

/** Whether the workflow has the input, but with nothing in it. */
function isEmpty(name: InputName): boolean {
  const text = rawInput(name);
  return INPUTS[name] === ABSENT && text !== undefined && text.trim() === '';
}

function rawInput(name: InputName): string | undefined {
  return process.env[`INPUT_${name.toUpperCase()}`];
}
