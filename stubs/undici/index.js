/**
 * Stand-in for undici (see "overrides" in package.json). @actions/http-client imports it at start, which costs every
 * run 1 MB of bundle and some 60 ms, for `getAgentDispatcher()` alone; the Action never calls that. HTTP requests of
 * the toolkit go through node:http, proxies included.
 */
export class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this bundle');
  }
}
