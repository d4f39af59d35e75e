/** A credential or token. Every conversion to text returns `***`; only `reveal()` returns the value. */
export declare class Secret {
    #private;
    constructor(value: string);
    /** Returns the value itself. test/architecture.test.ts lists the callers. */
    reveal(): string;
    toString(): string;
    toJSON(): string;
}
