/** By the daemon's words: HTCondor uses one number for several errors (handle_dc_session_token). */
export declare const DAEMON_TEXTS: readonly import("./rows.ts").Row[];
