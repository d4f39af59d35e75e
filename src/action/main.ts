/**
 * Runs the Action: reads the runner's inputs, fetches and masks the token, and sets the outputs and the summary. The
 * `main` and `post` steps share one bundle.
 */
import * as core from '@actions/core';
import { isEncodedKeytab } from '../credentials/kerberos-files.ts';
import { pastedPem } from '../credentials/pasted.ts';
import { type AnyHTCondorError, HTCondorError, withPhase } from '../errors.ts';
import { interruptSignal, processHost, processSurroundings } from '../inputs/process-host.ts';
import { readRequest, readTimeout, withoutSigningKeys } from '../inputs/request.ts';
import { INPUTS, SECRET_INPUTS } from '../inputs/table.ts';
import { describeDiagnosis, describeError, describeToken, factsOf } from '../messages/describe.ts';
import { checkFetch } from '../pipeline/check.ts';
import { fetchToken } from '../pipeline/fetch.ts';
import type { FetchedToken } from '../pipeline/library-types.ts';
import type { TokenRequest } from '../pipeline/request.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { deliver, planDelivery } from './deliver.ts';
import { withoutPreviousExports } from './environment.ts';
import { post } from './post.ts';
import { RENEW, renew } from './renewal.ts';
import { toRunner } from './runner-files.ts';
import { checkEmptyCredentials, runnerInput, warnAboutLimits } from './runner-inputs.ts';
import { escapeHtml, writeCheckSummary, writeFailureSummary, writeSummary } from './summary.ts';

/** Runs `main`, `post` or the renewal process. Returns the exit status. */
export async function run(): Promise<number> {
  try {
    if (process.argv[2] === RENEW) await renew();
    else if (process.argv[2] === 'post') await post();
    else await main();
    return 0;
  } catch (error) {
    core.setFailed(describeError(error).join('\n'));
    if (process.argv[2] === undefined && wantsSummary()) await writeFailureSummary(error).catch(warnAboutSummary);
    if (!(error instanceof HTCondorError)) return 1;
    try {
      toRunner('outputs', () => core.setOutput('error-code', (error as AnyHTCondorError).code));
    } catch {
      // The error of the run is already in the log, so the only loss is the `error-code` output.
    }
    return error.exitStatus;
  }
}

async function main(): Promise<void> {
  for (const name of SECRET_INPUTS) maskAll(runnerInput(name) ?? '');
  const keytab = runnerInput('kerberos-keytab') ?? '';
  if (isEncodedKeytab(keytab)) maskAll(keytab);
  const certificate = runnerInput('client-certificate') ?? '';
  if (pastedPem(certificate).includes('PRIVATE KEY')) maskAll(certificate);
  const summary = wantsSummary();
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
  checkEmptyCredentials(host);
  const env = withoutPreviousExports(process.env);
  const surroundings = await processSurroundings(host.signal, env);
  const request = withoutSigningKeys(readRequest(runnerInput, surroundings));
  const plan = await withPhase('deliver', undefined, () => planDelivery(request, runnerInput, host));
  if (request.checkOnly) return await check(request, host, summary);
  warnAboutLimits(host);
  if (request.lifetimeSeconds === 'unlimited')
    host.log.warn('lifetime is unlimited, so the token never expires. Set a lifetime, such as 1h');
  let issued: FetchedToken;
  try {
    issued = await fetchToken({ ...request, path: undefined }, host);
  } finally {
    // Write the notices that were collected so far, even if the fetch failed.
    if (!core.summary.isEmptyBuffer()) await core.summary.write().catch(warnAboutSummary);
  }
  const fetched = { ...issued, path: request.path };
  await deliver(fetched, { input: runnerInput, surroundings, host, plan });
  host.log.info(describeToken(fetched));
  reportCredential(fetched, host);
  core.startGroup(`Token details (${fetched.roundTrips} round trips)`);
  for (const [name, value] of Object.entries(factsOf(fetched))) host.log.info(`${name}: ${value}`);
  core.endGroup();
  if (!summary) return;
  const elapsedMs = started - host.timeLeftMs();
  await writeSummary(fetched, runnerInput('pool') ?? '', elapsedMs).catch(warnAboutSummary);
}

/** True if a summary is requested and the runner supports one. */
function wantsSummary(): boolean {
  return runnerInput('summary')?.trim().toLowerCase() !== 'false' && Boolean(process.env['GITHUB_STEP_SUMMARY']);
}

function warnAboutSummary(error: unknown): void {
  core.warning(
    printable(`The job summary could not be written, which does not affect the token: ${systemReason(error)}`),
  );
}

async function check(request: TokenRequest, host: Host, summary: boolean): Promise<void> {
  const found = await checkFetch({ ...request, path: undefined }, host);
  host.log.info(describeDiagnosis(found));
  toRunner('outputs', () => {
    core.setOutput('identity', printable(found.identity));
    core.setOutput('trust-domain', printable(found.trustDomain));
    core.setOutput('authz', found.allowed.join(' '));
    core.setOutput('daemon-name', printable(found.daemonName));
    core.setOutput('daemon-address', found.daemonAddress);
    core.setOutput('daemon-version', found.daemonVersion);
    core.setOutput('authentication-method', found.authenticationMethod);
    core.setOutput('credential-source', found.credentialSource);
  });
  reportCredential(found, host);
  if (summary) await writeCheckSummary(found, request.authz).catch(warnAboutSummary);
}

/**
 * Logs which credential was used. The message is a notice if the credential does not come from an input of this step.
 */
function reportCredential(
  {
    authenticationMethod: method,
    credentialSource: source,
  }: Pick<FetchedToken, 'authenticationMethod' | 'credentialSource'>,
  { log }: Host,
): void {
  const namesMethods = runnerInput('authentication-methods') !== undefined;
  const [word = ''] = source.split(' ', 1);
  const isGiven = word in INPUTS || (namesMethods && ['FS', 'MUNGE'].includes(method));
  if (isGiven) log.info(`Authenticated with ${method}; credential: ${source}`);
  else log.notice(`Authenticated with ${method}; credential: ${source}, which is not from an input of this step`);
}

/**
 * Masks a value in the log. The runner also masks each line of the value. `fetchToken` masks the signature of a JWT,
 * because the signature is the secret part.
 */
function maskAll(value: string): void {
  if (value.trim() !== '') core.setSecret(value);
}
