/** The Action's shell: runner inputs → fetchToken → mask, outputs, summary. `main` and `post` are one bundle. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as core from '@actions/core';
import { isEncodedKeytab } from '../credentials/kerberos-files.ts';
import { type AnyHTCondorError, HTCondorError, OutputError } from '../errors.ts';
import { interruptSignal, processHost, processSurroundings } from '../inputs/process-host.ts';
import { privateDirectory, readBoolean, readRequest, readTimeout } from '../inputs/request.ts';
import { INPUTS, type InputName, type InputSource, SECRET_INPUTS, type Surroundings } from '../inputs/table.ts';
import { describeDiagnosis, describeError, describeToken, factsOf } from '../messages/describe.ts';
import { checkFetch } from '../pipeline/check.ts';
import { type FetchedToken, fetchToken } from '../pipeline/fetch.ts';
import type { TokenRequest } from '../pipeline/request.ts';
import type { Host } from '../runtime/host.ts';
import { messageOf, printable } from '../runtime/printable.ts';
import { environmentFor, withNote, withoutEarlier } from './environment.ts';
import { post, STATE } from './post.ts';
import { RENEW, renew, startRenewal } from './renewal.ts';
import { escapeHtml, writeSummary } from './summary.ts';

/** Gives the exit status. */
export async function run(): Promise<number> {
  try {
    if (process.argv[2] === RENEW) await renew();
    else if (process.argv[2] === 'post') await post();
    else await main();
    return 0;
  } catch (error) {
    core.setFailed(describeError(error).join('\n'));
    if (!(error instanceof HTCondorError)) return 1;
    try {
      core.setOutput('error-code', (error as AnyHTCondorError).code);
    } catch {
      // The runner takes no outputs: that is what was told, or there is no way to tell it.
    }
    return error.exitStatus;
  }
}

async function main(): Promise<void> {
  for (const name of SECRET_INPUTS) maskAll(runnerInput(name) ?? '');
  const keytab = runnerInput('kerberos-keytab') ?? '';
  if (isEncodedKeytab(keytab)) maskAll(keytab);
  const certificate = runnerInput('client-certificate') ?? '';
  if (certificate.includes('PRIVATE KEY')) maskAll(certificate);
  const summary =
    readBoolean('summary', runnerInput('summary') ?? '') && process.env['GITHUB_STEP_SUMMARY'] !== undefined;
  const host = processHost(readTimeout(runnerInput), interruptSignal(), {
    mask: (secret) => maskAll(secret.reveal()),
    log: {
      debug: (line) => core.debug(printable(line)),
      info: (line) => core.info(printable(line)),
      notice: (line) => {
        core.notice(printable(line));
        if (summary) core.summary.addRaw(`<code>${escapeHtml(line)}</code>`, true);
      },
      warn: (line) => core.warning(printable(line)),
    },
  });
  const started = host.timeLeftMs();
  const env = withoutEarlier(process.env);
  const surroundings = await processSurroundings(host.signal, env);
  const request = readRequest(runnerInput, surroundings);
  const cleanup = readBoolean('cleanup', runnerInput('cleanup') ?? '');
  if (request.checkOnly) return await check(request, host);
  if (request.lifetime === 'unlimited') host.log.warn('lifetime: unlimited asks for a token that never expires');
  let fetched: FetchedToken;
  try {
    fetched = await fetchToken(request, host);
  } finally {
    // What was noticed, even if it was in vain.
    if (!core.summary.isEmptyBuffer()) await core.summary.write().catch(tellOfSummary);
  }

  const exporting = readBoolean('export-environment', runnerInput('export-environment') ?? '');
  if (cleanup) leaveForPost(fetched, exporting);
  deliver(fetched);
  if (exporting && fetched.path !== undefined)
    exportEnvironment(environmentFor(fetched, fetched.path, runnerInput, surroundings));
  if (readBoolean('renew', runnerInput('renew') ?? '')) await keepFresh(fetched, exporting, cleanup, env);
  host.log.info(describeToken(fetched));
  core.startGroup(`What it is, and how it was come by in ${fetched.roundTrips} round trips`);
  for (const [name, value] of Object.entries(factsOf(fetched))) host.log.info(`${name}: ${value}`);
  core.endGroup();
  if (!summary) return;
  const elapsedMs = started - host.timeLeftMs();
  await writeSummary(fetched, runnerInput('pool') ?? '', elapsedMs).catch(tellOfSummary);
}

function tellOfSummary(error: unknown): void {
  core.warning(printable(`no summary: ${String(error)}`));
}

/** The process that renews the token lives beside it, where that directory is ours alone, or in one of its own. */
async function keepFresh(
  fetched: FetchedToken,
  exporting: boolean,
  cleanup: boolean,
  env: Surroundings['env'],
): Promise<void> {
  const beside = dirname(fetched.path ?? '');
  const directory = exporting ? beside : privateDirectory('renew', env);
  if (!exporting) await mkdir(directory, { mode: 0o700 });
  core.saveState(STATE.renewal, directory);
  if (!exporting && cleanup) core.saveState(STATE.own, directory);
  const inputs = Object.keys(INPUTS).map((name) => [name, runnerInput(name as InputName)]);
  await startRenewal(directory, Object.fromEntries(inputs) as Partial<Record<InputName, string>>, fetched, env);
}

async function check(request: TokenRequest, host: Host): Promise<void> {
  const found = await checkFetch(request, host);
  host.log.info(describeDiagnosis(found));
  core.setOutput('identity', printable(found.identity));
  core.setOutput('trust-domain', printable(found.trustDomain));
  core.setOutput('authz', found.allowed.join(' '));
  core.setOutput('daemon-name', printable(found.daemonName));
  core.setOutput('daemon-address', found.daemonAddress);
  core.setOutput('daemon-version', found.daemonVersion);
  core.setOutput('authentication-method', found.authenticationMethod);
}

/** What has to be removed at the end of the job. */
function leaveForPost({ path, directoryMade }: FetchedToken, exporting: boolean): void {
  if (path === undefined) return;
  core.saveState(exporting ? STATE.own : STATE.path, exporting ? dirname(path) : path);
  if (!exporting && directoryMade !== undefined) core.saveState(STATE.directory, directoryMade);
}

/** @throws OutputError ERR_OUTPUT if the runner's files cannot be written to. */
function toRunner(what: string, give: () => void): void {
  try {
    give();
  } catch (cause) {
    throw new OutputError(`the runner does not take the ${what}: ${messageOf(cause)}`, { cause, phase: 'deliver' });
  }
}

function deliver(fetched: FetchedToken): void {
  const { path, token } = fetched;
  toRunner('outputs', () => {
    core.setOutput('token', token.jwt.reveal());
    core.setOutput('token-file', path ?? '');
    core.setOutput('token-directory', path === undefined ? '' : dirname(path));
    for (const [name, value] of Object.entries(factsOf(fetched))) core.setOutput(name, value);
  });
}

function exportEnvironment(variables: Readonly<Record<string, string>>): void {
  const { exported, undo } = withNote(variables, process.env);
  toRunner('environment', () => {
    core.saveState(STATE.undo, JSON.stringify(undo));
    for (const [name, value] of Object.entries(exported)) core.exportVariable(name, value);
  });
  core.info(
    printable(
      `For the next steps: ${Object.entries(variables)
        .map((each) => each.join('='))
        .join(' ')}`,
    ),
  );
}

/**
 * The runner sets every declared input, unset ones to the empty string. One that is empty because a variable of the
 * workflow was is as good as unset: it has the default, or an empty lifetime would be one without end.
 */
const runnerInput: InputSource = (name) => process.env[`INPUT_${name.toUpperCase()}`] || INPUTS[name] || undefined;

/** The runner masks a value and each line of it; a JWT's signature, the secret part, is masked by fetchToken. */
function maskAll(value: string): void {
  if (value.trim() !== '') core.setSecret(value);
}
