import type { FetchedToken } from '../fetch.ts';
export declare function writeSummary(fetched: FetchedToken, pool: string, elapsedMs: number): Promise<void>;
/** The setting that takes this token, and no other, out of use; undefined: it has no id that could be written there. */
export declare function revocationOf(tokenId: string): string | undefined;
export declare function escapeHtml(text: string): string;
