/** Hints in the words of the command: the inputs of the Action are flags here, or settings of HTCondor. */

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

/** Words that are flags only behind such a verb; elsewhere they are English. */
const FLAG =
  /(?<=\b(?:give|raise|correct|leave|with|use|of|in|and|or|instead of|out of) )(pool|name|address|authz|lifetime|timeout|remote|key)(?= (?:out|and name|or name|too|instead|all|,)|[,.;:)]|$)/g;

export function commandHint(line: string): string {
  if (!line.startsWith('Hint: ')) return line;
  return line.replace(SETTING, (name) => SETTINGS[name] ?? name).replace(FLAG, '-$1');
}
