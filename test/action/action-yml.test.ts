/** Checks that action.yml declares the inputs of src/inputs/table.ts and the outputs of src/action/main.ts. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { INPUTS } from '../../src/inputs/table.ts';
import { projectRoot } from '../support/project.ts';
import { parseActionYaml } from '../support/runner/action-yaml.ts';
import { sources } from '../support/sources.ts';

const OUTPUTS = [
  ...[
    'token',
    'token-file',
    'token-directory',
    'identity',
    'trust-domain',
    'key',
    'token-id',
    'authz',
    'issued-at',
    'expires-at',
  ],
  ...[
    'lifetime',
    'daemon-name',
    'daemon-address',
    'daemon-version',
    'authentication-method',
    'credential-source',
    'error-code',
  ],
];

describe('action.yml', () => {
  const yaml = parseActionYaml();

  test('declares the inputs of src/inputs/table.ts in the same order and with the same defaults', () => {
    const declared = Object.entries(yaml.inputs).map(([name, { default: preset = '' }]) => [name, preset]);
    assert.deepEqual(declared, Object.entries(INPUTS));
  });

  test('declares only inputs that the source reads', () => {
    const readers = sources.filter(({ path }) => /^src[/](inputs|action)[/]/.test(path) && !path.endsWith('/table.ts'));
    const code = readers.map((source) => source.code).join('\n');
    for (const name of Object.keys(INPUTS)) assert.match(code, new RegExp(`\\w\\('${name}'`), name);
  });

  test('declares the outputs of the interface', () => assert.deepEqual(Object.keys(yaml.outputs), OUTPUTS));

  test('describes each input and output in one or two sentences', () => {
    for (const [name, { description }] of Object.entries({ ...yaml.inputs, ...yaml.outputs })) {
      assert.match(description, /^[A-Z].{15,219}[.]$/, name);
    }
  });

  test('marks no input as required and has no other attributes', () => {
    for (const [name, attributes] of Object.entries(yaml.inputs)) {
      assert.deepEqual(
        Object.keys(attributes),
        INPUTS[name as keyof typeof INPUTS] === '' ? ['description'] : ['description', 'default'],
      );
    }
  });

  test('runs a built file on node24 in the main step and in the post step', () => {
    assert.deepEqual(yaml.runs, { using: 'node24', main: 'dist/action/index.js', post: 'dist/action/post.js' });
    assert.ok(existsSync(join(projectRoot, yaml.runs.main)));
  });

  test('has a name, a description and branding for the marketplace', () => {
    assert.ok(yaml.name.length > 5 && yaml.description.length > 20 && yaml.description.length < 125);
    assert.deepEqual(Object.keys(yaml.branding), ['icon', 'color']);
  });

  for (const [heading, declared] of [
    ['Inputs', yaml.inputs],
    ['Outputs', yaml.outputs],
  ] as const) {
    test(`has the same ${heading.toLowerCase()} as the README`, () => {
      const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
      const section = readme.split(/^## /m).find((each) => each.startsWith(heading)) ?? '';
      const rows = [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
      assert.deepEqual(rows, Object.keys(declared));
    });
  }
});
