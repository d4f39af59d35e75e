/** The end of the job: what main made is removed, and what it changed is as before. Nothing here fails the job. */
import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import * as core from '@actions/core';
import { rmRF } from '@actions/io';
import { messageOf, printable } from '../runtime/printable.ts';
import type { Undo } from './environment.ts';
import { NOT_RENEWED, stopRenewal } from './renewal.ts';

/** What main leaves for post; each is saved before anything depends on it. */
export const STATE = {
  /** The token file, and the outermost directory that was made for it. */
  path: 'path',
  directory: 'directory',
  /** A directory with nothing in it but what this step made. */
  own: 'own',
  /** Directory of the process that renews the token. */
  renewal: 'renewal',
  undo: 'undo',
} as const;

export async function post(): Promise<void> {
  const renewal = core.getState(STATE.renewal);
  if (renewal !== '') await atMost('the renewal could not be ended', () => endRenewal(renewal));
  await atMost('the environment could not be restored', restoreEnvironment);
  const own = core.getState(STATE.own);
  if (own !== '' && isPrivate(own)) {
    await atMost(`${own} could not be removed`, async () => {
      await rmRF(own);
      core.info(printable(`Removed ${own}`));
    });
  }
  const path = core.getState(STATE.path);
  if (path === '') return;
  await atMost(`${path} could not be removed`, () => removeFile(path));
  const first = core.getState(STATE.directory);
  if (first !== '') await atMost(`${first} could not be removed`, () => removeDirectories(dirname(path), first));
}

/** Whether it is a directory that a step of this Action makes: in the runner's own, with a name that nobody else has. */
function isPrivate(directory: string): boolean {
  const inRunners = dirname(directory) === resolve(process.env['RUNNER_TEMP'] ?? '');
  return inRunners && /^condor-token-[0-9a-f-]{36}$/.test(basename(directory));
}

async function endRenewal(directory: string): Promise<void> {
  const { log, wasThere } = await stopRenewal(directory);
  const last = log.at(-1) ?? '';
  if (!wasThere) core.warning('The process that was to renew the token had ended before the job did');
  else if (last.includes(NOT_RENEWED)) core.warning(printable(`The token could not be renewed in the end: ${last}`));
  core.startGroup(`Renewals of the token: ${log.length === 0 ? 'none was due' : 'the log'}`);
  for (const line of log) core.info(printable(line));
  core.endGroup();
}

/** A variable cannot be taken away from the next steps, but an empty one is none to HTCondor. */
function restoreEnvironment(): void {
  const undo = JSON.parse(core.getState(STATE.undo) || '{}') as Undo;
  for (const [name, value] of Object.entries(undo)) {
    if (value === null && name === 'CONDOR_CONFIG') continue; // an empty one would be the name of a file
    core.exportVariable(name, value ?? '');
  }
}

async function removeFile(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isDirectory()) throw new Error('it is a directory now, which this step did not make');
  unlinkSync(path); // which cannot take a directory, whatever is there by now
  core.info(printable(`Removed ${path}`));
}

/** From the innermost to the first that was made, as long as there is nothing else in it. */
function removeDirectories(innermost: string, first: string): void {
  for (let directory = innermost; directory.startsWith(first); directory = dirname(directory)) {
    try {
      rmdirSync(directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') continue;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
      core.info(printable(`Kept ${directory}: it is not empty`));
      return;
    }
    core.info(printable(`Removed ${directory}`));
  }
}

async function atMost(complaint: string, work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    core.warning(printable(`${complaint}: ${messageOf(error)}`));
  }
}
