/** Checks rules for the source tree: which files may import which modules, access the process, and read secrets. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { projectRoot } from './support/project.ts';
import { sources } from './support/sources.ts';

/**
 * Layers of the source tree, from top to bottom. Groups in the same layer do not import each other. A file imports only
 * from lower layers and from its own group, without cycles.
 */
const LAYERS: readonly (readonly (readonly string[])[])[] = [
  [['src/service/']],
  [['src/action/'], ['src/cli/'], ['src/index.ts']],
  [['src/messages/'], ['src/inputs/'], ['src/policy/']],
  [['src/pipeline/']],
  [['src/daemon/'], ['src/credentials/']],
  [['src/security/']],
  [['src/transport/']],
  [['src/wire/'], ['src/token/'], ['src/kerberos/']],
  [['src/errors.ts', 'src/reasons.ts', 'src/runtime/']],
];

/** Modules of Node and of packages, each with the only files that may import the module. */
const CONFINED: readonly [RegExp, readonly string[]][] = [
  [
    /^(node:)?(net|dns|dgram|http|https|http2)(\/|$)/,
    [
      ...['src/transport/', 'src/credentials/https.ts', 'src/action/stop-socket.ts', 'src/service/http-server.ts'],
      'src/credentials/http-proxy.ts', // node:net, for the networks in no_proxy
    ],
  ],
  [
    /^(node:)?crypto$/,
    ['src/runtime/crypto.ts', 'src/credentials/ssl.ts', 'src/wire/transcript.ts', 'src/security/methods/tls-tunnel.ts'],
  ],
  [/^(node:)?tls$/, ['src/security/methods/tls-tunnel.ts', 'src/credentials/trust.ts', 'src/credentials/https.ts']],
  [
    /^(node:)?fs(\/|$)/,
    [
      ...['src/credentials/', 'src/token/token-file.ts', 'src/security/methods/fs.ts'],
      ...['src/runtime/find-program.ts', 'src/runtime/bounded-file.ts'],
      'src/action/',
      'src/service/',
    ],
  ],
  [/^(node:)?os$/, ['src/inputs/process-host.ts', 'src/security/methods/fs.ts', 'src/service/world.ts']],
  [/^(node:)?child_process$/, ['src/action/renewal.ts', 'src/inputs/settings.ts', 'src/credentials/munge.ts']],
  [/^(node:)?(worker_threads|cluster|vm|module|process)$/, []],
  [/^@actions\//, ['src/action/']],
  [
    /^jose(\/|$)/,
    ['src/token/jwt.ts', 'src/token/bearer.ts', 'src/service/job-token.ts', 'src/service/issuer-keys.ts'],
  ],
  [/^yaml(\/|$)/, ['src/policy/config.ts']],
  [/^undici/, []],
];

/** Files that may access properties of `process`, with the names of those properties. */
const PROCESS: Readonly<Record<string, RegExp>> = {
  'src/action/index.ts': /^exitCode$/,
  'src/action/post-entry.ts': /^argv$/,
  'src/action/post.ts': /^env$/,
  'src/cli/index.ts': /^(argv|exitCode)$/,
  'src/action/main.ts': /^(argv|env)$/,
  'src/action/runner-files.ts': /^env$/,
  'src/action/runner-inputs.ts': /^env$/,
  'src/action/deliver.ts': /^env$/,
  'src/action/renewal.ts': /^(argv|execPath|kill|platform|ppid|stdout)$/,
  'src/action/stop-socket.ts': /^(chdir|cwd|platform)$/,
  'src/cli/main.ts': /^(stdout|stderr)$/,
  'src/service/index.ts': /^(argv|exitCode)$/,
  'src/service/world.ts': /^(env|getuid|stdout|stderr|on)$/,
  'src/runtime/crypto.ts': /^getBuiltinModule$/,
  'src/transport/kdc.ts': /^getBuiltinModule$/, // node:dns, loaded only when needed
  'src/credentials/munge.ts': /^getBuiltinModule$/, // node:child_process, loaded only when needed
  'src/credentials/trust.ts': /^getBuiltinModule$/, // node:tls
  'src/inputs/settings.ts': /^getBuiltinModule$/, // node:child_process
  'src/security/methods/tls-tunnel.ts': /^getBuiltinModule$/, // node:tls
  'src/credentials/https.ts': /^getBuiltinModule$/, // node:https, node:http, node:tls
  'src/credentials/http-proxy.ts': /^getBuiltinModule$/, // node:net
  'src/transport/dial.ts': /^getBuiltinModule$/, // node:dns
  'src/runtime/find-program.ts': /^platform$/,
  'src/inputs/process-host.ts': /^(env|once|getuid|platform|hrtime)$/,
  'src/credentials/private-file.ts': /^getuid$/,
  'src/token/token-file.ts': /^platform$/,
};

/** Files that may read a secret, with the number of `reveal` calls in each. */
const REVEALS: Readonly<Record<string, number>> = {
  'src/action/main.ts': 1, // masks the secret
  'src/action/deliver.ts': 1, // sets the output
  'src/cli/main.ts': 1, // prints the token
  'src/credentials/ssl.ts': 2, // reads the PEM, and opens the file that contains it
  'src/credentials/idtokens.ts': 1, // splits the input into lines
  'src/credentials/kerberos.ts': 3, // detects base64; parses the keytab; derives keys from the password
  'src/credentials/password.ts': 1, // reads the line of the input
  // Trims the token; checks its length and whether it is empty or contains blanks; checks whether to mask it.
  'src/credentials/scitokens.ts': 5,
  'src/daemon/token-commands.ts': 1, // sends the SciToken to a daemon that has authenticated itself
  'src/credentials/https.ts': 1, // authenticates to the proxy
  'src/credentials/keyless.ts': 1, // authenticates to the runner
  'src/credentials/token-service.ts': 1, // sends the job token
  'src/service/fetcher.ts': 1, // passes the seed to the library
  'src/service/token-endpoint.ts': 1, // sends the token to the job
  'src/token/token-file.ts': 1, // writes the token
  'src/security/methods/munge.ts': 1, // sends the credential
  'src/security/methods/password.ts': 1, // derives the key
  'src/security/methods/scitokens.ts': 1, // sends the SciToken after the server has authenticated itself
  'src/security/methods/tls-tunnel.ts': 1, // passes the private key to TLS
  'src/token/bearer.ts': 2, // parses the token; reads the claims of a job token
  // Parses the token twice; uses its signature as the key, and masks the signature if it is long enough.
  'src/token/jwt.ts': 5,
};

const isIn = (path: string, places: readonly string[]) =>
  places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));

function placeOf(path: string): { row: number; group: readonly string[] } | undefined {
  for (const [row, groups] of LAYERS.entries()) {
    const group = groups.find((each) => isIn(path, each));
    if (group !== undefined) return { row, group };
  }
  return undefined;
}

describe('Imports', () => {
  test('are detected', () => {
    assert.ok(sources.length > 30);
    assert.ok(sources.flatMap(({ imports }) => imports).length > 100);
  });

  test('within this project name existing files with their extension', () => {
    const paths = new Set(sources.map(({ path }) => path));
    for (const { path, imports } of sources) {
      for (const each of imports.filter((name) => name.startsWith('src/')))
        assert.ok(paths.has(each), `${path}: ${each}`);
    }
  });

  test('lead to lower rows of the table, never to higher rows or sideways', () => {
    const wrong: string[] = [];
    for (const { path, imports } of sources) {
      const from = placeOf(path);
      assert.ok(from, `${path} is not in the table`);
      for (const each of imports.filter((name) => name.startsWith('src/'))) {
        const to = placeOf(each);
        assert.ok(to, `${each} is not in the table`);
        if (!(to.row > from.row || to.group === from.group)) wrong.push(`${path} → ${each}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  test('of crypto are type-only, because loading it delays the start', () => {
    const early = sources.filter(({ code }) => /^import (?!type\b).*'node:crypto'/m.test(code));
    assert.deepEqual(early, []);
  });

  test('are acyclic, including type imports', () => {
    const edges = new Map(
      sources.map(({ path, imports }) => [path, imports.filter((name) => name.startsWith('src/'))]),
    );
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(path), [...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
  });

  test('name built-in modules with the prefix node:', () => {
    const odd = sources.flatMap(({ path, imports }) =>
      imports.filter((name) => /^[a-z_]+$/.test(name) && name !== 'yaml').map((name) => `${path}: ${name}`),
    );
    assert.deepEqual(odd, []);
  });

  for (const [module, places] of CONFINED) {
    test(`of ${module.source} occur only in ${places.join(', ') || 'no file'}`, () => {
      const users = sources.filter(({ imports }) => imports.some((name) => module.test(name))).map(({ path }) => path);
      assert.deepEqual(
        users.filter((path) => !isIn(path, places)),
        [],
      );
      for (const place of places)
        assert.ok(
          users.some((path) => isIn(path, [place])),
          `${place} does not have to be listed`,
        );
    });
  }

  test('name only the four packages that are bundled', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
    const { dependencies, devDependencies } = manifest as Record<string, Record<string, string> | undefined>;
    const packages = sources
      .flatMap(({ imports }) => imports)
      .filter((name) => !/^(src\/|node:)/.test(name))
      .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
    assert.deepEqual([...new Set(packages)].sort(), ['@actions/core', '@actions/io', 'jose', 'yaml']);
    for (const name of packages) assert.match(devDependencies?.[name] ?? '', /^\d/, `${name} has an exact version`);
    assert.equal(dependencies, undefined);
  });
});

describe('The token service', () => {
  test('is not imported by the other entry points', () => {
    for (const { path, imports } of sources.filter((each) => !/^src\/(service|policy)\//.test(each.path)))
      assert.ok(!imports.some((name) => /^src\/(service|policy)\//.test(name)), path);
    for (const bundle of ['action', 'cli', 'lib'])
      assert.doesNotMatch(
        readFileSync(join(projectRoot, `dist/${bundle}/index.js`), 'utf8'),
        /trusted-proxies/,
        bundle,
      );
  });

  test('has a policy that does not access files, the network or the process', () => {
    for (const { path, imports } of sources.filter((each) => each.path.startsWith('src/policy/')))
      assert.deepEqual(
        imports.filter((name) => !/^(src\/policy\/|yaml$)/.test(name)),
        [],
        path,
      );
  });
});

describe('The process', () => {
  test('is accessed only by the listed files, for the listed properties', () => {
    const used = new Set<string>();
    for (const { path, code } of sources) {
      for (const [, property = ''] of code.matchAll(/(?<![.\w'"`-])process(?:\?)?\.(\w+)/g)) {
        assert.match(property, PROCESS[path] ?? /^$/, `${path} asks process.${property}`);
        used.add(path);
      }
      assert.doesNotMatch(code, /(?<![.\w])process\[|= process\b(?!\.)/, path);
    }
    assert.deepEqual([...used].sort(), Object.keys(PROCESS).sort());
  });

  test('prints through console only in the entry points', () => {
    for (const { path, code } of sources) assert.doesNotMatch(code, /\bconsole\./, path);
  });

  test('provides time and randomness only through Host', () => {
    for (const { path, code } of sources.filter(
      ({ path }) => !['src/inputs/process-host.ts', 'src/action/renewal.ts', 'src/service/world.ts'].includes(path),
    )) {
      assert.doesNotMatch(
        code,
        /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomBytes\b.*node:crypto|performance\.now/,
        path,
      );
    }
  });

  test('is never ended by process.exit', () => {
    for (const { path, code } of sources)
      assert.doesNotMatch(code, /\bprocess\.(exit|abort|kill(?!\(pid, 0\))|reallyExit)\(/, path);
  });
});

describe('Secrets', () => {
  test('are revealed only by the listed files, as often as listed', () => {
    const found = sources
      .map(({ path, code }): [string, number] => [path, code.match(/\.reveal\(\)/g)?.length ?? 0])
      .filter(([, count]) => count > 0);
    assert.deepEqual(Object.fromEntries(found), REVEALS);
  });

  test('cannot be read in any other way', () => {
    for (const { path, code } of sources) assert.doesNotMatch(code, /\[['"`]reveal|\{[^}]*\breveal\b[^(]*\}/, path);
  });
});
