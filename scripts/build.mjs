/**
 * `npm run build`: type-checks and compiles src, and builds dist. dist contains one bundle each for the Action, the
 * command, the token service and the library, plus the library's type declarations. Does nothing if neither the sources
 * nor dist has changed since the last build.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import ncc from '@vercel/ncc';
import { minify } from 'terser';

const root = dirname(import.meta.dirname);
const STAMP = join(root, 'build/dist.sha256');
const SOURCES = [
  'src',
  'stubs',
  'scripts/build.mjs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

/**
 * Entry point of each bundle, by directory in dist. Bundles that are run as programs are minified, because minified
 * code loads faster.
 */
const BUNDLES = {
  action: { entry: 'action/index.js', minified: true },
  cli: { entry: 'cli/index.js', minified: true },
  service: { entry: 'service/index.js', minified: true },
  lib: { entry: 'index.js', minified: false },
};
/** The names of error classes are not minified, because error messages contain them. */
const NAMES = { keep_classnames: /Error$/ };
/**
 * `unsafe_arrows` turns functions into arrow functions. This option is safe here, because the bundled code uses `new`
 * only with classes and never reads the `prototype` of a function.
 */
const COMPRESS = { passes: 3, hoist_funs: true, unsafe_arrows: true, ...NAMES };
const MINIFIED = { module: true, ecma: 2022, compress: COMPRESS, mangle: NAMES };
const READABLE = {
  module: true,
  ecma: 2020,
  compress: false,
  mangle: false,
  format: { beautify: true, comments: false },
};

function filesOf(path) {
  if (!existsSync(path)) return [];
  const found = readdirSync(path, { recursive: true, withFileTypes: true });
  return found
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort();
}

function digest() {
  const hash = createHash('sha256').update(process.versions.node);
  for (const name of [...SOURCES, 'dist']) {
    const path = join(root, name);
    for (const file of /\.\w+$/.test(name) ? [path] : filesOf(path))
      hash.update(`${file}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

function compile() {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function bundle(name, { entry, minified }) {
  const options = { cache: false, quiet: true, target: 'es2022', license: 'licenses.txt' };
  const { code, assets } = await ncc(join(root, 'build/bundle', entry), options);
  const folder = join(root, 'dist', name);
  mkdirSync(folder, { recursive: true });
  const hashbang = /^#!.*\n/.exec(code)?.[0] ?? '';
  const small = await minify(code.slice(hashbang.length), minified ? MINIFIED : READABLE);
  writeFileSync(join(folder, 'index.js'), `${hashbang}${small.code}${minified ? '' : '\n'}`);
  for (const [file, { source }] of Object.entries(assets)) writeFileSync(join(folder, file), source);
}

/** Copies the declarations that the library's entry point references, directly or indirectly. */
function copyDeclarations() {
  const waiting = ['index.d.ts'];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const text = readFileSync(join(root, 'build/bundle', file), 'utf8');
    const target = join(root, 'dist/lib', file);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    for (const [, name] of text.matchAll(/\bfrom '(\.[^']+)'/g)) {
      const found = posix.join(posix.dirname(file), name).replace(/\.[jt]s$/, '.d.ts');
      if (!seen.has(found)) waiting.push(found);
      seen.add(found);
    }
  }
}

if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest()) {
  console.log('dist is up to date');
} else {
  console.log('building dist');
  for (const folder of ['dist', 'build/bundle']) rmSync(join(root, folder), { recursive: true, force: true });
  compile();
  process.chdir(root);
  for (const [name, options] of Object.entries(BUNDLES)) await bundle(name, options);
  for (const name of ['cli', 'service']) chmodSync(join(root, `dist/${name}/index.js`), 0o755);
  const { CONFIG_SCHEMA } = await import(pathToFileURL(join(root, 'build/bundle/policy/schema.js')).href);
  writeFileSync(join(root, 'dist/service/config.schema.json'), `${JSON.stringify(CONFIG_SCHEMA, undefined, 2)}\n`);
  writeFileSync(join(root, 'dist/action/post.js'), readFileSync(join(root, 'build/bundle/action/post-entry.js')));
  copyDeclarations();
  writeFileSync(STAMP, digest());
}
