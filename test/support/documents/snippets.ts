/** Checks the snippets in the documents as a user would paste them: workflows, shell, TypeScript and links. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { parse, stringify } from 'yaml';
import { InputError } from '../../../src/errors.ts';
import { readBoolean, readRequest, readTimeout } from '../../../src/inputs/request.ts';
import { ABSENT, INPUTS, type InputName } from '../../../src/inputs/table.ts';
import { strangeJwt } from '../credentials/strange-jwt.ts';
import { projectRoot } from '../project.ts';
import { parseActionYaml } from '../runner/action-yaml.ts';
import { surroundings } from '../surroundings.ts';
import type { Block } from './markdown.ts';
import { readWorkflow, type Step, stepsOf, type Workflow } from './workflow.ts';

const OURS = /^(https:\/\/github\.com\/)?condor-token-fetch\/condor-token-fetch@(v0(\.1\.0)?|[0-9a-f]{40})$|^\.\/$/;

/** The reason why checks of Unix shell snippets are skipped; false if they are not skipped. */
export const skipWindows = process.platform === 'win32' && 'the snippets are for Unix shells';

/** Completes a snippet (a workflow, a job, or steps) so that it is a workflow. */
function wholeWorkflow(text: string): string {
  const found: unknown = parse(text);
  if (Array.isArray(found)) return wholeWorkflow(stringify({ steps: found }));
  const some = (found ?? {}) as Partial<Workflow> & { readonly steps?: readonly Step[] };
  if (some.jobs !== undefined && some.on !== undefined) return text;
  if (some.jobs !== undefined) return stringify({ on: 'push', ...some });
  return stringify({ on: 'push', jobs: { job: { 'runs-on': 'ubuntu-latest', ...some } } });
}

/**
 * Returns the steps of a snippet.
 *
 * @throws Error if GitHub, this Action or bash would reject the snippet.
 */
export async function checkWorkflow(where: string, text: string): Promise<readonly Step[]> {
  // Forgejo and Gitea use complete URLs in `uses`. Apart from that, their workflows have GitHub's syntax.
  const workflow = await readWorkflow(where, wholeWorkflow(text).replaceAll('uses: https://github.com/', 'uses: '));
  const steps = stepsOf(workflow);
  for (const step of steps) {
    const { uses, run, with: inputs = {} } = step;
    const isShell = step.shell === undefined || step.shell === 'bash';
    if (run !== undefined && isShell) checkShell(where, run.replaceAll(/\$\{\{.*?\}\}/g, 'x'));
    if (uses?.includes('condor-token-fetch') === true && !OURS.test(uses)) throw new Error(`${where}: uses: ${uses}`);
    if (isOurs(step)) checkInputs(where, inputs);
  }
  return steps;
}

export function isOurs({ uses = '' }: Pick<Step, 'uses'>): boolean {
  return OURS.test(uses);
}

/**
 * Checks the inputs that a step passes to this Action. Throws if an input is not in action.yml or has an invalid value.
 */
export function checkInputs(where: string, inputs: Readonly<Record<string, unknown>>): void {
  const declared = Object.keys(parseActionYaml().inputs);
  for (const name of Object.keys(inputs))
    if (!declared.includes(name)) throw new Error(`${where}: action.yml has no input ${name}`);
  const words = evaluated(inputs, { secrets: strangeJwt(), steps: 'cm.example.org', 'runner.temp': '/tmp/runner' });
  const input = (name: InputName) => words[name] || (INPUTS[name] === ABSENT ? undefined : INPUTS[name]) || undefined;
  try {
    // A snippet without inputs, or with FS, is for a host of the pool.
    const ofThePool = Object.keys(inputs).length === 0 || words['authentication-methods'] === 'FS';
    readRequest(input, surroundings({ RUNNER_TEMP: '/tmp', ...(ofThePool ? { _CONDOR_COLLECTOR_HOST: 'cm' } : {}) }));
    readTimeout(input);
    for (const name of ['cleanup', 'summary'] as const) readBoolean(name, input(name) ?? '');
  } catch (error) {
    if (error instanceof InputError) throw new Error(`${where}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Replaces the expressions in inputs with values. Throws if an expression has no value. */
export function evaluated(
  inputs: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const value = (_: string, expression: string) => {
    const found = values[expression] ?? values[expression.split('.')[0] ?? ''];
    if (found === undefined) throw new Error(`the test has no value for \${{ ${expression} }}`);
    return found;
  };
  return Object.fromEntries(
    Object.entries(inputs).map(([name, text]) => [name, String(text).replaceAll(/\$\{\{\s*(\S+)\s*\}\}/g, value)]),
  );
}

/** Returns the commands in a block: either its whole text, or only the text after the prompts. */
export function commandsOf({ language, text }: Pick<Block, 'language' | 'text'>): string {
  if (language !== 'console') return text;
  const lines = text.split('\n').flatMap((line) => /^[$#>] (.*)$/.exec(line)?.slice(1) ?? []);
  return `${lines.join('\n')}\n`;
}

/** Throws if bash cannot parse the script. Does nothing on Windows. */
export function checkShell(where: string, script: string): void {
  if (process.platform === 'win32') return;
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${where}: ${stderr}`);
}

/**
 * Compiles sources against the declarations of the package. Throws with the compiler's output if the compilation fails.
 */
export function checkTypeScript(name: string, sources: readonly string[]): void {
  // The directory is inside the project, so that the package can import itself by name.
  const folder = join(projectRoot, 'build', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    for (const [index, source] of sources.entries()) writeFileSync(join(folder, `snippet-${index}.ts`), source);
    const compilerOptions = {
      noEmit: true,
      rootDir: projectRoot,
      noUnusedLocals: false,
      noPropertyAccessFromIndexSignature: false,
    };
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'], exclude: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(projectRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', cwd: projectRoot });
    if (status !== 0) throw new Error(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Removes code blocks and inline code from the text, because code contains no links. */
export function prose(markdown: string): string {
  return markdown.replaceAll(/^( *)(`{3,}|~{3,})[\s\S]*?^\1\2\s*$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Returns the targets of links to project files and to headings in the same document. */
export function linksOf(markdown: string): readonly string[] {
  const targets = [...prose(markdown).matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Returns the anchors that GitHub generates for headings. */
export function anchorsOf(markdown: string): readonly string[] {
  const seen = new Map<string, number>();
  const withoutBlocks = markdown.replaceAll(/^( *)(`{3,}|~{3,})[\s\S]*?^\1\2\s*$/gm, '');
  return [...withoutBlocks.matchAll(/^#{1,6} +(.+?)\s*$/gm)].map(([, heading = '']) => {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

/** Throws if the target file or the target heading does not exist. */
export function checkLink(from: string, target: string): void {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : posix.normalize(posix.join(dirname(from), path));
  if (file.startsWith('..')) throw new Error(`${from}: ${target} is outside the project`);
  let text = '';
  try {
    text = file.endsWith('.md') ? readFileSync(join(projectRoot, file), 'utf8') : '';
    readFileSync(join(projectRoot, file));
  } catch (cause) {
    throw new Error(`${from}: ${target} does not exist`, { cause });
  }
  if (anchor !== undefined && !anchorsOf(text).includes(anchor))
    throw new Error(`${from}: ${file} has no heading ${anchor}; it has ${anchorsOf(text).join(' ')}`);
}
