/**
 * Stops the renewal process through a socket in the process's directory. Unlike a signal, a request through the socket
 * works on every platform and cannot stop an unrelated process.
 */
import { existsSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { basename, join } from 'node:path';

/** Name of the socket, used as a relative path because a socket's path is limited to about a hundred bytes. */
const NAME = 'stop.sock';

/** Maximum time, in milliseconds, to wait for the process to end. */
const PATIENCE_MS = 5000;

/**
 * Calls `stop` when a stop request arrives. Returns a function that stops listening. Except on Windows, `directory`
 * must be the working directory.
 */
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

/** Asks the process in this directory to stop and waits until it ends. Returns false if no process was listening. */
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

/** Returns the working directory; undefined if the directory has been removed. */
function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** True if the calling process, which runs in the socket's directory, can still receive a stop request. */
export function canListenForStop(): boolean {
  return process.platform === 'win32' || existsSync(NAME);
}

/**
 * Removes the socket, which causes the process in this directory to end even if that process cannot receive a stop
 * request.
 */
export function removeStopSocket(directory: string): void {
  if (process.platform !== 'win32') rmSync(join(directory, NAME), { force: true, recursive: true });
}

function pipeOf(directory: string): string {
  return `\\\\.\\pipe\\${basename(directory)}`;
}
