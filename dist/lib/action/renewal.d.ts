import { type FetchedToken } from '../fetch.ts';
import type { InputName } from '../inputs/table.ts';
export declare const RENEW = "renew";
/** What the process is told. Times are milliseconds since 1970. */
interface Order {
    readonly inputs: Readonly<Partial<Record<InputName, string>>>;
    readonly path: string;
    readonly due: number;
    /** The process without which there is no job; 0: it is not known, as in a container. */
    readonly watched: number;
}
/** Starts the process. `directory` is private, and for it alone. */
export declare function startRenewal(directory: string, inputs: Order['inputs'], { path, token }: FetchedToken, env: Readonly<Record<string, string | undefined>>): Promise<void>;
/** Ends it, whatever it is doing, and gives its log. */
export declare function stopRenewal(directory: string): Promise<readonly string[]>;
/** The process itself, in its directory. */
export declare function renew(): Promise<void>;
export {};
