/**
 * Delivers the token: saves the state, writes the file, then sets the variables and outputs. If one of these steps
 * fails, the preceding steps are undone.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import * as core from '@actions/core';
import { rmRF } from '@actions/io';
import { OutputError } from '../errors.ts';
import { privateDirectory, readBoolean } from '../inputs/request.ts';
import { INPUTS, type InputName, type InputSource, type Surroundings, type TextInput } from '../inputs/table.ts';
import { factsOf } from '../messages/describe.ts';
import type { FetchedToken } from '../pipeline/library-types.ts';
import type { TokenRequest } from '../pipeline/request.ts';
import type { Host } from '../runtime/host.ts';
import { printable } from '../runtime/printable.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { checkTokenPath, writeTokenFile } from '../token/token-file.ts';
import { environmentFor, recordExports } from './environment.ts';
import { CLEAN_UP, type Placement, type PlacementPlan, placeToken, planPlacement, undoPlacement } from './placement.ts';
import { STATE } from './post.ts';
import { startRenewal, stopRenewal } from './renewal.ts';
import { closeOutputFile, markRunnerFiles, toRunner } from './runner-files.ts';

/** Delivery settings that were read from the inputs. */
interface DeliveryPlan {
  readonly cleanup: boolean;
  readonly exportEnvironment: boolean;
  readonly exportToken: boolean;
  readonly renew: boolean;
  /**
   * Destination of the token file; undefined if no file is written, or if the file is in a private directory of this
   * step.
   */
  readonly placement: PlacementPlan | undefined;
}

interface Delivery {
  readonly input: InputSource;
  readonly surroundings: Surroundings;
  readonly host: Host;
  readonly plan: DeliveryPlan;
}

/** Function that undoes one part of the delivery. */
type Undo = () => void | Promise<void>;

/**
 * Reads the inputs that control the delivery. Checks the destination of the token before a connection is opened.
 *
 * @throws OutputError ERR_OUTPUT; InputError ERR_INPUT.
 */
export function planDelivery(request: TokenRequest, input: InputSource, host: Host): DeliveryPlan {
  const cleanup = isOn('cleanup', input);
  const exportToken = isOn('export-token-output', input);
  isOn('summary', input); // main() reads this input but does not validate it
  const overwrite = isOn('overwrite', input);
  const exportEnvironment = isOn('export-environment', input);
  if (exportEnvironment && request.path !== undefined) checkTokenPath(request.path);
  const placement = exportEnvironment ? undefined : placementOf(request, overwrite, host);
  return { cleanup, exportEnvironment, exportToken, renew: isOn('renew', input), placement };
}

function placementOf(request: TokenRequest, overwrite: boolean, host: Host): PlacementPlan | undefined {
  const { path, lifetimeSeconds, expectedIdentity, expectedTrustDomain } = request;
  if (path === undefined) return undefined;
  const now = Math.floor(host.now().getTime() / 1000);
  const expiresBy = typeof lifetimeSeconds === 'number' ? now + lifetimeSeconds + CLOCK_TOLERANCE_SECONDS : undefined;
  return planPlacement(path, overwrite, { expiresBy, issuer: expectedTrustDomain, subject: expectedIdentity });
}

/**
 * Maximum time, in seconds, by which the daemon's clock can be ahead of this host's clock. The daemon computes the new
 * token's expiry from its own clock.
 */
const CLOCK_TOLERANCE_SECONDS = 600;

/**
 * Delivers the token. If the delivery fails, undoes everything except the saved state, so that the post step has
 * nothing left to clean up.
 *
 * @throws OutputError ERR_OUTPUT.
 */
export async function deliver(fetched: FetchedToken, delivery: Delivery): Promise<void> {
  const undo: Undo[] = [markRunnerFiles()];
  try {
    await deliverStepByStep(fetched, delivery, undo);
  } catch (error) {
    for (const each of undo.toReversed()) {
      try {
        await each();
      } catch (cause) {
        core.warning(printable(`Could not undo the failed delivery: ${systemReason(cause)}. ${CLEAN_UP}`));
      }
    }
    throw error;
  }
}

async function deliverStepByStep(fetched: FetchedToken, delivery: Delivery, undo: Undo[]): Promise<void> {
  const { input, surroundings, host, plan } = delivery;
  const { placement, cleanup } = plan;
  const { path, token } = fetched;
  if (path !== undefined) {
    if (placement === undefined) writePrivate(path, fetched, cleanup, undo);
    else writePlaced(placement, fetched, cleanup, undo);
    if (plan.exportEnvironment) exportVariables(environmentFor(fetched, path, input, surroundings));
  }
  if (plan.renew) await renewUntilPost(fetched, delivery, undo);
  toRunner('outputs', () => {
    const open = closeOutputFile();
    if (open !== undefined) host.log.debug(open);
    if (plan.exportToken) core.setOutput('token', token.jwt.reveal());
    core.setOutput('token-file', path ?? '');
    core.setOutput('token-directory', path === undefined ? '' : dirname(path));
    for (const [name, value] of Object.entries(factsOf(fetched))) core.setOutput(name, value);
  });
}

function writePrivate(path: string, { token }: FetchedToken, cleanup: boolean, undo: Undo[]): void {
  const directory = dirname(path);
  if (cleanup) saveState(STATE.own, directory);
  undo.push(() => rmRF(directory));
  writeTokenFile(path, token.jwt);
}

function writePlaced(plan: PlacementPlan, { token }: FetchedToken, cleanup: boolean, undo: Undo[]): void {
  const save = (placement: Placement) => {
    if (cleanup) saveState(STATE.placement, JSON.stringify(placement));
  };
  const placement = placeToken(plan, token, save);
  undo.push(() =>
    undoPlacement(placement, [], (line, isLeft) => {
      if (isLeft) core.warning(printable(`${line}. ${CLEAN_UP}`));
    }),
  );
  if (!cleanup && placement.backup !== undefined)
    core.info(
      printable(`The previous file at ${placement.path} remains at ${placement.backup} because cleanup is false`),
    );
}

function exportVariables(variables: Readonly<Record<string, string>>): void {
  const undo = recordExports(variables, process.env);
  saveState(STATE.undo, JSON.stringify(undo));
  toRunner('environment', () => {
    for (const [name, value] of Object.entries(variables)) core.exportVariable(name, value);
  });
  core.startGroup('Environment variables for later steps');
  for (const each of Object.entries(variables)) core.info(printable(each.join('=')));
  core.endGroup();
}

/**
 * Starts the renewal process in the token's directory if that directory is private, otherwise in a new private
 * directory.
 */
async function renewUntilPost(fetched: FetchedToken, delivery: Delivery, undo: Undo[]): Promise<void> {
  const { input, surroundings, plan } = delivery;
  const beside = plan.placement === undefined;
  const directory = beside ? dirname(fetched.path ?? '') : privateDirectory('renew', surroundings.env);
  saveState(STATE.renewal, directory);
  if (!beside) {
    if (plan.cleanup) saveState(STATE.own, directory);
    undo.push(() => rmRF(directory));
    makePrivate(directory);
  }
  undo.push(async () => {
    await stopRenewal(directory);
  });
  const inputs = Object.keys(INPUTS).map((name) => [name, input(name as InputName)]);
  await startRenewal(
    directory,
    Object.fromEntries(inputs) as Partial<Record<InputName, string>>,
    fetched,
    surroundings.env,
  );
}

function makePrivate(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    throw new OutputError(`the directory ${directory} could not be created: ${systemReason(cause)}`, {
      cause,
      phase: 'deliver',
    });
  }
}

function saveState(name: string, value: string): void {
  toRunner('state', () => core.saveState(name, value));
}

function isOn(name: TextInput, input: InputSource): boolean {
  return readBoolean(name, input(name) ?? INPUTS[name]);
}
