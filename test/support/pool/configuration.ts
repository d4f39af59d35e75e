/** The HTCondor configuration of a pool. The settings of the test are appended, so they take precedence. */

export const TRUST_DOMAIN = 'pool.test';

export interface PoolShape {
  /** True to start NEGOTIATOR and STARTD, so that jobs run. */
  readonly negotiator?: boolean;
  /** False to give each daemon its own port. */
  readonly sharedPort?: boolean;
  /** True to listen on ::1 instead of 127.0.0.1. */
  readonly ipv6?: boolean;
  /** Addresses of a separate network in which the pool runs, one for each IP version. Default: the host's network. */
  readonly dualStack?: { readonly v4: string; readonly v6: string };
}

interface Whereabouts {
  readonly host: string;
  readonly port: number;
  readonly collector: string;
  readonly scheddName: string;
}

export function configuration(
  { negotiator = false, sharedPort = true, ipv6 = false, dualStack }: PoolShape,
  { host, port, collector, scheddName }: Whereabouts,
  addressFile: (daemon: string) => string,
): string {
  return `
    NETWORK_INTERFACE = ${dualStack === undefined ? host : `${dualStack.v4}, ${dualStack.v6}`}
    BIND_ALL_INTERFACES = ${dualStack !== undefined}
    ENABLE_IPV4 = ${!ipv6}
    ENABLE_IPV6 = ${ipv6 || dualStack !== undefined}
    CONDOR_HOST = ${host}
    COLLECTOR_HOST = ${collector}
    COLLECTOR_PORT = ${port}
    ${sharedPort ? `USE_SHARED_PORT = True\nSHARED_PORT_PORT = ${port}` : 'USE_SHARED_PORT = False'}
    DAEMON_LIST = MASTER, ${sharedPort ? 'SHARED_PORT, ' : ''}COLLECTOR, SCHEDD${negotiator ? ', NEGOTIATOR, STARTD' : ''}
    SCHEDD_NAME = ${scheddName}
    ENABLE_KERNEL_TUNING = False
    TRUST_DOMAIN = ${TRUST_DOMAIN}
    UID_DOMAIN = ${TRUST_DOMAIN}
    UPDATE_INTERVAL = 5
    NEGOTIATOR_INTERVAL = 2
    NEGOTIATOR_CYCLE_DELAY = 1
    SCHEDD_INTERVAL = 2
    SCHEDD_MIN_INTERVAL = 1
    NUM_CPUS = 1
    STARTER_ALLOW_RUNAS_OWNER = True
    SCHEDD_DEBUG = D_SECURITY
    COLLECTOR_DEBUG = D_SECURITY
    SCHEDD_ADDRESS_FILE = ${addressFile('schedd')}
    COLLECTOR_ADDRESS_FILE = ${addressFile('collector')}
  `.replaceAll(/^ +/gm, '');
}
