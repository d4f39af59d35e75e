import type { InputName } from './table.ts';
export declare function oneOf<T extends string>(input: InputName, text: string, allowed: readonly T[]): T;
/** Seconds of a number with s, m, h or d or nothing behind it; undefined if it is none. */
export declare function parseDuration(text: string): number | undefined;
export declare function splitList(text: string): readonly string[];
export declare function quote(text: string): string;
/** A word that goes into an ad or an expression as it is, so it must not be able to leave its quotes. */
export declare function plainText(input: InputName, text: string | undefined): string | undefined;
