/**
 * The content of a file that must belong to us and be closed to everybody else (read_secure_file in C++).
 *
 * @throws Error that says what is wrong with it.
 */
export declare function readPrivateFile(path: string): Buffer;
/** Why a file could not be read, in few words. */
export declare function reasonOf(error: unknown): string;
