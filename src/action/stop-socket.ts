/** A way to end another process of ours that works everywhere, and never ends somebody else's: a socket in its directory. */
import { existsSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename, join } from 'node:path';

/** Relative where it may be, for the path of a socket is limited to some hundred bytes. */
const NAME = 'stop.sock';

/** A process that does not end for this long is left to itself. */
const PATIENCE_MS = 5000;

/** Calls `stop` when told to, and gives what to call when that is done. This process is in the directory. */
export async function hearStop(directory: string, stop: () => void): Promise<() => void> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    stop();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(process.platform === 'win32' ? pipeOf(directory) : NAME, resolve);
  });
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  return () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

/** Tells the process in this directory to stop, and returns when it has; false: there was none. */
export async function sayStop(directory: string): Promise<boolean> {
  if (process.platform === 'win32') return await stopAt(pipeOf(directory));
  const before = workingDirectory();
  process.chdir(directory);
  try {
    return await stopAt(NAME);
  } finally {
    process.chdir(before ?? '/');
  }
}

function stopAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    let wasThere = false;
    const socket = connect(path);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.once('connect', () => {
      wasThere = true;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(wasThere));
    socket.resume();
  });
}

/** Undefined if it has been removed. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Whether the process in this directory can still be told to stop; it is in that directory itself. */
export function canHearStop(): boolean {
  return process.platform === 'win32' || existsSync(NAME);
}

/** Makes the process in this directory end by itself, where it cannot be told to. */
export function removeStopSocket(directory: string): void {
  if (process.platform !== 'win32') rmSync(join(directory, NAME), { force: true, recursive: true });
}

function pipeOf(directory: string): string {
  return `\\\\.\\pipe\\${basename(directory)}`;
}
