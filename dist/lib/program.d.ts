/** The first program of a name in the folders of `path`, which is as PATH is; undefined: there is none. */
export declare function findProgram(name: string, path: string): string | undefined;
