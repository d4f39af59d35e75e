/**
 * Tests the workflows of this repository. GitHub accepts them, their actions are pinned, and their permissions are
 * minimal.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { INPUTS } from '../src/inputs/table.ts';
import { readWorkflow, stepsOf } from './support/documents/workflow.ts';
import { ownEnvironment } from './support/processes.ts';
import { filesBelow, projectRoot } from './support/project.ts';
import { SHA256 } from './support/runner/ci-machine.ts';

const text = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const load = (file: string) => readWorkflow(file, text(file));

/** Jobs that have write permissions, and those permissions. */
const WRITERS: Readonly<Record<string, readonly string[]>> = {
  release: ['attestations', 'contents', 'id-token'],
  npm: ['id-token'],
};

for (const file of filesBelow('.github/workflows', '.yml')) {
  describe(file, () => {
    test('is a valid workflow with inputs of this Action', async () => {
      const own = stepsOf(await load(file)).filter(({ uses }) => uses === './');
      for (const { with: inputs = {} } of own)
        for (const name of Object.keys(inputs)) assert.ok(name in INPUTS, `there is no input ${name}`);
      if (file.endsWith('/ci.yml')) assert.equal(own.length, 2);
    });

    test('pins every action to a commit, with its version in a comment', () => {
      for (const [line, action = ''] of text(file).matchAll(/^.*\buses: (\S+).*$/gm))
        assert.ok(action === './' || /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line), line);
    });

    test('has permissions for each job, time limits, and no expression in a script', async () => {
      const workflow = await load(file);
      assert.deepEqual(workflow.permissions, {});
      for (const [name, { permissions, 'timeout-minutes': minutes }] of Object.entries(workflow.jobs)) {
        assert.ok(Number(minutes) > 0, `${name} has no time limit`);
        const rights = Object.entries(permissions ?? { none: 'is said' });
        const written = rights.filter(([, right]) => right !== 'read').map(([right]) => right);
        assert.deepEqual(written.sort(), WRITERS[name] ?? [], name);
      }
      for (const { uses = '', run = '', with: inputs } of stepsOf(workflow)) {
        assert.ok(!run.includes('${{'), run);
        if (uses.startsWith('actions/checkout@')) assert.equal(inputs?.['persist-credentials'], false);
      }
    });
  });
}

describe('A release', () => {
  const step = async (job: string, name: string) => {
    const { steps } = (await load('.github/workflows/release.yml')).jobs[job] ?? { steps: [] };
    const found = steps.find((each) => each.name === name)?.run;
    assert.ok(found !== undefined, `no step ${name}`);
    return found;
  };
  const skip = process.platform !== 'linux' && 'it is made on Linux';

  test('is started only by a tag with a complete version, never by the tag that the release moves', async () => {
    const { on } = await load('.github/workflows/release.yml');
    assert.deepEqual(on, { push: { tags: ['v[0-9]+.[0-9]+.[0-9]+'] } });
  });

  test('contains the files that the examples download, and their checksums', { skip }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'release-'));
    try {
      for (const each of ['dist', 'package.json', 'package-lock.json', 'action.yml', 'README.md', 'LICENSE'])
        cpSync(join(projectRoot, each), join(directory, each), { recursive: true });
      const bash = (script: string) =>
        spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
          ...{ cwd: directory, encoding: 'utf8', env: { ...ownEnvironment(), HOME: directory } },
        });
      const { status, stdout, stderr } = bash(await step('release', 'Collect the files'));
      assert.equal(status, 0, stdout + stderr);
      const { version } = JSON.parse(text('package.json')) as { version: string };
      const programs = ['condor_token_fetch.mjs', 'condor_token_service.mjs'];
      const files = ['SHA256SUMS', `condor-token-fetch-${version}.tgz`, ...programs, 'sbom.cdx.json'];
      assert.deepEqual(readdirSync(join(directory, 'release')).sort(), files);
      const sums = readFileSync(join(directory, 'release', 'SHA256SUMS'), 'utf8');
      assert.ok(sums.includes(`${SHA256}  condor_token_fetch.mjs\n`), sums);
      assert.equal(bash('cd release && sha256sum -c SHA256SUMS').status, 0);
      for (const program of programs)
        assert.match(bash(`node release/${program} -version`).stdout, new RegExp(version));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  test('has the repository URL that npm requires for provenance', () => {
    const { repository } = JSON.parse(text('package.json')) as { repository: { url: string } };
    const { uses } = /uses: (?<uses>\S+)@v0\.1\.0$/m.exec(text('examples/github/submit.yml'))?.groups ?? {};
    assert.equal(repository.url, `git+https://github.com/${uses}.git`);
  });

  test('accepts only the tag of the package’s version', { skip }, async () => {
    const script = await step('verify', 'Check that the tag matches the version of the package');
    const { version } = JSON.parse(text('package.json')) as { version: string };
    const statusFor = (tag: string) =>
      spawnSync('bash', ['-ec', script], { cwd: projectRoot, env: { ...ownEnvironment(), GITHUB_REF_NAME: tag } })
        .status;
    assert.deepEqual([statusFor(`v${version}`), statusFor('v99.0.0')], [0, 1]);
  });

  test('is rejected for a tag that is not on main', { skip }, async () => {
    const script = await step('verify', 'Check that the tag is on main');
    inRepository((directory, git) => {
      const status = () =>
        spawnSync('bash', ['-ec', script], {
          cwd: directory,
          env: { ...ownEnvironment(), GITHUB_REF_NAME: 'v1.2.3' },
        }).status;
      git('update-ref', 'refs/remotes/origin/main', 'HEAD');
      assert.equal(status(), 0);
      git('commit', '--quiet', '--allow-empty', '-m', 'not on main');
      assert.equal(status(), 1);
    });
  });

  test('is a draft until all its files are uploaded, because a published release is immutable', { skip }, async () => {
    const script = await step('release', 'Publish the release');
    const env = { ...ownEnvironment(), GITHUB_REF_NAME: 'v1.2.3' };
    const { stdout } = spawnSync('bash', ['-ec', `gh() { echo "$@"; }; ${script}`], { encoding: 'utf8', env });
    assert.deepEqual(stdout.trim().split('\n'), [
      'release create v1.2.3 --draft --verify-tag --generate-notes',
      'release upload v1.2.3 release/*',
      'release edit v1.2.3 --draft=false',
    ]);
  });

  test('creates or moves the tag of the major version', { skip }, async () => {
    const script = await step('release', 'Move the tag of the major version');
    const directory = mkdtempSync(join(tmpdir(), 'release-'));
    try {
      const asked = (exists: boolean, ...others: string[]) => {
        const released = ['v12.3.4', ...others].map((tag) => `refs/tags/${tag}\\n`).join('');
        const cases = `*git/ref/*) ${exists};; *matching-refs*) printf '${released}';; *) echo "gh $*";;`;
        const stand = `gh() { case "$*" in ${cases} esac; }; git() { echo abc; };`;
        const env = { ...ownEnvironment(), GITHUB_REF_NAME: 'v12.3.4', GITHUB_REPOSITORY: 'a/b' };
        const { stdout } = spawnSync('bash', ['-ec', stand + script], { cwd: directory, encoding: 'utf8', env });
        return stdout.trim();
      };
      assert.equal(asked(true), 'gh api -X PATCH repos/a/b/git/refs/tags/v12 -f sha=abc -F force=true');
      assert.equal(asked(false), 'gh api repos/a/b/git/refs -f ref=refs/tags/v12 -f sha=abc');
      assert.match(asked(true, 'v12.3.3', 'v12.2.10'), /PATCH/);
      assert.equal(asked(true, 'v12.10.0'), '', 'never back to an older one');
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

/** Calls `work` with a new repository that has a committed `dist/a.js` and `.gitignore`. */
function inRepository(work: (directory: string, git: (...args: string[]) => void) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'repository-'));
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  const git = (...args: string[]) => {
    const { status, stderr } = spawnSync('git', [...identity, ...args], { cwd: directory, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  try {
    git('init', '--quiet');
    mkdirSync(join(directory, 'dist'));
    writeFileSync(join(directory, 'dist', 'a.js'), 'a');
    writeFileSync(join(directory, '.gitignore'), '*.log\n');
    git('add', '.');
    git('commit', '--quiet', '-m', 'first');
    work(directory, git);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe('The check of dist', { skip: process.platform === 'win32' && 'the script requires bash' }, () => {
  const changes: readonly [string, (directory: string, git: (...args: string[]) => void) => void, number][] = [
    ['accepts committed files', () => {}, 0],
    ['accepts changes outside dist', (directory) => writeFileSync(join(directory, 'other'), ''), 0],
    ['detects a file that differs', (directory) => writeFileSync(join(directory, 'dist', 'a.js'), 'b'), 1],
    ['detects a file that a build does not create', (directory) => rmSync(join(directory, 'dist', 'a.js')), 1],
    ['detects a file that is not committed', (directory) => writeFileSync(join(directory, 'dist', 'b.js'), ''), 1],
    ['detects a file that git ignores', (directory) => writeFileSync(join(directory, 'dist', 'b.log'), ''), 1],
    [
      'detects a file that is staged but not committed',
      (directory, git) => {
        writeFileSync(join(directory, 'dist', 'a.js'), 'b');
        git('add', 'dist');
      },
      1,
    ],
  ];
  for (const [what, change, expected] of changes) {
    test(what, () =>
      inRepository((directory, git) => {
        change(directory, git);
        const { status } = spawnSync('bash', [join(projectRoot, '.ci/check-dist'), directory]);
        assert.equal(status, expected);
      }),
    );
  }
});

test('the issue forms and the pull request template are valid', () => {
  for (const file of filesBelow('.github/ISSUE_TEMPLATE', '.yml')) {
    const form = parse(text(file)) as Readonly<Record<string, unknown>>;
    if (file.endsWith('/config.yml')) assert.equal(form['blank_issues_enabled'], false);
    else for (const key of ['name', 'description', 'body']) assert.ok(form[key] !== undefined, `${file} has no ${key}`);
  }
  assert.match(text('.github/PULL_REQUEST_TEMPLATE.md'), /npm test/);
});

test('CI tests every supported version of Node', async () => {
  const { jobs } = parse(text('.github/workflows/ci.yml')) as {
    readonly jobs: Readonly<
      Record<string, { readonly strategy?: { readonly matrix: { readonly node?: readonly number[] } } }>
    >;
  };
  const versions = Object.values(jobs).flatMap(({ strategy }) => (strategy?.matrix.node ? [strategy.matrix.node] : []));
  assert.deepEqual(versions, [
    [20, 22, 24, 26],
    [20, 22, 24, 26],
  ]);
});

test('a CI run always tests other versions of Node and Windows, and ends with the tests with real daemons', () => {
  const commands = text('.ci/run')
    .split('\n')
    .filter((line) => !/^(#|$|set |cd |export |echo )/.test(line));
  assert.deepEqual(commands.slice(-4), [
    'npm run --silent compile',
    'bash .ci/node-versions 22 24 26',
    'bash .ci/windows',
    'npm test',
  ]);
});

describe('the tests with Node for Windows', {
  skip: process.platform === 'win32' && 'the script requires bash',
}, () => {
  /** Runs .ci/windows with programs that replace those of this host. If `hasWine` is true, the cache contains Wine. */
  const run = (programs: Readonly<Record<string, string>>, hasWine = false) => {
    const directory = mkdtempSync(join(tmpdir(), 'windows-'));
    try {
      const bin = join(directory, 'bin');
      mkdirSync(bin);
      const linux = { uname: '[ $1 = -m ] && echo x86_64 || echo Linux', id: 'echo 0' };
      const all = { ...linux, debootstrap: 'exit 0', ...programs };
      for (const [name, script] of Object.entries(all))
        writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      if (hasWine) {
        mkdirSync(join(directory, 'condor-token-fetch/wine'), { recursive: true });
        writeFileSync(join(directory, 'condor-token-fetch/wine/trixie.complete'), '');
      }
      const env = { ...ownEnvironment(), PATH: `${bin}:${process.env['PATH']}`, XDG_CACHE_HOME: directory };
      const { status, stderr } = spawnSync('bash', [join(projectRoot, '.ci/windows')], { env, encoding: 'utf8' });
      return { status, stderr };
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  };

  for (const [what, programs, reason] of [
    ['on another system', { uname: 'echo Darwin' }, 'Wine needs Linux on x86_64'],
    ['without root', { id: 'echo 1000', sudo: 'exit 1' }, 'setting up Wine needs root, or sudo without a password'],
    ['if packages cannot be downloaded', { unshare: 'exit 1' }, 'the tree for Wine could not be built'],
    ['if Node cannot be downloaded', { unshare: 'exit 0', npm: 'exit 1' }, 'Node for Windows could not be fetched'],
  ] as const)
    test(`are omitted ${what}, and the log gives the reason`, () => {
      const { status, stderr } = run(programs);
      assert.ok(stderr.includes(`*** Windows is not tested: ${reason}`), stderr);
      assert.equal(status, 0);
    });

  test('are in directories that exist', () => {
    const [, words = ''] = /--unit (.+)$/m.exec(text('.ci/windows')) ?? [];
    for (const word of words.split(' ')) assert.ok(existsSync(join(projectRoot, 'test', word)), word);
  });

  test('fail the run if they fail', () => assert.equal(run({ unshare: 'exit 3' }, true).status, 3));
});

test('Dependabot checks dependencies and actions every week', () => {
  interface Update {
    readonly 'package-ecosystem': string;
    readonly directory: string;
    readonly schedule: { readonly interval: string };
    readonly groups: object;
  }
  const { version, updates } = parse(text('.github/dependabot.yml')) as { version: number; updates: readonly Update[] };
  assert.equal(version, 2);
  assert.deepEqual(
    updates.map((each) => [each['package-ecosystem'], each.directory, each.schedule.interval, 'groups' in each]),
    [
      ['npm', '/', 'weekly', true],
      ['github-actions', '/', 'weekly', true],
    ],
  );
});
