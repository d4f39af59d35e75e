/**
 * Updates the generated parts of docs/TROUBLESHOOTING.md, which is otherwise written by hand. Below each line `<!--
 * hints: WORDS -->`, inserts the code and the hints of the error that test/support/errors/every-error.ts lists under
 * the name WORDS. Also updates the table that lists the error codes of each chapter.
 *
 * `npm run build && node build/scripts/troubleshooting.js && npm run format` also writes test/golden/hints.json.
 * test/messages/hints.test.ts checks both files.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AnyHTCondorError } from '../src/errors.ts';
import { hintsFor } from '../src/messages/hints.ts';
import { ERRORS, type ErrorName } from '../test/support/errors/every-error.ts';
import { projectRoot } from '../test/support/project.ts';
import { hintAsMarkdown } from './hint-markdown.ts';

const DOCUMENT = join(projectRoot, 'docs/TROUBLESHOOTING.md');
const GOLDEN = join(projectRoot, 'test/golden/hints.json');

/** Returns the document with the current codes and hints. */
export function updated(document: string): string {
  const [opening = '', ...chapters] = document.split(/^(?=## )/m);
  const sample = hintsFor(ERRORS['it is signed with the key OLD']).map((hint) => `Hint: ${hint}\n`);
  const start = opening
    .replace(/(?:^Hint: .*\n)+/m, () => sample.join(''))
    .replaceAll(/^\| \[(.+)\]\((.+)\) \| `ERR_.*$/gm, (_, title: string, anchor: string) => {
      const errors = namesIn(chapters.find((chapter) => chapter.startsWith(`## ${title}\n`)) ?? '').map(errorOf);
      const codes = new Set(errors.map(({ code, exitStatus }) => `\`${code}\` (${exitStatus})`));
      return `| [${title}](${anchor}) | ${[...codes].join(', ')} |`;
    });
  return start + chapters.flatMap((chapter) => chapter.split(/^(?=### )/m).map(withHints)).join('');
}

/** Returns the names of the errors in a section of the document. All errors under one heading share their hints. */
export function namesIn(document: string): readonly ErrorName[] {
  return [...document.matchAll(/^<!-- hints: (.+) -->$/gm)].map(([, name = '']) => {
    if (name in ERRORS) return name as ErrorName;
    throw new Error(`docs/TROUBLESHOOTING.md: test/support/errors/every-error.ts has no error "${name}"`);
  });
}

/** Returns the content of test/golden/hints.json: the hints of all errors, by error name. */
export function goldenHints(): Readonly<Record<string, readonly string[]>> {
  const all: readonly [string, AnyHTCondorError][] = Object.entries(ERRORS);
  return Object.fromEntries(all.map(([name, error]) => [name, hintsFor(error)]));
}

function withHints(section: string): string {
  const names = namesIn(section);
  const [first] = names;
  if (first === undefined) return section;
  const text = section.slice(0, section.indexOf('<!-- hints: '));
  const markers = names.map((name) => `<!-- hints: ${name} -->\n`).join('');
  const codes = new Set(names.map((name) => errorOf(name).code));
  const hints = hintsFor(errorOf(first)).map(hintAsMarkdown);
  return `${text}${markers}<sub>${[...codes].join(', ')}</sub>\n\n${hints.join('\n')}\n\n`;
}

function errorOf(name: ErrorName): AnyHTCondorError {
  return ERRORS[name];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(DOCUMENT, updated(readFileSync(DOCUMENT, 'utf8')));
  writeFileSync(GOLDEN, `${JSON.stringify(goldenHints(), undefined, 2)}\n`);
}
