/** The daemon of this machine, as the files say that it keeps for its tools (Daemon::readLocalClassAd, readAddressFile). */
import { readBounded, systemReason } from '../runtime/bounded-file.ts';
import { parseSinful, type Sinful } from '../transport/sinful.ts';
import { DAEMON_TYPES } from './commands.ts';

export interface LocalDaemon {
  /** SCHEDD_NAME and so on: its name, for files that do not tell it. */
  readonly name: string;
  /** SCHEDD_DAEMON_AD_FILE and so on: a ClassAd, one attribute a line. */
  readonly adFile: string | undefined;
  /** SCHEDD_ADDRESS_FILE and so on: lines of address, version and platform, or of a ClassAd. */
  readonly addressFile: string | undefined;
}

interface LocalAddress {
  readonly address: Sinful;
  /** Empty if the file has none. */
  readonly name: string;
}

/** A file of the daemon is some kilobytes; whatever is larger is something else. */
const MAX_FILE_LENGTH = 1024 * 1024;

/** Where the daemon is; a string says why that is not known. */
export function findLocal({ adFile, addressFile }: Omit<LocalDaemon, 'name'>, type: string): LocalAddress | string {
  const reasons: string[] = [];
  for (const file of [adFile, addressFile]) {
    if (file === undefined) continue;
    const found = readDaemonFile(file, type);
    if (typeof found !== 'string') return found;
    reasons.push(`${file}: ${found}`);
  }
  return reasons.join('; ');
}

function readDaemonFile(file: string, type: string): LocalAddress | string {
  let text: string;
  try {
    text = readBounded(file, MAX_FILE_LENGTH).toString('utf8');
  } catch (error) {
    return systemReason(error);
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
  return address === undefined ? 'it contains no address' : { address, name: attributes.get('name') ?? '' };
}
