import type { Host } from '../host.ts';
import type { AuthMethod } from '../security/method.ts';
/** MUNGE with the program of that name, which asks the local munged; a string says why there is none. */
export declare function loadMunge(path: string, owner: {
    uid: number;
    gid: number;
} | undefined, host: Host): AuthMethod | string;
