/**
 * Runs the command: parses the arguments, fetches the token, and prints it to standard output. All other output goes to
 * standard error.
 */

import { HTCondorError, OutputError } from '../errors.ts';
import { interruptSignal, processHost, processSurroundings } from '../inputs/process-host.ts';
import { readRequest, readTimeout } from '../inputs/request.ts';
import type { InputSource } from '../inputs/table.ts';
import { describeDiagnosis, describeError, describeToken, factsOf } from '../messages/describe.ts';
import { checkFetch } from '../pipeline/check.ts';
import { fetchToken } from '../pipeline/fetch.ts';
import { printable } from '../runtime/printable.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { commandHint } from './command-hints.ts';
import { type Arguments, flagsOf, parseArguments, type Tool, usage } from './flags.ts';
import { VERSION } from './version.ts';

/** Flags that HTCondor's tool ignores if their value is empty. */
const EMPTY_IS_NONE: readonly string[] = ['name', 'pool', 'key', 'token', 'file', 'identity'];

/** Runs the command and returns the exit status. */
export async function run(args: readonly string[], tool: Tool = 'condor_token_fetch'): Promise<number> {
  try {
    return await main(args, tool);
  } catch (error) {
    for (const line of describeError(error, commandHint)) say(line);
    return error instanceof HTCondorError ? error.exitStatus : 1;
  }
}

async function main(args: readonly string[], tool: Tool): Promise<number> {
  const given = parseArguments(args, flagsOf(tool));
  if (given.has('help')) {
    process.stderr.write(usage(tool));
    return 1; // HTCondor's tool returns 1 for -help as well
  }
  if (given.has('version')) {
    await print(`${tool} ${VERSION}`);
    return 0;
  }

  const input = tool === 'condor_token_request' ? requestInputOf(given) : inputOf(given);
  const host = processHost(readTimeout(input), interruptSignal(), {
    mask: () => {}, // nothing to mask: the command prints no secret except the token
    log: {
      debug: (line) => given.has('debug') && say(line),
      info: say,
      notice: say,
      warn: (line) => say(`Warning: ${line}`),
    },
  });
  if (given.has('remote') && given.has('key')) host.log.warn('-key is ignored with -remote; omit it');
  const request = readRequest(input, await processSurroundings(host.signal), true);
  if (request.checkOnly) {
    say(describeDiagnosis(await checkFetch(request, host)));
    return 0;
  }
  const announce = (id: string) => {
    // Errors are ignored here, because the later attempt to print the token fails with the same error.
    if (tool === 'condor_token_request') void print(approval(id)).catch(() => {});
  };
  const fetched = await fetchToken({ ...request, announce }, host);
  host.log.debug(`${describeToken(fetched)}; ${fetched.roundTrips} round trips`);
  if (given.has('json')) await print(JSON.stringify({ ...factsOf(fetched), file: fetched.path ?? '' }, undefined, 2));
  else if (fetched.path === undefined) await print(fetched.token.jwt.reveal());
  return 0;
}

/**
 * Returns the line that HTCondor's condor_token_request prints to standard output. Some programs wait for this line.
 */
function approval(id: string): string {
  return `Token request enqueued.  Ask an administrator to please approve request ${id}.`;
}

/**
 * Returns the inputs of condor_token_request. HTCondor's tool sends the request to the collector unless -type is set,
 * and waits indefinitely.
 */
function requestInputOf(given: Arguments): InputSource {
  const input = inputOf(given);
  return (name) => {
    if (name === 'mode') return 'request';
    if (name === 'type') return input(name) ?? 'collector';
    if (name === 'timeout') return input(name) ?? '1d';
    return input(name);
  };
}

/**
 * Returns the inputs that the flags set. The levels of repeated -authz flags are combined. If any other flag is
 * repeated, its last value is used. As in HTCondor's tool, -key is ignored if -remote is set.
 */
function inputOf(given: Arguments): InputSource {
  return (name) => {
    switch (name) {
      case 'authz':
        return given.get(name)?.join(',');
      case 'mode':
        return given.has('check') ? 'check' : undefined;
      case 'remote':
      case 'verify':
        return given.has(name) ? 'true' : undefined;
      case 'key':
        return given.has('remote') ? undefined : lastOf(given, name);
      default:
        return lastOf(given, name);
    }
  };
}

function lastOf(given: Arguments, name: string): string | undefined {
  const value = given.get(name)?.at(-1);
  return value === '' && EMPTY_IS_NONE.includes(name) ? undefined : value;
}

function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/**
 * Prints a line to standard output. Resolves only when the line has been written, because a token that is not delivered
 * is a failure.
 */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) =>
      reject(
        new OutputError(`standard output: ${systemReason(cause)}`, {
          cause,
          phase: 'deliver',
          reason: 'output-closed',
        }),
      );
    process.stdout.once('error', failed);
    process.stdout.write(`${text}\n`, (error) => (error ? failed(error) : resolve()));
  });
}
