/** The Action's shell: runner inputs → fetchToken → mask, outputs, summary. `main` and `post` are one bundle. */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import * as core from '@actions/core';
import { rmRF } from '@actions/io';
import { type AnyHTCondorError, HTCondorError, OutputError } from './errors.ts';
import { type FetchedToken, fetchToken } from './fetch.ts';
import { readBoolean, readRequest, readTimeout } from './inputs/request.ts';
import { INPUTS, type InputSource, SECRET_INPUTS } from './inputs/table.ts';
import { printable } from './printable.ts';
import { interruptSignal, processHost, processSurroundings } from './process-host.ts';
import { describeError, describeToken, factsOf } from './report.ts';

const STATE_IS_POST = 'isPost';
const STATE_PATH = 'path';

export async function run(): Promise<void> {
  if (core.getState(STATE_IS_POST) === 'true') return await post();
  try {
    core.saveState(STATE_IS_POST, 'true');
    await main();
  } catch (error) {
    core.setFailed(describeError(error).join('\n'));
    if (!(error instanceof HTCondorError)) return;
    process.exitCode = error.exitStatus;
    try {
      core.setOutput('error-code', (error as AnyHTCondorError).code);
    } catch {
      // The runner takes no outputs: that is what was told, or there is no way to tell it.
    }
  }
}

async function main(): Promise<void> {
  for (const name of SECRET_INPUTS) maskAll(runnerInput(name) ?? '');
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
  const request = readRequest(runnerInput, await processSurroundings(host.signal));
  if (request.lifetime === 'unlimited') host.log.warn('lifetime: unlimited asks for a token that never expires');
  let fetched: FetchedToken;
  try {
    fetched = await fetchToken(request, host);
  } finally {
    if (!core.summary.isEmptyBuffer()) await core.summary.write(); // what was noticed, even if it was in vain
  }

  deliver(fetched);
  host.log.info(describeToken(fetched));
  host.log.debug(`${fetched.roundTrips} round trips`);
  if (!summary) return;
  await writeSummary(fetched).catch((error: unknown) => core.warning(printable(`no summary: ${String(error)}`)));
}

/** @throws OutputError ERR_OUTPUT if the runner's files cannot be written to. */
function deliver(fetched: FetchedToken): void {
  const { path, token } = fetched;
  try {
    if (path !== undefined) core.saveState(STATE_PATH, path);
    core.setOutput('token', token.jwt.reveal());
    core.setOutput('token-file', path ?? '');
    core.setOutput('token-directory', path === undefined ? '' : dirname(path));
    for (const [name, value] of Object.entries(factsOf(fetched))) core.setOutput(name, value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OutputError(`the runner does not take the outputs: ${reason}`, { cause, phase: 'deliver' });
  }
}

/** Removes what main wrote; whatever goes wrong is a warning, for the job is over. */
async function post(): Promise<void> {
  const path = core.getState(STATE_PATH);
  if (path === '') return;
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (found.isDirectory()) throw new Error('it is a directory now, which this step did not make');
    await rmRF(path);
    core.info(printable(`Removed ${path}`));
  } catch (error) {
    core.warning(printable(`${path} could not be removed: ${error instanceof Error ? error.message : String(error)}`));
  }
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

async function writeSummary(fetched: FetchedToken): Promise<void> {
  const { lifetime, ...facts } = factsOf(fetched);
  const rows = { ...facts, authz: facts['authz'] || 'not limited', 'expires-at': facts['expires-at'] || 'never' };
  core.summary.addHeading('HTCondor token', 3);
  core.summary.addTable(
    Object.entries(rows)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, `<code>${escapeHtml(value)}</code>`]),
  );
  for (const reduction of fetched.reductions) core.summary.addRaw(escapeHtml(`⚠ Less than asked: ${reduction}`), true);
  await core.summary.write();
}

function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
