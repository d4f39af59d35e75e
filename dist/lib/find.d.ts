import type { Target } from './daemon/open-session.ts';
import type { Host } from './host.ts';
import type { Credentials } from './security/method.ts';
import type { TokenRequest } from './wanted.ts';
/** Whom to ask for the token, best first, and the name of the daemon that issues it. */
export interface Found {
    readonly targets: readonly Target[];
    readonly name: string;
    readonly roundTrips: number;
}
/** Where the daemon may be: as given, as it says on this machine, or as the first collector that answers says. */
export declare function findDaemon({ daemon, remote, serverName, privateNetworkName }: TokenRequest, credentials: Credentials, host: Host): Promise<Found>;
/** The first of a list of equals that can be talked to. An answer counts, whatever it is. */
export declare function inTurn<A, T>(addresses: readonly A[], talk: (address: A, host: Host) => Promise<T>, host: Host): Promise<T>;
