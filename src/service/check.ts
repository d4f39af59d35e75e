/**
 * `condor_token_service check`: checks the configuration first, then the site. Prints one line for each result. The
 * line for a problem includes the action to take.
 */

import { messageOf } from '../errors.ts';
import type { Grant } from '../policy/model.ts';
import { systemReason } from '../runtime/system-reason.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import { restrictsLevels } from '../security/version.ts';
import { Fetcher, type Issued, refusesSeed, SEED_UNUSABLE } from './fetcher.ts';
import { fetchKeys } from './issuer-keys.ts';
import { certificateProblems, type Finding } from './site-certificate.ts';
import { type LoadOptions, loadSnapshot, type Snapshot, seedOf } from './snapshot.ts';
import type { World } from './world.ts';

interface CheckOptions extends LoadOptions {
  readonly offline: boolean;
}

const MAKE_SEED = 'condor_token_service config prints the command that creates a new one';
const GOOD = 0;
const FALLS_SHORT = 3;
const TEST_LIFETIME_SECONDS = 60;
const FETCH_TIMEOUT_MS = 10_000;
const SKEW_WARNING_SECONDS = 30;
/** HTCondor's default value, which is one day. */
const DEFAULT_SESSION_SECONDS = '86400';

/** Runs the checks, prints the results, and returns the exit status. */
export async function check({ offline, ...load }: CheckOptions, world: World): Promise<number> {
  const snapshot = await loadSnapshot(load, world);
  const findings: Finding[] = [];
  const report = async (found: readonly Finding[]) => {
    for (const [kind, text] of found) await world.print(`${kind.padEnd(5)}${text}`);
    findings.push(...found);
  };
  await report([['ok', `configuration: ${load.path}, sha256 ${snapshot.digest}`]]);
  await report(snapshot.warnings.map((text): Finding => ['warn', `policy: ${text}`]));
  if (offline) return GOOD;
  await report(certificateProblems(snapshot.config, world));
  for (const issuer of snapshot.issuers) await report([await checkIssuer(issuer, world)]);
  const fetcher = new Fetcher(world);
  for (const grant of snapshot.config.grants.filter((each) => each.enabled))
    await report(await checkGrant(snapshot, grant, fetcher, world));
  await report(hostFindings(snapshot));
  return findings.some(([kind]) => kind === 'fail') ? FALLS_SHORT : GOOD;
}

async function checkIssuer(issuer: string, { env }: World): Promise<Finding> {
  try {
    return ['ok', `issuer: ${issuer} publishes ${(await fetchKeys(issuer, env)).length} keys`];
  } catch (error) {
    return ['fail', `issuer: ${issuer}: ${systemReason(error)}; allow HTTPS connections from this host to the issuer`];
  }
}

async function checkGrant(
  snapshot: Snapshot,
  grant: Grant,
  fetcher: Fetcher,
  world: World,
): Promise<readonly Finding[]> {
  const { identity, authz } = grant;
  const seed = seedOf(snapshot, identity);
  if (seed instanceof Unavailable)
    return [['fail', `grant ${identity}: ${SEED_UNUSABLE}: ${seed.reason}; ${MAKE_SEED}`]];
  const warnings: Finding[] = seed.warning === undefined ? [] : [['warn', `grant ${identity}: ${seed.warning}`]];
  try {
    const wish = { identity, seed: seed.token, authz, lifetimeSeconds: TEST_LIFETIME_SECONDS };
    const issued = await fetcher.fetch(snapshot, wish, FETCH_TIMEOUT_MS, new AbortController().signal);
    return [...warnings, ...issuedFindings(grant, issued, world)];
  } catch (error) {
    const remedy = refusesSeed(error) ? `if the seed was revoked, ${MAKE_SEED}` : 'start the daemon, or correct daemon';
    return [...warnings, ['fail', `grant ${identity}: the daemon issued no token: ${messageOf(error)}; ${remedy}`]];
  }
}

function issuedFindings({ identity, authz }: Grant, issued: Issued, world: World): readonly Finding[] {
  const { token, address, version, clockSkewSeconds } = issued;
  const got = token.authz?.join(' ') ?? '';
  const found: Finding[] = [
    ['ok', `grant ${identity}: ${address} issued a token valid for ${TEST_LIFETIME_SECONDS} s with ${got}`],
  ];
  if (authz.some((level) => !(token.authz ?? []).includes(level)))
    found.push([
      'warn',
      `grant ${identity}: the daemon granted only ${got} of ${authz.join(' ')}; create the seed with all of them`,
    ]);
  if (Math.abs(clockSkewSeconds) > SKEW_WARNING_SECONDS)
    found.push(['warn', `clock: the daemon is ${clockSkewSeconds} s ahead of this host; synchronize both (NTP)`]);
  if (version !== undefined && !restrictsLevels(version))
    found.push([
      'warn',
      `daemon ${version.text}: it does not restrict a token to the levels of the credential, so a stolen READ token can obtain a WRITE token; update to 23.0.22, 24.0.6 or later`,
    ]);
  if (!isOnThisHost(address, world.addresses()))
    found.push([
      'warn',
      `link: ${address} is not on this host; use a VPN unless the network between the hosts is trusted`,
    ]);
  return found;
}

/**
 * True if a daemon is listening on the loopback interface or on an address of this host. Traffic to this daemon does
 * not leave the host.
 */
export function isOnThisHost(sinful: string, addresses: readonly string[]): boolean {
  const [, v6, v4 = ''] = /^<(?:\[(.+?)\]|([^:?>]+))/.exec(sinful) ?? [];
  const host = v6 ?? v4;
  return /^(127\.|::1$|localhost$)/.test(host) || addresses.includes(host);
}

/** Checks the HTCondor settings on this host that determine how long access through a token can last. */
function hostFindings({ setting }: Snapshot): readonly Finding[] {
  if (setting('FULL_HOSTNAME') === undefined)
    return [
      [
        'warn',
        'host: HTCondor is not configured here, so its settings are not checked; run the check on the access point as well',
      ],
    ];
  const duration = setting('SEC_DEFAULT_SESSION_DURATION') ?? DEFAULT_SESSION_SECONDS;
  const found: Finding[] = [
    [
      'ok',
      `sessions: a session that is open when its token expires lasts up to ${duration} s (SEC_DEFAULT_SESSION_DURATION)`,
    ],
  ];
  for (const universe of ['SCHEDULER', 'LOCAL'])
    if (setting(`START_${universe}_UNIVERSE`)?.toLowerCase() !== 'false')
      found.push([
        'warn',
        `START_${universe}_UNIVERSE is not False: a job that runs on the access point itself can turn a short-lived WRITE token into an unlimited one; set it to False`,
      ]);
  return found;
}
