import { findProgram } from '../runtime/find-program.ts';
import type { Host } from '../runtime/host.ts';
import { Secret } from '../runtime/secret.ts';
import type { AuthMethod } from '../security/method.ts';
import { munge } from '../security/methods/munge.ts';

/** What C++ puts into the credential: a key that nobody uses any more, for the session's is agreed on by ECDH. */
const PAYLOAD_LENGTH = 24;

/** MUNGE with the program of that name, which asks the local munged; a string says why there is none. */
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
      // It may run as another account, which could look into its environment.
      const options = { ...owner, env: { PATH: path }, signal: host.signal };
      const child = execFile(program, [], options, (error, stdout, stderr) => {
        child.kill('SIGKILL'); // it may not have listened
        if (error !== null) return reject(new Error(`munge failed: ${stderr.trim() || error.message}`));
        const credential = new Secret(stdout.trim());
        host.mask(credential);
        resolve(credential);
      });
      child.stdin?.on('error', () => {}); // it has ended: that is told above
      child.stdin?.end(host.randomBytes(PAYLOAD_LENGTH));
    });
  });
}
