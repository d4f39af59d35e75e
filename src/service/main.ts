/** Command line of the service. Runs a subcommand, and returns the exit status. */
import { resolve } from 'node:path';
import { VERSION } from '../cli/version.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { parseArguments, USAGE, UsageError } from './arguments.ts';
import { check } from './check.ts';
import { explain } from './explain.ts';
import { printConfig } from './print-config.ts';
import { serve } from './serve.ts';
import { InvalidConfiguration } from './snapshot.ts';
import type { World } from './world.ts';

const DEFAULT_STATE = '/var/lib/condor-token-service';

/** Runs the command, and returns the exit status. Writes errors to standard error. */
export async function run(args: readonly string[], world: World): Promise<number> {
  try {
    return await main(args, world);
  } catch (error) {
    if (error instanceof UsageError) {
      world.say(error.message);
      world.say('condor_token_service -help shows the usage');
      return 2;
    }
    if (error instanceof InvalidConfiguration) {
      for (const mistake of error.mistakes) world.say(mistake);
      return 2;
    }
    world.say(startFailure(error));
    return 1;
  }
}

/** Describes a failure to start, such as a state directory that cannot be created or a port that is already in use. */
function startFailure(error: unknown): string {
  const { path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const place = path ?? (address === undefined ? undefined : `${address}${port === undefined ? '' : ` port ${port}`}`);
  return place === undefined ? systemReason(error) : `${place}: ${systemReason(error)}`;
}

async function main(args: readonly string[], world: World): Promise<number> {
  const [first = ''] = args;
  if (/^--?(help|h)$/.test(first)) {
    await world.print(USAGE);
    return 0;
  }
  if (/^--?version$/.test(first)) {
    await world.print(`condor_token_service ${VERSION}`);
    return 0;
  }
  const parsed = parseArguments(args);
  const load = { path: resolve(parsed.config), insecureTestIssuer: parsed.insecureTestIssuer };
  switch (parsed.subcommand) {
    case 'serve': {
      const stateDirectory = resolve(parsed.state ?? world.env['STATE_DIRECTORY'] ?? DEFAULT_STATE);
      await serve({ ...load, stateDirectory }, world);
      return 0;
    }
    case 'check':
      return await check({ ...load, offline: parsed.offline }, world);
    case 'explain':
      return await explain({ ...load, claims: parsed.claims, token: parsed.token }, world);
    case 'config':
      return await printConfig(load, world);
  }
}
