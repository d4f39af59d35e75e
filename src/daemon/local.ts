/**
 * Finds the address of a daemon on this host in the daemon's ad file or address file (Daemon::readLocalClassAd,
 * readAddressFile).
 */
import { readBounded } from '../runtime/bounded-file.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { parseSinful, type Sinful } from '../transport/sinful.ts';
import { DAEMON_TYPES } from './commands.ts';

export interface LocalDaemon {
  /** Name of the daemon, which is used if the file contains no name. For the schedd, the setting is SCHEDD_NAME. */
  readonly name: string;
  /**
   * Path of a file that contains a ClassAd, one attribute per line. For the schedd, the setting is
   * SCHEDD_DAEMON_AD_FILE.
   */
  readonly adFile: string | undefined;
  /**
   * Path of a file that contains either a ClassAd or three lines: the address, version and platform. For the schedd,
   * the setting is SCHEDD_ADDRESS_FILE.
   */
  readonly addressFile: string | undefined;
}

interface LocalAddress {
  readonly address: Sinful;
  /** Name of the daemon, as found in the file. Empty if the file contains no name. */
  readonly name: string;
}

/** Maximum size of a daemon's file, in bytes. A typical file is a few kilobytes long. */
const MAX_FILE_LENGTH = 1024 * 1024;

/** Returns the daemon's address, or the reasons why the files provide no address. */
export function findLocal(
  { adFile, addressFile }: Omit<LocalDaemon, 'name'>,
  type: string,
): LocalAddress | Unavailable {
  const reasons: string[] = [];
  for (const file of [adFile, addressFile]) {
    if (file === undefined) continue;
    const found = readDaemonFile(file, type);
    if (!(found instanceof Unavailable)) return found;
    reasons.push(`${file}: ${found.reason}`);
  }
  return new Unavailable(reasons.join('; '));
}

function readDaemonFile(file: string, type: string): LocalAddress | Unavailable {
  let text: string;
  try {
    text = readBounded(file, MAX_FILE_LENGTH).toString('utf8');
  } catch (error) {
    return new Unavailable(systemReason(error));
  }
  const attributes = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*"(.*)"\s*$/.exec(line) ?? [];
    if (name !== '') attributes.set(name.toLowerCase(), value);
  }
  const { addressAttribute = 'MyAddress' } = DAEMON_TYPES[type] ?? {};
  const [first = ''] = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const written = attributes.get(addressAttribute.toLowerCase()) ?? attributes.get('myaddress') ?? first.trim();
  const address = parseSinful(written);
  return address === undefined
    ? new Unavailable('it contains no address')
    : { address, name: attributes.get('name') ?? '' };
}
