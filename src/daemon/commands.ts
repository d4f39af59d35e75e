/** The commands we send (condor_commands.h), by their C++ names. */
export const DC_GET_SESSION_TOKEN = 60046;
export const IMPERSONATION_TOKEN_REQUEST = 81;
export const DC_START_TOKEN_REQUEST = 60047;
export const DC_FINISH_TOKEN_REQUEST = 60048;
export const DC_EXCHANGE_SCITOKEN = 60052;

/** Asks whether another command would be allowed, which is not carried out. */
export const DC_SEC_QUERY = 60040;
/** Per authorization level the command that it takes. */
const DC_NOP_OF_LEVEL: Readonly<Record<string, number>> = {
  ALLOW: DC_GET_SESSION_TOKEN, // does something, but is only asked about
  READ: 60020,
  WRITE: 60021,
  NEGOTIATOR: 60022,
  ADMINISTRATOR: 60023,
  CONFIG: 60025,
  DAEMON: 60026,
  ADVERTISE_STARTD: 60027,
  ADVERTISE_SCHEDD: 60028,
  ADVERTISE_MASTER: 60029,
};

/** To a broker: have the daemon connect that is registered with you by this number. READ. */
export const CCB_REQUEST = 68;
/** What a daemon says first when it connects for that. */
export const CCB_REVERSE_CONNECT = 69;

/** A daemon type: how the collector is asked for it (Daemon::locate, CondorQuery in C++). */
interface DaemonType {
  /** QUERY_<type>_ADS. */
  readonly query: number;
  /** TargetType of the query. */
  readonly adType: string;
  /** An older attribute with the address, preferred to MyAddress by C++. */
  readonly addressAttribute?: string;
  /** Found by the machine it runs on, if the name has no `@`. */
  readonly byMachine?: boolean;
}

/** Types that have ads of their own in a collector; the collector itself is where one asks. */
export const DAEMON_TYPES: Readonly<Record<string, DaemonType>> = {
  schedd: { query: 6, adType: 'Scheduler', addressAttribute: 'ScheddIpAddr' },
  master: { query: 7, adType: 'DaemonMaster', addressAttribute: 'MasterIpAddr' },
  startd: { query: 5, adType: 'Machine', addressAttribute: 'StartdIpAddr', byMachine: true },
  collector: { query: 20, adType: 'Collector', addressAttribute: 'CollectorIpAddr' },
  negotiator: { query: 50, adType: 'Negotiator', addressAttribute: 'NegotiatorIpAddr' },
  credd: { query: 74, adType: 'CredD' },
  had: { query: 56, adType: 'HAD', byMachine: true },
  view_collector: { query: 20, adType: 'Collector' },
  cluster_server: { query: 74, adType: 'Cluster' },
  gridmanager: { query: 74, adType: 'Grid' },
  placementd: { query: 74, adType: 'PlacementD' },
  lease_manager: { query: 74, adType: 'LeaseManager' },
  any: { query: 48, adType: 'Any' },
};

/** Types that are their own address: the pool's collector. */
export const COLLECTOR_TYPES: readonly string[] = ['collector', 'view_collector'];

/** A command that needs this level; undefined: there is none. */
export function commandOf(level: string): number | undefined {
  return DC_NOP_OF_LEVEL[level];
}
