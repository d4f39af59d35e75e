/** The commands that the client sends (condor_commands.h), by their C++ names. */
export const DC_GET_SESSION_TOKEN = 60046;
export const IMPERSONATION_TOKEN_REQUEST = 81;
export const DC_START_TOKEN_REQUEST = 60047;
export const DC_FINISH_TOKEN_REQUEST = 60048;
export const DC_EXCHANGE_SCITOKEN = 60052;

/** Asks whether another command would be authorized, without running it. */
export const DC_SEC_QUERY = 60040;
/** A command that needs the level, for each authorization level. */
const DC_NOP_OF_LEVEL: Readonly<Record<string, number>> = {
  ALLOW: DC_GET_SESSION_TOKEN, // changes something, but is never run for a query
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

/** Asks a broker to have the daemon with this ID connect. Needs READ. */
export const CCB_REQUEST = 68;
/** The first message of a daemon that connects for a CCB_REQUEST. */
export const CCB_REVERSE_CONNECT = 69;

/** How a collector is queried for daemons of a type (Daemon::locate, CondorQuery in C++). */
interface DaemonType {
  /** QUERY_<type>_ADS. */
  readonly query: number;
  /** TargetType of the query. */
  readonly adType: string;
  /** An older attribute with the address, which C++ prefers to MyAddress. */
  readonly addressAttribute?: string;
  /** True if a name without `@` is compared with the host instead of the daemon's name. */
  readonly byMachine?: boolean;
}

/** The daemon types that have ads in a collector. */
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

/** Types that need no query, because the pool's address is theirs. */
export const COLLECTOR_TYPES: readonly string[] = ['collector', 'view_collector'];

/** Returns a command that needs the level, for each level. Levels that no command needs are left out. */
export function commandsFor(levels: readonly string[]): readonly (readonly [level: string, command: number])[] {
  return levels.flatMap((level) => {
    const command = DC_NOP_OF_LEVEL[level];
    return command === undefined ? [] : [[level, command] as const];
  });
}
