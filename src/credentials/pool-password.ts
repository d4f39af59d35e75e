import { CredentialError } from '../errors.ts';
import type { Host } from '../host.ts';
import { Secret } from '../secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { password } from '../security/methods/password.ts';
import { readPrivateFile, reasonOf } from './private-file.ts';
import { descramble } from './signing-key.ts';

export interface PasswordSource {
  readonly text: Secret | undefined;
  /** SEC_PASSWORD_FILE, as condor_store_cred writes it. */
  readonly file: string | undefined;
}

/**
 * PASSWORD with the pool password; a string says why there is none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE an empty one in the input.
 */
export function loadPassword({ text, file }: PasswordSource, host: Host): AuthMethod | string {
  if (text !== undefined) {
    host.mask(text);
    const line = text.reveal().replace(/\r?\n$/, '');
    if (line === '' || /[\r\n\0]/.test(line))
      throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', 'password: it is not one line of text');
    return password(new Secret(line), 'password', host);
  }
  if (file === undefined) return 'no pool password was given';
  try {
    const bytes = descramble(readPrivateFile(file));
    const end = bytes.indexOf(0);
    const secret = new Secret(Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString('latin1'));
    if (secret.reveal() === '') return `${file}: it is empty`;
    host.mask(secret);
    return password(secret, file, host);
  } catch (error) {
    return `${file}: ${reasonOf(error)}`;
  }
}
