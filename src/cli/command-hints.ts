/** Adapts hints to the command: replaces the names of Action inputs with flags, variables or HTCondor settings. */
import { FLAGS } from './flags.ts';

const SETTINGS: Readonly<Record<string, string>> = {
  scitoken: 'BEARER_TOKEN',
  'authentication-methods': 'SEC_CLIENT_AUTHENTICATION_METHODS',
  'client-certificate': 'AUTH_SSL_CLIENT_CERTFILE',
  'client-key': 'AUTH_SSL_CLIENT_KEYFILE',
  'ca-certificate': 'AUTH_SSL_CLIENT_CAFILE',
  'token-directory': 'SEC_TOKEN_DIRECTORY',
  'kerberos-keytab': 'KRB5_CLIENT_KTNAME',
  'kerberos-cache': 'KRB5CCNAME',
  'kerberos-principal': 'the principal',
};

const names = (isFlag: (name: string) => boolean) =>
  FLAGS.map(({ name }) => name)
    .filter(isFlag)
    .join('|');
const WORDS = names((name) => !name.includes('-') && name !== 'token');

const RULES: readonly (readonly [RegExp, string])[] = [
  [/\bset idtoken to (a [\w ]+)/g, 'store $1 in SEC_TOKEN_DIRECTORY'],
  [/\bset idtoken\b/g, 'store a token in SEC_TOKEN_DIRECTORY'],
  [/\b(?:an )?idtoken\b/g, 'a token in SEC_TOKEN_DIRECTORY'],
  [/\bset password to the \w+ that was passed to/g, 'store the pool password that was passed to'],
  [/\bomit mode and remote\b/g, 'omit -remote'],
  [/\bthe (?=timeout\b)/g, ''],
  [/\bmode request\b/g, 'condor_token_request'],
  [/\btype: (\w+)/g, '-type $1'],
  [new RegExp(`(?<![\\w-])(?:${names((name) => name.includes('-'))})(?![\\w-])`, 'g'), '-$&'],
  // Names that are also English words are treated as flags only in these contexts.
  [
    new RegExp(
      `(?<=\\b(?:set|specify|increase|restrict|correct|omit|with|longer|use|of|in|and|or|instead of|from) |\\()(?:${WORDS})(?= (?:as|if|in|to|or|and (?=name|lifetime)|instead|because|with|\\(|,)|[,.;:)]|$)`,
      'g',
    ),
    '-$&',
  ],
  [/(?<=\(-authz, )lifetime\b/g, '-$&'],
];
const SETTING = new RegExp(`(?<![\\w-])(?:${Object.keys(SETTINGS).join('|')})(?![\\w-])`, 'g');

export function commandHint(hint: string): string {
  return RULES.reduce((text, [pattern, by]) => text.replace(pattern, by), hint)
    .replace(SETTING, (name) => SETTINGS[name] ?? name)
    .replace(/\b([A-Z][A-Z_]+) and \1\b/g, '$1');
}
