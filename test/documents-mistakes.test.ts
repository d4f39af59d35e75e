/** Tests that the document checks detect mistakes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  anchorsOf,
  checkInputs,
  checkLink,
  checkShell,
  checkTypeScript,
  checkWorkflow,
  commandsOf,
  linksOf,
  prose,
  skipWindows,
} from './support/documents/snippets.ts';

describe('The document check', () => {
  const uses = 'condor-token-fetch/condor-token-fetch@v0';
  const step = (inputs: string, name = uses) => `- uses: ${name}\n  with: { ${inputs} }\n`;
  const expression = (text: string) => `\${{ ${text} }}`;
  test('accepts a document without mistakes', async () => {
    const [found] = await checkWorkflow('x', step(`pool: cm, idtoken: "${expression('secrets.A')}", authz: READ`));
    assert.equal(found?.uses, uses);
  });
  for (const [what, text, complaint] of [
    ['an input that does not exist', step('pol: cm'), /no input pol/],
    ['an invalid value of an input', step('pool: cm, mode: fetsch'), /mode: .*fetsch/],
    ['a level that does not exist', step('pool: cm, authz: SUBMIT'), /authz: .*SUBMIT/],
    ['inputs that exclude each other', step('pool: cm, token: a, file: b'), /exclusive/],
    ['a value other than true or false', step('pool: cm, cleanup: maybe'), /cleanup/],
    ['an invalid duration', step('pool: cm, timeout: soon'), /timeout/],
    ['another version', step('pool: cm', uses.replace('@v0', '@main')), /uses: .*@main/],
    ['an expression with another context', step(`pool: "${expression('matrix.pool')}"`), /matrix\.pool/],
    [
      'an expression that GitHub cannot parse',
      step(`pool: "${expression('secrets.').slice(0, -3)}"`),
      /is not a workflow/,
    ],
    ['a key that GitHub does not recognize', `steps:\n  - uses: ${uses}\n    whith: {}\n`, /is not a workflow/],
    ['a job without runs-on', 'jobs:\n  a:\n    steps: []\n', /is not a workflow/],
    ['a script that bash cannot parse', '- run: if true; then\n', /syntax error|unexpected end/],
  ] as const)
    test(`reports ${what}`, { skip: what.includes('bash') && skipWindows }, async () => {
      await assert.rejects(checkWorkflow('x', text), complaint);
    });
  test('reports an unknown input outside a workflow', () =>
    assert.throws(() => checkInputs('x', { lifetime: 'ever' }), /lifetime/));
  test('reports an unfinished shell command', { skip: skipWindows }, () => {
    assert.throws(() => checkShell('x', commandsOf({ language: 'console', text: '$ echo "\nfine\n' })), /x: /);
    checkShell('x', commandsOf({ language: 'console', text: '$ true\n) not for the shell\n# true\n' }));
  });
  test('reports TypeScript that does not compile', () =>
    assert.throws(
      () =>
        checkTypeScript('mistakes', [
          "import { fetchToken } from 'condor-token-fetch';\nawait fetchToken({ pol: 'cm' });\n",
        ]),
      /'pol'/,
    ));
  test('reports a broken link', () => {
    assert.throws(() => checkLink('README.md', 'docs/NOWHERE.md'), /does not exist/);
    assert.throws(() => checkLink('README.md', 'docs/PARITY.md#nowhere'), /no heading nowhere/);
    assert.throws(() => checkLink('README.md', '../README.md'), /outside the project/);
    checkLink('docs/PARITY.md', '../README.md#inputs');
  });
  test('ignores code in the check of prose', () => {
    const markdown = '[a](b.md) `[c](d.md)`\n```md\n[e](f.md)\n# G\n```\n# A b, `c`: d\n## A b c d\n[h](https://i)\n';
    assert.deepEqual(linksOf(markdown), ['b.md']);
    assert.doesNotMatch(prose(markdown), /d\.md|f\.md/);
    assert.deepEqual(anchorsOf(markdown), ['a-b-c-d', 'a-b-c-d-1']);
  });
});
