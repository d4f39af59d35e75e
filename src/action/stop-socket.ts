/** A way to end another process of ours that works everywhere, and never ends somebody else's: a socket in its directory. */
import { connect, createServer } from 'node:net';
import { basename } from 'node:path';

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
  const before = process.cwd();
  if (process.platform !== 'win32') process.chdir(directory);
  try {
    return await new Promise<boolean>((resolve) => {
      let wasThere = false;
      const socket = connect(process.platform === 'win32' ? pipeOf(directory) : NAME);
      socket.setTimeout(PATIENCE_MS, () => socket.destroy());
      socket.once('connect', () => {
        wasThere = true;
      });
      socket.on('error', () => {});
      socket.once('close', () => resolve(wasThere));
      socket.resume();
    });
  } finally {
    if (process.platform !== 'win32') process.chdir(before);
  }
}

function pipeOf(directory: string): string {
  return `\\\\.\\pipe\\${basename(directory)}`;
}
