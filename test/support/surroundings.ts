import { environmentSettings } from '../../src/inputs/settings.ts';
import type { Surroundings } from '../../src/inputs/table.ts';

/** Returns a simulated host that has these variables and no HTCondor. Its account is not root. */
export function surroundings(env: Surroundings['env'] = {}, facts: Partial<Surroundings> = {}): Surroundings {
  return { env, setting: environmentSettings(env), home: '/', uid: 1000, platform: 'linux', ...facts };
}

/** A host without any configuration. */
export const NOWHERE: Surroundings = surroundings();
