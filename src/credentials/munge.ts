import type { ExecFileException } from 'node:child_process';
import { findProgram } from '../runtime/find-program.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { AuthMethod } from '../security/method.ts';
import { munge } from '../security/methods/munge.ts';

/**
 * Length, in bytes, of the key that HTCondor sends as the payload. HTCondor no longer uses that key, because ECDH
 * establishes the session key.
 */
const PAYLOAD_LENGTH = 24;

/**
 * Returns the MUNGE method, or the reason why it is unavailable. The method runs the `munge` program, which contacts
 * the local munged daemon.
 */
export function loadMunge(
  path: string,
  owner: { uid: number; gid: number } | undefined,
  host: Host,
): AuthMethod | Unavailable {
  const program = findProgram('munge', path);
  if (program === undefined) return new Unavailable('the program munge was not found in PATH');
  return munge(async () => {
    const { execFile } = process.getBuiltinModule('node:child_process');
    return await new Promise<Secret>((resolve, reject) => {
      // The program might run as another account, so its environment must not contain secrets.
      const options = { ...owner, env: { PATH: path }, signal: host.signal };
      const child = execFile(program, [], options, (error, stdout, stderr) => {
        child.kill('SIGKILL'); // the program might have ignored the abort signal
        if (error !== null) return reject(new Error(`munge failed: ${stderr.trim() || exitOf(error)}`));
        const credential = new Secret(stdout.trim());
        host.mask(credential);
        resolve(credential);
      });
      child.stdin?.on('error', () => {}); // if the program has exited, the callback reports it
      child.stdin?.end(host.randomBytes(PAYLOAD_LENGTH));
    });
  });
}

/** Describes how the program ended. Node's error message is not used, because it quotes the command line. */
function exitOf(error: ExecFileException): string {
  const { code, signal } = error;
  if (typeof code === 'number') return `exit status ${code}`;
  return signal ? `terminated by ${signal}` : systemReason(error);
}
