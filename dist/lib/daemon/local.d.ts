import { type Sinful } from '../transport/sinful.ts';
export interface LocalDaemon {
    /** SCHEDD_NAME and so on: its name, for files that do not tell it. */
    readonly name: string;
    /** SCHEDD_DAEMON_AD_FILE and so on: a ClassAd, one attribute a line. */
    readonly adFile: string | undefined;
    /** SCHEDD_ADDRESS_FILE and so on: lines of address, version and platform, or of a ClassAd. */
    readonly addressFile: string | undefined;
}
interface LocalAddress {
    readonly address: Sinful;
    /** Empty if the file has none. */
    readonly name: string;
}
/** Where the daemon is; a string says why that is not known. */
export declare function findLocal({ adFile, addressFile }: Omit<LocalDaemon, 'name'>, type: string): LocalAddress | string;
export {};
