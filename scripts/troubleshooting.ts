/**
 * Generates docs/TROUBLESHOOTING.md. The explanations are in troubleshooting/, and the advice comes from src/messages/.
 *
 * `npm run build && node build/scripts/troubleshooting.js && npm run format` writes the document and
 * test/golden/hints.json. test/messages/hints.test.ts compares them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyHTCondorError } from '../src/errors.ts';
import { hintsFor } from '../src/messages/hints.ts';
import { ERRORS, type ErrorName } from '../test/support/every-error.ts';
import { projectRoot } from '../test/support/project.ts';
import { AGREEING } from './troubleshooting/agreeing.ts';
import { ANSWERS } from './troubleshooting/answers.ts';
import type { Chapter, Message } from './troubleshooting/chapter.ts';
import { FINDING_THE_DAEMON } from './troubleshooting/finding-the-daemon.ts';
import { HANDING_OVER } from './troubleshooting/handing-over.ts';
import { hintAsMarkdown } from './troubleshooting/hint-markdown.ts';
import { INPUTS_AND_CREDENTIALS } from './troubleshooting/inputs-and-credentials.ts';
import { KERBEROS } from './troubleshooting/kerberos.ts';
import { NEXT_STEPS } from './troubleshooting/next-steps.ts';
import { PERMISSIONS } from './troubleshooting/permissions.ts';
import { REACHING_THE_DAEMON } from './troubleshooting/reaching-the-daemon.ts';
import { REFUSED_CREDENTIALS } from './troubleshooting/refused-credentials.ts';
import { THE_TOKEN } from './troubleshooting/the-token.ts';
import { UNPROVEN_DAEMONS } from './troubleshooting/unproven-daemons.ts';

const CHAPTERS: readonly Chapter[] = [
  INPUTS_AND_CREDENTIALS,
  FINDING_THE_DAEMON,
  REACHING_THE_DAEMON,
  AGREEING,
  REFUSED_CREDENTIALS,
  KERBEROS,
  UNPROVEN_DAEMONS,
  PERMISSIONS,
  ANSWERS,
  THE_TOKEN,
  HANDING_OVER,
];

function section({ name, says = name, also = [], means, theirs = [] }: Message): string {
  const error: AnyHTCondorError = ERRORS[name];
  const codes = [...new Set([name, ...also].map((each) => ERRORS[each].code))];
  const heading = [says, ...also].map((words) => `\`${words}\``).join(', ');
  const quotes = theirs.map((words) => (words.startsWith('(') ? words.slice(1, -1) : `\`${words}\``)).join(', ');
  return [
    `### ${heading}`,
    `${means} <sub>${codes.join(', ')}</sub>`,
    ...(quotes === '' ? [] : [`HTCondor: ${quotes}`]),
    hintsFor(error).map(hintAsMarkdown).join('\n'),
  ].join('\n\n');
}

const anchor = (title: string) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '-');

/** Returns the table of contents: the error codes of each chapter, with the exit status. */
function contents(): readonly string[] {
  return CHAPTERS.map(({ title, messages }) => {
    const errors: readonly AnyHTCondorError[] = messages
      .flatMap(({ name, also = [] }) => [name, ...also])
      .map((name) => ERRORS[name]);
    const codes = [...new Set(errors.map(({ code, exitStatus }) => `\`${code}\` (${exitStatus})`))];
    return `| [${title}](#${anchor(title)}) | ${codes.join(', ')} |`;
  });
}

/** Returns the complete document. */
export function troubleshooting(): string {
  return `${[
    '# Troubleshooting',
    `An error message has three parts. The first line names what failed, the code and the step. The next lines give the reason for
each credential that was not accepted. The *hints* name what to try, most likely first, and who should act.`,
    `\`\`\`text
the daemon accepted none of the credentials (ERR_METHODS_EXHAUSTED, while: session, at <192.0.2.7:9618?sock=schedd_1>)
  IDTOKENS: idtoken (ci@example.org, issuer example.org, key OLD): it is signed with the key OLD; the daemon has POOL
${hintsFor(ERRORS['it is signed with the key OLD'])
  .map((hint) => `Hint: ${hint}`)
  .join('\n')}
\`\`\``,
    `Search this page for words of your message; it contains the messages of this project and of HTCondor. *Workflow* is the author of
the workflow, *Administrator* the administrator of the pool, *Runner* the host of the job, and *Network* everything between them.
Commands with \`-schedd\` query the schedd, and work on every host that may read from it; for another daemon, use \`-collector\` or \`-name\`.
Replace the words in capitals, and names such as \`OLD\` or \`alice@pool.test\`.`,
    `For more details, use \`-debug\`, or enable [debug logging](https://docs.github.com/actions/monitoring-and-troubleshooting-workflows/enabling-debug-logging)
in the workflow. \`mode: check\`, or \`-check\`, performs all steps, but the daemon issues no token.`,
    [
      '| | codes (exit status of the command) |',
      '|---|---|',
      ...contents(),
      '| [In the next steps](#in-the-next-steps) | HTCondor’s own |',
    ].join('\n'),
    ...CHAPTERS.flatMap(({ title, text, messages }) => [`## ${title}`, text, ...messages.map(section)]),
    '## In the next steps',
    'The fetch succeeded, but HTCondor’s tools fail in a later step.',
    [
      '| message | cause | what to do |',
      '|---|---|---|',
      ...NEXT_STEPS.map(([words, ...others]) => `| ${[`\`${words}\``, ...others].join(' | ')} |`),
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** Returns all names in the document, including those that share a heading. */
export function documented(): readonly ErrorName[] {
  return CHAPTERS.flatMap(({ messages }) => messages.flatMap(({ name, also = [] }) => [name, ...also]));
}

/** Returns the names under the heading of another name. */
export function shared(): readonly ErrorName[] {
  return CHAPTERS.flatMap(({ messages }) => messages.flatMap(({ also = [] }) => also));
}

/** Returns all names with their advice, the content of test/golden/hints.json. */
export function goldenHints(): Readonly<Record<string, readonly string[]>> {
  const all: readonly [string, AnyHTCondorError][] = Object.entries(ERRORS);
  return Object.fromEntries(all.map(([name, error]) => [name, hintsFor(error)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(projectRoot, 'docs/TROUBLESHOOTING.md'), troubleshooting());
  writeFileSync(join(projectRoot, 'test/golden/hints.json'), `${JSON.stringify(goldenHints(), undefined, 2)}\n`);
}
