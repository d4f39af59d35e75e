/** A pool whose daemons accept KERBEROS, with the MIT KDCs of two realms that trust each other. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processHost } from '../../../src/inputs/process-host.ts';
import { readRequest } from '../../../src/inputs/request.ts';
import { fetchToken } from '../../../src/pipeline/fetch.ts';
import type { FetchedToken } from '../../../src/pipeline/library-types.ts';
import type { Words } from '../clients/method-clients.ts';
import { freePort } from '../network/free-port.ts';
import { notingHost } from '../noting-host.ts';
import { surroundings } from '../surroundings.ts';
import type { Pool, PoolOptions } from './pool.ts';
import { startPool } from './pool.ts';

/**
 * The daemons' host, its realm, another realm whose users are mapped, and a realm that the daemons' configuration does
 * not contain.
 */
export const KERBEROS_HOST = 'ap.pool.test';
export const REALM = 'POOL.TEST';
export const OTHER_REALM = 'OTHER.TEST';
const STRANGE_REALM = 'STRANGE.TEST';
const REALMS = [REALM, OTHER_REALM, STRANGE_REALM] as const;
export const ALICE_PASSWORD = 'correct horse battery';

/** Settings of the daemons. Without a map file, the domain of an identity would be the realm. */
const KERBEROS_CONFIG = `
  SEC_DEFAULT_AUTHENTICATION_METHODS = KERBEROS, IDTOKENS, FS
  HOST_ALIAS = ${KERBEROS_HOST}
  KERBEROS_SERVER_PRINCIPAL = host/${KERBEROS_HOST}
  KERBEROS_MAP_FILE = /etc/condor/kerberos.map
`.replaceAll(/^ +/gm, '');

/** Environment variables that restrict both tools to KERBEROS. */
export const ONLY_KERBEROS = { _CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS: 'KERBEROS' };

interface FetchFacts {
  readonly env?: Readonly<Record<string, string>>;
  /** Simulated clock skew of this host, in seconds; positive if its clock is ahead. */
  readonly skewSeconds?: number;
  readonly timeoutMs?: number;
}

interface Fetched {
  readonly token: FetchedToken;
  readonly masks: readonly string[];
  readonly log: readonly string[];
}

export class KerberosPool {
  readonly pool: Pool;
  readonly folder: string;

  constructor(pool: Pool, folder: string) {
    this.pool = pool;
    this.folder = folder;
  }

  /** Address of the collector, as `host:port`, with the host name in the collector's principal. */
  get collector(): string {
    return `${KERBEROS_HOST}:${this.pool.port}`;
  }

  /** Runs kadmin commands in the realm of the pool. */
  async administer(...commands: readonly string[]): Promise<void> {
    for (const command of commands) await this.pool.run('kadmin.local', '-r', REALM, ...command.split(' '));
  }

  /** Writes a file that alice owns in the pool. */
  async put(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
    await this.pool.write(path, content, mode);
    await this.pool.run('chown', 'alice', path);
  }

  /** Runs kinit in the pool as alice. Returns the name of the credential cache. */
  async kinit(cache: string, ...args: readonly string[]): Promise<string> {
    const words = args.length > 0 ? args : ['-k', '-t', '/home/alice/alice.keytab', `alice@${REALM}`];
    const { status, stderr } = await this.pool.exec(['kinit', '-c', cache, ...words], { user: 'alice' });
    if (status !== 0) throw new Error(`kinit: ${stderr}`);
    return cache;
  }

  /** Returns the content of a file in the pool as base64. */
  async base64(path: string): Promise<string> {
    return (await this.pool.run('base64', '-w0', path)).trim();
  }

  /** Fetches a token in this process. By default, uses the address of the schedd. */
  async fetch(words: Words, { env = {}, skewSeconds = 0, timeoutMs = 30_000 }: FetchFacts = {}): Promise<Fetched> {
    const { host: noting, masks, log } = notingHost();
    const sinks = { log: noting.log, mask: noting.mask };
    const real = processHost(timeoutMs, new AbortController().signal, sinks);
    const host = { ...real, now: () => new Date(real.now().getTime() + skewSeconds * 1000) };
    const all: Words = {
      ...{ 'on-reduced': 'ignore', 'server-name': KERBEROS_HOST, retries: '0' },
      ...('pool' in words || 'address' in words
        ? {}
        : { address: await this.pool.sinful('schedd', this.pool.scheddName) }),
      ...words,
    };
    const own = { KRB5_CONFIG: join(this.folder, 'krb5.conf'), ...env };
    try {
      const request = readRequest((name) => all[name] || undefined, surroundings(own, { home: this.folder }));
      return { token: await fetchToken(request, host), masks, log };
    } finally {
      real.done();
    }
  }

  /** Writes a file on this host, outside the pool. Returns its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  async stop(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await this.pool.stop();
  }
}

/** Returns a krb5.conf for all realms. If `mapped` is true, the file maps the daemons' host to its realm. */
function krb5Configuration(ports: readonly number[], mapped = true): string {
  const realms = REALMS.map((name, at) => `  ${name} = {\n    kdc = 127.0.0.1:${ports[at]}\n  }\n`).join('');
  const domains = mapped ? `[domain_realm]\n  .pool.test = ${REALM}\n  pool.test = ${REALM}\n` : '';
  return `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
[realms]
${realms}${domains}`;
}

const ALL_TYPES = 'aes256-cts:normal aes128-cts:normal aes256-sha2:normal aes128-sha2:normal';

function kdcConfiguration(ports: readonly number[]): string {
  const realm = (name: string, port: number) => `  ${name} = {
    database_name = /var/lib/krb5kdc/${name}
    key_stash_file = /var/lib/krb5kdc/stash.${name}
    acl_file = /var/lib/krb5kdc/acl
    kdc_tcp_listen = 127.0.0.1:${port}
    kdc_listen = ""
    supported_enctypes = ${ALL_TYPES}
    default_principal_flags = +preauth
  }
`;
  return `[realms]\n${REALMS.map((name, at) => realm(name, ports[at] ?? 0)).join('')}`;
}

/** Creates the principals: users, a user with an instance, the daemons' host, and another host. */
async function makeRealms(pool: Pool): Promise<void> {
  const script = `
    set -e
    for realm in ${REALMS.join(' ')}; do kdb5_util -r $realm create -s -P master > /dev/null; done
    for other in ${OTHER_REALM} ${STRANGE_REALM}; do
      for realm in ${REALM} $other; do
        kadmin.local -r $realm addprinc -pw cross krbtgt/${REALM}@$other
        kadmin.local -r $realm addprinc -pw cross krbtgt/$other@${REALM}
      done
      kadmin.local -r $other addprinc -pw abroad alice
    done > /dev/null
    admin() { kadmin.local -r ${REALM} "$@" > /dev/null; }
    admin addprinc -randkey host/${KERBEROS_HOST}; admin ktadd -k /etc/krb5.keytab host/${KERBEROS_HOST}
    admin addprinc -randkey host/elsewhere.pool.test
    admin addprinc -pw '${ALICE_PASSWORD}' alice
    admin ktadd -norandkey -k /home/alice/alice.keytab alice; chown alice /home/alice/alice.keytab
    admin addprinc -pw instance alice/admin
    krb5kdc ${REALMS.map((name) => `-r ${name}`).join(' ')}
  `;
  await pool.run('sh', '-c', script);
}

/** Starts the pool. `options.config` is appended to the KERBEROS settings. The caller must stop the pool in `after`. */
export async function startKerberosPool(options: PoolOptions): Promise<KerberosPool> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'kerberos-'));
  writeFileSync(join(folder, 'krb5.conf'), krb5Configuration(ports));
  writeFileSync(join(folder, 'unmapped.conf'), krb5Configuration(ports, false));
  const pool = await startPool({
    ...options,
    config: `${KERBEROS_CONFIG}${options.config ?? ''}`,
    async prepare(pool) {
      // HTCondor's tool resolves an address to the name in the first matching line of /etc/hosts.
      await pool.run(
        'sh',
        '-c',
        `printf '127.0.0.1 ${KERBEROS_HOST}\\n' > /tmp/hosts; cat /etc/hosts >> /tmp/hosts; cp /tmp/hosts /etc/hosts`,
      );
      await pool.write('/etc/krb5.conf', krb5Configuration(ports), 0o644);
      await pool.write('/etc/krb5kdc/kdc.conf', kdcConfiguration(ports), 0o644);
      await pool.write('/etc/condor/kerberos.map', `${REALM} = pool.test\n${OTHER_REALM} = other.test\n`, 0o644);
      await makeRealms(pool);
      await options.prepare?.(pool);
    },
  });
  return new KerberosPool(pool, folder);
}
