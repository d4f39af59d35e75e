/** The commands we send (condor_commands.h), by their C++ names. */
export declare const DC_GET_SESSION_TOKEN = 60046;
export declare const IMPERSONATION_TOKEN_REQUEST = 81;
export declare const DC_START_TOKEN_REQUEST = 60047;
export declare const DC_FINISH_TOKEN_REQUEST = 60048;
export declare const DC_EXCHANGE_SCITOKEN = 60052;
/** Asks whether another command would be allowed, which is not carried out. */
export declare const DC_SEC_QUERY = 60040;
/** To a broker: have the daemon connect that is registered with you by this number. READ. */
export declare const CCB_REQUEST = 68;
/** What a daemon says first when it connects for that. */
export declare const CCB_REVERSE_CONNECT = 69;
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
/** A command that needs this level; undefined: there is none. */
export declare function commandOf(level: string): number | undefined;
export {};
