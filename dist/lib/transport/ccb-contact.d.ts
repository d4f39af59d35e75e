/**
 * Where a daemon behind CCB is asked for (the parameter CCBID of its address; CCBServer::CCBIDToContactString).
 *
 * `broker#number`, several with spaces between them; the broker is a sinful string without its brackets. A daemon
 * behind several brokers in a row has `broker#number#number…`: each number is the next one's name at the one before.
 */
import { type Sinful } from './sinful.ts';
export interface CcbContact {
    readonly broker: Sinful;
    /** At least one: decimal numbers, outermost first. */
    readonly ids: readonly string[];
}
/** The contacts of an address, in its order; what is not one is left out. */
export declare function ccbContacts({ params }: Sinful): readonly CcbContact[];
/** Whether CCB is a way to this address, even if its contacts make no sense. */
export declare function isBehindCcb({ params }: Sinful): boolean;
/**
 * The address as somebody in the private network `name` has it: its PrivAddr, or itself without the way round through
 * CCB; unchanged for everybody else (Daemon::Set_addr with PRIVATE_NETWORK_NAME in C++).
 */
export declare function inPrivateNetwork(address: Sinful, name: string | undefined): Sinful;
