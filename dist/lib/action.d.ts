/** Gives the exit status. */
export declare function run(): Promise<number>;
