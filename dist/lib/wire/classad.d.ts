import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';
/** ClassAd source text that is sent as it is, for `Requirements`. */
export declare class Expression {
    readonly source: string;
    constructor(source: string);
}
export type ClassAdValue = string | number | boolean | Expression;
/** An ad received. Attribute names are case-insensitive; of duplicates the last one counts. */
export declare class ClassAd {
    #private;
    /** `values`: from names in lower case to ClassAd source text. */
    constructor(values: ReadonlyMap<string, string>);
    get size(): number;
    /** A string literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
    string(name: string): string | undefined;
    /** An integer literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
    integer(name: string): number | undefined;
    /** A boolean literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
    boolean(name: string): boolean | undefined;
    /** The source text of a value, expression or not. */
    source(name: string): string | undefined;
}
/** Reads one ad. Throws ERR_CLASSAD when it is not one; work is bounded by the size of the message. */
export declare function getClassAd(message: Reader): ClassAd;
/** Writes one ad. Attributes that are undefined are left out. */
export declare function putClassAd(message: Writer, ad: Readonly<Record<string, ClassAdValue | undefined>>): void;
