import { type ClassAd, putClassAd } from '../../../src/wire/classad.ts';
import type { ServerChannel } from './server-channel.ts';
import { type Ad, type PoolFacts, versionString } from './settings.ts';

/** The QUERY_*_ADS commands, each with the type of ad that it returns. */
export const QUERIES: ReadonlyMap<number, string> = new Map([
  [6, 'Scheduler'],
  [20, 'Collector'],
  [48, 'Any'],
]);

/** Sends the ads of the schedds that match the query. */
export async function answerQuery(
  channel: ServerChannel,
  command: number,
  query: ClassAd,
  pool: PoolFacts,
): Promise<void> {
  const wanted = query.string('LocationQuery');
  const type = QUERIES.get(command);
  const limit = query.integer('LimitResults') ?? Number.POSITIVE_INFINITY;
  const [, pattern] = /regexp\("(.*)", Name, "i"\)/.exec(query.source('Requirements') ?? '') ?? [];
  const fits = (name: string) =>
    (wanted === undefined || name === wanted) && (pattern === undefined || new RegExp(pattern, 'i').test(name));
  const found = type === 'Collector' ? [] : pool.schedds.filter(fits);
  const { edit = {} } = pool.options;
  await channel.send('ads', (message) => {
    for (const name of found.slice(0, limit)) {
      const address = pool.schedd(pool.schedds.indexOf(name));
      const version = versionString(pool.version);
      const ad: Ad = { MyType: 'Scheduler', Name: name, Machine: 'pool', MyAddress: address, CondorVersion: version };
      putClassAd(message.int(1), edit.daemon?.(ad) ?? ad);
    }
    message.int(0);
  });
}
