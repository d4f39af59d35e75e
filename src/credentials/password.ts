import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { AuthMethod } from '../security/method.ts';
import { password } from '../security/methods/password.ts';
import { exposedKind, readPrivateFile, reasonOf, unreadable } from './private-file.ts';
import { descramble } from './signing-key.ts';

export interface PasswordSource {
  readonly text: Secret | undefined;
  /** Path from SEC_PASSWORD_FILE. The file has the format that condor_store_cred writes. */
  readonly file: string | undefined;
}

/**
 * Returns the PASSWORD method with the pool password, or the reason why there is no pool password.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if the input is not a single line.
 */
export function loadPassword({ text, file }: PasswordSource, host: Host): AuthMethod | Unavailable {
  if (text !== undefined) {
    host.mask(text);
    const line = text.reveal().replace(/\r?\n$/, '');
    if (line === '' || /[\r\n\0]/.test(line))
      throw unreadable('password-malformed', 'password', 'the password is not a single line of text');
    return password(new Secret(Buffer.from(line).toString('latin1')), 'password', host);
  }
  if (file === undefined) return new Unavailable('no pool password was provided');
  try {
    const all = Buffer.from(descramble(readPrivateFile(file)));
    const end = all.indexOf(0);
    const bytes = end === -1 ? all : all.subarray(0, end);
    if (bytes.length === 0) return new Unavailable(`${file}: the file is empty`);
    host.mask(new Secret(bytes.toString()));
    return password(new Secret(bytes.toString('latin1')), file, host);
  } catch (error) {
    return new Unavailable(`${file}: ${reasonOf(error)}`, exposedKind(error));
  }
}
