import { OutputError } from '../errors.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { createPrivateFile } from '../token/token-file.ts';

/**
 * Writes an address file with a daemon's sinful string and version string (Daemon::readAddressFile). Daemons write
 * files in the same format for the tools on their host. The file must not exist yet, and its directory must be private.
 *
 * @throws OutputError ERR_OUTPUT if the file cannot be written.
 */
export function writeAddressFile(path: string, sinful: string, version: string): void {
  // HTCondor's programs crash on a version string without a date (CondorVersionInfo::string_to_VersionData).
  const known = /^\$CondorVersion: \d+\.\d+\.\d+ [\w .:~+-]+ \$$/.test(version);
  try {
    createPrivateFile(path, `${sinful}\n${known ? `${version}\n` : ''}`);
  } catch (cause) {
    throw new OutputError(`the address could not be written to ${path}: ${systemReason(cause)}`, { cause });
  }
}
