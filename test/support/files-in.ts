import { readdirSync } from 'node:fs';

/** Returns the relative paths of all files and directories below a directory, with `/` as the separator. */
export function filesIn(directory: string): readonly string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).map((each) => each.replaceAll('\\', '/')).sort();
}
