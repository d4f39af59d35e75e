/** Runs the scripts in the examples as their CI systems run them. */
import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type CiMachine, SHA256, type ShellResult } from '../runner/ci-machine.ts';
import { exampleText, gitLabJob, type Place, readJenkinsfile } from './examples.ts';

interface ExampleRun extends ShellResult {
  /** Files of the run's private directory that still exist after the run. */
  readonly remains: readonly string[];
}

interface ExampleOptions {
  readonly machine: CiMachine;
  readonly pool: Place;
  readonly idtoken: string;
  readonly sha256?: string;
}

/**
 * Functions that run the examples, by file name. Each example pings the schedd and submits `job.sub` from the
 * workspace.
 */
export const EXAMPLES: Readonly<Record<string, (options: ExampleOptions) => Promise<ExampleRun>>> = {
  'shell.sh': async ({ machine, pool, idtoken, sha256 = SHA256 }) => {
    const script = exampleText('shell.sh', pool);
    const result = await machine.run(script, {
      env: { CONDOR_IDTOKEN: idtoken, CONDOR_TOKEN_FETCH_SHA256: sha256 },
      args: ['sh', '-ec', 'condor_ping -type schedd -table READ WRITE; condor_submit -spool job.sub'],
    });
    return { ...result, remains: machine.remains };
  },

  'gitlab/.gitlab-ci.yml': (options) => runGitLab(options),

  Jenkinsfile: async ({ machine, pool, idtoken, sha256 = SHA256 }) => {
    const { environment, stages, always } = readJenkinsfile(exampleText('Jenkinsfile', pool));
    const WORKSPACE_TMP = join(machine.temporary, 'workspace@tmp');
    const surroundings = { ...environment, CONDOR_TOKEN_FETCH_SHA256: sha256, WORKSPACE_TMP };
    const run = (script: string, env: Readonly<Record<string, string>>) =>
      machine.run(script, {
        env: { ...surroundings, ...env },
        shell: script.startsWith('#!') ? ['sh'] : ['sh', '-xe'],
      });
    let [status, output]: [number | null, string] = [0, ''];
    for (const { credentials, withEnv, scripts } of stages) {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Groovy's syntax for variables
      const set = withEnv.map((word) => word.replaceAll('${env.WORKSPACE_TMP}', WORKSPACE_TMP).split(/=(.*)/s));
      const env = Object.fromEntries([...credentials.map((name) => [name, idtoken]), ...set]);
      for (const script of scripts) {
        if (status !== 0) break;
        const result = await run(script, env);
        status = result.status;
        output += result.output;
      }
    }
    for (const script of always) {
      const result = await run(script, {});
      status ||= result.status;
      output += result.output;
    }
    return { status, output, remains: readdirSync(WORKSPACE_TMP) };
  },
};

/** Runs the job `submit` of a `.gitlab-ci.yml` as a GitLab runner does. Default: the file among the examples. */
export async function runGitLab(
  { machine, pool, idtoken, sha256 = SHA256 }: ExampleOptions,
  text?: string,
): Promise<ExampleRun> {
  const job = gitLabJob(pool, { sha256 }, text);
  const env = { ...job.variables, CONDOR_IDTOKEN: idtoken, CI_JOB_ID: String(randomInt(2 ** 40)) };
  const shell = ['sh', '-e'] as const;
  const script = [...(job.before_script ?? []), ...(job.script ?? [])];
  const result = await machine.run(script.join('\n'), { env, shell: [...shell] });
  const after = await machine.run((job.after_script ?? []).join('\n'), { env, shell: [...shell] });
  const directory = `/tmp/condor-token-${env.CI_JOB_ID}`;
  const remains = [...machine.remains, ...(existsSync(directory) ? [directory] : [])];
  rmSync(directory, { recursive: true, force: true }); // the directory is outside those of the simulated host
  return { status: result.status || after.status, output: result.output + after.output, remains };
}
