/** Times whole processes side by side. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Argv, execute, ownEnvironment } from '../../test/support/processes.ts';
import { projectRoot } from '../../test/support/project.ts';

export const COMMAND: string = join(projectRoot, 'dist/cli/index.js');
export const ACTION: string = join(projectRoot, 'dist/action/index.js');

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Runs the programs alternately, so that other load on the host affects them equally. Returns the median times in
 * milliseconds, by name.
 */
export async function sideBySide<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, () => Promise<unknown>>>,
): Promise<Readonly<Record<Name, number>>> {
  const names = Object.keys(works) as Name[];
  const times = new Map(names.map((name): [Name, number[]] => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      await works[name]();
      if (round > 0) times.get(name)?.push(performance.now() - start); // the first round is a warm-up
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)])) as Record<Name, number>;
}

/** Runs a process and returns its standard error. Rejects if the process fails. */
export async function succeed(argv: Argv, env: Readonly<Record<string, string>>): Promise<string> {
  const { status, stderr } = await execute(argv, { env: { ...ownEnvironment(), ...env } });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${status}\n${stderr}`);
  return stderr;
}

/**
 * Connects to an echo server on the given port of the loopback interface. `measure` sends a byte and waits for its
 * echo.
 */
export async function roundTrip(port: number): Promise<{ measure: () => Promise<void>; close: () => void }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  const measure = async () => {
    socket.write('x');
    await once(socket, 'data');
  };
  return { measure, close: () => socket.destroy() };
}
