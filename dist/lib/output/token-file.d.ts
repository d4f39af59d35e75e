import type { Secret } from '../secret.ts';
/**
 * Finds out, before anything is fetched, whether a token could be written to `path`. Nothing is created.
 *
 * @throws OutputError ERR_OUTPUT.
 */
export declare function checkTokenPath(path: string): void;
/**
 * Writes a token file: mode 0600, one newline, completely or not at all. A directory that is missing is made with mode
 * 0700. An older file of this name is replaced; a symbolic link is an error (write_out_token in token_utils.cpp).
 *
 * The result is the outermost directory that was made; undefined: none was.
 *
 * Synchronous, so that no signal and no other work comes between its steps.
 *
 * @throws OutputError ERR_OUTPUT; then the old file, if there was one, is as it was.
 */
export declare function writeTokenFile(path: string, token: Secret): string | undefined;
/**
 * Writes an address file beside a token: where a daemon is, and its version in its own words, as daemons say it to the
 * tools of their machine (Daemon::readAddressFile). Its directory is ours alone.
 *
 * @throws OutputError ERR_OUTPUT.
 */
export declare function writeAddressFile(path: string, sinful: string, version: string): void;
