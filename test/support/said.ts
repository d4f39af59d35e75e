/** Parses a user's inputs on a simulated host. */
import { resolve } from 'node:path';
import { readCredentials } from '../../src/inputs/credentials.ts';
import { readRequest } from '../../src/inputs/request.ts';
import type { Surroundings } from '../../src/inputs/table.ts';
import type { Mode, TokenRequest } from '../../src/pipeline/request.ts';
import type { Words } from './clients/method-clients.ts';
import { surroundings as machine } from './surroundings.ts';

export const HOME = resolve('/home/ci');

export function request(words: Words, { env = {}, ...facts }: Partial<Surroundings> = {}): TokenRequest {
  return readRequest((name) => words[name], machine(env, { home: HOME, ...facts }));
}

/** Returns the request for these inputs and a pool. */
export function withPool(words: Words, surroundings: Partial<Surroundings> = {}): TokenRequest {
  return request({ pool: 'cm.example.org', ...words }, surroundings);
}

export function credentialsOf(
  words: Words,
  env: Surroundings['env'] = {},
  facts: Partial<Surroundings> = {},
  mode: Mode = 'fetch',
  isTool = false,
) {
  return readCredentials((name) => words[name], machine(env, { home: HOME, ...facts }), mode, isTool);
}
