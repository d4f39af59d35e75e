/** Until a daemon of HTCondor answers. */
export declare const REACHING: {
    ERR_INPUT: readonly import("./rows.ts").Row[];
    ERR_NO_CREDENTIAL: readonly import("./rows.ts").Row[];
    ERR_CREDENTIAL_UNREADABLE: readonly import("./rows.ts").Row[];
    ERR_NOT_FOUND: readonly import("./rows.ts").Row[];
    ERR_AMBIGUOUS: readonly import("./rows.ts").Row[];
    ERR_CONNECT: readonly import("./rows.ts").Row[];
    ERR_TIMEOUT: readonly import("./rows.ts").Row[];
    ERR_CLOSED: readonly import("./rows.ts").Row[];
    ERR_CCB_ONLY: readonly import("./rows.ts").Row[];
    ERR_FRAME: import("./rows.ts").Row[];
    ERR_MESSAGE: readonly import("./rows.ts").Row[];
    ERR_CLASSAD: import("./rows.ts").Row[];
    ERR_DECRYPT: readonly import("./rows.ts").Row[];
};
