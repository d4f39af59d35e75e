/** Formats a hint as Markdown: commands and settings become code, and `<`, `>`, `*` and `|` are escaped. */

const ARGUMENT = String.raw`-\w+|[A-Z][A-Z_]+(?:[@,/-][\w./-]+)*|"<[^>]*>"|\d{3,}|hosts \S+\w|add|x509|pkey|\| ssh|unmunge|schedd|My\w+|Name|CondorVersion|subjectAltName`;
const CODE = new RegExp(
  [
    String.raw`\b(?:condor_[a-z_]+|openssl|getent|nc|chmod|chown|ls|df|curl|munge|oidc-token|httokensh|htgettoken)\b(?: (?:${ARGUMENT}))*`,
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
    text += `${plain(what.slice(done, found.index))}\`${found[0]}\``;
    done = found.index + found[0].length;
  }
  return `- **${who}**: ${text}${plain(what.slice(done))}`;
}
