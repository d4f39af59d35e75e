/** Gives the exit status. */
export declare function run(args: readonly string[]): Promise<number>;
