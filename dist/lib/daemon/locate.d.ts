import type { Host } from '../host.ts';
import type { AuthMethod } from '../security/method.ts';
import { type Sinful } from '../transport/sinful.ts';
export interface DaemonQuery {
    /** A key of DAEMON_TYPES. */
    readonly type: string;
    /** Undefined: the only one of its type in the pool. */
    readonly name: string | undefined;
}
export interface LocatedDaemon {
    readonly address: Sinful;
    readonly name: string;
    readonly roundTrips: number;
}
/**
 * The daemon's address as the collector has it.
 *
 * @throws LocateError ERR_NOT_FOUND with the names that the collector has of this type; ERR_AMBIGUOUS if no name was
 *   given and there are several.
 */
export declare function locate(collector: Sinful, wanted: DaemonQuery, methods: readonly AuthMethod[], host: Host): Promise<LocatedDaemon>;
