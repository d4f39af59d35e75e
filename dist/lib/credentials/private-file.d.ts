/** A file that is not ours alone. */
export declare class ExposedFile extends Error {
}
/**
 * The content of a file that must belong to us and be closed to everybody else (read_secure_file in C++).
 *
 * @throws Error that says what is wrong with it; ExposedFile if it is its owner or its mode.
 */
export declare function readPrivateFile(path: string): Buffer;
/** Why a file could not be read, in few words. */
export declare function reasonOf(error: unknown): string;
