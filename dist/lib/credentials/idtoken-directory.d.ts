import { Secret } from '../secret.ts';
/** A line of a token file that may be a token. */
export interface TokenLine {
    readonly text: Secret;
    /** The file, and the line where it has several. */
    readonly source: string;
}
export interface TokenDirectory {
    readonly lines: readonly TokenLine[];
    /** Files that were passed over, with the reason; or why there are none at all. */
    readonly skipped: readonly string[];
    /** Those of them that somebody should look after: they are of the wrong owner or mode. */
    readonly exposed: readonly string[];
}
/** LOCAL_CONFIG_DIR_EXCLUDE_REGEXP's default: files that editors and package managers leave behind. */
export declare const EXCLUDED_NAME: RegExp;
/**
 * Reads a token directory as HTCondor does (findTokens in condor_auth_passwd.cpp, read_secure_file): files in the order
 * of their names, one token a line, `#` comments; a file must belong to us and be closed to everybody else.
 * `excluded`: LOCAL_CONFIG_DIR_EXCLUDE_REGEXP, if it is not the default.
 *
 * Synchronous: for a few small files, loading node:fs/promises takes longer than reading them.
 */
export declare function readTokenDirectory(directory: string, excluded?: RegExp): TokenDirectory;
/** The lines of a text that are neither blank nor comments. */
export declare function tokenLines(text: string, source: string): readonly TokenLine[];
