/** Numbers of the commands that the client sends, under their C++ names (condor_commands.h). */
export const DC_GET_SESSION_TOKEN = 60046;
export const IMPERSONATION_TOKEN_REQUEST = 81;
export const DC_START_TOKEN_REQUEST = 60047;
export const DC_FINISH_TOKEN_REQUEST = 60048;
export const DC_EXCHANGE_SCITOKEN = 60052;

/** Asks whether the daemon would authorize a given command, without running that command. */
export const DC_SEC_QUERY = 60040;
/** Maps each authorization level to a command that requires this level. */
const DC_NOP_OF_LEVEL: Readonly<Record<string, number>> = {
  ALLOW: DC_GET_SESSION_TOKEN, // this command would have side effects, but DC_SEC_QUERY never runs it
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

/** Asks a CCB broker to establish a connection with a daemon. Requires READ. */
export const CCB_REQUEST = 68;
/** Begins the first message on a connection that a daemon opens because of a CCB_REQUEST. */
export const CCB_REVERSE_CONNECT = 69;

/** Parameters of a collector query for one type of daemon (Daemon::locate, CondorQuery in C++). */
interface DaemonType {
  /** Number of the QUERY_<type>_ADS command. */
  readonly query: number;
  /** Value of TargetType in the query ad. */
  readonly adType: string;
  /** Older attribute that contains the daemon's address. The C++ client prefers this attribute to MyAddress. */
  readonly addressAttribute?: string;
  /** True if a name without `@` is compared with the Machine attribute instead of the Name attribute. */
  readonly byMachine?: boolean;
}

/** Daemon types for which a collector can be queried. */
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

/** Daemon types that need no query, because the pool's address is the daemon's address. */
export const COLLECTOR_TYPES: readonly string[] = ['collector', 'view_collector'];

/** Pairs each level with a command that requires this level. Levels without such a command are omitted. */
export function commandsFor(levels: readonly string[]): readonly (readonly [level: string, command: number])[] {
  return levels.flatMap((level) => {
    const command = DC_NOP_OF_LEVEL[level];
    return command === undefined ? [] : [[level, command] as const];
  });
}
