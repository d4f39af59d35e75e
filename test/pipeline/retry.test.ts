/** Tests which failures are retried, how often, and when. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConnectError, DaemonError, type HTCondorError, LocateError } from '../../src/errors.ts';
import { isTransient, withRetries } from '../../src/pipeline/retry.ts';
import type { Host } from '../../src/runtime/host.ts';
import { everyError } from '../support/errors/every-error.ts';
import { notingHost } from '../support/noting-host.ts';

const HEALS = new ConnectError('ERR_CLOSED', 'the peer closed the connection');

/** Returns a function that fails once for each error, then succeeds. */
function failing(...errors: HTCondorError[]) {
  const hosts: Host[] = [];
  const work = async (host: Host): Promise<string> => {
    hosts.push(host);
    const error = errors[hosts.length - 1];
    if (error !== undefined) throw error;
    return 'done';
  };
  return { hosts, work };
}

/** Returns a host whose random bytes make the delays between attempts as short as possible. */
const hasty = (facts: Partial<Host> = {}) => notingHost({ randomBytes: (n) => new Uint8Array(n).fill(255), ...facts });

describe('Attempts', () => {
  test('continue until one succeeds, and each failure is logged with its reason', async () => {
    const { host, log } = hasty();
    const { hosts, work } = failing(HEALS);
    assert.equal(await withRetries({ retries: 3, useFullDeadline: false }, work, host), 'done');
    assert.equal(hosts.length, 2);
    assert.deepEqual(log, [
      'info Attempt 1 of 4 failed: the peer closed the connection (ERR_CLOSED); retrying in 0.3 s',
    ]);
  });

  test('end with the last error and the number of attempts', async () => {
    const { work, hosts } = failing(HEALS, HEALS, HEALS);
    await assert.rejects(withRetries({ retries: 1, useFullDeadline: false }, work, hasty().host), {
      code: 'ERR_CLOSED',
      tries: 2,
    });
    assert.equal(hosts.length, 2);
  });

  test('end at once after a permanent failure', async () => {
    const denied = new DaemonError(44, 'Token fetch disabled.');
    const { work, hosts } = failing(denied, denied);
    await assert.rejects(withRetries({ retries: 3, useFullDeadline: false }, work, hasty().host), { tries: 1 });
    assert.equal(hosts.length, 1);
  });

  test('end at once if no time remains for another one', async () => {
    const { work, hosts } = failing(HEALS, HEALS);
    await assert.rejects(
      withRetries({ retries: 3, useFullDeadline: false }, work, hasty({ timeLeftMs: () => 100 }).host),
      HEALS,
    );
    assert.equal(hosts.length, 1);
  });

  test('end during the pause if the run is aborted', async () => {
    const cancelled = new AbortController();
    const { host } = hasty({ signal: cancelled.signal });
    const log = { ...host.log, info: () => cancelled.abort(new Error('SIGTERM')) };
    const { work, hosts } = failing(HEALS, HEALS);
    await assert.rejects(withRetries({ retries: 3, useFullDeadline: false }, work, { ...host, log }), /cancelled/);
    assert.equal(hosts.length, 1);
  });

  test('end after a minute if the daemon may be restarting, even if the deadline is a day', async () => {
    let left = 86_400_000;
    const { host, log } = hasty({ timeLeftMs: () => left });
    const refused = new ConnectError('ERR_CONNECT', 'connection refused', { mayBeRestarting: true });
    const work = async (): Promise<string> => {
      left -= 30_000;
      throw refused;
    };
    await assert.rejects(withRetries({ retries: 3, useFullDeadline: true }, work, host), {
      code: 'ERR_CONNECT',
      tries: 3,
    });
    assert.match(log[0] ?? '', /retrying for up to 60 s$/);
  });

  test('that hang end early enough for another one, except the last one and those with the full deadline', async () => {
    const hang = (host: Host) =>
      new Promise<string>((_, reject) => host.signal.addEventListener('abort', () => reject(host.signal.reason)));
    const { host } = hasty({ timeLeftMs: () => 20 });
    await assert.rejects(withRetries({ retries: 1, useFullDeadline: false }, hang, host), /no reply within 1 s/);
    for (const persistence of [
      { retries: 0, useFullDeadline: false },
      { retries: 1, useFullDeadline: true },
    ]) {
      const { hosts, work } = failing();
      await withRetries(persistence, work, host);
      assert.equal(hosts[0]?.signal, host.signal, 'no limit other than that of the run');
    }
  });

  test('are separated by growing pauses of up to ten seconds, randomly reduced by up to half', async () => {
    const waits = async (random: number) => {
      const { host, log } = notingHost({ randomBytes: (n) => new Uint8Array(n).fill(random) });
      const stop = new AbortController();
      const { work } = failing(...Array<HTCondorError>(2).fill(HEALS));
      await withRetries({ retries: 2, useFullDeadline: false }, work, { ...host, signal: stop.signal });
      return log.map((line) => Number(/retrying in ([\d.]+) s/.exec(line)?.[1]));
    };
    assert.deepEqual(await waits(0), [0.5, 1]);
    assert.deepEqual(await waits(255), [0.3, 0.5]);
  });
});

describe('A restart', () => {
  const refused = () => new ConnectError('ERR_CONNECT', 'connection refused', { mayBeRestarting: true });
  const missing = (mayBeRestarting: boolean) =>
    new LocateError('ERR_NOT_FOUND', 'no such schedd', [], { mayBeRestarting });
  const once = { retries: 1, useFullDeadline: false };
  const timers = { randomBytes: (n: number) => new Uint8Array(n).fill(255), timeLeftMs: () => 700 };

  test('is retried as often as necessary, with one line in the log', async () => {
    const { host, log } = notingHost(timers);
    const { work, hosts } = failing(refused(), missing(true), refused(), missing(true));
    assert.equal(await withRetries(once, work, host), 'done');
    assert.equal(hosts.length, 5);
    assert.deepEqual(
      log.filter((line) => !line.startsWith('debug ')),
      ['info Attempt 1 failed: connection refused (ERR_CONNECT). The daemon may be restarting; retrying for up to 1 s'],
    );
  });

  test('is retried while the daemon’s ad is missing', async () => {
    const { work, hosts } = failing(refused(), missing(false), missing(false));
    assert.equal(await withRetries(once, work, notingHost(timers).host), 'done');
    assert.equal(hosts.length, 4);
  });

  test('is not retried if retries is 0', async () => {
    const { work, hosts } = failing(refused());
    await assert.rejects(withRetries({ retries: 0, useFullDeadline: false }, work, notingHost(timers).host), {
      tries: 1,
    });
    assert.equal(hosts.length, 1);
  });

  test('is not assumed without evidence, so that a missing daemon fails at once', async () => {
    const { work, hosts } = failing(missing(false));
    await assert.rejects(withRetries(once, work, notingHost(timers).host), { code: 'ERR_NOT_FOUND' });
    assert.equal(hosts.length, 1);
  });

  test('that outlasts the deadline is reported in place of the time limit', async () => {
    const over = new AbortController();
    const { host } = notingHost({ ...timers, signal: over.signal });
    const { work } = failing(refused(), missing(true));
    const late = async (within: Host) => {
      const result = await work(within);
      over.abort(new DOMException('the time limit expired', 'TimeoutError'));
      if (result === 'done') throw new ConnectError('ERR_TIMEOUT', 'the time limit expired');
      return result;
    };
    await assert.rejects(withRetries(once, late, host), { code: 'ERR_NOT_FOUND', mayBeRestarting: true });
  });

  test('that is cancelled is reported as a cancellation', async () => {
    const over = new AbortController();
    const { host } = notingHost({ ...timers, signal: over.signal });
    const cancel = () => over.abort(new Error('SIGTERM'));
    const { work } = failing(refused());
    await assert.rejects(withRetries(once, work, { ...host, log: { ...host.log, info: cancel } }), {
      message: 'cancelled',
    });
  });
});

describe('A pause that a service requests', () => {
  const busy = (retryAfterMs: number) => new ConnectError('ERR_CONNECT', 'busy', { retryAfterMs });
  const once = { retries: 1, useFullDeadline: false };

  test('is used if it is longer than the client’s own', async () => {
    const { host, log } = hasty();
    assert.equal(await withRetries(once, failing(busy(400)).work, host), 'done');
    assert.match(log.join(), /retrying in 0\.4 s/);
  });

  test('is not used if it is shorter than the client’s own', async () => {
    const { host, log } = hasty();
    assert.equal(await withRetries(once, failing(busy(0)).work, host), 'done');
    assert.match(log.join(), /retrying in 0\.3 s/);
  });

  test('that exceeds the deadline ends the run at once', async () => {
    const { work, hosts } = failing(busy(60_000));
    await assert.rejects(withRetries(once, work, hasty().host), { message: 'busy', tries: 1 });
    assert.equal(hosts.length, 1);
  });
});

describe('A failure', () => {
  test('is transient if it is a network failure or a rate limit', () => {
    const healing = everyError().filter((error) => isTransient(error));
    const network = ['ERR_CONNECT', 'ERR_TIMEOUT', 'ERR_CLOSED'];
    assert.deepEqual([...new Set(healing.map(({ code }) => code))], [...network, 'ERR_DAEMON']);
    const busy = healing.filter(({ code }) => code === 'ERR_DAEMON');
    assert.deepEqual(
      busy.map(({ message }) => message),
      ['the daemon reports error 5: Request rate limit hit.'],
    );
  });

  test('is permanent if the host does not exist or the request was not approved', () => {
    assert.ok(!isTransient(new ConnectError('ERR_CONNECT', 'x', { permanent: true })));
    assert.ok(!isTransient(new ConnectError('ERR_TIMEOUT', 'x', { requestId: '1234567' })));
    assert.ok(!isTransient(new Error('a bug')));
  });
});
