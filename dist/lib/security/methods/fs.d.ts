import { type AuthMethod } from '../method.ts';
export interface FsOptions {
    /** Directories that a daemon may want ours in, without a slash at the end: `/tmp`, FS_LOCAL_DIR. */
    readonly parents: readonly string[];
    /** Whom the directory has to belong to; undefined: who makes it. Root gives it to HTCondor's account. */
    readonly owner: {
        readonly uid: number;
        readonly gid: number;
    } | undefined;
    /** Whether a directory will do that is not bound to the daemon's address, as daemons before 24 name them. */
    readonly mayBeUnbound: boolean;
}
/**
 * FS: the daemon names a directory, we make it, it looks who made it (cedar-rfc §5.5; condor_auth_fs.cpp).
 *
 * That proves who we are on the daemon's own machine, and nothing about the daemon: it is not tried on other machines. The directory is gone before anything else happens, whatever the daemon says.
 */
export declare function fs(options: FsOptions): AuthMethod;
