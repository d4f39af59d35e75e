export declare function run(args: readonly string[]): Promise<void>;
