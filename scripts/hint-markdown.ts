/** Formats a hint as Markdown: commands, settings and inputs become code, and `<`, `>`, `*` and `|` are escaped. */

const ARGUMENT = String.raw`-\w+|addprinc|FILE:\S+\w|host/DAEMON-HOST|[a-z]+/[\w.]+@[A-Z.]+[A-Z]|ISSUER/\S+\w|[A-Z][A-Z_]+(?:[@,/-][\w./-]+)*|"<[^>]*>"|\d{3,}|hosts \S+\w|add|x509|pkey|\| ssh|unmunge|schedd|My\w+|Name|CondorVersion|subjectAltName|check(?= -)|explain|status|\d\d\b|aes256-cts|https://HOST|ciphers|condor-token-service|secret list|_kerberos\.[\w.]+\w`;
const INPUT =
  'authentication-methods|(?:client|ca)-certificate|client-key|server-name|oidc-audience|token-(?:service|grant|directory)|expected-(?:identity|trust-domain)|on-reduced|kerberos-(?:keytab|principal|password)|idtoken|scitoken|authz';
const CODE = new RegExp(
  [
    String.raw`\b(?:condor_[a-z_]+|openssl|getent|nc|chmod|chown|ls|df|curl|munge|oidc-token|httokensh|htgettoken|klist|kvno|kinit|kadmin|ktadd|dig|ss|journalctl|systemctl|gh|base64(?= -)|timedatectl|chronyc tracking)\b(?![.-]\w)(?: (?:${ARGUMENT}))*`,
    String.raw`\b(?:permissions: id-token: write|secrets: inherit|reuse: job|type: collector|token-grant: client-credentials|authentication-methods: [A-Z]+|if: github\.\S+ != true)`,
    String.raw`(?<![\w-])(?:${INPUT})(?![\w-])`,
    String.raw`(?<=\b(?:[Cc]orrect|specify|omit|set|or|with|in) )(?:pool|name|address|key|remote|password|lifetime)(?= (?:and|or|because|to|as|in|from|is|instead|\()|[,;:.])|(?<=\b(?:pool and|instead of) )(?:name|address)|(?<=omit )mode|(?<=omit mode and )remote|(?<=(?:at|is) )/token|(?<=share )/tmp|(?<=contains )token(?=\.)`,
    'SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN',
    String.raw`\bmode (?:exchange|request|fetch)\b`,
    String.raw`\b(?:https_proxy|no_proxy|krb5\.conf|KRB5CCNAME=\S+\w|KRB5_CONFIG|KRB5CCNAME|BEARER_TOKEN|munged|access_token|sock=|REALM = domain|CCBListener|host\/[\w.]+@[A-Z.]+[A-Z])(?!\w)`,
    String.raw`(?:\$\(|\*@\$\()[A-Z_]+\)(?!\w)`,
    String.raw`\b[A-Z]+(?:_[A-Z]+)+\b\*?(?: = (?:True|D_SECURITY|\$\(\w+\)))?`,
    String.raw`\bDENY_\*`,
    String.raw`(?<![\w-])-(?:lifetime|key|authz|file|debug|identity|pool)\b`,
    String.raw`\b(?:user|USER)@\w+`,
  ].join('|'),
  'g',
);

export function hintAsMarkdown(hint: string): string {
  const [, who = '', what = ''] = /^(\w+): (.*)$/.exec(hint) ?? [];
  let done = 0;
  let text = '';
  const plain = (part: string) => part.replaceAll(/[<>*|]/g, String.raw`\$&`);
  for (const found of what.matchAll(CODE)) {
    text += `${plain(what.slice(done, found.index))}\`${found[0].replace(/^mode (?=\w+$)/, 'mode: ')}\``;
    done = found.index + found[0].length;
  }
  return `- **${who}**: ${text}${plain(what.slice(done))}`;
}
