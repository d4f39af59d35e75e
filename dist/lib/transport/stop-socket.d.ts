/** Calls `stop` when told to, and gives what to call when that is done. This process is in the directory. */
export declare function hearStop(directory: string, stop: () => void): Promise<() => void>;
/** Tells the process in this directory to stop, and returns when it has, or if there is none. */
export declare function sayStop(directory: string): Promise<void>;
