/** The commands we send (condor_commands.h), by their C++ names. */
export declare const DC_GET_SESSION_TOKEN = 60046;
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
export declare const DAEMON_TYPES: Readonly<Record<string, DaemonType>>;
/** Types that are their own address: the pool's collector. */
export declare const COLLECTOR_TYPES: readonly string[];
export {};
