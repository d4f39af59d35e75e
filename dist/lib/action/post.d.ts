/** What main leaves for post; each is saved before anything depends on it. */
export declare const STATE: {
    readonly isPost: 'isPost';
    /** The token file, and the outermost directory that was made for it. */
    readonly path: 'path';
    readonly directory: 'directory';
    /** A directory with nothing in it but what this step made. */
    readonly own: 'own';
    /** Directory of the process that renews the token. */
    readonly renewal: 'renewal';
    readonly undo: 'undo';
};
export declare function post(): Promise<void>;
