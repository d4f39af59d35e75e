/** Queries the collectors of a pool for a daemon. A pool can have several collectors for high availability. */
import { ConnectError, HTCondorError, LocateError } from '../errors.ts';
import { branchOf, type Host, type HostBranch } from '../runtime/host.ts';
import { abortedError } from '../transport/channel.ts';
import { formatEndpoint, type Sinful } from '../transport/sinful.ts';

/** Time in milliseconds that a collector has to reply before the next collector is queried in parallel. */
const SILENCE_MS = 1_000;

/**
 * Returns the first reply that contains the daemon. If a collector fails or does not list the daemon, queries the next
 * collector. If a collector does not respond within a second, queries the next collector in parallel.
 */
export function askFirst<T>(
  collectors: readonly Sinful[],
  ask: (collector: Sinful, host: Host) => Promise<T>,
  host: Host,
): Promise<T> {
  const [only, ...others] = collectors;
  if (only !== undefined && others.length === 0) return ask(only, host);
  const waiting = [...collectors];
  const running = new Map<Sinful, HostBranch>();
  const failures: Failure[] = [];
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (winner?: Sinful) => {
      clearTimeout(timer);
      host.signal.removeEventListener('abort', abort);
      for (const [collector, branch] of running) if (collector !== winner) branch.cancel();
    };
    const abort = () => {
      finish();
      reject(abortedError(host.signal));
    };
    const askNext = () => {
      clearTimeout(timer);
      const collector = waiting.shift();
      if (collector === undefined) {
        if (running.size > 0) return;
        finish();
        reject(combined(failures));
        return;
      }
      const branch = branchOf(host);
      running.set(collector, branch);
      const [next] = waiting;
      if (next !== undefined) {
        timer = setTimeout(() => {
          host.log.warn(
            `${nameOf(collector)} has not responded for 1 s; querying ${nameOf(next)} as well. If this persists, correct the input pool`,
          );
          askNext();
        }, SILENCE_MS);
      }
      ask(collector, branch.host).then(
        (found) => {
          finish(collector);
          resolve(found);
        },
        (error: unknown) => {
          running.delete(collector);
          if (branch.host.signal.aborted) return;
          const isAmbiguous = error instanceof LocateError && error.code === 'ERR_AMBIGUOUS';
          if (!(error instanceof HTCondorError) || isAmbiguous) {
            finish();
            reject(error);
            return;
          }
          failures.push({ collector, error });
          if (waiting.length > 0)
            host.log.warn(
              `${nameOf(collector)}: ${error.message}; trying the next collector. If this persists, correct the input pool`,
            );
          askNext();
        },
      );
    };
    if (host.signal.aborted) return abort();
    host.signal.addEventListener('abort', abort, { once: true });
    askNext();
  });
}

interface Failure {
  readonly collector: Sinful;
  readonly error: HTCondorError;
}

/** Combines the failures of all collectors into one error. */
function combined(failures: readonly Failure[]): HTCondorError {
  const text = failures.map(({ collector, error }) => `${nameOf(collector)}: ${error.message}`).join('; ');
  const errors = failures.map(({ error }) => error);
  const missing = errors.filter((error) => error instanceof LocateError);
  const unreachable = errors.filter((error) => error instanceof ConnectError);
  const isRestart = (all: readonly (LocateError | ConnectError)[]) => all.some((error) => error.mayBeRestarting);
  if (missing.length > 0) {
    const names = [...new Set(missing.flatMap((error) => error.names))].slice(0, 10);
    const peer = missing[0]?.peer ?? '';
    return new LocateError('ERR_NOT_FOUND', text, names, {
      phase: 'locate',
      peer,
      mayBeRestarting: isRestart(missing),
    });
  }
  const reached = errors.find((error) => !(error instanceof ConnectError));
  if (reached !== undefined) return reached;
  const last = unreachable.at(-1);
  return new ConnectError(last?.code ?? 'ERR_CONNECT', text, {
    reason: last?.reason,
    details: last?.details,
    phase: 'locate',
    peer: errors.at(-1)?.peer ?? '',
    permanent: unreachable.every(({ permanent }) => permanent),
    mayBeRestarting: isRestart(unreachable),
  });
}

function nameOf(collector: Sinful): string {
  return `the collector ${formatEndpoint(collector)}`;
}
