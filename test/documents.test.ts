/** Checks the documents. Everything that a reader can paste is valid, and every link has a target. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FLAGS } from '../src/cli/flags.ts';
import { type Block, blocksOf } from './support/documents/markdown.ts';
import {
  anchorsOf,
  checkLink,
  checkShell,
  checkTypeScript,
  checkWorkflow,
  commandsOf,
  isOurs,
  linksOf,
  prose,
  skipWindows,
} from './support/documents/snippets.ts';
import { everyError } from './support/errors/every-error.ts';
import { filesBelow, projectRoot } from './support/project.ts';

const isHere = (path: string) => existsSync(join(projectRoot, path));
const DOCUMENTS = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'examples', '.github'].flatMap((folder) => (isHere(folder) ? filesBelow(folder, '.md') : [])),
];
/** Files of other CI systems, which test/examples.test.ts checks. */
const OTHER_SYSTEMS = /^examples\/(gitlab\/|buildkite|circleci|forgejo-keyless)/;
const WORKFLOWS = ['.github/workflows', 'examples']
  .flatMap((folder) => (isHere(folder) ? filesBelow(folder, '.yml') : []))
  .filter((file) => !OTHER_SYSTEMS.test(file));
/** The allowed languages of code blocks. A block in any other language would not be checked. */
const LANGUAGES = ['yaml', 'sh', 'console', 'ts', 'text', 'condor-config', 'condor-map', 'yml', ''];

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const place = ({ file, line }: Block) => `${file}:${line}`;
const blocks = DOCUMENTS.flatMap((file) => blocksOf(file));
const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

describe('The documents', () => {
  test('contain code blocks only in languages that the tests check', () => {
    for (const block of blocks) assert.ok(LANGUAGES.includes(block.language), `${place(block)}: ${block.language}`);
    for (const language of ['yaml', 'sh', 'console', 'ts']) assert.ok(inLanguage(language).length > 0, language);
  });

  for (const block of inLanguage('yaml').filter(({ name }) => name !== 'gitlab'))
    test(`${place(block)} is a valid workflow with valid inputs`, async () => {
      const steps = await checkWorkflow(place(block), block.text);
      assert.ok(steps.some(isOurs), 'with this Action');
    });

  for (const file of WORKFLOWS)
    test(`${file} is a valid workflow with valid inputs`, async () => {
      await checkWorkflow(file, read(file));
    });

  for (const block of inLanguage('sh', 'console'))
    test(`${place(block)} is valid shell`, { skip: skipWindows }, () => {
      assert.ok(commandsOf(block).trim() !== '');
      checkShell(place(block), commandsOf(block));
    });

  test('contain TypeScript that compiles with the package', () => {
    checkTypeScript(
      'documents',
      inLanguage('ts').map(({ text }) => text),
    );
  });

  for (const file of DOCUMENTS)
    test(`${file} has working links and names existing files`, () => {
      for (const target of linksOf(read(file))) checkLink(file, target);
      for (const [, path = ''] of read(file).matchAll(/`((?:src|test|docs|dist|examples)\/(?!dev\/)[\w./-]*)`/g))
        assert.ok(isHere(path), `${file}: ${path}`);
    });
});

describe('The README', () => {
  const readme = read('README.md');

  test('lists every flag of the command', () => {
    for (const { name, value = '' } of FLAGS) assert.ok(readme.includes(`\`-${name}${value === '' ? '`' : ' '}`), name);
  });

  test('lists every error code with its exit status', () => {
    for (const { code, exitStatus } of everyError())
      assert.match(readme, new RegExp(`^\\|[^|]*\`${code}\`[^|]*\\| ${exitStatus} \\|`, 'm'));
  });

  test('has at most 1,800 words outside code and tables', () => {
    const words = prose(readme)
      .replaceAll(/^ *\|.*$/gm, '')
      .split(/\s+/);
    assert.ok(words.length <= 1800, String(words.length));
  });

  test('lists its sections, and pins an exact version in each workflow', () => {
    const [, contents = ''] = /^\*\*Contents:\*\*([\s\S]*?)\n\n/m.exec(readme) ?? [];
    const headings = anchorsOf(readme.replaceAll(/^(# |###).*$/gm, ''));
    assert.deepEqual(
      linksOf(contents),
      headings.map((heading) => `#${heading}`),
    );
    for (const [line] of readme.matchAll(/^.*uses: condor-token-fetch\/.*$/gm)) assert.match(line, /@v0\.1\.0$/);
  });

  test('begins with the quick start, security, inputs and outputs', () => {
    const headings = [...readme.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
    assert.deepEqual(headings.slice(0, 4), ['Quick start', 'Security', 'Inputs', 'Outputs']);
  });
});
