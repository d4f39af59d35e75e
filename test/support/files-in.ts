import { readdirSync } from 'node:fs';

/** Returns all files and directories below a directory, as relative paths with `/`. */
export function filesIn(directory: string): readonly string[] {
  return (readdirSync(directory, { recursive: true }) as string[]).map((each) => each.replaceAll('\\', '/')).sort();
}
