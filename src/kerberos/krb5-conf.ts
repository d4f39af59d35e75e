/** Parses the settings for realms and KDCs in krb5.conf (MIT's documentation of krb5.conf; prof_parse.c). */

/**
 * Functions that read files for the parser. If a file or directory does not exist, `read` returns undefined, and `list`
 * returns an empty list.
 */
interface ConfigurationFiles {
  read(path: string): string | undefined;
  /** Returns the paths of the files in a directory, in the order in which they are parsed. */
  list(directory: string): readonly string[];
}

export interface KerberosConfiguration {
  readonly defaultRealm: string | undefined;
  readonly defaultCache: string | undefined;
  /** True if the client is allowed to query DNS for KDCs. */
  readonly lookUpKdcs: boolean;
  /** Returns the KDCs of a realm in the order of the configuration, each as `host` or `host:port`. */
  kdcsOf(realm: string): readonly string[];
  /** Returns the realm of a host according to [domain_realm]; undefined if no entry matches. */
  realmOf(host: string): string | undefined;
}

const MAX_FILES = 100;
const MAX_LINES = 100_000;
const MAX_DEPTH = 16;
/** Names of sections and settings are truncated to this length. */
const MAX_NAME_LENGTH = 256;

/** Maps `section/name` or `section/subsection/name` to the values of that setting, in the order of the files. */
type Values = Map<string, string[]>;

/** Parses all configuration files. For a setting that allows only one value, the first value applies. */
export function parseConfiguration(paths: readonly string[], files: ConfigurationFiles): KerberosConfiguration {
  const values = readFiles(paths, files);
  const first = (...names: readonly string[]) => values.get(names.join('/'))?.[0];
  return {
    defaultRealm: first('libdefaults', 'default_realm'),
    defaultCache: first('libdefaults', 'default_ccache_name'),
    lookUpKdcs: isTrue(first('libdefaults', 'dns_lookup_kdc') ?? 'true'),
    kdcsOf: (realm) => values.get(['realms', realm, 'kdc'].join('/')) ?? [],
    realmOf: (host) => {
      // Try the host, then each of its parent domains, with and without a leading dot (k5_hostrealm of MIT Kerberos).
      for (let name = host.toLowerCase(); name !== ''; ) {
        const realm = first('domain_realm', name);
        if (realm !== undefined) return realm;
        const dot = name.indexOf('.', 1);
        if (name.startsWith('.')) name = name.slice(1);
        else name = dot === -1 ? '' : name.slice(dot);
      }
      return undefined;
    },
  };
}

/** A file that is being parsed, with the current section and its open subsections. */
interface OpenFile {
  readonly lines: Iterator<string>;
  readonly place: string[];
}

/**
 * Reads all settings. An included file is read at the position of its directive. The function keeps a list of open
 * files instead of using recursion.
 */
function readFiles(paths: readonly string[], files: ConfigurationFiles): Values {
  const values: Values = new Map();
  const openFile = (path: string): OpenFile => ({ lines: linesOf(path, files)[Symbol.iterator](), place: [] });
  const waiting = [...paths].reverse().map(openFile);
  let [opened, lines] = [paths.length, 0];
  for (let current = waiting.at(-1); current !== undefined; current = waiting.at(-1)) {
    const { value: line, done } = current.lines.next();
    if (done === true) {
      waiting.pop();
      continue;
    }
    if (++lines > MAX_LINES) break;
    const [, directive, target = ''] = /^(include|includedir)\s+(\S.*)$/.exec(line) ?? [];
    if (directive === undefined) {
      readLine(line, current.place, values);
      continue;
    }
    const included = directive === 'include' ? [target] : files.list(target).filter(isIncluded);
    opened += included.length;
    if (opened <= MAX_FILES && waiting.length <= MAX_DEPTH) waiting.push(...[...included].reverse().map(openFile));
  }
  return values;
}

function linesOf(path: string, files: ConfigurationFiles): string[] {
  return (files.read(path) ?? '').split('\n').map((line) => line.trim());
}

/**
 * True if includedir accepts the file. The file name must contain only letters, digits, dashes and underscores, or end
 * in .conf without starting with a dot.
 */
function isIncluded(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return /^[A-Za-z0-9_-]+$/.test(name) || (name.endsWith('.conf') && !name.startsWith('.'));
}

/** Reads one line. `place` contains the current section and its open subsections. */
function readLine(line: string, place: string[], values: Values): void {
  if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
  const section = /^\[([^\]]+)\]\*?$/.exec(line)?.[1];
  if (section !== undefined) {
    place.splice(0, place.length, section.slice(0, MAX_NAME_LENGTH));
  } else if (line.startsWith('}')) {
    if (place.length > 1) place.pop();
  } else {
    readRelation(line, place, values);
  }
}

/** Reads `name = value`, or `name = {`, which opens a subsection. */
function readRelation(line: string, place: string[], values: Values): void {
  const equals = line.indexOf('=');
  if (equals === -1) return;
  const name = line.slice(0, Math.min(equals, MAX_NAME_LENGTH)).trim().replace(/\*$/, '');
  const value = line.slice(equals + 1).trim();
  if (value.startsWith('{')) {
    if (place.length < MAX_DEPTH) place.push(name);
    return;
  }
  const key = [...place, place[0] === 'domain_realm' ? name.toLowerCase() : name].join('/');
  const found = values.get(key) ?? [];
  found.push(value.replace(/^"(.*)"$/, '$1'));
  values.set(key, found);
}

/** True for the values that MIT Kerberos accepts as true: y, yes, true, t, 1, on. */
function isTrue(text: string): boolean {
  return /^(y|yes|true|t|1|on)$/i.test(text);
}
