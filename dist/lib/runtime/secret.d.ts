/**
 * A credential or token that cannot be printed by mistake. Every conversion to text returns `***`; only `reveal()`
 * returns the secret itself.
 */
export declare class Secret {
    #private;
    constructor(value: string);
    /** Returns the secret itself. test/architecture.test.ts lists the files that are allowed to call this method. */
    reveal(): string;
    toString(): string;
    toJSON(): string;
}
