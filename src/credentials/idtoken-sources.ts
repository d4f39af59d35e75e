import { CredentialError, TokenError } from '../errors.ts';
import type { Host } from '../host.ts';
import type { Secret } from '../secret.ts';
import type { IdTokenCredential } from '../security/methods/idtokens.ts';
import { parseIdToken, signaturePart } from '../token/jwt.ts';
import { readTokenDirectory, type TokenLine, tokenLines } from './idtoken-directory.ts';

/** Where IDTOKENS come from: the text of an input, or a token directory. */
export type IdTokenSource =
  | { readonly text: Secret }
  | {
      readonly directory: string;
      /** True if the user named it, false if it is HTCondor's default. */
      readonly named: boolean;
    };

/**
 * All IDTOKENS of a source, in HTCondor's order. Each is masked before anything else is done with it.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE a line of the input that is no IDTOKEN; ERR_NO_CREDENTIAL with
 *   every place that was looked at.
 */
export function loadIdTokens(source: IdTokenSource, host: Host): readonly IdTokenCredential[] {
  if ('text' in source) {
    host.mask(source.text);
    const lines = tokenLines(source.text.reveal(), 'idtoken');
    if (lines.length === 0)
      throw new CredentialError('ERR_NO_CREDENTIAL', 'idtoken holds no token, only blank lines and comments');
    return lines.map((line) => parseLine(line, true, host));
  }
  const { lines, skipped } = readTokenDirectory(source.directory);
  const found: IdTokenCredential[] = [];
  const reasons = [...skipped];
  for (const line of lines) {
    try {
      found.push(parseLine(line, source.named, host));
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      reasons.push(error.message);
    }
  }
  for (const reason of reasons) host.log.debug(`credentials: passed over ${reason}`);
  if (found.length === 0) throw new CredentialError('ERR_NO_CREDENTIAL', `no IDTOKEN was found; ${reasons.join('; ')}`);
  return found;
}

function parseLine({ text, source }: TokenLine, chosen: boolean, host: Host): IdTokenCredential {
  host.mask(text);
  const signature = signaturePart(text);
  if (signature.reveal() !== '') host.mask(signature);
  try {
    return { token: parseIdToken(text), source, chosen };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${error.message}`);
  }
}
