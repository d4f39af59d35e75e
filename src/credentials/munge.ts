import { findProgram } from '../runtime/find-program.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { munge } from '../security/methods/munge.ts';

/** Length of the payload that C++ sends: a key that is no longer used, because ECDH establishes the session key. */
const PAYLOAD_LENGTH = 24;

/** Returns MUNGE through the program munge, which queries the local munged, or the reason why it is not available. */
export function loadMunge(
  path: string,
  owner: { uid: number; gid: number } | undefined,
  host: Host,
): AuthMethod | string {
  const program = findProgram('munge', path);
  if (program === undefined) return 'the program munge was not found in PATH';
  return munge(async () => {
    const { execFile } = process.getBuiltinModule('node:child_process');
    return await new Promise<Secret>((resolve, reject) => {
      // The program may run as another account, which could read its environment.
      const options = { ...owner, env: { PATH: path }, signal: host.signal };
      const child = execFile(program, [], options, (error, stdout, stderr) => {
        child.kill('SIGKILL'); // it may have ignored SIGTERM
        if (error !== null) return reject(new Error(`munge failed: ${stderr.trim() || error.message}`));
        const credential = new Secret(stdout.trim());
        host.mask(credential);
        resolve(credential);
      });
      child.stdin?.on('error', () => {}); // the program exited, which the callback above reports
      child.stdin?.end(host.randomBytes(PAYLOAD_LENGTH));
    });
  });
}
