import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialError, TokenError } from '../errors.ts';
import type { MissingReason } from '../reasons.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { AuthMethod, Credentials } from '../security/method.ts';
import { type IdTokenCredential, idtokens } from '../security/methods/idtokens.ts';
import { type IdToken, maskJwt, parseCredentialToken } from '../token/jwt.ts';
import { ExposedFile, exposedKind, readPrivateFile, reasonOf, unreadable } from './private-file.ts';
import { mintWith, type SigningKeys } from './signing-key.ts';

/** Source of IDTOKENs: the value of an input, or a token directory. */
export type IdTokenSource =
  | { readonly text: Secret }
  | {
      readonly directory: string;
      /** True if the user supplied the path; false if the path is HTCondor's default. */
      readonly named: boolean;
      /** Value of LOCAL_CONFIG_DIR_EXCLUDE_REGEXP. If undefined, HTCondor's default applies. */
      readonly excluded?: RegExp | undefined;
      /** Signing keys with which the client issues a token if no stored token fits; undefined if there are none. */
      readonly signing?: SigningKeys | undefined;
    };

/** Maximum number of reasons that are reported. Further lines without an IDTOKEN are only counted. */
const MAX_REASONS = 20;

/**
 * Returns the IDTOKENS method with all tokens from a source, or the reason why the source has no token.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if a line of the input is not an IDTOKEN.
 */
export function loadIdTokens(
  source: IdTokenSource,
  host: Host,
  authz: readonly string[] = [],
): AuthMethod | Unavailable {
  const { found, reasons, kind = 'no-credential' } = readIdTokens(source, host);
  const mint = 'signing' in source && source.signing !== undefined ? mintWith(source.signing, host) : undefined;
  return found.length > 0 || mint !== undefined
    ? idtokens(found, host, { mint, authz, endsRun: 'text' in source })
    : new Unavailable(`no IDTOKEN was found; ${reasons.join('; ')}`, kind);
}

/** Returns credentials that consist only of the given token. */
export function credentialsFrom(token: IdToken, source: string, host: Host): Credentials {
  const own = idtokens([{ token, source, chosen: true }], host, { endsRun: true });
  return { methods: [own], preference: 'ours', unavailable: [] };
}

interface IdTokens {
  readonly found: readonly IdTokenCredential[];
  /** Reasons for skipped files and lines. */
  readonly reasons: readonly string[];
  /** The reason that determines which hints are shown if the source contains no IDTOKEN. */
  readonly kind?: MissingReason | undefined;
}

/** Reads all IDTOKENs from a source, in the same order as HTCondor. Each token is masked before it is used. */
export function readIdTokens(source: IdTokenSource, host: Host): IdTokens {
  if (!('text' in source)) return readFromDirectory(source, host);
  host.mask(source.text);
  const lines = tokenLines(source.text.reveal(), 'idtoken');
  if (lines.length === 0) return { found: [], reasons: ['idtoken contains only blank lines and comments'] };
  return { found: lines.map((line) => parseLine(line, true, host)), reasons: [] };
}

function readFromDirectory(
  { directory, excluded, named }: Extract<IdTokenSource, { directory: string }>,
  host: Host,
): IdTokens {
  const { lines, skipped, exposed, kind } = readTokenDirectory(directory, excluded);
  for (const reason of exposed) host.log.warn(`Skipped ${reason}. Correct its owner and mode if it should be used`);
  const found: IdTokenCredential[] = [];
  const reasons = [...skipped];
  let others = 0;
  for (const line of lines) {
    try {
      found.push(parseLine(line, named, host));
    } catch (error) {
      if (!(error instanceof CredentialError)) throw error;
      if (reasons.length < MAX_REASONS) reasons.push(error.message);
      else others += 1;
    }
  }
  if (others > 0) reasons.push(`${others} more lines without an IDTOKEN`);
  for (const reason of reasons) host.log.debug(`credentials: skipped ${reason}`);
  return { found, reasons, kind };
}

function parseLine({ text, source }: TokenLine, chosen: boolean, host: Host): IdTokenCredential {
  // Only JWTs are masked. Masking any other string would hide every occurrence of that string in the job's log.
  maskJwt(text, host);
  try {
    return { token: parseCredentialToken(text), source, chosen };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw unreadable('credential-unreadable', source, error.message);
  }
}

/** A line that should contain a token, from a token file or from the input. */
interface TokenLine {
  readonly text: Secret;
  /** Name of the file or input, followed by the line number if the file or input contains several tokens. */
  readonly source: string;
}

interface TokenDirectory {
  readonly lines: readonly TokenLine[];
  /**
   * Files that provide no token, each with the reason. If the directory is empty or unreadable, the only entry gives
   * that reason.
   */
  readonly skipped: readonly string[];
  /** Skipped files that have the wrong owner or mode, each with the reason. */
  readonly exposed: readonly string[];
  /** The reason that determines which hints are shown if no file contains a token. */
  readonly kind: MissingReason | undefined;
}

/** Default of LOCAL_CONFIG_DIR_EXCLUDE_REGEXP, which matches files that editors and package managers leave behind. */
export const EXCLUDED_NAME = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew)|(.*\.dpkg-.*))$/;

/**
 * Reads a token directory as HTCondor does (findTokens in condor_auth_passwd.cpp, read_secure_file). Files are read in
 * the order of their names. Each file contains one token per line, and `#` starts a comment line. A file must be owned
 * by this account and inaccessible to other accounts. Files whose names match `excluded` are skipped.
 *
 * This function is synchronous, because loading node:fs/promises takes longer than reading a few small files.
 */
export function readTokenDirectory(directory: string, excluded = EXCLUDED_NAME): TokenDirectory {
  let names: string[];
  try {
    names = readdirSync(directory).sort();
  } catch (error) {
    return { lines: [], skipped: [`${directory}: ${reasonOf(error)}`], exposed: [], kind: exposedKind(error) };
  }
  const lines: TokenLine[] = [];
  const skipped: string[] = [];
  const exposed: string[] = [];
  let kind: MissingReason | undefined;
  for (const name of names) {
    const path = join(directory, name);
    if (excluded.test(name)) {
      skipped.push(`${path}: HTCondor ignores files with such a name`);
      kind ??= 'file-name-ignored';
      continue;
    }
    try {
      const found = tokenLines(readPrivateFile(path).toString('utf8'), path);
      if (found.length === 0) skipped.push(`${path}: the file contains no token, only blank lines and comments`);
      lines.push(...found);
    } catch (error) {
      skipped.push(`${path}: ${reasonOf(error)}`);
      kind = exposedKind(error) ?? kind;
      if (error instanceof ExposedFile) exposed.push(`${path}: ${error.message}`);
    }
  }
  if (names.length === 0) skipped.push(`${directory}: the directory is empty`);
  return { lines, skipped, exposed, kind };
}

/** Returns the lines of a text, except blank lines and comments. */
export function tokenLines(text: string, source: string): readonly TokenLine[] {
  const found = text
    .split(/\r?\n/)
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'));
  return found.map(({ line, number }) => ({
    text: new Secret(line),
    source: found.length === 1 ? source : `${source} line ${number}`,
  }));
}
