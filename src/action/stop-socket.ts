/** Stops the renewal process through a socket in its directory: works on every platform and never stops another process. */
import { existsSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename, join } from 'node:path';

/** Relative if possible, because the path of a socket is limited to about a hundred bytes. */
const NAME = 'stop.sock';

/** Maximum wait for the end of the process, in milliseconds. */
const PATIENCE_MS = 5000;

/** Calls `stop` on request. Returns a function to call afterwards. This process runs in the directory. */
export async function listenForStop(directory: string, stop: () => void): Promise<() => void> {
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

/** Asks the process in this directory to stop, and waits until it ends. Returns false if there was none. */
export async function requestStop(directory: string): Promise<boolean> {
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

/** True if the process in this directory, which is the calling process, can still receive a stop request. */
export function canListenForStop(): boolean {
  return process.platform === 'win32' || existsSync(NAME);
}

/** Makes the process in this directory end even if it cannot receive a stop request. */
export function removeStopSocket(directory: string): void {
  if (process.platform !== 'win32') rmSync(join(directory, NAME), { force: true, recursive: true });
}

function pipeOf(directory: string): string {
  return `\\\\.\\pipe\\${basename(directory)}`;
}
