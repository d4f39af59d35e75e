/** Extracts the complete workflows from the README, in the form in which a CI system starts them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project.ts';
import { blocksIn } from './markdown.ts';

/** Names of the README's code blocks that contain workflows or steps of workflows. */
type WorkflowName = 'quick-start' | 'tunnel' | 'tools' | 'gitlab';

/** Returns the text of a named code block of the README. Throws unless the README has exactly one such block. */
export function documentedWorkflow(name: WorkflowName): string {
  const found = blocksIn(readFileSync(join(projectRoot, 'README.md'), 'utf8'), 'README.md').filter(
    (block) => block.name === name,
  );
  const [block] = found;
  if (block === undefined || found.length !== 1) throw new Error(`README.md has ${found.length} blocks named ${name}`);
  return block.text;
}

/** Returns the quick start with the changes that the README describes for a job without a stored secret. */
export function keylessQuickStart(): string {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  const [, paragraph = ''] = /^\*\*Without a stored secret\.\*\* ([\s\S]*?)\n\n/m.exec(readme) ?? [];
  const [before, after, line, service] = [...paragraph.matchAll(/`(.+?)`/g)].map(([, code = '']) => code);
  const workflow = documentedWorkflow('quick-start');
  if (before === undefined || after === undefined || line === undefined || service === undefined)
    throw new Error('the README does not specify what to replace');
  const changed = workflow.replace(before, after).replace(new RegExp(`${line}: .*`), service);
  if (changed.includes('secrets.') || !changed.includes(service)) throw new Error(`nothing was replaced:\n${changed}`);
  return changed;
}
