/**
 * `npm run load:service [-- MINUTES]`: sends requests to a token service that fetches tokens from a real schedd. First
 * sends requests steadily for MINUTES (5 by default), and then sends them during a flood of requests that the service
 * refuses. Meanwhile, times `condor_q` against the same schedd, and measures the memory of the service. For comparison,
 * also calls condor_token_create once per request. Writes the table of docs/PERFORMANCE.md.
 */
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { type Pool, poolSuites, startPool } from '../../test/support/pool/pool.ts';
import { prepareTree } from '../../test/support/pool/tree.ts';
import { GITHUB_CLAIMS, JobIssuer } from '../../test/support/service/job-issuer.ts';
import { AUDIENCE_OF_SERVICE, type Reply, ServiceProcess } from '../../test/support/service/service-process.ts';
import { at, type Figures, printFigures, steadily } from './figures.ts';
import { table, write } from './table.ts';

const minutes = Number(process.argv[2] ?? 5);
const AT_ONCE = 8;
const FLOODERS = 4;
const CI = 'ci@pool.test';
/**
 * Numbers of subjects and addresses that keep the load below the service's limits, which are 600 requests a minute for
 * each subject and 60 failures a minute for each address.
 */
const SUBJECTS = 500;
const ADDRESSES = 20_000;
const HEAD = ['load', 'requests per second', 'p50', 'p99', '`condor_q`, median', 'memory of the service'];

/** Runs `work` for the given number of seconds, and meanwhile runs condor_q against the same schedd. */
async function beside(pool: Pool, seconds: number, work: (over: () => boolean) => Promise<Figures>) {
  const end = performance.now() + seconds * 1000;
  const over = () => performance.now() > end;
  const queue = steadily(1, over, async () => {
    const { status, stderr } = await pool.exec(['condor_q', '-allusers', '-totals']);
    return status === 0 ? undefined : stderr;
  });
  const figures = await work(over);
  return { figures, queue: await queue };
}

/** Resident memory of a process, in MB. */
function memoryOf(pid: number): number {
  const [, kb = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1000;
}

const failureOf = ({ status, body }: Reply, expected: number) =>
  status === expected ? undefined : `status ${status}: ${JSON.stringify(body)}`;

async function measure(pool: Pool, issuer: JobIssuer, service: ServiceProcess): Promise<readonly string[][]> {
  let count = 0;
  const jobToken = (claims: object) => issuer.issue({ ...GITHUB_CLAIMS, aud: AUDIENCE_OF_SERVICE, ...claims });
  const good = async () => {
    count += 1;
    return failureOf(await service.ask(jobToken({ sub: `repo:octo-org/octo-repo:${count % SUBJECTS}` })), 200);
  };
  const refused = async () => {
    count += 1;
    const form = new URLSearchParams({
      ...{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', scope: 'condor:/READ' },
      ...{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt', subject_token: jobToken({ repository_id: 75 }) },
    });
    const forwarded = `198.18.${(count % ADDRESSES) >> 8}.${count & 255}`;
    return failureOf(await service.post(form.toString(), { headers: { 'x-forwarded-for': forwarded } }), 400);
  };
  const row = (what: string, { figures, queue }: { figures?: Figures; queue: Figures }, memory: string) => {
    if (figures !== undefined) printFigures(what, figures);
    printFigures('  condor_q meanwhile', queue);
    const { timesMs = [], seconds = 1 } = figures ?? {};
    const rate =
      figures === undefined
        ? ['', '', '']
        : [(timesMs.length / seconds).toFixed(0), `${at(timesMs, 0.5).trim()} ms`, `${at(timesMs, 0.99).trim()} ms`];
    return [what, ...rate, `${at(queue.timesMs, 0.5).trim()} ms`, memory];
  };
  const memory = () => `${memoryOf(service.pid).toFixed(0)} MB`;

  await beside(pool, 3, (over) => steadily(AT_ONCE, over, good)); // warm-up, during which V8 compiles the code
  const pause = () => new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 100));
  const idle = await beside(pool, 10, (over) => steadily(1, over, pause));
  const begin = memory();
  const steady = await beside(pool, minutes * 60, (over) => steadily(AT_ONCE, over, good));
  const end = memory();
  const flooded = await beside(pool, minutes * 12, async (over) => {
    const flood = steadily(FLOODERS, over, refused);
    const figures = await steadily(AT_ONCE, over, good);
    printFigures('  refused beside', await flood);
    return figures;
  });
  const words = ['-identity', CI, '-authz', 'READ', '-lifetime', '600'];
  const created = await beside(pool, 20, (over) =>
    steadily(AT_ONCE, over, async () => {
      const { status, stderr } = await pool.exec(['condor_token_create', ...words]);
      return status === 0 ? undefined : stderr;
    }),
  );
  return [
    row(`${pool.version}: idle`, { queue: idle.queue }, begin),
    row(`${pool.version}: ${AT_ONCE} concurrent requests for ${minutes} min`, steady, `${begin}, then ${end}`),
    row(`${pool.version}: the same load and ${FLOODERS} concurrent refused requests`, flooded, memory()),
    row(`${pool.version}: ${AT_ONCE} concurrent \`condor_token_create\` processes instead`, created, ''),
  ];
}

const rows: string[][] = [];
for (const suite of poolSuites()) {
  await prepareTree(suite);
  const [pool, issuer] = await Promise.all([startPool({ suite }), JobIssuer.start()]);
  const service = await ServiceProcess.start({
    authority: issuer.authority,
    config: `trusted-proxies: [127.0.0.1]
daemon: [{ address: "${await pool.sinful('schedd', pool.scheddName)}" }]
grants:
  - { identity: ${CI}, authz: [READ], max-lifetime: 1h, jobs: [{ issuer: "${issuer.url}", repository_id: 74 }] }
`,
    seeds: { [CI]: await pool.idToken({ user: 'ci', authz: ['READ'], lifetime: 86_400 }) },
  });
  console.log(`\nHTCondor ${pool.version}, Node ${process.versions.node}`);
  try {
    rows.push(...(await measure(pool, issuer, service)).map((row) => [...row]));
  } finally {
    await service.stop();
    issuer.stop();
    await pool.stop();
  }
}
const [load = 0] = loadavg();
const machine = `${cpus().length} processors, load average ${load.toFixed(0)}, Node ${process.versions.node}. The clients, the daemons and the service run on the same host.`;
write('docs/PERFORMANCE.md', 'service', `${machine}\n\n${table(HEAD, ...rows)}`);
