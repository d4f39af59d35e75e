import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';

/**
 * Opens a port that does not respond, because its process is stopped and its backlog is full. `answer` makes it accept
 * connections.
 */
export async function silentPort(): Promise<{ port: number; answer(): void; close(): void }> {
  const script = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      console.log(server.address().port);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const silent = Number(line.toString());
  child.kill('SIGSTOP');
  const fill = Array.from({ length: 16 }, () => createConnection(silent, '127.0.0.1').on('error', () => {}));
  return {
    port: silent,
    answer() {
      child.kill('SIGCONT');
    },
    close() {
      for (const socket of fill) socket.destroy();
      child.kill('SIGKILL');
    },
  };
}
