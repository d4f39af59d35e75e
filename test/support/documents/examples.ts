/** Reads the examples as a CI system does, and replaces the names of their pools with those of a test pool. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CollectionTag, parse, parseAllDocuments, Scalar, type YAMLSeq } from 'yaml';
import { projectRoot } from '../project.ts';

/** The names of a pool: its collector, and its schedd. */
export interface Place {
  readonly collector: string;
  readonly schedd: string;
}

/** Returns the text of an example after replacing the pools that the example names with these pools. */
export function exampleText(file: string, pool?: Place, second?: Place): string {
  return withPlaces(readFileSync(join(projectRoot, 'examples', file), 'utf8'), pool, second);
}

/** Replaces the pools that documents name with these pools. */
export function withPlaces(text: string, pool?: Place, second?: Place): string {
  const names: readonly (readonly [string, string | undefined])[] = [
    ...([['cm.example.org', pool?.collector] as const, ['ap40.example.org', pool?.schedd] as const] as const),
    ...([['cm.example.net', second?.collector] as const, ['ap1.example.net', second?.schedd] as const] as const),
  ];
  return names.reduce((changed, [name, replacement = name]) => changed.replaceAll(name, replacement), text);
}

interface GitLabJob {
  readonly extends?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly before_script?: readonly string[];
  readonly script?: readonly string[];
  readonly after_script?: readonly string[];
  readonly artifacts?: unknown;
}

interface GitLabInclude {
  readonly local?: string;
  readonly remote?: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/**
 * Returns the job `submit` of a `.gitlab-ci.yml` as GitLab runs it: includes the component, replaces its inputs, and
 * extends the job. Default: the file among the examples.
 */
export function gitLabJob(
  pool: Place,
  inputs: Readonly<Record<string, string>>,
  text: string = exampleText('gitlab/.gitlab-ci.yml'),
): GitLabJob {
  const references: GitLabReference[] = [];
  const customTags: CollectionTag[] = [
    {
      tag: '!reference',
      collection: 'seq',
      resolve(seq) {
        const [job, key] = (seq as YAMLSeq).toJSON() as [string, string];
        references.push({ job, key });
        return new Scalar(REFERENCE);
      },
    },
  ];
  const { include, submit } = parse(withPlaces(text, pool), { customTags }) as {
    include: readonly GitLabInclude[];
    submit: GitLabJob;
  };
  const [first] = include;
  if (first === undefined || include.length !== 1)
    throw new Error('the example does not include exactly one component');
  const file = first.local === undefined ? first.remote?.split('/examples/')[1] : `gitlab${first.local}`;
  const jobs = gitLabComponent(file ?? '', { ...first.inputs, ...inputs });
  const base = jobs[submit.extends ?? ''];
  if (base === undefined) throw new Error(`the component has no ${submit.extends}`);
  const before = (submit.before_script ?? base.before_script ?? []).flatMap((line) => {
    if (line !== REFERENCE) return [line];
    const { job = '', key } = references.shift() ?? {};
    if (key !== 'before_script') throw new Error(`before_script refers to ${key}`);
    return jobs[job]?.before_script ?? [];
  });
  return { ...base, ...submit, before_script: before, variables: { ...base.variables, ...submit.variables } };
}

/** Placeholder for a `!reference` in a list until the reference is resolved. */
const REFERENCE = '!reference';

interface GitLabReference {
  readonly job: string;
  readonly key: string;
}

/**
 * Expands the GitLab component. Throws if an input is unknown or missing, or if an interpolation does not name an
 * input.
 */
export function gitLabComponent(
  file: string,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, GitLabJob>> {
  const [header, body] = exampleText(file).split(/^---$/m);
  const documents = parseAllDocuments(exampleText(file));
  if (header === undefined || body === undefined || documents.length !== 2) throw new Error(`${file} has no header`);
  const { spec } = parse(header) as { spec: { inputs: Readonly<Record<string, { default?: string } | null>> } };
  for (const name of Object.keys(given)) if (!(name in spec.inputs)) throw new Error(`${file} has no input ${name}`);
  const used = new Set<string>();
  const text = body.replaceAll(/\$\[\[ inputs\.([\w-]+) \]\]/g, (_, name: string) => {
    const value = given[name] ?? spec.inputs[name]?.default;
    if (value === undefined) throw new Error(`${file}: input ${name} has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(spec.inputs).filter((name) => !used.has(name));
  if (unused.length > 0 || text.includes('$[[')) throw new Error(`${file}: not used: ${unused.join(', ')}`);
  return parse(text) as Readonly<Record<string, GitLabJob>>;
}

export interface Jenkinsfile {
  /** Assignments in the `environment` block of the pipeline. */
  readonly environment: Readonly<Record<string, string>>;
  readonly stages: readonly JenkinsStage[];
  /** Scripts in the `post { always }` block. */
  readonly always: readonly string[];
}

interface JenkinsStage {
  readonly name: string;
  /** Variables that `withCredentials` and `withEnv` set. */
  readonly credentials: readonly string[];
  readonly withEnv: readonly string[];
  readonly scripts: readonly string[];
}

/**
 * Parses the parts of a declarative pipeline that are needed to run it. Interprets Groovy strings, but no other Groovy
 * syntax. Throws if braces are unbalanced.
 */
export function readJenkinsfile(text: string): Jenkinsfile {
  const plain = text.replaceAll(/^\s*\/\/.*$/gm, '');
  const pipeline = blockOf(plain, /^pipeline \{/m);
  const environment = [...blockOf(pipeline, /^ {2}environment \{/m).matchAll(/^\s*(\w+) = '([^']*)'/gm)];
  const stages = [...pipeline.matchAll(/stage\('([^']+)'\) \{/g)].map(({ 0: head, 1: name = '' }) => {
    const stage = blockOf(pipeline, head);
    return {
      name,
      credentials: [...stage.matchAll(/credentialsId: '[^']+', variable: '(\w+)'/g)].map(([, word = '']) => word),
      withEnv: [...stage.matchAll(/withEnv\(\["([^"]+)"\]\)/g)].map(([, word = '']) => word),
      scripts: scriptsOf(stage),
    };
  });
  const always = scriptsOf(blockOf(blockOf(pipeline, /^ {2}post \{/m), /always \{/));
  return { environment: Object.fromEntries(environment.map(([, name, value]) => [name, value])), stages, always };
}

function scriptsOf(block: string): readonly string[] {
  const found = block.matchAll(/\bsh (?:'''([\s\S]*?)'''|'([^'\n]*)'|("))/g);
  return [...found].map(([, long, short, double]) => {
    if (double !== undefined) throw new Error('Groovy would interpret the strings of a shell');
    return (long ?? short ?? '').replaceAll(/\\(.)/g, '$1');
  });
}

/** Returns the text between the braces after `head`. Braces in strings also count and must be balanced. */
function blockOf(text: string, head: RegExp | string): string {
  const at = typeof head === 'string' ? text.indexOf(head) : text.search(head);
  const start = text.indexOf('{', at);
  if (at === -1) throw new Error(`the pipeline has no ${head}`);
  let depth = 0;
  for (let end = start; end < text.length; end++) {
    if (text[end] === '{') depth += 1;
    if (text[end] === '}') depth -= 1;
    if (depth === 0) return text.slice(start + 1, end);
  }
  throw new Error(`${head} is never closed`);
}
