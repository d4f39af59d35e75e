/**
 * Stub for undici (see "overrides" in package.json). @actions/http-client imports undici at startup only for
 * `getAgentDispatcher()`, which the Action never calls. The import would add 1 MB to the bundle and about 60 ms to each
 * run. The toolkit sends its HTTP requests through node:http, including those through a proxy.
 */
export class ProxyAgent {
  constructor() {
    throw new Error('undici is not part of this bundle');
  }
}
