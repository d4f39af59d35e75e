/** Translates hints for the command: inputs of the Action become flags or settings of HTCondor. */

const SETTINGS: Readonly<Record<string, string>> = {
  idtoken: 'SEC_TOKEN_DIRECTORY',
  scitoken: 'BEARER_TOKEN',
  'authentication-methods': 'SEC_CLIENT_AUTHENTICATION_METHODS',
  'client-certificate': 'AUTH_SSL_CLIENT_CERTFILE',
  'client-key': 'AUTH_SSL_CLIENT_KEYFILE',
  'ca-certificate': 'AUTH_SSL_CLIENT_CAFILE',
  'token-directory': 'SEC_TOKEN_DIRECTORY',
};
const SETTING = new RegExp(`(?<![\\w-])(${Object.keys(SETTINGS).join('|')})(?![\\w-])`, 'g');

/** Names of flags, which after other words are plain English. */
const FLAG =
  /(?<=\b(?:specify|increase|correct|omit|with|longer|use|of|in|and|or|instead of|from) )(pool|name|address|authz|lifetime|timeout|remote|key)(?= (?:as|if|to|and name|or name|instead|because|\(|,)|[,.;:)]|$)/g;

export function commandHint(line: string): string {
  if (!line.startsWith('Hint: ')) return line;
  return line.replace(SETTING, (name) => SETTINGS[name] ?? name).replace(FLAG, '-$1');
}
