interface Flag {
    readonly name: string;
    /** How much of the name must be there when it is shortened; whole names only behind `--`. */
    readonly minimum: number;
    /** What the value is, for the usage; undefined: the flag has none. */
    readonly value?: string;
    readonly help: string;
}
/** In the order in which HTCondor's tool compares them: the first that fits counts, even if a later one would too. */
export declare const FLAGS: readonly Flag[];
/** What was given: of a flag that is repeated all values, in order; of one without value an empty string. */
export type Arguments = ReadonlyMap<string, readonly string[]>;
/** @throws InputError an argument that is no flag, or a flag without its value. */
export declare function parseArguments(args: readonly string[]): Arguments;
export declare function usage(): string;
export {};
