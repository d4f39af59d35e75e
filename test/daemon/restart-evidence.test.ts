/** Tests the evidence that a daemon may be restarting if the collector does not list it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Query } from '../../src/daemon/collector-query.ts';
import { restartEvidence } from '../../src/daemon/restart-evidence.ts';
import { getClassAd, putClassAd } from '../../src/wire/classad.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';

type Ad = Readonly<Record<string, string | number>>;

const adOf = (attributes: Ad) => {
  const message = new Writer();
  putClassAd(message, attributes);
  return getClassAd(new Reader(message.finish(), false));
};

async function evidence(name: string | undefined, ads: readonly Ad[], type = 'schedd') {
  const queries: Query[] = [];
  const reason = await restartEvidence({ type, name }, async (query) => {
    queries.push(query);
    return { ads: ads.map(adOf), roundTrips: 2, authenticated: false };
  });
  return { reason, queries };
}

const HOST = 'ap.example.org';
const collector = { MyType: 'Collector', Name: 'Pool', Machine: 'cm.example.org' };
const master = (start: number | undefined, Machine = HOST) => ({
  ...{ MyType: 'DaemonMaster', Name: Machine, Machine },
  ...(start === undefined ? {} : { SCHEDD_StartTime: start }),
});
const schedd = { MyType: 'Scheduler', Name: 'other@ap.example.org', Machine: HOST };
const negotiator = { MyType: 'Negotiator', Name: HOST, Machine: HOST };

describe('A missing daemon may be restarting', () => {
  for (const [what, name, ads, reason] of [
    ['if the collector has only recently started', 'ci@pool', [collector], /^the collector started a moment ago$/],
    ['if its master reports it as down', `ci@${HOST}`, [master(0)], /^condor_master on ap\.example\.org reports/],
    [
      'if its master reports it as down together with another daemon',
      `ci@${HOST}`,
      [master(0), schedd],
      /reports it as not running$/,
    ],
    ['if its master has just started it', `ci@${HOST}`, [master(1796059308)], /other daemons on ap\.example\.org$/],
    ['if its host has other daemons', HOST.toUpperCase(), [negotiator], /other daemons on ap\.example\.org$/],
    ['if its host, named without a domain, has other daemons', 'ap', [negotiator], /other daemons on ap$/],
    ['if any master reports one as down, and the name has no host', 'ci@pool', [master(0)], /reports it as not/],
    ['if any master has just started one, and the name has no host', 'ci@pool', [master(7)], /schedd started on ap/],
    ['if it has no name, and a master reports one as down', undefined, [master(0)], /reports it as not running/],
  ] as const) {
    test(what, async () => assert.match((await evidence(name, ads)).reason ?? 'none', reason));
  }
});

describe('A missing daemon is not restarting', () => {
  for (const [what, name, ads] of [
    ['if the collector has no information about it', `ci@${HOST}`, []],
    ['if its host has another daemon of its type', `ci@${HOST}`, [master(7), schedd]],
    ['if its host has a master that does not run this type', `ci@${HOST}`, [master(undefined), negotiator]],
    [
      'if only the master of another host reports one as down',
      `ci@${HOST}`,
      [negotiator, schedd, master(0, 'other.example.org')],
    ],
  ] as const) {
    test(what, async () => assert.equal((await evidence(name, ads)).reason, undefined));
  }

  test('if the collector rejects the query', async () => {
    const refused = restartEvidence({ type: 'schedd', name: HOST }, () => Promise.reject(new Error('denied')));
    assert.equal(await refused, undefined);
  });
});

describe('The query for evidence', () => {
  test('is a single query in which the collector compares the times', async () => {
    const { queries } = await evidence(`ci@${HOST}`, []);
    assert.equal(queries.length, 1);
    assert.match(queries[0]?.requirements ?? '', /time\(\) - LastHeardFrom \+ StatsLifetime < 330/);
    assert.match(queries[0]?.requirements ?? '', /Machine == "ap\.example\.org"/);
  });

  for (const name of ['x@a" || true || "', 'x@a\\', 'x@a b']) {
    test(`does not contain any part of the name ${name}`, async () => {
      const { queries } = await evidence(name, []);
      assert.match(queries[0]?.requirements ?? '', /\(false\)\)$/);
    });
  }
});
