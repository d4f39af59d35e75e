/**
 * `npm run demo [-- --pool real | -- --keyless]`: demonstrates a fetch from a workflow's point of view. Runs the built
 * Action in the same way as a runner does. The pool is either embedded in this process or a real HTCondor pool.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchToken, HTCondorError } from '../../src/index.ts';
import { EmbeddedPool } from '../../test/support/embedded-pool/pool.ts';
import { poolSuites, poolUnavailable, startPool } from '../../test/support/pool/pool.ts';
import { claimsOf, onlyToken } from '../../test/support/pool/real-fetch.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { Runner } from '../../test/support/runner/runner.ts';
import { demoKeyless } from './keyless.ts';

/** The parts of a pool that the demo needs. */
interface DemoPool {
  readonly title: string;
  readonly collector: string;
  readonly schedd: string;
  /** An unrestricted token that never expires, like those that many repositories store as secrets. */
  readonly credential: string;
  /** Uses the new token as the only credential. Returns one line of output for each use. */
  use(token: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

async function embedded(): Promise<DemoPool> {
  const pool = await EmbeddedPool.start();
  const ask = async (idtoken: string, level: string) => {
    try {
      const { token } = await fetchToken({ address: pool.schedd(), idtoken, authz: [level], onReduced: 'ignore' });
      return `with it as the only credential, a token for ${level}: granted to ${token.subject}`;
    } catch (error) {
      if (!(error instanceof HTCondorError)) throw error;
      return `with it as the only credential, a token for ${level}: ${error.message}`;
    }
  };
  return {
    title: 'an embedded pool (a collector and a schedd inside this process)',
    collector: pool.collector,
    schedd: 'ci@pool',
    credential: pool.idToken('alice'),
    use: async (token) => [await ask(token, 'READ'), await ask(token, 'ADMINISTRATOR')],
    stop: () => pool.stop(),
  };
}

async function real(): Promise<DemoPool> {
  const reason = poolUnavailable();
  if (reason !== undefined) throw new Error(reason);
  const suite = poolSuites().at(-1) ?? 'sid';
  await prepareTree(suite);
  console.error('starting HTCondor …');
  const pool = await startPool({ suite });
  return {
    title: `HTCondor ${pool.version} from Debian’s packages`,
    collector: pool.collector,
    schedd: pool.scheddName,
    credential: await pool.idToken({ user: 'alice' }),
    async use(token) {
      await pool.run('mkdir', '-m', '700', '/home/bob/tokens');
      await pool.write('/home/bob/tokens/demo', `${token}\n`, 0o600);
      await pool.run('chown', '-R', 'bob', '/home/bob/tokens');
      const access = { user: 'bob', env: onlyToken('/home/bob/tokens') };
      const { stdout } = await pool.exec(['condor_ping', '-type', 'schedd', '-table', 'READ', 'ADMINISTRATOR'], access);
      return ['condor_ping by another account, with this token alone:', ...stdout.trimEnd().split('\n')];
    },
    stop: () => pool.stop(),
  };
}

function heading(text: string): void {
  console.log(process.stdout.isTTY ? `\n\u001b[1m${text}\u001b[0m` : `\n${text}`);
}

const indented = (lines: readonly string[]) => console.log(lines.map((line) => `    ${line}`).join('\n'));

async function demo(pool: DemoPool): Promise<void> {
  const runner = new Runner();
  try {
    heading(`The pool: ${pool.title}`);
    heading('The step');
    const inputs = { pool: pool.collector, name: pool.schedd, authz: 'READ WRITE', lifetime: '30m', token: 'ci' };
    indented(['- uses: condor-token-fetch/condor-token-fetch@v0', '  with:']);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: workflow expression syntax
    const shown = Object.entries({ ...inputs, idtoken: '${{ secrets.CONDOR_IDTOKEN }}' });
    indented(shown.map(([name, value]) => `    ${name}: ${value}`));

    const directory = join(runner.workspace, 'tokens.d');
    const step = await runner.runAction(
      { ...inputs, idtoken: pool.credential },
      {
        env: { _CONDOR_SEC_TOKEN_DIRECTORY: directory },
        debug: true,
        async beforePost({ status, log, outputs }) {
          heading('The log in debug mode, as the runner shows it');
          indented(log);
          const { token = '' } = outputs;
          if (status !== 0 || token === '') throw new Error('the step failed');
          heading('The header and claims of the token (read from the token file, mode 0600)');
          indented(JSON.stringify(claimsOf(readFileSync(join(directory, 'ci'), 'utf8')), undefined, 2).split('\n'));
          heading('Using the token');
          indented(await pool.use(token));
        },
      },
    );
    heading('At the end of the job');
    indented(step.post?.log ?? []);
    if (existsSync(join(directory, 'ci'))) throw new Error('the token is still there');
  } finally {
    runner.close();
    await pool.stop();
  }
}

const args = process.argv.slice(2);
if (args.join(' ') === '--keyless') {
  await demoKeyless({ heading, indented });
} else if (args.length > 0 && args.join(' ') !== '--pool real') {
  console.error('usage: npm run demo [-- --pool real | -- --keyless]');
  process.exitCode = 2;
} else {
  await demo(await (args.length > 0 ? real() : embedded()));
}
