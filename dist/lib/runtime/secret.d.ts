import { inspect } from 'node:util';
/** A credential or token. Prints as `***` whoever prints it; only `reveal()` gives the value. */
export declare class Secret {
    #private;
    constructor(value: string);
    /** The value itself. Callers are listed in test/architecture.test.ts. */
    reveal(): string;
    toString(): string;
    toJSON(): string;
    [inspect.custom](): string;
}
