import type { Host } from '../host.ts';
import { type Credentials } from '../security/method.ts';
import { type ClassAd } from '../wire/classad.ts';
import type { Reader } from '../wire/reader.ts';
import { type Target } from './open-session.ts';
export interface Query {
    readonly command: number;
    /** TargetType. */
    readonly adType: string;
    /** ClassAd expression. */
    readonly requirements: string;
    readonly locationQuery: string | undefined;
    /** How many ads at most. */
    readonly limit: number;
    readonly projection: readonly string[];
}
export interface Answer {
    readonly ads: readonly ClassAd[];
    readonly roundTrips: number;
    /** True if the collector had proven itself. */
    readonly vouched: boolean;
}
/**
 * Asks twice at once: without any session, which most collectors answer and which takes two round trips, and in an
 * authenticated one, which takes three. The first answer that is `trusted` counts. Asking one after the other would cost
 * those who protect their collector two round trips more.
 *
 * The other connection goes on to its end, unless the run ends first: giving it up in the middle of the handshake would
 * put an error into the collector's log each time, and it takes less time than what is still to do.
 */
export declare function queryCollector(collector: Target, query: Query, credentials: Credentials, trusted: (answer: Answer) => boolean, host: Host): Promise<Answer>;
/** Ads until a 0 says that there are no more. */
export declare function getAds(message: Reader): readonly ClassAd[];
