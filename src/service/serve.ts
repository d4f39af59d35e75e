/** `condor_token_service serve`: starts the components of the service, and stops them when a signal arrives. */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { Listen } from '../policy/model.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { Audit } from './audit.ts';
import { Fetcher } from './fetcher.ts';
import { HttpServer } from './http-server.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { ReuseStore } from './reuse-store.ts';
import { warningOf } from './seeds.ts';
import { type LoadOptions, loadSnapshot, type Snapshot } from './snapshot.ts';
import { readTlsPair, tlsPaths, watchTlsPair } from './tls-pair.ts';
import { TokenEndpoint } from './token-endpoint.ts';
import type { World } from './world.ts';

interface ServeOptions extends LoadOptions {
  readonly stateDirectory: string;
}

const GRACE_MS = 2000;
const READY_CACHE_MS = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const SOCKET_MODE = 0o660;

/**
 * Serves requests until SIGTERM or SIGINT arrives. If the configuration or a file is invalid, rejects before the
 * service starts to listen.
 */
export async function serve(options: ServeOptions, world: World): Promise<void> {
  let started = () => {};
  // This handler is installed before the configuration is loaded, because SIGHUP ends the process by default. Reloads
  // wait until the service has started.
  let reloading = new Promise<void>((resolve) => {
    started = resolve;
  });
  world.onSignal('SIGHUP', () => {
    reloading = reloading.then(() => reload());
  });
  let snapshot = await loadSnapshot(options, world);
  const { listen, tls } = snapshot.config;
  const paths = tls === undefined ? undefined : tlsPaths(tls, world.env);
  const pair = paths === undefined ? undefined : readTlsPair(paths);
  const store = await ReuseStore.open(options.stateDirectory, world);
  const audit = new Audit(world);
  const keys = new IssuerKeys(world);
  const fetcher = new Fetcher(world);
  const endpoint = new TokenEndpoint({ world, audit, keys, fetcher, store, snapshot: () => snapshot });
  const ready = cached(READY_CACHE_MS, world.elapsedMs, () => isReady(snapshot, fetcher, world));
  const http = new HttpServer(
    { tls: pair, trustedProxies: () => snapshot.config.trustedProxies, elapsedMs: world.elapsedMs },
    {
      token: (body, address, timeLeftMs, signal) => endpoint.respond(body, address, timeLeftMs, signal),
      isReady: ready,
      failed: (error) => world.say(`a request failed: ${messageOf(error)}`),
    },
  );

  const reload = async () => {
    try {
      const next = await loadSnapshot(options, world);
      if (JSON.stringify([next.config.listen, next.config.tls]) !== JSON.stringify([listen, tls]))
        world.say('changes to listen and tls require a restart');
      snapshot = next;
      keys.retain(next.issuers);
      announce(next, undefined, world);
    } catch (error) {
      world.say(`the configuration was not replaced: ${messageOf(error)}`);
    }
  };
  // These handlers are installed before the service announces that it is listening, because each of these signals ends
  // the process by default.
  const stopped = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) world.onSignal(name, resolve);
  });
  await listenAt(http, listen);
  announce(snapshot, http, world);
  started();
  const daily = setInterval(() => warnOfSeeds(snapshot, world), DAY_MS).unref();
  const unwatch =
    paths !== undefined && 'setSecureContext' in http.server
      ? watchTlsPair(paths, http.server.setSecureContext.bind(http.server), world.say)
      : () => {};

  await stopped;
  clearInterval(daily);
  unwatch();
  await http.stop(GRACE_MS);
  await audit.stop();
  await store.close();
  world.say('stopped');
}

async function listenAt({ server }: HttpServer, listen: Listen): Promise<void> {
  if ('socket' in listen && lstatSync(listen.socket, { throwIfNoEntry: false })?.isSocket() === true)
    rmSync(listen.socket); // the socket could remain from a service that was killed
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const listening = () => {
      server.off('error', reject);
      resolve();
    };
    if ('socket' in listen) server.listen(listen.socket, listening);
    else server.listen(listen.port, listen.host, listening);
  });
  if ('socket' in listen) chmodSync(listen.socket, SOCKET_MODE);
}

function announce(snapshot: Snapshot, http: HttpServer | undefined, world: World): void {
  const { config, digest, warnings } = snapshot;
  world.say(`configuration loaded: ${config.grants.length} grants, sha256 ${digest}`);
  for (const warning of warnings) world.say(`warning: ${warning}`);
  warnOfSeeds(snapshot, world);
  if (http === undefined) return;
  const at = http.server.address();
  const where = typeof at === 'string' ? `unix:${at}` : `${at?.address} port ${at?.port}`;
  world.say(`listening on ${where} for ${config.audience}`);
}

function warnOfSeeds({ seeds }: Snapshot, { now, say }: World): void {
  for (const [identity, seed] of seeds) {
    if (seed instanceof Unavailable) say(`error: the grant of ${identity} is disabled: seed unusable: ${seed.reason}`);
    else {
      const warning = warningOf(seed.token, identity, now());
      if (warning !== undefined) say(`warning: ${warning}`);
    }
  }
}

/** True if every enabled grant has a seed that has not expired, and at least one daemon accepts connections. */
async function isReady(snapshot: Snapshot, fetcher: Fetcher, { now }: World): Promise<boolean> {
  const usable = [...snapshot.seeds.values()].every(
    (seed) => !(seed instanceof Unavailable) && (seed.token.expiresAt ?? Number.POSITIVE_INFINITY) > now(),
  );
  return usable && (await fetcher.isReachable(snapshot));
}

/** Returns a function that calls `work` and caches the result for `ageMs`. Concurrent callers share one call. */
function cached<T>(ageMs: number, elapsedMs: () => number, work: () => Promise<T>): () => Promise<T> {
  let last: { result: Promise<T>; at: number } | undefined;
  return () => {
    if (last === undefined || elapsedMs() - last.at > ageMs) last = { result: work(), at: elapsedMs() };
    return last.result;
  };
}
