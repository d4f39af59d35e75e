/**
 * Cleans up at the end of the job: removes what `main` created and restores what `main` changed. A failure during
 * cleanup does not fail the job. The log gives the reason for each file that remains.
 */
import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as core from '@actions/core';
import { rmRF } from '@actions/io';
import { printable } from '../runtime/printable.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { isPrivateName, type Undo } from './environment.ts';
import { exists } from './file-content.ts';
import { CLEAN_UP, type Placement, undoPlacement } from './placement.ts';
import { NOT_RENEWED, renewedHashes, stopRenewal } from './renewal.ts';
import { toRunner } from './runner-files.ts';

/**
 * Names of the state variables that `main` saves for `post`. `main` saves each value before it makes the corresponding
 * change.
 */
export const STATE = {
  /** Placement of the token file, as JSON. */
  placement: 'placement',
  /** A directory that contains only files that this step created. */
  own: 'own',
  /** Directory of the process that renews the token. */
  renewal: 'renewal',
  undo: 'undo',
} as const;

export async function post(): Promise<void> {
  const renewal = whereIs(core.getState(STATE.renewal));
  if (renewal !== '') await atMost(`the renewal in ${renewal} could not be stopped`, () => endRenewal(renewal));
  // The hashes must be read before the directory is removed.
  const hashes = renewal === '' ? [] : renewedHashes(renewal);
  await atMost('the environment could not be restored', restoreEnvironment);
  await atMost('the token file could not be removed', () => {
    const placement = JSON.parse(core.getState(STATE.placement) || 'null') as Placement | null;
    if (placement !== null) undoPlacement(placement, hashes, report);
  });
  const own = whereIs(core.getState(STATE.own));
  if (own !== '') await atMost(`${own} could not be removed`, () => removeOwn(own));
}

function report(line: string, isLeft: boolean): void {
  if (isLeft) core.warning(printable(`${line}. ${CLEAN_UP}`));
  else core.info(printable(line));
}

/**
 * Returns the current path of a directory. If the path no longer exists, looks for the directory's unique name in the
 * current RUNNER_TEMP.
 */
function whereIs(directory: string): string {
  const temporary = process.env['RUNNER_TEMP'] ?? '';
  if (directory === '' || exists(directory) || temporary === '') return directory;
  const moved = join(temporary, basename(directory));
  return exists(moved) ? moved : directory;
}

/** Removes a directory that a step of this Action created. The directory might be outside the current RUNNER_TEMP. */
async function removeOwn(directory: string): Promise<void> {
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!isPrivateName(directory) || !stats.isDirectory())
    return report(`Left ${directory}: this step did not create that directory`, true);
  await rmRF(directory);
  core.info(printable(`Removed ${directory}`));
}

async function endRenewal(directory: string): Promise<void> {
  const { log, wasThere } = await stopRenewal(directory);
  const last = log.at(-1) ?? '';
  if (!wasThere)
    core.warning(
      'The renewal process ended before the job, so the token may expire early. Its log below may contain the reason',
    );
  else if (last.includes(NOT_RENEWED)) core.warning(printable(`The last renewal of the token failed: ${last}`));
  core.startGroup(log.length === 0 ? 'Token renewals: none was due' : 'Log of the token renewals');
  for (const line of log) core.info(printable(line));
  core.endGroup();
}

/**
 * Restores the exported variables. A step cannot unset variables for later steps, but HTCondor ignores empty variables.
 */
function restoreEnvironment(): void {
  const undo = JSON.parse(core.getState(STATE.undo) || '{}') as Undo;
  for (const [name, value] of Object.entries(undo)) {
    if (value === null && name === 'CONDOR_CONFIG') continue; // HTCondor would use an empty value as a file name
    toRunner('environment', () => core.exportVariable(name, value ?? ''));
  }
}

async function atMost(complaint: string, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    core.warning(printable(`${complaint}: ${systemReason(error)}. ${CLEAN_UP}`));
  }
}
