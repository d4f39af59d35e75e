/** Writes the job summary, which never contains the token. All external text is escaped. */
import * as core from '@actions/core';
import { explainError, factsOf } from '../messages/describe.ts';
import type { CheckResult, FetchedToken } from '../pipeline/library-types.ts';
import { describeDuration } from '../runtime/duration.ts';
import { printable } from '../runtime/printable.ts';

export async function writeSummary(fetched: FetchedToken, pool: string, elapsedMs: number): Promise<void> {
  const facts = factsOf(fetched);
  const { identity, key, authz, lifetime } = facts;
  const expires =
    facts['expires-at'] === '' ? 'never' : `${facts['expires-at']} (in ${describeDuration(Number(lifetime))})`;
  const daemon = [facts['daemon-name'] || facts['daemon-address'], facts['daemon-version']].join(' ');
  const rows: Readonly<Record<string, string | undefined>> = {
    Identity: identity,
    'Trust domain': facts['trust-domain'],
    Pool: pool,
    Daemon: daemon.trim(),
    'Authenticated by': facts['authentication-method'],
    Credential: facts['credential-source'],
    Levels: authz || 'not restricted',
    Expires: expires,
    'Token ID': facts['token-id'],
    'Signing key': key,
    Took: `${fetched.roundTrips} round trips, ${Math.round(elapsedMs)} ms`,
  };
  core.summary.addHeading('HTCondor token', 3);
  addRows(rows);
  for (const reduction of fetched.reductions)
    core.summary.addRaw(`<p>${escapeHtml(`⚠ Less than requested: ${reduction}`)}</p>`, true);
  const revocation = revocationOf(facts['token-id'] ?? '');
  if (revocation !== undefined) {
    core.summary.addDetails(
      'To revoke this token (administrator: add this to the configuration of the pool, then run <code>condor_reconfig -all</code>)',
      `<pre><code>${escapeHtml(revocation)}</code></pre><p>If the setting already has an expression, combine both: <code>(OLD) || (NEW)</code>.</p>`,
    );
  }
  await core.summary.write();
}

/** Writes the summary of a check. If no levels were requested, the heading does not mention denied levels. */
export async function writeCheckSummary(found: CheckResult, requested: readonly string[]): Promise<void> {
  const denied = requested.length > 0 && found.refused.length > 0 ? `, but ${found.refused.join(' ')} is denied` : '';
  core.summary.addHeading(`HTCondor token: a fetch would succeed${denied}`, 3);
  addRows({
    Identity: found.identity,
    'Trust domain': found.trustDomain,
    Daemon: [found.daemonName || found.daemonAddress, found.daemonVersion].join(' ').trim(),
    'Authenticated by': found.authenticationMethod,
    Credential: found.credentialSource,
    'Allowed levels': found.allowed.join(' '),
    'Denied levels': found.refused.join(' '),
    'Not checked': found.notChecked.join(', '),
  });
  await core.summary.write();
}

/** Writes the summary of a failure, including the hints. */
export async function writeFailureSummary(error: unknown): Promise<void> {
  const { what, details, hints } = explainError(error);
  core.summary.addHeading('HTCondor token: failed', 3);
  core.summary.addRaw(`<p><code>${escapeHtml(what)}</code></p>`, true);
  for (const [heading, lines] of [
    ['Credentials', details],
    ['What to try', hints],
  ] as const) {
    if (lines.length === 0) continue;
    core.summary.addRaw(`<p>${heading}:</p>`, true).addList(lines.map((line) => escapeHtml(line.trim())));
  }
  await core.summary.write();
}

function addRows(rows: Readonly<Record<string, string | undefined>>): void {
  core.summary.addTable(
    Object.entries(rows).flatMap(([name, value = '']) =>
      value === '' ? [] : [[name, `<code>${escapeHtml(value)}</code>`]],
    ),
  );
}

/**
 * Returns the HTCondor setting that revokes only this token; undefined if the token's ID cannot be used in a ClassAd
 * expression.
 */
export function revocationOf(tokenId: string): string | undefined {
  return /^[\w.:-]{1,100}$/.test(tokenId) ? `SEC_TOKEN_REVOCATION_EXPR = jti =?= "${tokenId}"` : undefined;
}

export function escapeHtml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
