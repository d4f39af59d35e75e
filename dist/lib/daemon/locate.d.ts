import type { Host } from '../host.ts';
import type { Credentials } from '../security/method.ts';
import { type Answer, type Query } from './collector-query.ts';
import { type Target } from './open-session.ts';
export interface DaemonQuery {
    /** A key of DAEMON_TYPES. */
    readonly type: string;
    /** Undefined: the only one of its type in the pool. */
    readonly name: string | undefined;
    /**
     * True if the daemon has to prove itself by a certificate, and the name in it is not known yet: then a collector may
     * say it that says the same as the user, or else one that has proven itself.
     */
    readonly needsServerName: boolean;
}
export interface LocatedDaemon extends Target {
    readonly name: string;
    readonly roundTrips: number;
}
/**
 * The daemon's address as the collector has it.
 *
 * @throws LocateError ERR_NOT_FOUND with the names that the collector has of this type; ERR_AMBIGUOUS if no name was
 *   given and there are several.
 */
export declare function locate(collector: Target, wanted: DaemonQuery, credentials: Credentials, host: Host): Promise<LocatedDaemon>;
/** The same, with any way to ask. */
export declare function find(wanted: DaemonQuery, collector: Target, ask: (query: Query) => Promise<Answer>): Promise<LocatedDaemon>;
