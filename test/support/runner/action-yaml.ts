import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../project.ts';

interface ActionYaml {
  readonly name: string;
  readonly description: string;
  readonly branding: Readonly<Record<string, string>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post: string };
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

/** Parses action.yml. Every value is a string, as on the runner. */
export function parseActionYaml(): ActionYaml {
  return parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8'), { schema: 'failsafe' }) as ActionYaml;
}
