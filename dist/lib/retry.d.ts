import { ConnectError, DaemonError } from './errors.ts';
import type { Host } from './host.ts';
/** How tries follow each other. */
export interface Persistence {
    /** Further tries after the first. */
    readonly retries: number;
    /** True if a try may take all the time there is: somebody is waited for. */
    readonly patient: boolean;
}
/**
 * Does `work` again while what failed may heal: after half a second, then after twice as long each time, each delay cut by
 * up to a half at random, so that many who failed at once do not come back at once. All of it within the time that the
 * host allows; a try that hangs is given up after half of what is left, so that there is time for another one.
 *
 * @throws what the last try threw, with the number of tries.
 */
export declare function withRetries<T>({ retries, patient }: Persistence, work: (host: Host) => Promise<T>, host: Host): Promise<T>;
/** Whether the same could succeed later, without anybody doing anything about it. */
export declare function canHeal(error: unknown): error is ConnectError | DaemonError;
