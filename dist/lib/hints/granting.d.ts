/** From what daemon and client agree on to where the token goes. */
export declare const GRANTING: {
    ERR_NO_COMMON_METHOD: readonly import("./rows.ts").Row[];
    ERR_NO_ENCRYPTION: readonly import("./rows.ts").Row[];
    ERR_DENIED: readonly import("./rows.ts").Row[];
    ERR_COMMAND_NOT_REGISTERED: readonly import("./rows.ts").Row[];
    ERR_TOKEN_MALFORMED: readonly import("./rows.ts").Row[];
    ERR_TOKEN_CLAIM: readonly import("./rows.ts").Row[];
    ERR_TOKEN_REDUCED: readonly import("./rows.ts").Row[];
    ERR_TOKEN_REFUSED: readonly import("./rows.ts").Row[];
    ERR_OUTPUT: readonly import("./rows.ts").Row[];
};
