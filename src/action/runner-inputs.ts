/** Reads the inputs that the runner passes to the Action and checks for empty values. */
import { CredentialError } from '../errors.ts';
import { ABSENT, CREDENTIAL_INPUTS, INPUTS, type InputName, LIMIT_INPUTS } from '../inputs/table.ts';
import { splitList } from '../inputs/words.ts';
import type { Host } from '../runtime/host.ts';

/** Authentication methods that need no input. */
const WITHOUT_INPUT: readonly string[] = ['FS', 'MUNGE', 'KERBEROS'];

/**
 * Returns the value of an input. If the value is empty, for example because a workflow variable is empty, returns the
 * default. Otherwise, an empty lifetime would mean an unlimited lifetime.
 */
export const runnerInput = (name: InputName): string | undefined => {
  const text = rawInput(name);
  const value = isEmpty(name) || !text ? INPUTS[name] : text;
  return value === ABSENT || value === '' ? undefined : value;
};

/**
 * Rejects empty secrets. They are the most common mistake in workflows. Without this check, the step would silently use
 * a different identity, such as that of a token in the runner's token directory.
 *
 * @throws CredentialError ERR_NO_CREDENTIAL if a credential input is empty and no other credential is set.
 */
export function checkEmptyCredentials(host: Host): void {
  const empty = CREDENTIAL_INPUTS.filter(isEmpty);
  if (empty.length === 0) return;
  const methods = splitList(runnerInput('authentication-methods') ?? '').map((each) => each.toUpperCase());
  const named = CREDENTIAL_INPUTS.some((name) => name !== 'client-key' && runnerInput(name) !== undefined);
  const isOther = runnerInput('oidc-audience') !== undefined || runnerInput('token-service') !== undefined;
  if (!named && !isOther && !methods.some((each) => WITHOUT_INPUT.includes(each))) {
    const text = `${empty.join(', ')} ${empty.length === 1 ? 'is' : 'are'} empty, and no other credential is provided`;
    throw new CredentialError('ERR_NO_CREDENTIAL', text, { phase: 'credentials', reason: 'secret-empty' });
  }
  for (const name of empty) host.log.debug(`credentials: ${name} is empty and is ignored`);
}

/** Warns if a limit is empty, or if the token is not restricted to authorization levels. */
export function warnAboutLimits(host: Host): void {
  const unrestricted = 'the token is not restricted to any authorization levels. Set authz, for example to READ WRITE';
  for (const name of LIMIT_INPUTS.filter(isEmpty))
    host.log.warn(
      name === 'authz'
        ? `authz is empty: ${unrestricted}`
        : `${name} is empty, so it is not checked. Set a value, or omit the input`,
    );
  if (!isEmpty('authz') && runnerInput('authz') === undefined) host.log.warn(`authz is not set: ${unrestricted}`);
}

/** True if the workflow sets the input to an empty value. */
function isEmpty(name: InputName): boolean {
  const text = rawInput(name);
  return INPUTS[name] === ABSENT && text !== undefined && text.trim() === '';
}

function rawInput(name: InputName): string | undefined {
  return process.env[`INPUT_${name.toUpperCase()}`];
}
