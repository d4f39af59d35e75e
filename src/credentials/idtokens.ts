import { CredentialError, TokenError } from '../errors.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { type IdTokenCredential, idtokens } from '../security/methods/idtokens.ts';
import { algorithmOf, parseCredentialToken, secretsOf } from '../token/jwt.ts';
import { readTokenDirectory, type TokenLine, tokenLines } from './idtoken-directory.ts';
import { unreadable } from './private-file.ts';
import { mintWith, type SigningKeys } from './signing-key.ts';

/** Source of IDTOKENs: the text of an input, or a token directory. */
export type IdTokenSource =
  | { readonly text: Secret }
  | {
      readonly directory: string;
      /** True if the user named it, false if it is HTCondor's default. */
      readonly named: boolean;
      /** LOCAL_CONFIG_DIR_EXCLUDE_REGEXP; undefined: its default. */
      readonly excluded?: RegExp | undefined;
      /** Signing keys that issue a token if no other one fits; undefined if there are none. */
      readonly signing?: SigningKeys | undefined;
    };

/** Maximum number of reported lines without a token. */
const MAX_REASONS = 20;

/**
 * Returns IDTOKENS with all tokens of a source, or the reason why there are none.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if a line of the input is not an IDTOKEN.
 */
export function loadIdTokens(source: IdTokenSource, host: Host, authz: readonly string[] = []): AuthMethod | string {
  const { found, reasons } = readIdTokens(source, host);
  const mint = 'signing' in source && source.signing !== undefined ? mintWith(source.signing, host) : undefined;
  return found.length > 0 || mint !== undefined
    ? idtokens(found, host, { mint, authz, endsRun: 'text' in source })
    : `no IDTOKEN was found; ${reasons.join('; ')}`;
}

/** Reads all IDTOKENs of a source, in HTCondor's order. Each is masked before its first use. */
export function readIdTokens(
  source: IdTokenSource,
  host: Host,
): { readonly found: readonly IdTokenCredential[]; readonly reasons: readonly string[] } {
  if ('text' in source) {
    host.mask(source.text);
    const lines = tokenLines(source.text.reveal(), 'idtoken');
    if (lines.length === 0) return { found: [], reasons: ['idtoken contains only blank lines and comments'] };
    return { found: lines.map((line) => parseLine(line, true, host)), reasons: [] };
  }
  const { lines, skipped, exposed } = readTokenDirectory(source.directory, source.excluded);
  for (const reason of exposed) host.log.warn(`Skipped ${reason}`);
  const found: IdTokenCredential[] = [];
  const reasons = [...skipped];
  let others = 0;
  for (const line of lines) {
    try {
      found.push(parseLine(line, source.named, host));
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      if (reasons.length < MAX_REASONS) reasons.push(error.message);
      else others += 1;
    }
  }
  if (others > 0) reasons.push(`${others} more lines that contain no IDTOKEN`);
  for (const reason of reasons) host.log.debug(`credentials: skipped ${reason}`);
  return { found, reasons };
}

function parseLine({ text, source }: TokenLine, chosen: boolean, host: Host): IdTokenCredential {
  // A text that is not a JWT is not a secret, and a mask would hide it everywhere in the job's log.
  if (algorithmOf(text) !== undefined) for (const secret of secretsOf(text)) host.mask(secret);
  try {
    return { token: parseCredentialToken(text), source, chosen };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw unreadable(source, error.message);
  }
}
