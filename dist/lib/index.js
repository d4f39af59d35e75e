import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";

var __nccwpck_require__ = {};

(() => {
    __nccwpck_require__.d = (exports, definition) => {
        for (var key in definition) {
            if (__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
                Object.defineProperty(exports, key, {
                    enumerable: true,
                    get: definition[key]
                });
            }
        }
    };
})();

(() => {
    __nccwpck_require__.o = (obj, prop) => Object.prototype.hasOwnProperty.call(obj, prop);
})();

var __webpack_exports__ = {};

__nccwpck_require__.d(__webpack_exports__, {
    v3: () => AuthenticationError,
    yi: () => AuthorizationError,
    T$: () => ConnectError,
    oA: () => CredentialError,
    $v: () => DaemonError,
    _T: () => HTCondorError,
    dz: () => InputError,
    v0: () => LocateError,
    wb: () => NegotiationError,
    u7: () => OutputError,
    bd: () => ProtocolError,
    gz: () => TokenError,
    vL: () => bundle_checkFetch,
    eY: () => bundle_fetchToken,
    uK: () => bundle_hintsFor,
    _f: () => isHTCondorError
});

const SERVICE_REFUSALS = [ "invalid-token-audience", "aud-expected", "token-reuse-detected", "used-already", "unauthorized-client", "invalid-client" ];

const DAEMON_REASONS = [ "token-fetch-disabled", "not-sign-with-requested-key", "original-one-expired", "allow-requested-authorization", "not-successfully-authenticate", "missing-requester-identity", "not-have-access-to-configured-key", "signing-key-configured", "failed-to-read-file", "failed-to-fetch-key", "not-known-to-the-collector", "no-schedd-target", "not-encrypted", "sec-impersonation-token-limits", "dcschedd", "secman", "issuer-namespace", "token-request-disabled", "sec-token-request-limits", "request-has-expired", "request-id-is-not-known", "request-failed", "using-anonymous", "rate-limit", "too-many-requests", "scitoken-exchange-disabled", "failed-to-map-scitoken", "not-built-with-scitokens", "scitokens" ];

function generalReason(code) {
    return code.slice("ERR_".length).toLowerCase().replaceAll("_", "-");
}

function reasonIn(text, reasons) {
    const name = text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    return reasons.find(reason => name.includes(reason));
}

function isUnmapped(user) {
    return user?.endsWith("@unmapped") === true;
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const MAX_LENGTH = 2e3;

function printable(text) {
    const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
    return cut.replace(UNPRINTABLE, "?").replaceAll("##[", "# #[").replace(/^(\s*):(?=:)/, "$1: ");
}

function distinguishedName(name, ifEmpty) {
    return name?.replaceAll("\n", ", ") || ifEmpty;
}

class HTCondorError extends Error {
    code;
    reason;
    details;
    phase;
    peer;
    tries;
    constructor(code, message, facts = {}) {
        super(printable(message), facts.cause === undefined ? undefined : {
            cause: facts.cause
        });
        this.name = new.target.name;
        this.code = code;
        this.reason = facts.reason ?? generalReason(code);
        this.details = facts.details ?? {};
        this.phase = facts.phase;
        this.peer = facts.peer;
    }
    at(phase, peer) {
        this.phase ??= phase;
        this.peer ??= peer;
        return this;
    }
}

class InputError extends HTCondorError {
    exitStatus=2;
    input;
    constructor(input, message, facts) {
        super("ERR_INPUT", message, facts);
        this.input = input;
    }
}

class CredentialError extends HTCondorError {
    exitStatus=2;
    constructor(code, message, facts) {
        super(code, message, facts);
    }
}

class LocateError extends HTCondorError {
    exitStatus=3;
    names;
    mayBeRestarting;
    constructor(code, message, names, facts = {}) {
        super(code, message, facts.mayBeRestarting ? {
            ...facts,
            reason: "restarting"
        } : facts);
        this.names = names.map(printable);
        this.mayBeRestarting = facts.mayBeRestarting ?? false;
    }
}

class ConnectError extends HTCondorError {
    exitStatus=3;
    requestId;
    permanent;
    mayBeRestarting;
    retryAfterMs;
    constructor(code, message, facts = {}) {
        super(code, message, facts);
        this.requestId = facts.requestId;
        this.permanent = facts.permanent ?? false;
        this.mayBeRestarting = facts.mayBeRestarting ?? false;
        this.retryAfterMs = facts.retryAfterMs;
    }
}

class ProtocolError extends HTCondorError {
    exitStatus=4;
    constructor(code, message, facts) {
        super(code, message, facts);
    }
}

class NegotiationError extends HTCondorError {
    exitStatus=5;
    methods;
    constructor(code, message, methods = [], facts) {
        super(code, message, facts);
        this.methods = methods.map(printable);
    }
}

class AuthenticationError extends HTCondorError {
    exitStatus=5;
    attempts;
    constructor(code, message, attempts, facts) {
        super(code, message, facts);
        this.attempts = attempts.map(each => ({
            ...each,
            method: printable(each.method),
            reason: printable(each.reason)
        }));
    }
}

class AuthorizationError extends HTCondorError {
    exitStatus=6;
    user;
    constructor(code, message, user, facts) {
        const reason = isUnmapped(user) ? "unmapped" : user === undefined ? "no-identity" : undefined;
        super(code, message, code === "ERR_DENIED" ? {
            reason,
            ...facts
        } : facts);
        this.user = user === undefined ? undefined : printable(user);
    }
}

class DaemonError extends HTCondorError {
    exitStatus=6;
    errorCode;
    errorString;
    constructor(errorCode, errorString, facts) {
        super("ERR_DAEMON", `the daemon reports error ${errorCode}: ${errorString}`, facts);
        this.errorCode = errorCode;
        this.errorString = printable(errorString);
    }
}

class TokenError extends HTCondorError {
    exitStatus=7;
    claim;
    constructor(code, message, claim, facts) {
        super(code, message, facts);
        this.claim = claim;
    }
}

class OutputError extends HTCondorError {
    exitStatus=8;
    constructor(message, facts) {
        super("ERR_OUTPUT", message, facts);
    }
}

async function withPhase(phase, peer, work) {
    try {
        return await work();
    } catch (error) {
        throw error instanceof HTCondorError ? error.at(phase, peer) : error;
    }
}

function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}

const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

class Secret {
    #value;
    constructor(value) {
        this.#value = value;
    }
    reveal() {
        return this.#value;
    }
    toString() {
        return "***";
    }
    toJSON() {
        return "***";
    }
    [INSPECT]() {
        return "***";
    }
}

class Unavailable {
    reason;
    kind;
    constructor(reason, kind) {
        this.reason = reason;
        this.kind = kind;
    }
}

const UNITS = [ [ "d", 86400, 172800 ], [ "h", 3600, 7200 ], [ "min", 60, 120 ] ];

function describeDuration(seconds) {
    const exact = UNITS.find(([, length]) => seconds >= length && seconds % length === 0);
    const [name, length] = exact ?? UNITS.find(([, , roundFrom]) => seconds >= roundFrom) ?? [ "s", 1 ];
    return `${Math.round(seconds / length)} ${name}`;
}

const buffer_utils_encoder = new TextEncoder, decoder = new TextDecoder, strictDecoder = new TextDecoder("utf-8", {
    fatal: !0
}), UINT32_RANGE = null && 2 ** 32;

function concat(...buffers) {
    const size = buffers.reduce((acc, {length}) => acc + length, 0), buf = new Uint8Array(size);
    let i = 0;
    for (const buffer of buffers) buf.set(buffer, i), i += buffer.length;
    return buf;
}

function writeUInt32BE(buf, value, offset) {
    if (value < 0 || value >= UINT32_RANGE) throw new RangeError(`value must be >= 0 and <= ${UINT32_RANGE - 1}. Received ${value}`);
    buf.set([ value >>> 24, value >>> 16, value >>> 8, value & 255 ], offset);
}

function uint64be(value) {
    const high = Math.floor(value / UINT32_RANGE), low = value % UINT32_RANGE, buf = new Uint8Array(8);
    return writeUInt32BE(buf, high, 0), writeUInt32BE(buf, low, 4), buf;
}

function uint32be(value) {
    const buf = new Uint8Array(4);
    return writeUInt32BE(buf, value), buf;
}

const NON_ASCII = /[^\x00-\x7f]/;

function buffer_utils_encode(string) {
    if (typeof string == "string" && string.length >= 128) {
        if (NON_ASCII.test(string)) throw new TypeError("non-ASCII string encountered in encode()");
        return buffer_utils_encoder.encode(string);
    }
    const bytes = new Uint8Array(string.length);
    for (let i = 0; i < string.length; i++) {
        const code = string.charCodeAt(i);
        if (code > 127) throw new TypeError("non-ASCII string encountered in encode()");
        bytes[i] = code;
    }
    return bytes;
}

function buffer_utils_encodeBase64(input, url = !1) {
    if (Uint8Array.prototype.toBase64) return input.toBase64({
        alphabet: url ? "base64url" : "base64",
        omitPadding: url
    });
    const CHUNK_SIZE = 32768, arr = [];
    for (let i = 0; i < input.length; i += CHUNK_SIZE) arr.push(String.fromCharCode.apply(null, input.subarray(i, i + CHUNK_SIZE)));
    const encoded = btoa(arr.join(""));
    return url ? encoded.replace(/=/g, "").replace(/\+/g, "-").replace(/\//g, "_") : encoded;
}

function decodeBase64(encoded, url = !1) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(encoded, {
        alphabet: url ? "base64url" : "base64"
    });
    if (url) {
        if (encoded.includes("+") || encoded.includes("/")) throw new TypeError("Invalid base64url");
        encoded = encoded.replace(/-/g, "+").replace(/_/g, "/");
    }
    const binary = atob(encoded), bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
}

async function digest(algorithm, data) {
    const subtleDigest = `SHA-${algorithm.slice(-3)}`;
    return new Uint8Array(await crypto.subtle.digest(subtleDigest, data));
}

const invalid = "The input to be decoded is not correctly encoded.";

function base64url_decode(input) {
    try {
        return decodeBase64(typeof input == "string" ? input : decoder.decode(input), !0);
    } catch (cause) {
        throw new TypeError(invalid, {
            cause
        });
    }
}

function base64url_encode(input) {
    return encodeBase64(typeof input == "string" ? encoder.encode(input) : input, !0);
}

function assertUint8Array(input, label) {
    if (!(input instanceof Uint8Array)) throw new TypeError(`${label} must be an instance of Uint8Array`);
}

function isObject(input) {
    if (typeof input != "object" || input === null || Object.prototype.toString.call(input) !== "[object Object]") return !1;
    const prototype = Object.getPrototypeOf(input);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isJwkSet(input) {
    return isObject(input) && Array.isArray(input.keys) && Array.from(input.keys).every(isObject);
}

function isDisjoint(...headers) {
    const parameters = new Set;
    for (const header of headers) if (header) for (const parameter of Object.keys(header)) {
        if (parameters.has(parameter)) return !1;
        parameters.add(parameter);
    }
    return !0;
}

function assertNotSet(value, name) {
    if (value !== void 0) throw new TypeError(`${name} can only be called once`);
}

function decodeBase64url(value, label, ErrorClass) {
    try {
        return decode(value);
    } catch (cause) {
        throw new ErrorClass(`Failed to base64url decode the ${label}`, {
            cause
        });
    }
}

function encodeAsciiMember(value, label, ErrorClass) {
    try {
        return encode(value);
    } catch (cause) {
        throw new ErrorClass(`The ${label} is not a valid base64url string`, {
            cause
        });
    }
}

function parseJoseHeader(encodedProtectedHeader, ErrorClass, message) {
    let parsed;
    try {
        parsed = JSON.parse(strictDecoder.decode(base64url_decode(encodedProtectedHeader)));
    } catch (cause) {
        throw new ErrorClass(message, {
            cause
        });
    }
    if (!isObject(parsed)) throw new ErrorClass(message);
    return parsed;
}

const JWS_RECOGNIZED = {
    __proto__: null,
    b64: !0
}, JWE_RECOGNIZED = {
    __proto__: null
};

function validateAlgorithms(option, algorithms) {
    if (algorithms !== void 0 && (!Array.isArray(algorithms) || algorithms.some(s => typeof s != "string"))) throw new TypeError(`"${option}" option must be an array of strings`);
    return algorithms === void 0 ? void 0 : new Set(algorithms);
}

function validateCritDuplicates(Err, protectedHeader) {
    const {crit} = protectedHeader ?? {};
    if (Array.isArray(crit) && new Set(crit).size !== crit.length) throw new Err('"crit" (Critical) Header Parameter MUST NOT contain duplicate values');
}

function validateCrit(Err, recognizedDefault, recognizedOption, protectedHeader, joseHeader) {
    if (joseHeader.crit !== void 0 && protectedHeader?.crit === void 0) throw new Err('"crit" (Critical) Header Parameter MUST be integrity protected');
    if (!protectedHeader || protectedHeader.crit === void 0) return [];
    if (!Array.isArray(protectedHeader.crit) || protectedHeader.crit.length === 0 || protectedHeader.crit.some(input => typeof input != "string" || input.length === 0)) throw new Err('"crit" (Critical) Header Parameter MUST be an array of non-empty strings when present');
    const recognized = recognizedOption === void 0 ? recognizedDefault : {
        __proto__: null,
        ...recognizedOption,
        ...recognizedDefault
    };
    for (const parameter of protectedHeader.crit) {
        if (!(parameter in recognized)) throw new JOSENotSupported(`Extension Header Parameter "${parameter}" is not recognized`);
        if (!Object.hasOwn(joseHeader, parameter) || joseHeader[parameter] === void 0) throw new Err(`Extension Header Parameter "${parameter}" is missing`);
        if (recognized[parameter] && (!Object.hasOwn(protectedHeader, parameter) || protectedHeader[parameter] === void 0)) throw new Err(`Extension Header Parameter "${parameter}" MUST be integrity protected`);
    }
    return protectedHeader.crit;
}

function validateB64(protectedHeader, extensions) {
    if (extensions.includes("b64")) {
        const b64 = protectedHeader.b64;
        if (typeof b64 != "boolean") throw new JWSInvalid('The "b64" (base64url-encode payload) Header Parameter must be a boolean');
        return b64;
    }
    return !0;
}

function serializeJoseHeader(Err, header) {
    let serialized, parsed;
    try {
        serialized = JSON.stringify(header), parsed = JSON.parse(serialized);
    } catch (cause) {
        throw new Err("JOSE Header is not valid JSON", {
            cause
        });
    }
    if (!isObject(parsed)) throw new Err("JOSE Header is not a JSON object");
    return [ parsed, serialized ];
}

function decodeProtectedHeader(token) {
    let encodedProtectedHeader;
    if (typeof token == "string") {
        const parts = token.split(".");
        (parts.length === 3 || parts.length === 5) && ([encodedProtectedHeader] = parts);
    } else if (typeof token == "object" && token) if ("protected" in token) encodedProtectedHeader = token.protected; else throw new TypeError("Token does not contain a Protected Header");
    const invalid = "Invalid Token or Protected Header formatting";
    if (typeof encodedProtectedHeader != "string" || !encodedProtectedHeader) throw new TypeError(invalid);
    return parseJoseHeader(encodedProtectedHeader, TypeError, invalid);
}

class JOSEError extends Error {
    static code="ERR_JOSE_GENERIC";
    code="ERR_JOSE_GENERIC";
    constructor(message, options) {
        super(message, options), this.name = this.constructor.name, Error.captureStackTrace?.(this, this.constructor);
    }
}

class JWTClaimValidationFailed extends JOSEError {
    static code="ERR_JWT_CLAIM_VALIDATION_FAILED";
    code="ERR_JWT_CLAIM_VALIDATION_FAILED";
    claim;
    reason;
    payload;
    constructor(message, payload, claim = "unspecified", reason = "unspecified") {
        super(message, {
            cause: {
                claim,
                reason,
                payload
            }
        }), this.claim = claim, this.reason = reason, this.payload = payload;
    }
}

class JWTExpired extends JOSEError {
    static code="ERR_JWT_EXPIRED";
    code="ERR_JWT_EXPIRED";
    claim;
    reason;
    payload;
    constructor(message, payload, claim = "unspecified", reason = "unspecified") {
        super(message, {
            cause: {
                claim,
                reason,
                payload
            }
        }), this.claim = claim, this.reason = reason, this.payload = payload;
    }
}

class JOSEAlgNotAllowed extends(null && JOSEError){
    static code=null && "ERR_JOSE_ALG_NOT_ALLOWED";
    code="ERR_JOSE_ALG_NOT_ALLOWED";
}

class errors_JOSENotSupported extends(null && JOSEError){
    static code=null && "ERR_JOSE_NOT_SUPPORTED";
    code="ERR_JOSE_NOT_SUPPORTED";
}

class JWEDecryptionFailed extends JOSEError {
    static code="ERR_JWE_DECRYPTION_FAILED";
    code="ERR_JWE_DECRYPTION_FAILED";
    constructor(message = "decryption operation failed", options) {
        super(message, options);
    }
}

class JWEInvalid extends(null && JOSEError){
    static code=null && "ERR_JWE_INVALID";
    code="ERR_JWE_INVALID";
}

class errors_JWSInvalid extends(null && JOSEError){
    static code=null && "ERR_JWS_INVALID";
    code="ERR_JWS_INVALID";
}

class JWTInvalid extends JOSEError {
    static code="ERR_JWT_INVALID";
    code="ERR_JWT_INVALID";
}

class JWKInvalid extends(null && JOSEError){
    static code=null && "ERR_JWK_INVALID";
    code="ERR_JWK_INVALID";
}

class JWKSInvalid extends(null && JOSEError){
    static code=null && "ERR_JWKS_INVALID";
    code="ERR_JWKS_INVALID";
}

class JWKSNoMatchingKey extends JOSEError {
    static code="ERR_JWKS_NO_MATCHING_KEY";
    code="ERR_JWKS_NO_MATCHING_KEY";
    constructor(message = "no applicable key found in the JSON Web Key Set", options) {
        super(message, options);
    }
}

class JWKSMultipleMatchingKeys extends JOSEError {
    [Symbol.asyncIterator]=async function*() {};
    static code="ERR_JWKS_MULTIPLE_MATCHING_KEYS";
    code="ERR_JWKS_MULTIPLE_MATCHING_KEYS";
    constructor(message = "multiple matching keys found in the JSON Web Key Set", options) {
        super(message, options);
    }
}

class JWKSTimeout extends JOSEError {
    static code="ERR_JWKS_TIMEOUT";
    code="ERR_JWKS_TIMEOUT";
    constructor(message = "request timed out", options) {
        super(message, options);
    }
}

class JWSSignatureVerificationFailed extends JOSEError {
    static code="ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
    code="ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
    constructor(message = "signature verification failed", options) {
        super(message, options);
    }
}

function decodeJwt(jwt) {
    if (typeof jwt != "string") throw new JWTInvalid("JWTs must use Compact JWS serialization, JWT must be a string");
    const {1: encodedPayload, length} = jwt.split(".");
    if (length === 5) throw new JWTInvalid("Only JWTs using Compact JWS serialization can be decoded");
    if (length !== 3) throw new JWTInvalid("Invalid JWT");
    if (!encodedPayload) throw new JWTInvalid("JWTs must contain a payload");
    let claimsSetBytes;
    try {
        claimsSetBytes = base64url_decode(encodedPayload);
    } catch (cause) {
        throw new JWTInvalid("Failed to base64url decode the payload", {
            cause
        });
    }
    let claimsSet;
    try {
        claimsSet = JSON.parse(strictDecoder.decode(claimsSetBytes));
    } catch (cause) {
        throw new JWTInvalid("Failed to parse the decoded payload as JSON", {
            cause
        });
    }
    if (!isObject(claimsSet)) throw new JWTInvalid("Invalid JWT Claims Set");
    return claimsSet;
}

const jwt_MAX_LENGTH = 64 * 1024;

const MIN_SIGNATURE_LENGTH = 20;

const MAX_TIME = 864e10;

const SHARED_KEY = /^HS/i;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const LEVEL_PREFIX = "condor:/";

function parseIdToken(jwt) {
    const token = parseCredentialToken(jwt);
    return {
        ...token,
        subject: textClaim(token.subject, "sub")
    };
}

function parseCredentialToken(jwt) {
    const text = jwt.reveal();
    if (text.length > jwt_MAX_LENGTH) throw malformed(`it has ${text.length} characters`);
    if (!JWT.test(text)) {
        throw malformed("it is not three parts of base64url with dots between them");
    }
    const {header, claims} = jwt_decode(text);
    const {alg, kid} = header;
    const {iss, sub, iat, exp, jti, scope} = claims;
    if (typeof alg !== "string" || alg.toLowerCase() === "none") throw malformed("it is not signed", "alg");
    const tokenId = jti === undefined ? undefined : textClaim(jti, "jti");
    return {
        jwt,
        signedText: text.slice(0, text.lastIndexOf(".")),
        algorithm: alg,
        keyId: textClaim(kid, "kid"),
        issuer: textClaim(iss, "iss"),
        subject: sub === undefined && tokenId !== undefined ? undefined : textClaim(sub, "sub"),
        issuedAt: timeClaim(iat, "iat"),
        expiresAt: timeClaim(exp, "exp"),
        tokenId,
        authz: levelsOfScope(scope)
    };
}

function algorithmOf(jwt) {
    const text = jwt.reveal();
    try {
        return JWT.test(text) ? String(jwt_decode(text).header["alg"]) : undefined;
    } catch {
        return undefined;
    }
}

function revealSignature({jwt}) {
    return new Uint8Array(Buffer.from(signaturePart(jwt).reveal(), "base64url"));
}

function secretsOf(jwt) {
    const signature = signaturePart(jwt);
    return signature.reveal().length < MIN_SIGNATURE_LENGTH ? [ jwt ] : [ jwt, signature ];
}

function maskJwt(jwt, host) {
    if (algorithmOf(jwt) !== undefined) for (const secret of secretsOf(jwt)) host.mask(secret);
}

function signaturePart(jwt) {
    return new Secret(jwt.reveal().split(".")[2] ?? "");
}

function jwt_decode(text) {
    try {
        return {
            header: decodeProtectedHeader(text),
            claims: decodeJwt(text)
        };
    } catch {
        throw malformed("its header or payload is not a JSON object");
    }
}

function textClaim(value, claim) {
    if (typeof value !== "string" || value === "") throw malformed(`it has no ${claim}`, claim);
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) throw malformed(`its ${claim} contains control characters`, claim);
    return value;
}

function timeClaim(value, claim) {
    if (value === undefined) return undefined;
    if (typeof value !== "number" || value < 0 || value > MAX_TIME) throw malformed(`its ${claim} is not a valid timestamp`, claim);
    return Math.round(value);
}

function levelsOfScope(scope) {
    if (scope === undefined) return undefined;
    if (typeof scope !== "string") throw malformed("its scope is not a string", "scope");
    if (/[^ \t\r\n!-~]/.test(scope)) throw malformed("its scope contains invalid characters", "scope");
    const found = scope.split(/[ ,\t\r\n]/).filter(each => each.startsWith(LEVEL_PREFIX)).map(each => each.slice(LEVEL_PREFIX.length));
    return found.length > 0 ? found : undefined;
}

function malformed(what, claim) {
    return new TokenError("ERR_TOKEN_MALFORMED", `not an IDTOKEN: ${what}`, claim);
}

const IMPLIED = {
    ALLOW: undefined,
    READ: undefined,
    WRITE: "READ",
    NEGOTIATOR: "READ",
    ADMINISTRATOR: "WRITE",
    CONFIG: "READ",
    DAEMON: "WRITE",
    SOAP: undefined,
    DEFAULT: undefined,
    CLIENT: undefined,
    ADVERTISE_STARTD: "READ",
    ADVERTISE_SCHEDD: "READ",
    ADVERTISE_MASTER: "READ"
};

const AUTHORIZATION_LEVELS = Object.keys(IMPLIED);

function breadth(levels) {
    const known = AUTHORIZATION_LEVELS.filter(level => covers(levels, level));
    return new Set([ ...known, ...levels ]).size;
}

function covers(granted, level) {
    return granted.some(each => {
        for (let implied = each; implied !== undefined; implied = IMPLIED[implied]) {
            if (implied === level) return true;
        }
        return false;
    });
}

function hasExpired({expiresAt}, now) {
    return expiresAt !== undefined && expiresAt * 1e3 <= now.getTime();
}

function expiry(token, kind, now, {lastHeardFrom}) {
    if (token.expiresAt === undefined || !hasExpired(token, now)) return undefined;
    const pool = lastHeardFrom === undefined ? "" : `; the clock of the collector showed at least ${iso(lastHeardFrom)}`;
    return {
        kind,
        reason: `it expired at ${iso(token.expiresAt)}; the clock of this host shows ${now.toISOString()}${pool}`
    };
}

function iso(seconds) {
    return new Date(seconds * 1e3).toISOString();
}

const crypto_crypto = () => process.getBuiltinModule("node:crypto");

class Writer {
    #parts=[];
    #encrypted;
    constructor(encrypted = false) {
        this.#encrypted = encrypted;
    }
    int(value) {
        if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
        return this.bytes(bytes);
    }
    bytes(bytes) {
        this.#parts.push(bytes);
        return this;
    }
    string(value) {
        if (value.includes("\0")) throw new RangeError("a CEDAR string cannot contain NUL");
        const bytes = (new TextEncoder).encode(`${value}\0`);
        if (this.#encrypted) this.int(bytes.length);
        return this.bytes(bytes);
    }
    finish() {
        return writer_concat(this.#parts);
    }
}

function writer_concat(parts) {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined) return first;
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}

const METHOD_BIT = {
    FS: 4,
    KERBEROS: 64,
    SSL: 256,
    PASSWORD: 512,
    MUNGE: 1024,
    TOKEN: 2048,
    SCITOKENS: 4096
};

function displayName(method) {
    return method === "TOKEN" ? "IDTOKENS" : method;
}

const SET_SERVER_NAME = "set server-name, or use a host name instead of an IP address";

const SAFE_AFTER_UNPROVEN = [ "TOKEN", "SSL", "SCITOKENS" ];

class MethodRefused extends Error {
    outOfStep;
    refusal;
    unproven;
    constructor(refusal, outOfStep = false, unproven = false) {
        super(refusal.reason);
        this.refusal = refusal;
        this.outOfStep = outOfStep;
        this.unproven = unproven;
    }
}

const NONCE_LENGTH = 256;

const MAC_LENGTH = 20;

const STATUS_OK = 0;

const STATUS_ERROR = -1;

const utf8 = new TextEncoder;

const SEED_A = new Uint8Array(Buffer.from("PkpQIEfV9OXcfGm7UhDLthZ63YCE992e860synHSg90RSk+7ex7pCt+oYsRDBN5Uc6MXL3NcLLtud1tdQNOfrOhzGCUj+SUr" + "Yjvg1LFno6gEDKz+6e49oCwKu/TZ2LEfiQBMlDkjzl2VCLs/BLxmo/ogoTpBbF5vTg0xh9Rfx4M1xeSF2yxaNxeXDMJue2ud" + "GWW0emffd6MfIvCKbAulcJeiGpynxgQk9yc5q1y5FaQYW9EJgo415CEIq4UcCKPf/eDjsG89OTjNrW3275pvbcLLdPAihRLr" + "ej1oIwEGhLAVwSrDAUxPn5OOOE2tHjvXRf+MFB/XC0ZbqK9dG5i0sQ==", "base64"));

function keyOfToken(signature, signedText) {
    const salt = writer_concat([ SEED_A, utf8.encode(signedText) ]);
    return new Uint8Array(crypto_crypto().hkdfSync("sha256", signature, salt, "master ka", 32));
}

function keyOfPassword(password) {
    return hmac(SEED_A, password, password);
}

function akep2({method, label, source, opening, key, refusal, doubt, unproven}) {
    return {
        label,
        source,
        doubt,
        open: channel => channel.send(message => putOpening(message, opening)),
        async finish(channel) {
            const challenge = await channel.receive(getChallenge);
            if (challenge.accepted && serverIsProven(key(), opening, challenge)) {
                channel.send(message => putProof(message, key(), opening, challenge));
                return [];
            }
            channel.send(putNoProof);
            if (!challenge.accepted) throw new MethodRefused(refusal());
            const passed = unproven?.();
            const kind = method === "PASSWORD" ? "password-differs" : "signing-key-differs";
            if (passed !== undefined) throw new MethodRefused({
                reason: passed,
                kind
            }, false, true);
            const reason = `${label}: the daemon has a different secret for it`;
            throw new AuthenticationError("ERR_SERVER_UNPROVEN", "the daemon failed to prove that it knows the shared secret", [ {
                method: displayName(method),
                reason,
                kind
            } ]);
        }
    };
}

function putOpening(message, {name, signedText, nonce}) {
    putName(message.int(STATUS_OK), name);
    if (signedText !== undefined) message.string(signedText);
    putBlock(message, nonce);
}

function getChallenge(message) {
    const accepted = message.int() === STATUS_OK;
    const clientName = getName(message);
    const serverName = getName(message);
    const clientNonce = getBlock(message, NONCE_LENGTH);
    const serverNonce = getBlock(message, NONCE_LENGTH);
    const mac = getBlock(message, MAC_LENGTH);
    return {
        accepted,
        clientName,
        serverName,
        clientNonce,
        serverNonce,
        mac
    };
}

function serverIsProven(key, opening, challenge) {
    const {serverName, clientNonce, serverNonce, mac} = challenge;
    if (serverNonce.length !== NONCE_LENGTH || mac.length !== MAC_LENGTH) return false;
    if (challenge.clientName !== opening.name || !equal(clientNonce, opening.nonce)) return false;
    const names = utf8.encode(`${opening.name} ${serverName}\0`);
    return equal(mac, hmac(key, names, opening.nonce, serverNonce));
}

function putProof(message, key, opening, challenge) {
    const mac = hmac(key, utf8.encode(`${opening.name}\0`), challenge.serverNonce);
    putName(message.int(STATUS_OK), opening.name);
    putBlock(putBlock(message, challenge.serverNonce), mac);
}

function putNoProof(message) {
    putName(message.int(STATUS_ERROR), "").int(0).int(0);
}

function putName(message, name) {
    return message.int(utf8.encode(name).length).string(name);
}

function getName(message) {
    const length = message.int();
    const name = message.string();
    if (utf8.encode(name).length !== length) throw new ProtocolError("ERR_MESSAGE", "a name does not match its declared length");
    return name;
}

function putBlock(message, bytes) {
    return message.int(bytes.length).bytes(bytes);
}

function getBlock(message, length) {
    const actual = message.int();
    if (actual !== 0 && actual !== length) {
        throw new ProtocolError("ERR_MESSAGE", `a block of ${actual} bytes instead of ${length}`);
    }
    return message.bytes(actual);
}

function hmac(key, ...parts) {
    return crypto_crypto().createHmac("sha1", key).update(writer_concat(parts)).digest();
}

function equal(a, b) {
    return a.length === b.length && crypto_crypto().timingSafeEqual(a, b);
}

function idtokens(credentials, host, {mint, authz = [], endsRun = false} = {}) {
    const ordered = byBreadth(credentials, authz);
    const runState = {
        host,
        endsRun: endsRun && credentials.length === 1,
        warned: new Set
    };
    return {
        name: "TOKEN",
        authenticatesServer: true,
        sources: [ ...credentials.map(({source}) => source), ...mint === undefined ? [] : [ "a signing key on this host" ] ],
        candidatesFor(server, peer) {
            const judged = ordered.map(credential => ({
                credential,
                refusal: objection(credential, server, credentials.length > 1)
            }));
            const usable = judged.filter(({refusal}) => refusal === undefined).map(({credential}) => credential);
            const minted = usable.length === 0 ? mint?.(server) : undefined;
            return {
                usable: [ ...usable, ...minted === undefined ? [] : [ minted ] ].map(each => candidate(each, runState, peer)),
                rejected: judged.flatMap(({credential, refusal}) => refusal === undefined ? [] : [ {
                    label: labelOf(credential),
                    ...refusal
                } ])
            };
        },
        guessed(peer) {
            const valid = credentials.filter(({token}) => !hasExpired(token, host.now()));
            const [only, ...others] = valid.length > 0 ? valid : credentials;
            return only?.chosen === true && others.length === 0 ? candidate(only, runState, peer) : undefined;
        }
    };
}

function byBreadth(credentials, authz) {
    if (authz.length === 0) return credentials;
    const rank = ({token}) => {
        if (token.subject === undefined) return MANY_LEVELS;
        if (token.authz === undefined) return MANY_LEVELS + 1;
        return authz.every(level => covers(token.authz ?? [], level)) ? breadth(token.authz) : MANY_LEVELS + 2;
    };
    return credentials.toSorted((a, b) => rank(a) - rank(b));
}

const MANY_LEVELS = 1e3;

function candidate(credential, {host, endsRun, warned}, peer) {
    const {token, source} = credential;
    const own = akep2({
        method: "TOKEN",
        label: labelOf(credential),
        source: credential.source,
        opening: {
            name: nameOf(token),
            signedText: token.signedText,
            nonce: host.randomBytes(NONCE_LENGTH)
        },
        key: () => keyOfToken(revealSignature(token), token.signedText),
        refusal: () => refusal(token, host.now()),
        doubt: expiry(token, "idtoken-expired", host.now(), peer),
        unproven: () => {
            if (endsRun) return undefined;
            const advice = `if the pool was reinstalled, remove the token from ${source}`;
            if (!warned.has(source)) host.log.warn(`The daemon failed to prove that it knows the signing key of the token from ${source}; ${advice}`);
            warned.add(source);
            return `the daemon has a different secret for it; ${advice}`;
        }
    });
    return {
        ...own,
        expiresAt: token.expiresAt
    };
}

function nameOf({subject, tokenId}) {
    return subject ?? tokenId ?? "";
}

function labelOf({source, token}) {
    return `${source} (${token.subject ?? `capability ${nameOf(token)}`}, issuer ${token.issuer}, key ${token.keyId})`;
}

function objection({token, chosen}, server, oneOfSeveral) {
    const {issuer, keyId: key} = token;
    const {trustDomain, issuerKeys} = server;
    if (trustDomain === "" && (!chosen || oneOfSeveral)) {
        const why = chosen ? "so the client cannot choose one of several tokens" : "and no input or setting selects this token for it";
        return {
            kind: "no-trust-domain",
            reason: `the daemon does not report its trust domain, ${why}`
        };
    }
    if (trustDomain !== "" && issuer !== trustDomain) {
        const reason = `it was issued by ${issuer}; the daemon's trust domain is ${trustDomain}`;
        return {
            kind: "issuer-differs",
            reason,
            details: {
                issuer,
                trustDomain
            }
        };
    }
    if (issuerKeys.length > 0 && !issuerKeys.includes(key)) {
        const reason = `it is signed with the key ${key}; the daemon has ${issuerKeys.join(", ")}`;
        return {
            kind: "key-differs",
            reason,
            details: {
                key
            }
        };
    }
    return undefined;
}

function refusal({issuedAt, tokenId, keyId}, now) {
    const age = issuedAt === undefined ? "unknown" : describeDuration(Math.round(now.getTime() / 1e3 - issuedAt));
    const reasons = [ `the daemon cannot read its key ${keyId}`, "it is revoked (SEC_TOKEN_REVOCATION_EXPR)", `it is older than SEC_TOKEN_MAX_AGE (its age is ${age})`, ...tokenId === undefined ? [ "it has no jti, which HTCondor 25 requires" ] : [] ];
    return {
        kind: "unexplained",
        reason: `the daemon refused it without a reason; possible causes: ${reasons.join("; ")}`
    };
}

function readBounded(path, maxBytes, check, flags = 0) {
    const file = (0, external_node_fs_namespaceObject.openSync)(path, external_node_fs_namespaceObject.constants.O_RDONLY | (external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0) | flags);
    try {
        const stats = (0, external_node_fs_namespaceObject.fstatSync)(file);
        if (!stats.isFile()) throw new Error("it is not a regular file");
        if (stats.size > maxBytes) throw new Error("it is too large");
        check?.(stats);
        const bytes = Buffer.alloc(Math.max(stats.size, 4096) + 1);
        const chunks = [];
        for (let total = 0; ;) {
            const length = (0, external_node_fs_namespaceObject.readSync)(file, bytes);
            if (length === 0) return Buffer.concat(chunks);
            total += length;
            if (total > maxBytes) throw new Error("it is too large");
            chunks.push(Buffer.from(bytes.subarray(0, length)));
        }
    } finally {
        (0, external_node_fs_namespaceObject.closeSync)(file);
    }
}

const REASONS = {
    ENOENT: "it does not exist",
    EACCES: "permission denied",
    EPERM: "the operation is not permitted",
    EROFS: "the file system is read-only",
    ENOSPC: "no space is left on the device",
    EFBIG: "the file would exceed the size limit",
    ENOTDIR: "a part of the path is not a directory",
    EISDIR: "it is a directory",
    EEXIST: "it already exists",
    ELOOP: "it is a symbolic link, or there are too many of them",
    ENAMETOOLONG: "the path is too long",
    EBUSY: "it is in use",
    EMFILE: "too many files are open",
    EIO: "an input/output error occurred",
    EPIPE: "the reader closed the pipe",
    ECONNREFUSED: "connection refused",
    ECONNRESET: "the connection was reset",
    EHOSTUNREACH: "the host is unreachable",
    ENETUNREACH: "the network is unreachable",
    ETIMEDOUT: "the connection timed out",
    CERT_HAS_EXPIRED: "its certificate has expired",
    CERT_NOT_YET_VALID: "its certificate is not valid yet",
    ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for a different host name"
};

function systemReason(error) {
    if (!(error instanceof Error)) return String(error);
    const {code, errno, message} = error;
    if (code === undefined) return message;
    if (code.startsWith("HPE_")) return "its response is not valid HTTP";
    if (code.startsWith("ERR_SSL_")) return "it does not use TLS";
    if (/^UNABLE_TO_|SELF_SIGNED/.test(code)) return "the CA of its certificate is not trusted";
    if (code === "ECONNRESET" && errno === undefined) return "it closed the connection";
    return REASONS[code] ?? (errno === undefined ? message : `the system reports ${code}`);
}

const MAX_FILE_LENGTH = 1024 * 1024;

class ExposedFile extends Error {}

function readPrivateFile(path) {
    return readBounded(path, MAX_FILE_LENGTH, ({uid, mode}) => {
        if (process.getuid === undefined) return;
        checkOwner({
            uid
        }, process.getuid());
        if ((mode & 63) === 0) return;
        throw new ExposedFile(`other accounts can access it (mode ${(mode & 511).toString(8).padStart(4, "0")}); the mode must be 0600`);
    });
}

function checkOwner({uid}, owner) {
    if (uid !== owner) throw new ExposedFile(`it is owned by user ${uid}, not by this account (${owner})`);
}

function unreadable(reason, source, what) {
    return new CredentialError("ERR_CREDENTIAL_UNREADABLE", `${source}: ${what}`, {
        reason,
        details: {
            input: source
        }
    });
}

function exposedKind(error) {
    return error instanceof ExposedFile || isDenied(error) ? "file-exposed" : undefined;
}

function reasonOf(error) {
    return isDenied(error) ? "this account cannot read it" : systemReason(error);
}

function isDenied(error) {
    const {code} = error;
    return code === "EACCES" || code === "EPERM";
}

const IDENTITY = "condor@password";

const LIFETIME_SECONDS = 60;

function mintWith({trustDomain, poolKeyFile, keyDirectory}, host) {
    const pathOf = id => id === "POOL" ? poolKeyFile : keyDirectory && /^[\w.-]+$/.test(id) ? (0, 
    external_node_path_namespaceObject.join)(keyDirectory, id) : undefined;
    if (!isReadable(poolKeyFile) && !isReadable(keyDirectory)) return undefined;
    return server => {
        if (trustDomain === undefined || server.trustDomain !== trustDomain) return undefined;
        for (const id of server.issuerKeys) {
            const path = pathOf(id);
            if (path === undefined || !isReadable(path)) continue;
            try {
                const jwt = sign(id, descramble(readPrivateFile(path)), trustDomain, host);
                maskJwt(jwt, host);
                return {
                    token: parseCredentialToken(jwt),
                    source: `a token signed with the key ${path}`,
                    chosen: true
                };
            } catch (error) {
                host.log.debug(`credentials: skipped the key ${path}: ${reasonOf(error)}`);
            }
        }
        return undefined;
    };
}

function sign(id, key, issuer, host) {
    const material = id === "POOL" ? Buffer.concat([ key, key ]) : key;
    const jwtKey = new Uint8Array(crypto_crypto().hkdfSync("sha256", material, "htcondor", "master jwt", 32));
    const encode = part => Buffer.from(JSON.stringify(part)).toString("base64url");
    const now = Math.floor(host.now().getTime() / 1e3);
    const jti = Buffer.from(host.randomBytes(16)).toString("hex");
    const claims = {
        exp: now + LIFETIME_SECONDS,
        iat: now,
        iss: issuer,
        jti,
        sub: IDENTITY
    };
    const signedText = `${encode({
        alg: "HS256",
        kid: id
    })}.${encode(claims)}`;
    return new Secret(`${signedText}.${crypto_crypto().createHmac("sha256", jwtKey).update(signedText).digest("base64url")}`);
}

function descramble(bytes) {
    const mask = [ 222, 173, 190, 239 ];
    return bytes.map((byte, at) => byte ^ (mask[at % mask.length] ?? 0));
}

function isReadable(path) {
    if (path === undefined) return false;
    try {
        (0, external_node_fs_namespaceObject.accessSync)(path, external_node_fs_namespaceObject.constants.R_OK);
        return true;
    } catch {
        return false;
    }
}

const MAX_REASONS = 20;

function loadIdTokens(source, host, authz = []) {
    const {found, reasons, kind = "no-credential"} = readIdTokens(source, host);
    const mint = "signing" in source && source.signing !== undefined ? mintWith(source.signing, host) : undefined;
    return found.length > 0 || mint !== undefined ? idtokens(found, host, {
        mint,
        authz,
        endsRun: "text" in source
    }) : new Unavailable(`no IDTOKEN was found; ${reasons.join("; ")}`, kind);
}

function credentialsFrom(token, source, host) {
    const own = idtokens([ {
        token,
        source,
        chosen: true
    } ], host, {
        endsRun: true
    });
    return {
        methods: [ own ],
        preference: "ours",
        unavailable: []
    };
}

function readIdTokens(source, host) {
    if (!("text" in source)) return readFromDirectory(source, host);
    host.mask(source.text);
    const lines = tokenLines(source.text.reveal(), "idtoken");
    if (lines.length === 0) return {
        found: [],
        reasons: [ "idtoken contains only blank lines and comments" ]
    };
    return {
        found: lines.map(line => parseLine(line, true, host)),
        reasons: []
    };
}

function readFromDirectory({directory, excluded, named}, host) {
    const {lines, skipped, exposed, kind} = readTokenDirectory(directory, excluded);
    for (const reason of exposed) host.log.warn(`Skipped ${reason}. Correct its owner and mode if it should be used`);
    const found = [];
    const reasons = [ ...skipped ];
    let others = 0;
    for (const line of lines) {
        try {
            found.push(parseLine(line, named, host));
        } catch (error) {
            if (!(error instanceof CredentialError)) throw error;
            if (reasons.length < MAX_REASONS) reasons.push(error.message); else others += 1;
        }
    }
    if (others > 0) reasons.push(`${others} more lines without an IDTOKEN`);
    for (const reason of reasons) host.log.debug(`credentials: skipped ${reason}`);
    return {
        found,
        reasons,
        kind
    };
}

function parseLine({text, source}, chosen, host) {
    maskJwt(text, host);
    try {
        return {
            token: parseCredentialToken(text),
            source,
            chosen
        };
    } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        throw unreadable("credential-unreadable", source, error.message);
    }
}

const EXCLUDED_NAME = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew)|(.*\.dpkg-.*))$/;

function readTokenDirectory(directory, excluded = EXCLUDED_NAME) {
    let names;
    try {
        names = (0, external_node_fs_namespaceObject.readdirSync)(directory).sort();
    } catch (error) {
        return {
            lines: [],
            skipped: [ `${directory}: ${reasonOf(error)}` ],
            exposed: [],
            kind: exposedKind(error)
        };
    }
    const lines = [];
    const skipped = [];
    const exposed = [];
    let kind;
    for (const name of names) {
        const path = (0, external_node_path_namespaceObject.join)(directory, name);
        if (excluded.test(name)) {
            skipped.push(`${path}: HTCondor ignores files with such a name`);
            kind ??= "file-name-ignored";
            continue;
        }
        try {
            const found = tokenLines(readPrivateFile(path).toString("utf8"), path);
            if (found.length === 0) skipped.push(`${path}: the file contains no token, only blank lines and comments`);
            lines.push(...found);
        } catch (error) {
            skipped.push(`${path}: ${reasonOf(error)}`);
            kind = exposedKind(error) ?? kind;
            if (error instanceof ExposedFile) exposed.push(`${path}: ${error.message}`);
        }
    }
    if (names.length === 0) skipped.push(`${directory}: the directory is empty`);
    return {
        lines,
        skipped,
        exposed,
        kind
    };
}

function tokenLines(text, source) {
    const found = text.split(/\r?\n/).map((line, index) => ({
        line: line.trim(),
        number: index + 1
    })).filter(({line}) => line !== "" && !line.startsWith("#"));
    return found.map(({line, number}) => ({
        text: new Secret(line),
        source: found.length === 1 ? source : `${source} line ${number}`
    }));
}

const RUNS = [ [ "actions", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT" ], [ "gitlab", "CI_JOB_ID" ], [ "buildkite", "BUILDKITE_JOB_ID" ], [ "circleci", "CIRCLE_WORKFLOW_JOB_ID" ], [ "jenkins", "BUILD_TAG" ] ];

const ci_run_MAX_LENGTH = 64;

function ciRun(env) {
    for (const [system, id, attempt] of RUNS) {
        const parts = [ env[id], attempt === undefined ? undefined : env[attempt] ].map(each => each?.trim() ?? "");
        if (parts[0] === "") continue;
        const name = `${system}-${parts.filter(each => each !== "").join(".")}`;
        return name.replace(/[^\w.-]/g, "_").slice(0, ci_run_MAX_LENGTH);
    }
    return undefined;
}

class KerberosError extends Error {
    kind;
    details;
    constructor(message, kind = "no-ticket", details) {
        super(message);
        this.kind = kind;
        this.details = details;
    }
}

class KdcError extends KerberosError {
    code;
    data;
    constructor(code, message, data, kind, details) {
        super(message, kind, details);
        this.code = code;
        this.data = data;
    }
}

const KDC_ERR = {
    CLIENT_UNKNOWN: 6,
    SERVER_UNKNOWN: 7,
    ETYPE_NOSUPP: 14,
    CLIENT_REVOKED: 18,
    KEY_EXPIRED: 23,
    PREAUTH_FAILED: 24,
    PREAUTH_REQUIRED: 25,
    TICKET_EXPIRED: 32,
    SKEW: 37
};

function kdcError({code, text, serverTime, data}, {client, service, realm, now, isPassword}) {
    const words = {
        [KDC_ERR.CLIENT_UNKNOWN]: [ `does not know the client ${client}`, "client-unknown" ],
        [KDC_ERR.SERVER_UNKNOWN]: [ `does not know the service ${service}`, "service-unknown" ],
        [KDC_ERR.ETYPE_NOSUPP]: [ `supports none of the encryption types for ${client} and ${service}`, "encryption-type" ],
        [KDC_ERR.CLIENT_REVOKED]: [ `reports that the client ${client} is locked, disabled or expired`, "account-locked" ],
        [KDC_ERR.KEY_EXPIRED]: [ `requires a new password for ${client}`, "account-locked" ],
        [KDC_ERR.PREAUTH_FAILED]: [ `rejected the key of ${client}`, isPassword ? "password-rejected" : "key-rejected" ],
        [KDC_ERR.TICKET_EXPIRED]: [ `reports that the ticket of ${client} expired` ],
        [KDC_ERR.SKEW]: [ `rejects the clock of this host, which shows ${timeOf(now.getTime() / 1e3)}; the clock of the KDC shows ${timeOf(serverTime)}`, "clock-rejected" ]
    };
    const [known, kind] = words[code] ?? [ `refused ${service} to ${client} with error ${code}` ];
    const detail = text === undefined || text === "" ? "" : ` (${text.slice(0, 100)})`;
    return new KdcError(code, `the KDC of ${realm} ${known}${detail}`, data, kind, {
        client,
        service
    });
}

function timeOf(seconds) {
    return new Date(seconds * 1e3).toISOString().replace(".000", "");
}

class ByteReader {
    #bytes;
    #at=0;
    constructor(bytes) {
        this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    get remaining() {
        return this.#bytes.length - this.#at;
    }
    unsigned(length) {
        return this.#bytes.readUIntBE(this.#take(length), length);
    }
    signed() {
        return this.#bytes.readInt32BE(this.#take(4));
    }
    bytes(length) {
        const start = this.#take(length);
        return this.#bytes.subarray(start, start + length);
    }
    counted(size) {
        return this.bytes(this.unsigned(size));
    }
    text(size) {
        return Buffer.from(this.counted(size)).toString();
    }
    #take(length) {
        const start = this.#at;
        if (length > this.remaining) throw new KerberosError("it is truncated");
        this.#at += length;
        return start;
    }
}

const FORMAT = 1284;

const MAX_CREDENTIALS = 1e3;

const MAX_COMPONENTS = 16;

const MAX_ITEMS = 1e3;

const SETTINGS_REALM = "X-CACHECONF:";

function parseCredentialCache(bytes) {
    const reader = new ByteReader(bytes);
    const format = reader.unsigned(2);
    if (format !== FORMAT) throw new KerberosError("it is not a credential cache of format 4");
    reader.counted(2);
    const client = getPrincipal(reader);
    const tickets = [];
    for (let count = 0; reader.remaining > 0; count++) {
        if (count === MAX_CREDENTIALS) throw new KerberosError(`it has more than ${MAX_CREDENTIALS} entries`);
        const ticket = getTicket(reader);
        if (ticket.service.realm !== SETTINGS_REALM) tickets.push(ticket);
    }
    return {
        client,
        tickets
    };
}

function getPrincipal(reader) {
    const type = reader.unsigned(4);
    const count = reader.unsigned(4);
    if (count > MAX_COMPONENTS) throw new KerberosError(`a principal has ${count} components, more than ${MAX_COMPONENTS}`);
    const realm = reader.text(4);
    return {
        type,
        components: Array.from({
            length: count
        }, () => reader.text(4)),
        realm
    };
}

function getTicket(reader) {
    const client = getPrincipal(reader);
    const service = getPrincipal(reader);
    const key = {
        type: reader.unsigned(2),
        bytes: reader.counted(4)
    };
    reader.bytes(8);
    const endTime = reader.unsigned(4);
    reader.bytes(9);
    skipTyped(reader);
    skipTyped(reader);
    const encoded = reader.counted(4);
    reader.counted(4);
    return {
        client,
        service,
        key,
        endTime,
        encoded
    };
}

function skipTyped(reader) {
    const count = reader.unsigned(4);
    if (count > MAX_ITEMS) throw new KerberosError(`a list has ${count} items`);
    for (let i = 0; i < count; i++) {
        reader.unsigned(2);
        reader.counted(4);
    }
}

const BLOCK_LENGTH = 16;

function aes(key, mode, bytes, decrypting) {
    const {createCipheriv, createDecipheriv} = crypto_crypto();
    const vector = mode === "cbc" ? new Uint8Array(BLOCK_LENGTH) : null;
    const name = `aes-${key.length * 8}-${mode}`;
    const cipher = decrypting ? createDecipheriv(name, key, vector) : createCipheriv(name, key, vector);
    cipher.setAutoPadding(false);
    return Buffer.concat([ cipher.update(bytes), cipher.final() ]);
}

function encryptBlock(key, block) {
    return aes(key, "ecb", block, false);
}

function encryptCts(key, plaintext) {
    const padded = Buffer.alloc(Math.ceil(plaintext.length / BLOCK_LENGTH) * BLOCK_LENGTH);
    padded.set(plaintext);
    const blocks = aes(key, "cbc", padded, false);
    if (blocks.length === BLOCK_LENGTH) return blocks;
    const [previous, last] = [ blocks.subarray(-2 * BLOCK_LENGTH, -BLOCK_LENGTH), blocks.subarray(-BLOCK_LENGTH) ];
    const stolen = plaintext.length - (blocks.length - BLOCK_LENGTH);
    return Buffer.concat([ blocks.subarray(0, -2 * BLOCK_LENGTH), last, previous.subarray(0, stolen) ]);
}

function decryptCts(key, ciphertext) {
    const {length} = ciphertext;
    if (length < BLOCK_LENGTH) throw new KerberosError("a ciphertext is too short");
    if (length === BLOCK_LENGTH) return aes(key, "cbc", ciphertext, true);
    const lastLength = (length - 1) % BLOCK_LENGTH + 1;
    const start = length - lastLength - BLOCK_LENGTH;
    const last = ciphertext.subarray(start, start + BLOCK_LENGTH);
    const previous = aes(key, "ecb", last, true);
    previous.set(ciphertext.subarray(start + BLOCK_LENGTH));
    const plaintext = aes(key, "cbc", Buffer.concat([ ciphertext.subarray(0, start), previous, last ]), true);
    return plaintext.subarray(0, length);
}

function nFold(input, length) {
    const total = leastCommonMultiple(input.length, length);
    const bits = input.length * 8;
    const bitOf = at => (input[at >> 3] ?? 0) >> 7 - (at & 7) & 1;
    const sum = new Uint8Array(length);
    let carry = 0;
    for (let at = total - 1; at >= 0; at--) {
        const rotation = 13 * Math.floor(at / input.length);
        const first = at % input.length * 8;
        let byte = 0;
        for (let bit = 0; bit < 8; bit++) byte = byte << 1 | bitOf(((first + bit - rotation) % bits + bits) % bits);
        carry += byte + (sum[at % length] ?? 0);
        sum[at % length] = carry & 255;
        carry >>= 8;
    }
    for (let at = length - 1; carry > 0; at = (at + length - 1) % length) {
        carry += sum[at] ?? 0;
        sum[at] = carry & 255;
        carry >>= 8;
    }
    return sum;
}

function leastCommonMultiple(a, b) {
    let [divisor, rest] = [ a, b ];
    while (rest > 0) [divisor, rest] = [ rest, divisor % rest ];
    return a / divisor * b;
}

const CONFOUNDER_LENGTH = BLOCK_LENGTH;

const ENCRYPTION_TYPES = [ 18, 17, 20, 19 ];

function encryptionType(id) {
    switch (id) {
      case 17:
        return sha1Type(17, 15, 16);

      case 18:
        return sha1Type(18, 16, 32);

      case 19:
        return sha2Type({
            id: 19,
            checksumType: 19,
            keyLength: 16,
            hash: "sha256",
            macLength: 16
        });

      case 20:
        return sha2Type({
            id: 20,
            checksumType: 20,
            keyLength: 32,
            hash: "sha384",
            macLength: 24
        });

      default:
        throw new KerberosError(`the encryption type ${encryptionName(id)} is not supported`, "encryption-type");
    }
}

function encryptionName(id) {
    const names = {
        1: "des-cbc-crc",
        2: "des-cbc-md4",
        3: "des-cbc-md5",
        16: "des3-cbc-sha1",
        17: "aes128-cts-hmac-sha1-96",
        18: "aes256-cts-hmac-sha1-96",
        19: "aes128-cts-hmac-sha256-128",
        20: "aes256-cts-hmac-sha384-192",
        23: "arcfour-hmac",
        24: "arcfour-hmac-exp",
        25: "camellia128-cts-cmac",
        26: "camellia256-cts-cmac"
    };
    return names[id] ?? `number ${id}`;
}

function encryption_hmac(hash, key, ...parts) {
    const mac = crypto_crypto().createHmac(hash, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
}

function assertIntegrity(actual, expected) {
    if (actual.length === expected.length && crypto_crypto().timingSafeEqual(actual, expected)) return;
    throw new KerberosError("a message was encrypted with a different key or was modified");
}

function pbkdf2(password, salt, iterations, length, hash) {
    return new Promise((resolve, reject) => {
        crypto_crypto().pbkdf2(password, salt, iterations, length, hash, (error, key) => error ? reject(error) : resolve(key));
    });
}

function constantOf(usage, kind) {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setUint32(0, usage);
    bytes[4] = kind;
    return bytes;
}

const [KE, KI, KC] = [ 170, 85, 153 ];

const SHA1_MAC_LENGTH = 12;

function deriveSha1(key, constant) {
    const blocks = [];
    let block = nFold(constant, BLOCK_LENGTH);
    for (let length = 0; length < key.length; length += BLOCK_LENGTH) {
        block = encryptBlock(key, block);
        blocks.push(block);
    }
    return Buffer.concat(blocks).subarray(0, key.length);
}

function sha1Type(id, checksumType, keyLength) {
    const mac = (key, usage, kind, data) => encryption_hmac("sha1", deriveSha1(key, constantOf(usage, kind)), data).subarray(0, SHA1_MAC_LENGTH);
    return {
        ...{
            id,
            checksumType,
            keyLength,
            defaultIterations: 4096
        },
        encrypt(key, usage, plaintext, confounder) {
            const text = Buffer.concat([ confounder, plaintext ]);
            return Buffer.concat([ encryptCts(deriveSha1(key, constantOf(usage, KE)), text), mac(key, usage, KI, text) ]);
        },
        decrypt(key, usage, ciphertext) {
            const end = Math.max(0, ciphertext.length - SHA1_MAC_LENGTH);
            const text = decryptCts(deriveSha1(key, constantOf(usage, KE)), ciphertext.subarray(0, end));
            assertIntegrity(ciphertext.subarray(end), mac(key, usage, KI, text));
            return text.subarray(CONFOUNDER_LENGTH);
        },
        checksum: (key, usage, data) => mac(key, usage, KC, data),
        async stringToKey(password, salt, iterations) {
            const key = await pbkdf2(password, salt, iterations, keyLength, "sha1");
            return deriveSha1(key, Buffer.from("kerberos"));
        }
    };
}

function deriveSha2(hash, key, label, length) {
    const bytes = new Uint8Array(label.length + 9);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 1);
    bytes.set(label, 4);
    view.setUint32(label.length + 5, length * 8);
    return encryption_hmac(hash, key, bytes).subarray(0, length);
}

function sha2Type({id, checksumType, keyLength, hash, macLength}) {
    const vector = new Uint8Array(BLOCK_LENGTH);
    const encryptionKey = (key, usage) => deriveSha2(hash, key, constantOf(usage, KE), keyLength);
    const mac = (key, usage, kind, ...data) => encryption_hmac(hash, deriveSha2(hash, key, constantOf(usage, kind), macLength), ...data).subarray(0, macLength);
    return {
        ...{
            id,
            checksumType,
            keyLength,
            defaultIterations: 32768
        },
        encrypt(key, usage, plaintext, confounder) {
            const text = encryptCts(encryptionKey(key, usage), Buffer.concat([ confounder, plaintext ]));
            return Buffer.concat([ text, mac(key, usage, KI, vector, text) ]);
        },
        decrypt(key, usage, ciphertext) {
            const end = Math.max(0, ciphertext.length - macLength);
            const text = ciphertext.subarray(0, end);
            assertIntegrity(ciphertext.subarray(end), mac(key, usage, KI, vector, text));
            return decryptCts(encryptionKey(key, usage), text).subarray(CONFOUNDER_LENGTH);
        },
        checksum: (key, usage, data) => mac(key, usage, KC, data),
        async stringToKey(password, salt, iterations) {
            const whole = Buffer.concat([ Buffer.from(`${encryptionName(id)}\0`), salt ]);
            const key = await pbkdf2(password, whole, iterations, keyLength, hash);
            return deriveSha2(hash, key, Buffer.from("kerberos"), keyLength);
        }
    };
}

const INTEGER = 2;

const BIT_STRING = 3;

const OCTET_STRING = 4;

const GENERALIZED_TIME = 24;

const GENERAL_STRING = 27;

const SEQUENCE = 48;

const MAX_ELEMENTS = 64;

const der_utf8 = new TextEncoder;

const application = number => 96 | number;

const field = number => 160 | number;

function der_element(tag, ...parts) {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const size = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest & 255);
    const header = length < 128 ? [ tag, length ] : [ tag, 128 | size.length, ...size ];
    return Buffer.concat([ Uint8Array.from(header), ...parts ]);
}

const der = {
    integer(value) {
        const bytes = [ value & 255 ];
        for (let rest = Math.floor(value / 256); ;rest = Math.floor(rest / 256)) {
            const [first = 0] = bytes;
            if (rest === 0 && first < 128 || rest === -1 && first >= 128) break;
            bytes.unshift(rest & 255);
        }
        return der_element(INTEGER, Uint8Array.from(bytes));
    },
    octets: bytes => der_element(OCTET_STRING, bytes),
    text: text => der_element(GENERAL_STRING, der_utf8.encode(text)),
    flags(value) {
        const bytes = new Uint8Array(5);
        new DataView(bytes.buffer).setUint32(1, value);
        return der_element(BIT_STRING, bytes);
    },
    time(seconds) {
        const text = new Date(seconds * 1e3).toISOString().replace(/[-:T]|\.\d+/g, "");
        return der_element(GENERALIZED_TIME, der_utf8.encode(text));
    },
    list: items => der_element(SEQUENCE, ...items),
    structure(fields) {
        const present = Object.entries(fields).filter(each => each[1] !== undefined);
        return der_element(SEQUENCE, ...present.map(([number, value]) => der_element(field(Number(number)), value)));
    },
    application: (number, content) => der_element(application(number), content)
};

class DerReader {
    #bytes;
    #at=0;
    constructor(bytes) {
        this.#bytes = bytes;
    }
    isApplication(number) {
        return this.#bytes[this.#at] === application(number);
    }
    application(...numbers) {
        const number = numbers.find(each => this.isApplication(each)) ?? numbers[0] ?? 0;
        return new DerReader(this.#content(application(number))).structure();
    }
    structure() {
        return new DerReader(this.#content(SEQUENCE));
    }
    field(number) {
        return new DerReader(this.#content(field(number)));
    }
    optional(number) {
        return this.#bytes[this.#at] === field(number) ? this.field(number) : undefined;
    }
    list(read) {
        const items = this.structure();
        const found = [];
        while (items.#at < items.#bytes.length) {
            if (found.length === MAX_ELEMENTS) throw new KerberosError(`a list of more than ${MAX_ELEMENTS} elements`);
            found.push(read(items));
        }
        return found;
    }
    integer() {
        const bytes = this.#content(INTEGER);
        const [first] = bytes;
        if (first === undefined || bytes.length > 5) throw new KerberosError("an integer is out of range");
        return bytes.reduce((sum, byte) => sum * 256 + byte, first >= 128 ? -1 : 0);
    }
    octets() {
        return this.#content(OCTET_STRING);
    }
    text() {
        return Buffer.from(this.textBytes()).toString();
    }
    textBytes() {
        return this.#content(GENERAL_STRING);
    }
    time() {
        const text = Buffer.from(this.#content(GENERALIZED_TIME)).toString("latin1");
        const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number);
        if (parts === undefined) throw new KerberosError("a time is not a KerberosTime");
        const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
        return Date.UTC(year, month - 1, day, hour, minute, second) / 1e3;
    }
    element() {
        const start = this.#at;
        this.#content(this.#bytes[start] ?? 0);
        return this.#bytes.subarray(start, this.#at);
    }
    #content(tag) {
        const {length} = this.#bytes;
        if (this.#bytes[this.#at] !== tag) throw new KerberosError(`element 0x${tag.toString(16)} is missing`);
        const first = this.#bytes[this.#at + 1] ?? 128;
        let at = this.#at + 2;
        let size = first;
        if (first >= 128) {
            const count = first & 127;
            if (count === 0 || count > 4) throw new KerberosError("a length is indefinite");
            size = this.#bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0);
            at += count;
        }
        if (at + size > length) throw new KerberosError("an element exceeds its container");
        this.#at = at + size;
        return this.#bytes.subarray(at, this.#at);
    }
}

const NT_PRINCIPAL = 1;

const NT_SRV_INST = 2;

const NT_SRV_HST = 3;

const principal_MAX_LENGTH = 1024;

function ticketGranting(realm, issuer = realm) {
    return {
        type: NT_SRV_INST,
        components: [ "krbtgt", realm ],
        realm: issuer
    };
}

function realmOfTicketGranting({components: [service, realm, ...more]}) {
    return service === "krbtgt" && more.length === 0 ? realm : undefined;
}

function formatPrincipal({components, realm}) {
    const quote = text => text.replace(/[\\/@]/g, "\\$&");
    return `${components.map(quote).join("/")}@${realm}`;
}

function parsePrincipal(text, defaultRealm) {
    if (text.length > principal_MAX_LENGTH) throw new KerberosError(`a principal of more than ${principal_MAX_LENGTH} characters`);
    const {parts, realm} = split(text);
    const found = realm ?? defaultRealm;
    if (found === undefined) throw new KerberosError(`no realm in "${text}", and krb5.conf has no default_realm`);
    if (parts.includes("") || found === "" || /\p{Cc}/u.test(text)) throw new KerberosError(`"${text}" is not a principal`);
    return {
        type: NT_PRINCIPAL,
        components: parts,
        realm: found
    };
}

function split(text) {
    const parts = [ "" ];
    for (let i = 0; i < text.length; i++) {
        const character = text.charAt(i);
        if (character === "@") return {
            parts,
            realm: text.slice(i + 1)
        };
        if (character === "\\") i += 1;
        if (character === "/") parts.push(""); else parts.push(`${parts.pop() ?? ""}${text.charAt(i)}`);
    }
    return {
        parts,
        realm: undefined
    };
}

function isSamePrincipal(a, b) {
    return a.realm === b.realm && isSameName(a.components, b.components);
}

function isSameName(a, b) {
    return a.length === b.length && a.every((each, index) => each === b[index]);
}

function principal_putName({type, components}) {
    return der.structure({
        0: der.integer(type),
        1: der.list(components.map(der.text))
    });
}

function principal_getName(name, realm) {
    const fields = name.structure();
    const type = fields.field(0).integer();
    return {
        type,
        components: fields.field(1).list(item => item.text()),
        realm
    };
}

const keytab_FORMAT = 1282;

const MAX_ENTRIES = 1e3;

const keytab_MAX_COMPONENTS = 16;

function parseKeytab(bytes) {
    const reader = new ByteReader(bytes);
    if (reader.unsigned(2) !== keytab_FORMAT) throw new KerberosError("it is not a keytab of format 0x0502");
    const entries = [];
    while (reader.remaining > 0) {
        const size = reader.signed();
        const content = reader.bytes(Math.abs(size));
        if (size > 0) entries.push(getEntry(new ByteReader(content)));
        if (entries.length > MAX_ENTRIES) throw new KerberosError(`it has more than ${MAX_ENTRIES} keys`);
        if (size === 0) break;
    }
    return entries;
}

function getEntry(reader) {
    const count = reader.unsigned(2);
    if (count > keytab_MAX_COMPONENTS) throw new KerberosError(`a principal has ${count} components, more than ${keytab_MAX_COMPONENTS}`);
    const realm = reader.text(2);
    const components = Array.from({
        length: count
    }, () => reader.text(2));
    const type = reader.unsigned(4);
    reader.unsigned(4);
    const short = reader.unsigned(1);
    const key = {
        type: reader.unsigned(2),
        bytes: reader.counted(2)
    };
    const long = reader.remaining >= 4 ? reader.unsigned(4) : 0;
    return {
        principal: {
            type,
            components,
            realm
        },
        version: long === 0 ? short : long,
        key
    };
}

function keysOfKeytab(entries, client, source) {
    const own = entries.filter(({principal}) => isSamePrincipal(principal, client));
    if (own.length === 0) {
        const others = [ ...new Set(entries.map(({principal}) => formatPrincipal(principal))) ].slice(0, 5).join(", ");
        throw new KerberosError(`it contains no key for ${formatPrincipal(client)}, only for ${others || "no principal"}`);
    }
    const newest = Math.max(...own.map(({version}) => version));
    const current = own.filter(({version}) => version === newest);
    const types = ENCRYPTION_TYPES.filter(type => current.some(({key}) => key.type === type));
    if (types.length === 0) {
        const names = current.map(({key}) => encryptionName(key.type)).join(", ");
        throw new KerberosError(`its keys have only unsupported encryption types: ${names}`, "encryption-type");
    }
    return {
        source: `${source} (kvno ${newest})`,
        types,
        needInformation: false,
        key: async ({type}) => {
            const found = current.find(({key}) => key.type === type)?.key;
            if (found !== undefined) return found;
            throw new KerberosError(`the KDC replied with the encryption type ${encryptionName(type)}, for which ${source} has no key`, "encryption-type");
        }
    };
}

const MAX_FILES = 100;

const MAX_LINES = 1e5;

const MAX_DEPTH = 16;

const MAX_NAME_LENGTH = 256;

function parseConfiguration(paths, files) {
    const values = readFiles(paths, files);
    const first = (...names) => values.get(names.join("/"))?.[0];
    return {
        defaultRealm: first("libdefaults", "default_realm"),
        defaultCache: first("libdefaults", "default_ccache_name"),
        lookUpKdcs: isTrue(first("libdefaults", "dns_lookup_kdc") ?? "true"),
        kdcsOf: realm => values.get([ "realms", realm, "kdc" ].join("/")) ?? [],
        realmOf: host => {
            for (let name = host.toLowerCase(); name !== ""; ) {
                const realm = first("domain_realm", name);
                if (realm !== undefined) return realm;
                const dot = name.indexOf(".", 1);
                if (name.startsWith(".")) name = name.slice(1); else name = dot === -1 ? "" : name.slice(dot);
            }
            return undefined;
        }
    };
}

function readFiles(paths, files) {
    const values = new Map;
    const openFile = path => ({
        lines: linesOf(path, files)[Symbol.iterator](),
        place: []
    });
    const waiting = [ ...paths ].reverse().map(openFile);
    let [opened, lines] = [ paths.length, 0 ];
    for (let current = waiting.at(-1); current !== undefined; current = waiting.at(-1)) {
        const {value: line, done} = current.lines.next();
        if (done === true) {
            waiting.pop();
            continue;
        }
        if (++lines > MAX_LINES) break;
        const [, directive, target = ""] = /^(include|includedir)\s+(\S.*)$/.exec(line) ?? [];
        if (directive === undefined) {
            readLine(line, current.place, values);
            continue;
        }
        const included = directive === "include" ? [ target ] : files.list(target).filter(isIncluded);
        opened += included.length;
        if (opened <= MAX_FILES && waiting.length <= MAX_DEPTH) waiting.push(...[ ...included ].reverse().map(openFile));
    }
    return values;
}

function linesOf(path, files) {
    return (files.read(path) ?? "").split("\n").map(line => line.trim());
}

function isIncluded(path) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    return /^[A-Za-z0-9_-]+$/.test(name) || name.endsWith(".conf") && !name.startsWith(".");
}

function readLine(line, place, values) {
    if (line === "" || line.startsWith("#") || line.startsWith(";")) return;
    const section = /^\[([^\]]+)\]\*?$/.exec(line)?.[1];
    if (section !== undefined) {
        place.splice(0, place.length, section.slice(0, MAX_NAME_LENGTH));
    } else if (line.startsWith("}")) {
        if (place.length > 1) place.pop();
    } else {
        readRelation(line, place, values);
    }
}

function readRelation(line, place, values) {
    const equals = line.indexOf("=");
    if (equals === -1) return;
    const name = line.slice(0, Math.min(equals, MAX_NAME_LENGTH)).trim().replace(/\*$/, "");
    const value = line.slice(equals + 1).trim();
    if (value.startsWith("{")) {
        if (place.length < MAX_DEPTH) place.push(name);
        return;
    }
    const key = [ ...place, place[0] === "domain_realm" ? name.toLowerCase() : name ].join("/");
    const found = values.get(key) ?? [];
    found.push(value.replace(/^"(.*)"$/, "$1"));
    values.set(key, found);
}

function isTrue(text) {
    return /^(y|yes|true|t|1|on)$/i.test(text);
}

const DEFAULT_CONFIGURATION = "/etc/krb5.conf";

const MAX_CACHES = 50;

const ENCODED_KEYTAB = /^\s*BQIA[A-Za-z0-9+/=\s]*$/;

function isEncodedKeytab(text) {
    return ENCODED_KEYTAB.test(text);
}

function readFile(path, owner) {
    if (owner === undefined) return readBounded(path, MAX_FILE_LENGTH);
    return readBounded(path, MAX_FILE_LENGTH, stats => checkOwner(stats, owner), external_node_fs_namespaceObject.constants.O_NOFOLLOW);
}

function configurationFiles(env, platform) {
    const [separator, standard] = platform === "win32" ? [ ";", "" ] : [ ":", DEFAULT_CONFIGURATION ];
    return (env["KRB5_CONFIG"] || standard).split(separator).filter(path => path !== "");
}

function readConfiguration(env, platform) {
    return parseConfiguration(configurationFiles(env, platform), {
        read(path) {
            try {
                return readFile(path).toString();
            } catch {
                return undefined;
            }
        },
        list(directory) {
            try {
                return (0, external_node_fs_namespaceObject.readdirSync)(directory).sort().map(name => (0, 
                external_node_path_namespaceObject.join)(directory, name));
            } catch {
                return [];
            }
        }
    });
}

function readKeytab(text) {
    if (isEncodedKeytab(text)) return parseKeytab(Buffer.from(text, "base64"));
    const bytes = readFile(withoutType(text.trim(), [ "FILE", "WRFILE" ], "keytab"));
    const content = bytes.toString("latin1");
    return parseKeytab(isEncodedKeytab(content) ? Buffer.from(content, "base64") : bytes);
}

function readCache(name, principal, owner) {
    if (!name.startsWith("DIR:")) {
        const path = withoutType(name, [ "FILE", "DIR" ], "credential cache");
        return {
            path,
            ...parseCredentialCache(readFile(path, owner))
        };
    }
    const directory = name.slice("DIR:".length);
    if (directory.startsWith(":")) return readCache(`FILE:${directory.slice(1)}`, principal);
    const primary = readCache(`FILE:${(0, external_node_path_namespaceObject.join)(directory, primaryOf(directory))}`, principal);
    if (principal === undefined || formatPrincipal(primary.client) === principal) return primary;
    const names = (0, external_node_fs_namespaceObject.readdirSync)(directory).filter(each => each.startsWith("tkt"));
    for (const each of names.sort().slice(0, MAX_CACHES)) {
        const found = readCache(`FILE:${(0, external_node_path_namespaceObject.join)(directory, each)}`, principal);
        if (formatPrincipal(found.client) === principal) return found;
    }
    return primary;
}

function defaultCache({env, uid}, {defaultCache: configured}) {
    if (env["KRB5CCNAME"]) return {
        name: env["KRB5CCNAME"]
    };
    if (configured !== undefined) return {
        name: configured.replaceAll(/%\{(uid|euid|USERID)\}/g, String(uid ?? ""))
    };
    return uid === undefined ? {
        name: undefined
    } : {
        name: `/tmp/krb5cc_${uid}`,
        owner: uid
    };
}

function primaryOf(directory) {
    try {
        const name = readFile((0, external_node_path_namespaceObject.join)(directory, "primary")).toString().trim();
        if (!/^tkt[\w.-]*$/.test(name)) throw new KerberosError('its file "primary" contains no cache name');
        return name;
    } catch (error) {
        if (error.code === "ENOENT") return "tkt";
        throw error;
    }
}

function withoutType(name, supported, what) {
    const [, type, path = ""] = /^([A-Za-z]{2,}):(.*)$/s.exec(name) ?? [];
    if (type === undefined) return name;
    if (supported.includes(type)) return path;
    throw new KerberosError(`a ${what} of the type ${type} cannot be read; only ${supported.join(" and ")} are supported`, what === "keytab" ? undefined : "kerberos-cache-type");
}

function given(input, work) {
    try {
        return work();
    } catch (error) {
        const kind = kindOf(error);
        const isKnown = kind === "encryption-type" || kind === "kerberos-cache-type";
        throw unreadable(isKnown ? kind : "kerberos-unreadable", input, reasonOfKerberos(error));
    }
}

function kindOf(error) {
    return error instanceof KerberosError ? error.kind : undefined;
}

function reasonOfKerberos(error) {
    return error instanceof KerberosError ? error.message : reasonOf(error);
}

const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

const MIN_BASE64 = 64;

function mistakeIn(text) {
    const whole = text.trim();
    if (/^\$\{\{[\s\S]*\}\}$/.test(whole)) return "the value is a workflow expression that was not expanded";
    if (/^\*+$/.test(whole)) return "the value is ***, which logs show in place of a secret";
    const packed = whole.replace(/\s/g, "");
    if (packed.length >= MIN_BASE64 && BASE64.test(packed)) return "the value looks like base64";
    return undefined;
}

function pastedPem(text) {
    const bare = unquote(text);
    const decoded = bare.includes("-----BEGIN") ? bare : pasted_decode(bare.replace(/\s/g, "")) ?? bare;
    if (!decoded.includes("-----BEGIN")) return text;
    const lines = decoded.replace(/\\r\\n|\\n/g, "\n");
    return lines.replace(/(-----BEGIN ([A-Z0-9 ]{1,40})-----)([^-\n:]*)(-----END \2-----)/g, (_, begin, _kind, body, end) => {
        const packed = String(body).replace(/\s/g, "");
        const wrapped = packed.match(/.{1,64}/g) ?? [];
        return `\n${[ begin, ...wrapped, end ].join("\n")}\n`;
    });
}

function pastedToken(name, text) {
    const token = tokenIn(text) ?? text;
    const mistake = JWT.test(token) ? otherKind(name, token) : mistakeOf(token);
    if (mistake !== undefined) throw unreadable(name === "scitoken" ? "scitoken-malformed" : "credential-unreadable", name, mistake);
    return token;
}

function pastedTokens(text) {
    const whole = tokenIn(text);
    if (whole !== undefined) return pastedToken("idtoken", whole);
    return text.split(/\r?\n/).map(line => line.trim() === "" || line.trim().startsWith("#") ? line : pastedToken("idtoken", line)).join("\n");
}

function otherKind(name, token) {
    const algorithm = algorithmOf(new Secret(token));
    if (algorithm === undefined) return undefined;
    const isIdToken = SHARED_KEY.test(algorithm);
    if (name === "scitoken" && isIdToken) return `the value is an IDTOKEN (signed with ${algorithm}), not a SciToken; use the input idtoken`;
    if (name === "idtoken" && !isIdToken && algorithm.toLowerCase() !== "none") return `the value is a SciToken or a similar JWT (signed with ${algorithm}), not an IDTOKEN; use the input scitoken`;
    return undefined;
}

function mistakeOf(text) {
    return text.includes("-----BEGIN") ? "the value is PEM, not a token" : mistakeIn(text);
}

function tokenIn(text) {
    const bare = unquote(text).replace(/^(authorization:\s*)?bearer\s+/i, "");
    if (JWT.test(bare)) return bare;
    const inJson = /^[{"]/.test(bare) ? tokenInJson(bare) : undefined;
    if (inJson !== undefined) return inJson;
    const decoded = pasted_decode(bare)?.trim();
    return decoded !== undefined && JWT.test(decoded) ? decoded : undefined;
}

function tokenInJson(text) {
    try {
        const value = JSON.parse(text);
        const members = typeof value === "object" && value !== null ? Object.values(value) : [ value ];
        const tokens = members.filter(each => typeof each === "string" && JWT.test(each.trim()));
        return tokens.length === 1 ? tokens[0]?.trim() : undefined;
    } catch {
        return undefined;
    }
}

function unquote(text) {
    const bare = text.replace(/^\uFEFF/, "").trim();
    const [, , inner] = /^(["'`])([\s\S]*)\1$/.exec(bare) ?? [];
    return inner?.trim() ?? bare;
}

function pasted_decode(text) {
    if (text.length < MIN_BASE64 || !BASE64.test(text)) return undefined;
    const decoded = Buffer.from(text, "base64").toString("utf8");
    return /^[\x20-\x7e\s]*$/.test(decoded) ? decoded : undefined;
}

const SECONDS = {
    "": 1,
    s: 1,
    m: 60,
    h: 60 * 60,
    d: 24 * 60 * 60
};

function refuse(input, reason, cause) {
    throw new InputError(input, `${input}: ${reason}`, {
        cause
    });
}

function oneOf(input, text, allowed) {
    const found = allowed.find(each => each === text.trim());
    if (found !== undefined) return found;
    refuse(input, `${quote(text)} is not valid; use one of ${allowed.join(" ")}`);
}

function parseDuration(text) {
    const [, digits, unit = ""] = /^(\d{1,12})([smhd]?)$/.exec(text.trim()) ?? [];
    return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? Number.NaN);
}

function durationOf(value) {
    if (typeof value === "string") return parseDuration(value);
    return Number.isInteger(value) ? value : undefined;
}

function listOf(value) {
    return typeof value === "string" ? splitList(value) : value;
}

function splitList(text) {
    return text.split(/[\s,]+/).filter(word => word !== "");
}

function splitFiles(text) {
    const files = text.split(",").map(file => file.trim());
    return files.filter(file => file !== "");
}

function quote(text) {
    return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}

function plainText(input, text) {
    if (text === undefined) return undefined;
    const word = text.trim();
    if (word === "") refuse(input, `the value is empty`);
    if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
        refuse(input, `${quote(word)} contains characters that are not allowed in ${input}`);
    }
    return word;
}

const VARIABLE = /\$[A-Za-z_{(]|%[A-Za-z_][A-Za-z0-9_]*%/;

function expandPath(input, text, surroundings) {
    const path = refuseVariables(input, text.trim());
    if (path === "" || /[\0\r\n]/.test(path)) refuse(input, `the value is not a path`);
    if (!path.startsWith("~")) return path;
    const home = surroundings.env["HOME"] || surroundings.home;
    if (path === "~") return home;
    if (/^~[/\\]/.test(path)) return (0, external_node_path_namespaceObject.join)(home, path.slice(2));
    refuse(input, `~USER is not expanded; use ~/ for the home directory, or the full path`);
}

function refuseVariables(input, text) {
    if (!VARIABLE.test(text)) return text;
    refuse(input, `the value refers to a variable, but no shell expands inputs; use \${{ env.NAME }}, \${{ runner.temp }}, \${{ github.workspace }} or ~/ instead`);
}

const METHODS = {
    IDTOKENS: "TOKEN",
    IDTOKEN: "TOKEN",
    TOKENS: "TOKEN",
    TOKEN: "TOKEN",
    SCITOKENS: "SCITOKENS",
    SCITOKEN: "SCITOKENS",
    SSL: "SSL",
    PASSWORD: "PASSWORD",
    FS: "FS",
    MUNGE: "MUNGE",
    KERBEROS: "KERBEROS",
    NTSSPI: "NTSSPI",
    FS_REMOTE: "FS_REMOTE",
    GSI: "GSI"
};

const NEVER = [ "CLAIMTOBE", "ANONYMOUS" ];

const MAX_PATH_LENGTH = 500;

const DEFAULT_METHODS = "FS IDTOKENS KERBEROS SCITOKENS SSL";

const METHOD_OF_INPUT = [ [ "idtoken", "TOKEN" ], [ "scitoken", "SCITOKENS" ], [ "oidc-audience", "SCITOKENS" ], [ "token-service", "SCITOKENS" ], [ "client-certificate", "SSL" ], [ "kerberos-cache", "KERBEROS" ], [ "kerberos-keytab", "KERBEROS" ], [ "kerberos-password", "KERBEROS" ], [ "kerberos-principal", "KERBEROS" ], [ "password", "PASSWORD" ] ];

function readCredentials(input, surroundings, mode, isTool) {
    const {setting, env, uid, platform} = surroundings;
    const given = [ ...new Set(METHOD_OF_INPUT.filter(([name]) => input(name) !== undefined).map(([, method]) => method)) ];
    const named = input("authentication-methods");
    const methods = named !== undefined ? readMethods(named) : given.length > 0 ? given : methodsOfHost(setting);
    if (methods.length === 0) refuse("authentication-methods", "the list is empty");
    const secret = (name, read) => {
        const text = input(name);
        return text === undefined ? undefined : new Secret(read(text));
    };
    return {
        methods,
        preference: named !== undefined || given.length > 0 ? "ours" : "daemon",
        idtoken: readIdTokenSource(secret("idtoken", pastedTokens), surroundings),
        scitoken: {
            text: secret("scitoken", text => pastedToken("scitoken", text)),
            file: setting("SCITOKENS_FILE"),
            env,
            uid
        },
        certificate: readCertificate(input, surroundings),
        anonymousSsl: mode === "request",
        trust: {
            authorities: pemSource("ca-certificate", input("ca-certificate"), surroundings),
            files: splitFiles(setting("AUTH_SSL_CLIENT_CAFILE") ?? ""),
            directory: setting("AUTH_SSL_CLIENT_CADIR"),
            system: (setting("AUTH_SSL_CLIENT_USE_DEFAULT_CAS") ?? "true").toLowerCase() !== "false",
            knownHosts: setting("SEC_KNOWN_HOSTS") ?? knownHosts(surroundings),
            certificateFile: env["SSL_CERT_FILE"],
            platform
        },
        password: {
            text: secret("password", plainPassword),
            file: setting("SEC_PASSWORD_FILE")
        },
        kerberos: {
            chosen: named !== undefined || given.includes("KERBEROS") || isTool,
            cache: readKerberosPath("kerberos-cache", input("kerberos-cache"), surroundings),
            keytab: secret("kerberos-keytab", text => readKerberosPath("kerberos-keytab", text, surroundings) ?? text),
            password: secret("kerberos-password", text => text),
            principal: plainText("kerberos-principal", input("kerberos-principal")),
            service: setting("KERBEROS_SERVER_SERVICE") ?? "host",
            ...{
                env,
                uid,
                platform
            }
        },
        fs: {
            directory: setting("FS_LOCAL_DIR"),
            uid,
            accountIds: setting("CONDOR_IDS"),
            mayBeUnbound: named !== undefined && methods.includes("FS") || !bindsFs(surroundings)
        },
        path: env["PATH"] ?? ""
    };
}

function methodsOfHost(setting) {
    const configured = setting("SEC_CLIENT_AUTHENTICATION_METHODS") ?? setting("SEC_DEFAULT_AUTHENTICATION_METHODS");
    return configuredMethods(configured ?? DEFAULT_METHODS);
}

function plainPassword(text) {
    const mistake = /^(\$\{\{[\s\S]*\}\}|\*{3})$/.test(text.trim()) ? mistakeIn(text) : undefined;
    if (mistake !== undefined) throw unreadable("password-malformed", "password", mistake);
    return text;
}

function readMethods(value) {
    const methods = listOf(value).map(word => {
        const name = word.toUpperCase();
        if (NEVER.includes(name)) refuse("authentication-methods", `${name} is not supported, because it proves no identity`);
        const method = METHODS[name];
        if (method !== undefined) return method;
        const known = "IDTOKENS SCITOKENS SSL KERBEROS PASSWORD FS MUNGE";
        return refuse("authentication-methods", `${quote(word)} is not valid; use one of ${known}`);
    });
    return [ ...new Set(methods) ];
}

function configuredMethods(text) {
    return [ ...new Set(splitList(text).flatMap(word => METHODS[word.toUpperCase()] ?? [])) ];
}

function readIdTokenSource(text, surroundings) {
    if (text !== undefined) return {
        text
    };
    const {setting} = surroundings;
    const signing = {
        trustDomain: setting("TRUST_DOMAIN") ?? setting("UID_DOMAIN"),
        poolKeyFile: setting("SEC_TOKEN_POOL_SIGNING_KEY_FILE"),
        keyDirectory: setting("SEC_PASSWORD_DIRECTORY")
    };
    return {
        ...tokenDirectory(surroundings),
        excluded: excludedNames(surroundings),
        signing
    };
}

function excludedNames({setting}) {
    const text = setting("LOCAL_CONFIG_DIR_EXCLUDE_REGEXP");
    try {
        return text === undefined ? undefined : new RegExp(text);
    } catch (cause) {
        refuse("idtoken", `LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: ${messageOf(cause)}`, cause);
    }
}

function tokenDirectory({setting, home, uid}) {
    const named = setting("SEC_TOKEN_DIRECTORY");
    if (named !== undefined) return {
        directory: named,
        named: true
    };
    const system = setting("SEC_TOKEN_SYSTEM_DIRECTORY") ?? "/etc/condor/tokens.d";
    return {
        directory: uid === 0 ? system : (0, external_node_path_namespaceObject.join)(home, ".condor", "tokens.d"),
        named: false
    };
}

function readCertificate(input, surroundings) {
    const {setting, env} = surroundings;
    const certificate = pemSource("client-certificate", input("client-certificate"), surroundings);
    const key = pemSource("client-key", input("client-key"), surroundings);
    if (certificate !== undefined) return {
        given: true,
        certificate,
        key: key ?? certificate
    };
    if (key !== undefined) refuse("client-key", "client-certificate is not set");
    const proxy = setting("AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR")?.toLowerCase() === "true" ? env["X509_USER_PROXY"] : undefined;
    if (proxy) return {
        given: false,
        pairs: [ {
            certificate: proxy,
            key: proxy
        } ]
    };
    const files = splitFiles(setting("AUTH_SSL_CLIENT_CERTFILE") ?? "");
    const keys = splitFiles(setting("AUTH_SSL_CLIENT_KEYFILE") ?? "");
    return {
        given: false,
        pairs: files.flatMap((file, at) => keys[at] === undefined ? [] : [ {
            certificate: file,
            key: keys[at]
        } ])
    };
}

function pemSource(name, text, surroundings) {
    if (text === undefined) return undefined;
    const pem = pastedPem(text);
    if (pem.includes("-----BEGIN")) return {
        name,
        text: new Secret(pem)
    };
    const trimmed = text.trim();
    const mistake = mistakeIn(text);
    if (mistake !== undefined && !trimmed.startsWith("/")) refuse(name, `${mistake}; it is neither PEM nor a path`);
    if (trimmed === "" || trimmed.length > MAX_PATH_LENGTH || /[\0\n]/.test(trimmed)) refuse(name, `the value is neither PEM nor a path`);
    const path = expandPath(name, trimmed, surroundings);
    return {
        name,
        path: name === "ca-certificate" ? path : new Secret(path)
    };
}

function bindsFs({setting}) {
    const text = setting("SEC_FS_ENFORCE_CHANNEL_BINDING");
    return text === undefined ? setting("FULL_HOSTNAME") === undefined : text.toLowerCase() !== "false";
}

function knownHosts({setting, home, uid}) {
    return uid === 0 ? setting("SEC_SYSTEM_KNOWN_HOSTS") ?? "/etc/condor/known_hosts" : (0, 
    external_node_path_namespaceObject.join)(home, ".condor", "known_hosts");
}

function readKerberosPath(name, text, surroundings) {
    if (text === undefined || isEncodedKeytab(text)) return text;
    return /^[A-Za-z]{2,}:/.test(text.trim()) ? plainText(name, text) : expandPath(name, text, surroundings);
}

const DC_GET_SESSION_TOKEN = 60046;

const IMPERSONATION_TOKEN_REQUEST = 81;

const DC_START_TOKEN_REQUEST = 60047;

const DC_FINISH_TOKEN_REQUEST = 60048;

const DC_EXCHANGE_SCITOKEN = 60052;

const DC_SEC_QUERY = 60040;

const DC_NOP_OF_LEVEL = {
    ALLOW: DC_GET_SESSION_TOKEN,
    READ: 60020,
    WRITE: 60021,
    NEGOTIATOR: 60022,
    ADMINISTRATOR: 60023,
    CONFIG: 60025,
    DAEMON: 60026,
    ADVERTISE_STARTD: 60027,
    ADVERTISE_SCHEDD: 60028,
    ADVERTISE_MASTER: 60029
};

const CCB_REQUEST = 68;

const CCB_REVERSE_CONNECT = 69;

const DAEMON_TYPES = {
    schedd: {
        query: 6,
        adType: "Scheduler",
        addressAttribute: "ScheddIpAddr"
    },
    master: {
        query: 7,
        adType: "DaemonMaster",
        addressAttribute: "MasterIpAddr"
    },
    startd: {
        query: 5,
        adType: "Machine",
        addressAttribute: "StartdIpAddr",
        byMachine: true
    },
    collector: {
        query: 20,
        adType: "Collector",
        addressAttribute: "CollectorIpAddr"
    },
    negotiator: {
        query: 50,
        adType: "Negotiator",
        addressAttribute: "NegotiatorIpAddr"
    },
    credd: {
        query: 74,
        adType: "CredD"
    },
    had: {
        query: 56,
        adType: "HAD",
        byMachine: true
    },
    view_collector: {
        query: 20,
        adType: "Collector"
    },
    cluster_server: {
        query: 74,
        adType: "Cluster"
    },
    gridmanager: {
        query: 74,
        adType: "Grid"
    },
    placementd: {
        query: 74,
        adType: "PlacementD"
    },
    lease_manager: {
        query: 74,
        adType: "LeaseManager"
    },
    any: {
        query: 48,
        adType: "Any"
    }
};

const commands_COLLECTOR_TYPES = [ "collector", "view_collector" ];

function commandsFor(levels) {
    return levels.flatMap(level => {
        const command = DC_NOP_OF_LEVEL[level];
        return command === undefined ? [] : [ [ level, command ] ];
    });
}

const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");

const DEFAULT_PORT = 9618;

const MAX_ADDRS = 16;

const sinful_MAX_LENGTH = 8192;

function parseAddress(text, defaultPort) {
    if (text.length > sinful_MAX_LENGTH) return undefined;
    const bare = text.startsWith("<") && text.endsWith(">") ? text.slice(1, -1) : text;
    const [address = "", query] = splitOnce(bare, "?");
    const endpoint = parseEndpoint(address, defaultPort);
    const params = query === undefined ? new Map : parseParams(query);
    if (endpoint === undefined || params === undefined) return undefined;
    if (params.has("addrs") && parseAddrs(params.get("addrs") ?? "") === undefined) return undefined;
    const id = params.get("sock");
    if (id !== undefined && !/^[A-Za-z0-9._-]{1,1000}$/.test(id)) return undefined;
    return {
        ...endpoint,
        params
    };
}

function parseSinful(text) {
    return text.startsWith("<") && text.endsWith(">") ? parseAddress(text) : undefined;
}

function formatSinful({host, port, params}) {
    const query = [ ...params ].map(([key, value]) => value === "" ? urlEncode(key) : `${urlEncode(key)}=${urlEncode(value)}`);
    return `<${formatEndpoint({
        host,
        port
    })}${query.length > 0 ? `?${query.join("&")}` : ""}>`;
}

function formatEndpoint({host, port}) {
    return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function sharedPortId({params}) {
    return params.get("sock");
}

function hostNameOf({host, params}) {
    return params.get("alias") || (isIpAddress(host) ? undefined : host);
}

function isIpAddress(host) {
    return host.includes(":") || /^[\d.]+$/.test(host);
}

function throughEndpoint({params}, {host, port}) {
    const kept = [ ...params ].filter(([name]) => name === "sock" || name === "alias");
    return {
        host,
        port,
        params: new Map(kept)
    };
}

function endpoints({host, port, params}) {
    const addrs = parseAddrs(params.get("addrs") ?? "") ?? [];
    const all = addrs.length > 0 ? addrs : [ {
        host,
        port
    } ];
    return [ ...all ].sort((a, b) => preference(a.host) - preference(b.host));
}

function preference(host) {
    if (/^(127\.|::1$)/.test(host)) return 3;
    if (/^(169\.254\.|fe[89ab])/i.test(host)) return 2;
    if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/i.test(host)) return 1;
    return 0;
}

function parseEndpoint(text, defaultPort) {
    if (/:.*:/.test(text) && (0, external_node_net_namespaceObject.isIP)(text) === 6) return defaultPort === undefined ? undefined : {
        host: text,
        port: defaultPort
    };
    const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const port = digits === undefined ? defaultPort : Number(digits);
    if (port === undefined || port < 1 || port > 65535) return undefined;
    if (v6 !== undefined) return (0, external_node_net_namespaceObject.isIP)(v6) === 6 ? {
        host: v6,
        port
    } : undefined;
    return name !== undefined && /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(name) ? {
        host: name,
        port
    } : undefined;
}

function parseParams(query) {
    const params = new Map;
    for (const pair of query.split(/[&;]/).filter(part => part !== "")) {
        const [key, value] = splitOnce(pair, "=");
        if (key === "") return undefined;
        try {
            params.set(decodeURIComponent(key), decodeURIComponent(value ?? ""));
        } catch {
            return undefined;
        }
    }
    return params;
}

function parseAddrs(text) {
    const found = text.split("+", MAX_ADDRS + 2).filter(part => part !== "").map(part => {
        const dash = part.lastIndexOf("-");
        const [host, port] = [ part.slice(0, Math.max(dash, 0)), part.slice(dash + 1) ];
        return parseEndpoint(`${host.startsWith("[") ? host.replaceAll("-", ":") : host}:${port}`, undefined);
    });
    return found.includes(undefined) || found.length > MAX_ADDRS ? undefined : found.filter(endpoint => endpoint !== undefined);
}

const UNESCAPED = [ ...":+[]#/" ].map(char => [ encodeURIComponent(char), char ]);

function urlEncode(text) {
    return UNESCAPED.reduce((done, [code, char]) => done.replaceAll(code, char), encodeURIComponent(text));
}

function splitOnce(text, separator) {
    const at = text.indexOf(separator);
    return at === -1 ? [ text, undefined ] : [ text.slice(0, at), text.slice(at + 1) ];
}

const local_MAX_FILE_LENGTH = 1024 * 1024;

function findLocal({adFile, addressFile}, type) {
    const reasons = [];
    for (const file of [ adFile, addressFile ]) {
        if (file === undefined) continue;
        const found = readDaemonFile(file, type);
        if (!(found instanceof Unavailable)) return found;
        reasons.push(`${file}: ${found.reason}`);
    }
    return new Unavailable(reasons.join("; "));
}

function readDaemonFile(file, type) {
    let text;
    try {
        text = readBounded(file, local_MAX_FILE_LENGTH).toString("utf8");
    } catch (error) {
        return new Unavailable(systemReason(error));
    }
    const attributes = new Map;
    for (const line of text.split(/\r?\n/)) {
        const [, name = "", value = ""] = /^\s*(\w+)\s*=\s*"(.*)"\s*$/.exec(line) ?? [];
        if (name !== "") attributes.set(name.toLowerCase(), value);
    }
    const {addressAttribute = "MyAddress"} = DAEMON_TYPES[type] ?? {};
    const [first = ""] = text.split(/\r?\n/).filter(line => line.trim() !== "" && !line.startsWith("#"));
    const written = attributes.get(addressAttribute.toLowerCase()) ?? attributes.get("myaddress") ?? first.trim();
    const address = parseSinful(written);
    return address === undefined ? new Unavailable("it contains no address") : {
        address,
        name: attributes.get("name") ?? ""
    };
}

const ABSENT = "<default>";

const table_INPUTS = {
    pool: "",
    name: "",
    type: "schedd",
    address: "",
    authz: ABSENT,
    lifetime: "1h",
    key: "",
    remote: "false",
    mode: "fetch",
    identity: "",
    "authentication-methods": "",
    idtoken: ABSENT,
    scitoken: ABSENT,
    "oidc-audience": "",
    "token-service": "",
    "token-grant": "token-exchange",
    "client-certificate": ABSENT,
    "client-key": ABSENT,
    "kerberos-keytab": ABSENT,
    "kerberos-principal": "",
    "kerberos-password": ABSENT,
    "kerberos-cache": "",
    "ca-certificate": "",
    "server-name": "",
    password: ABSENT,
    "expected-identity": ABSENT,
    "expected-trust-domain": ABSENT,
    "on-reduced": "warn",
    verify: "false",
    token: "",
    "token-directory": "",
    file: "",
    overwrite: "false",
    "export-environment": "false",
    "export-token-output": "true",
    cleanup: "true",
    renew: "false",
    summary: "true",
    timeout: "60s",
    retries: "3"
};

const SECRET_INPUTS = null && [ "idtoken", "scitoken", "client-key", "kerberos-password", "password" ];

const CREDENTIAL_INPUTS = [ "idtoken", "scitoken", "client-certificate", "client-key", "kerberos-keytab", "kerberos-password", "password" ];

const LIMIT_INPUTS = null && [ "authz", "expected-identity", "expected-trust-domain" ];

function readCollectors(input, surroundings) {
    const given = readPool(input("pool"), surroundings);
    if (given !== undefined) return given;
    const address = readAddress(input("address"));
    const isCollector = COLLECTOR_TYPES.includes((input("type") ?? INPUTS.type).trim().toLowerCase());
    return isCollector && address !== undefined ? [ address ] : configuredPool(surroundings) ?? [];
}

const UNKNOWN_COLLECTOR = "the collector is unknown; set pool to its host (host or host:port)";

function readDaemon(input, surroundings, {localFirst, remote}) {
    const type = oneOf("type", (input("type") ?? table_INPUTS.type).toLowerCase(), Object.keys(DAEMON_TYPES));
    const pool = readPool(input("pool"), surroundings);
    const name = readName(input("name"), pool === undefined ? hostOf(type, surroundings) : undefined);
    if (remote) checkRemote(input, type);
    const address = readAddress(input("address"));
    const tunnel = address !== undefined && address.params.size === 0 && (name !== undefined || pool !== undefined);
    if (address !== undefined && !tunnel) return {
        kind: "address",
        addresses: [ address ]
    };
    const named = name === undefined || remote ? undefined : addressInName(name);
    if (named !== undefined) return {
        kind: "address",
        addresses: [ address ?? named ]
    };
    if (commands_COLLECTOR_TYPES.includes(type)) {
        return {
            kind: "address",
            addresses: readCollector(type, pool, name, address, surroundings)
        };
    }
    const local = readLocal(type, name, pool, surroundings, localFirst);
    const collectors = pool ?? configuredPool(surroundings) ?? noCollectors(local !== undefined && !remote);
    const through = address && {
        host: address.host,
        port: address.port
    };
    return {
        kind: "pool",
        collectors,
        type,
        name,
        local,
        through
    };
}

function readName(text, fallback) {
    const name = plainText("name", text) ?? fallback;
    if (name === undefined || !/@[^@]*:\d+$/.test(name)) return name;
    refuse("name", `${quote(name)} has a port; remove it, because the collector reports the port`);
}

function noCollectors(mayBeLocal) {
    if (mayBeLocal) return [];
    refuse("pool", `${UNKNOWN_COLLECTOR}, or set address`);
}

function checkRemote(input, type) {
    if (type !== "schedd") refuse("remote", "the collector fetches tokens from schedds only");
    if (input("address") !== undefined) {
        refuse("address", "not supported with remote, which queries the collector; use pool and name");
    }
    if (input("key") !== undefined) {
        refuse("key", "not supported with remote, because the schedd signs with its own key");
    }
}

function readCollector(type, pool, name, address, surroundings) {
    if (address !== undefined) return [ address ];
    if (pool !== undefined && name !== undefined) {
        refuse("name", `not supported for type ${type}, because pool identifies the daemon`);
    }
    const found = pool ?? readPool(name, surroundings) ?? configuredPool(surroundings);
    if (found !== undefined) return found;
    refuse("pool", UNKNOWN_COLLECTOR);
}

function readAddress(text) {
    if (text === undefined) return undefined;
    const parsed = parseAddress(text.trim(), DEFAULT_PORT);
    if (parsed !== undefined) return parsed;
    refuse("address", `${quote(text)} is neither a sinful string nor host:port`);
}

function hostOf(type, {setting}) {
    return commands_COLLECTOR_TYPES.includes(type) ? undefined : setting(`${type.toUpperCase()}_HOST`);
}

function readLocal(type, name, pool, {setting}, localFirst) {
    if (type === "negotiator" || pool !== undefined && (name !== undefined || !localFirst)) return undefined;
    const of = what => setting(`${type.toUpperCase()}_${what}`);
    const [host, own] = [ setting("FULL_HOSTNAME"), of("NAME") ];
    const ownName = own === undefined ? host : own.includes("@") || own === host ? own : `${own}@${host}`;
    if (name !== undefined && name !== ownName) return undefined;
    const files = {
        adFile: of("DAEMON_AD_FILE"),
        addressFile: of("ADDRESS_FILE")
    };
    if (files.adFile === undefined && files.addressFile === undefined) return undefined;
    return {
        ...files,
        name: ownName ?? ""
    };
}

function addressInName(name) {
    return name.startsWith("<") || /:\d+$/.test(name) ? parseAddress(name) : undefined;
}

function readPool(text, {setting}) {
    if (text === undefined) return undefined;
    const words = splitList(text);
    if (words.length === 0) refuse("pool", "the value is empty");
    return words.map(word => {
        const address = parseAddress(word, Number(setting("COLLECTOR_PORT")) || DEFAULT_PORT);
        if (address === undefined) refuse("pool", `${quote(word)} is not a host, host:port or sinful string`);
        return address;
    });
}

function configuredPool(surroundings) {
    const {setting} = surroundings;
    const text = setting("COLLECTOR_HOST");
    if (text === undefined || !/:0$/.test(text.trim())) return readPool(text, surroundings);
    const found = findLocal({
        adFile: undefined,
        addressFile: setting("COLLECTOR_ADDRESS_FILE")
    }, "collector");
    if (!(found instanceof Unavailable)) return [ found.address ];
    refuse("pool", `COLLECTOR_HOST is ${text}, but no collector was found on this host (${found.reason})`);
}

const HEADER_LENGTH = 5;

const MAX_BODY_LENGTH = 1024 * 1024;

const MAX_END_FLAG = 10;

function putHeader(bodyLength) {
    if (bodyLength < 1 || bodyLength > MAX_BODY_LENGTH) throw new RangeError(`a frame of ${bodyLength} bytes`);
    const header = new Uint8Array(HEADER_LENGTH);
    header[0] = 1;
    new DataView(header.buffer).setUint32(1, bodyLength);
    return header;
}

class Deframer {
    #chunks=[];
    #buffered=0;
    #header;
    #bodyLength=0;
    push(chunk) {
        this.#chunks.push(chunk);
        this.#buffered += chunk.length;
    }
    next() {
        if (this.#header === undefined) {
            if (this.#buffered >= 1) refuseForeign(this.#chunks);
            if (this.#buffered < HEADER_LENGTH) return undefined;
            const header = this.#shift(HEADER_LENGTH);
            this.#bodyLength = bodyLengthOf(header);
            this.#header = header;
        }
        if (this.#buffered < this.#bodyLength) return undefined;
        const header = this.#header;
        this.#header = undefined;
        return {
            header,
            body: this.#shift(this.#bodyLength),
            endOfMessage: header[0] !== 0
        };
    }
    #shift(length) {
        const all = writer_concat(this.#chunks);
        const rest = all.subarray(length);
        this.#chunks = rest.length > 0 ? [ rest ] : [];
        this.#buffered = rest.length;
        return all.subarray(0, length);
    }
}

function bodyLengthOf(header) {
    const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
    if (length === 0) throw new ProtocolError("ERR_FRAME", "a frame has length 0");
    if (length > MAX_BODY_LENGTH) {
        throw new ProtocolError("ERR_FRAME", `a frame of ${length} bytes; at most ${MAX_BODY_LENGTH} are allowed`);
    }
    return length;
}

function refuseForeign(chunks) {
    const start = chunks.find(chunk => chunk.length > 0) ?? new Uint8Array;
    const flag = start[0] ?? 0;
    if (flag <= MAX_END_FLAG) return;
    const protocol = foreignProtocol(start);
    if (protocol === undefined) throw new ProtocolError("ERR_FRAME", `the peer does not speak CEDAR (its first byte is ${flag})`);
    throw new ProtocolError("ERR_FRAME", `the peer does not speak CEDAR; it responds like ${protocol}`, {
        reason: "foreign-protocol",
        details: {
            protocol
        }
    });
}

function foreignProtocol(start) {
    const text = String.fromCharCode(...start.subarray(0, 4));
    if (text.startsWith("HTTP".slice(0, text.length))) return "a web server (HTTP)";
    if (text.startsWith("SSH-".slice(0, text.length))) return "an SSH server";
    if (start[0] === 21 || start[0] === 22) return "a TLS server";
    return undefined;
}

const KEY_LENGTH = 32;

const IV_LENGTH = 16;

const TAG_LENGTH = 16;

const MAX_FRAMES = 4294967295;

class FrameProtection {
    #key;
    #digests;
    #sendIv;
    #receiveIv;
    #sealed=0;
    #opened=0;
    constructor(key, digests, sendIv) {
        if (key.length !== KEY_LENGTH || sendIv.length !== IV_LENGTH) throw new RangeError("the key or the IV has the wrong length");
        this.#key = key;
        this.#digests = digests;
        this.#sendIv = sendIv;
    }
    seal(plaintext) {
        const first = this.#sealed === 0;
        const header = putHeader(plaintext.length + TAG_LENGTH + (first ? IV_LENGTH : 0));
        const {sent, received} = this.#digests;
        const cipher = crypto_crypto().createCipheriv("aes-256-gcm", this.#key, nonce(this.#sendIv, this.#sealed++));
        cipher.setAAD(first ? writer_concat([ sent, received, header ]) : header);
        const text = cipher.update(plaintext);
        cipher.final();
        return writer_concat([ header, first ? this.#sendIv : new Uint8Array, text, cipher.getAuthTag() ]);
    }
    open(frame) {
        const first = this.#receiveIv === undefined;
        if (frame.body.length < TAG_LENGTH + (first ? IV_LENGTH : 0)) {
            throw new ProtocolError("ERR_DECRYPT", "an encrypted frame is too short");
        }
        this.#receiveIv ??= Uint8Array.from(frame.body.subarray(0, IV_LENGTH));
        const sealed = first ? frame.body.subarray(IV_LENGTH) : frame.body;
        const {sent, received} = this.#digests;
        const decipher = crypto_crypto().createDecipheriv("aes-256-gcm", this.#key, nonce(this.#receiveIv, this.#opened++));
        decipher.setAAD(first ? writer_concat([ received, sent, frame.header ]) : frame.header);
        decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
        try {
            return writer_concat([ decipher.update(sealed.subarray(0, -TAG_LENGTH)), decipher.final() ]);
        } catch (cause) {
            throw new ProtocolError("ERR_DECRYPT", "an encrypted frame is not authentic", {
                cause
            });
        }
    }
}

function nonce(baseIv, count) {
    if (count >= MAX_FRAMES) throw new ProtocolError("ERR_FRAME", "too many frames on one connection");
    const iv = Uint8Array.from(baseIv);
    const view = new DataView(iv.buffer);
    view.setUint32(0, (view.getUint32(0) + count) % 2 ** 32);
    return iv;
}

const UTF8 = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true
});

const NULL_STRING = 173;

class Reader {
    #bytes;
    #view;
    #encrypted;
    #at=0;
    constructor(bytes, encrypted = false) {
        this.#bytes = bytes;
        this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.#encrypted = encrypted;
    }
    get remaining() {
        return this.#bytes.length - this.#at;
    }
    int() {
        const value = Number(this.#view.getBigInt64(this.#take(8)));
        if (!Number.isSafeInteger(value)) throw new ProtocolError("ERR_MESSAGE", "an integer is out of range");
        return value;
    }
    bytes(length) {
        if (!Number.isInteger(length) || length < 0) throw new ProtocolError("ERR_MESSAGE", `the length ${length} is invalid`);
        const start = this.#take(length);
        return this.#bytes.subarray(start, start + length);
    }
    string() {
        const bytes = this.#encrypted ? this.#prefixedString() : this.#terminatedString();
        if (bytes.length === 1 && bytes[0] === NULL_STRING) return "";
        try {
            return UTF8.decode(bytes);
        } catch (cause) {
            throw new ProtocolError("ERR_MESSAGE", "a string is not UTF-8", {
                cause
            });
        }
    }
    #terminatedString() {
        const end = this.#bytes.indexOf(0, this.#at);
        if (end === -1) throw new ProtocolError("ERR_MESSAGE", "a string does not end within the message");
        const bytes = this.bytes(end - this.#at);
        this.#at += 1;
        return bytes;
    }
    #prefixedString() {
        const length = this.int();
        if (length < 1) throw new ProtocolError("ERR_MESSAGE", `a string has the invalid length ${length}`);
        const bytes = this.bytes(length);
        const nul = bytes.indexOf(0);
        if (nul === -1 && length === 1 && bytes[0] === NULL_STRING) return bytes;
        if (nul !== length - 1) throw new ProtocolError("ERR_MESSAGE", "a string does not match its declared length");
        return bytes.subarray(0, nul);
    }
    #take(length) {
        const start = this.#at;
        if (length > this.remaining) throw new ProtocolError("ERR_MESSAGE", "a message is truncated");
        this.#at += length;
        return start;
    }
}

class Transcript {
    #hash;
    add(...parts) {
        for (const part of parts) {
            this.#hash ??= crypto_crypto().createHash("sha256");
            this.#hash.update(part);
        }
    }
    digest() {
        return this.#hash === undefined ? new Uint8Array(32) : new Uint8Array(this.#hash.copy().digest());
    }
}

const MAX_CLEARTEXT_MESSAGE = MAX_BODY_LENGTH;

const MAX_ENCRYPTED_MESSAGE = 16 * 1024 * 1024;

const MAX_FRAMES_OF_MESSAGE = 65536;

class Channel {
    #socket;
    #options;
    #incoming;
    #sent=new Transcript;
    #received=new Transcript;
    #outgoing;
    #expectedCleartext=[];
    #protection;
    #roundTrips;
    #hasReceived=false;
    #handedOver=false;
    #onAbort=() => this.close();
    constructor(socket, options, incoming) {
        this.#socket = socket;
        this.#options = options;
        this.#incoming = incoming ?? {
            chunks: socket[Symbol.asyncIterator](),
            deframer: new Deframer
        };
        this.#outgoing = options.preamble === undefined ? [] : [ options.preamble ];
        this.#roundTrips = options.roundTrips ?? 1;
        socket.on("error", () => {});
        options.signal.addEventListener("abort", this.#onAbort, {
            once: true
        });
    }
    get remote() {
        const {remoteAddress = "", remotePort = 0} = this.#socket;
        return {
            address: remoteAddress,
            port: remotePort
        };
    }
    get roundTrips() {
        return this.#roundTrips;
    }
    get localAddress() {
        return this.#socket.localAddress;
    }
    send(write) {
        const message = new Writer(this.#protection !== undefined);
        write(message);
        const plaintext = message.finish();
        this.#outgoing.push(this.#protection?.seal(plaintext) ?? cleartextFrame(plaintext));
        if (this.#protection === undefined) this.#sent.add(...this.#outgoing.slice(-1));
    }
    async receive(read) {
        this.flush();
        while (this.#expectedCleartext.length > 0) await this.#receiveExpected();
        const limit = this.#protection === undefined ? MAX_CLEARTEXT_MESSAGE : MAX_ENCRYPTED_MESSAGE;
        const parts = [];
        let length = 0;
        for (let ended = false; !ended; ) {
            const frame = await this.#frame();
            const part = this.#open(frame);
            length += part.length;
            if (length > limit) throw new ProtocolError("ERR_FRAME", `a message exceeds ${limit} bytes`);
            if (parts.push(part) > MAX_FRAMES_OF_MESSAGE) throw new ProtocolError("ERR_FRAME", `a message exceeds ${MAX_FRAMES_OF_MESSAGE} frames`);
            ended = frame.endOfMessage;
        }
        const encrypted = this.#protection === undefined ? "" : ", encrypted";
        this.#options.log?.debug(`wire: received ${length} bytes${encrypted} (port ${this.#socket.localPort})`);
        const message = new Reader(writer_concat(parts), this.#protection !== undefined);
        const value = read(message);
        if (message.remaining > 0) throw new ProtocolError("ERR_MESSAGE", `a message is ${message.remaining} bytes too long`);
        return value;
    }
    protect(key, expectedCleartext = []) {
        this.#expectedCleartext = expectedCleartext.map(({write, otherwise}) => {
            const message = new Writer;
            write(message);
            return {
                frame: cleartextFrame(message.finish()),
                otherwise
            };
        });
        this.#received.add(...this.#expectedCleartext.map(({frame}) => frame));
        const digests = {
            sent: this.#sent.digest(),
            received: this.#received.digest()
        };
        this.#protection = new FrameProtection(key, digests, this.#options.randomBytes(16));
    }
    flush() {
        if (this.#outgoing.length === 0) return;
        const bytes = writer_concat(this.#outgoing);
        this.#options.log?.debug(`wire: sent ${bytes.length} bytes in one flight (port ${this.#socket.localPort})`);
        this.#socket.write(bytes);
        this.#outgoing = [];
        this.#roundTrips += 1;
    }
    handOver(roundTrips = this.#roundTrips) {
        this.#options.signal.removeEventListener("abort", this.#onAbort);
        this.#handedOver = true;
        const {preamble: _, ...options} = this.#options;
        const next = new Channel(this.#socket, {
            ...options,
            roundTrips
        }, this.#incoming);
        if (options.signal.aborted) next.close();
        return next;
    }
    close() {
        if (this.#handedOver) return;
        this.#options.signal.removeEventListener("abort", this.#onAbort);
        this.#socket.destroySoon();
        if (this.#options.signal.aborted) this.#socket.destroy();
        this.#socket.unref();
    }
    async #frame() {
        for (;;) {
            const frame = this.#incoming.deframer.next();
            if (frame !== undefined) return frame;
            const chunk = await this.#incoming.chunks.next().catch(cause => ({
                failure: cause
            }));
            if (this.#options.signal.aborted) throw abortedError(this.#options.signal);
            if ("failure" in chunk) {
                throw new ConnectError("ERR_CLOSED", `the connection failed: ${systemReason(chunk.failure)}`, {
                    cause: chunk.failure,
                    mayBeRestarting: !this.#hasReceived
                });
            }
            if (chunk.done === true) {
                const first = this.#hasReceived ? "" : " before it sent anything";
                throw new ConnectError("ERR_CLOSED", `the peer closed the connection${first}`, {
                    mayBeRestarting: !this.#hasReceived
                });
            }
            this.#hasReceived = true;
            this.#incoming.deframer.push(chunk.value);
        }
    }
    #open(frame) {
        if (this.#protection !== undefined) return this.#protection.open(frame);
        this.#received.add(frame.header, frame.body);
        return frame.body;
    }
    async #receiveExpected() {
        const {header, body} = await this.#frame();
        const expected = this.#expectedCleartext.shift();
        if (expected !== undefined && Buffer.compare(writer_concat([ header, body ]), expected.frame) === 0) return;
        throw expected?.otherwise?.() ?? new ProtocolError("ERR_MESSAGE", "the peer sent an unexpected message");
    }
}

function isTimeout({aborted, reason}) {
    return aborted && reason instanceof Error && reason.name === "TimeoutError";
}

function abortedError(signal) {
    const cause = signal.reason;
    const text = isTimeout(signal) && cause instanceof Error ? cause.message : undefined;
    return new ConnectError("ERR_TIMEOUT", text ?? "cancelled", {
        cause,
        reason: text === undefined ? "cancelled" : "timeout"
    });
}

function cleartextFrame(plaintext) {
    return writer_concat([ putHeader(plaintext.length), plaintext ]);
}

function environmentOf(env, platform) {
    if (platform !== "win32") return env;
    const names = new Map(Object.keys(env).map(name => [ name.toUpperCase(), name ]));
    return new Proxy(env, {
        get: (values, name) => typeof name === "string" ? values[names.get(name.toUpperCase()) ?? name] : undefined
    });
}

function homeOf(env, platform, ofAccount) {
    return (platform === "win32" ? environmentOf(env, platform)["USERPROFILE"] : undefined) || ofAccount;
}

function isLinkOfSystem({uid}, platform) {
    return platform !== "win32" && uid === 0;
}

const SHARING_VIOLATIONS = [ "EPERM", "EACCES", "EBUSY" ];

const RENAME_ATTEMPTS = 8;

const FIRST_PAUSE_MS = 5;

function renameOver(rename, platform, pause = pauseThread) {
    for (let attempt = 1; ;attempt++) {
        try {
            rename();
            return;
        } catch (error) {
            const isShared = SHARING_VIOLATIONS.includes(error.code);
            if (platform !== "win32" || !isShared || attempt === RENAME_ATTEMPTS) throw error;
            pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
        }
    }
}

function pauseThread(milliseconds) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function isDeniedByNode(error) {
    return error?.code === "ERR_ACCESS_DENIED";
}

const ATTEMPT_DELAY_MS = 250;

const MAX_ADDRESSES = 16;

function dial(endpoints, {signal, log, timeLeftMs}) {
    const started = timeLeftMs();
    const waiting = [ ...endpoints ];
    const sockets = new Map;
    const resolving = new Set;
    const failures = [];
    return new Promise((resolve, reject) => {
        let timer;
        let isOver = false;
        const finish = winner => {
            isOver = true;
            clearTimeout(timer);
            signal.removeEventListener("abort", abort);
            for (const socket of sockets.keys()) if (socket !== winner) socket.destroy();
        };
        const abort = () => {
            finish();
            const silent = [ ...sockets.values(), ...resolving, ...waiting ].map(candidate => ({
                candidate,
                text: `${formatCandidate(candidate)}: no response`,
                error: new Error("no response")
            }));
            reject(isTimeout(signal) ? unreachable([ ...failures, ...silent ], "ERR_TIMEOUT") : abortedError(signal));
        };
        const tryNext = () => {
            clearTimeout(timer);
            const candidate = waiting.shift();
            if (candidate !== undefined) {
                timer = setTimeout(tryNext, ATTEMPT_DELAY_MS);
                (isIpAddress(candidate.host) ? attempt : resolveName)(candidate);
            } else if (sockets.size + resolving.size === 0) {
                finish();
                reject(unreachable(failures));
            }
        };
        const fail = (candidate, error) => {
            if (isOver) return;
            failures.push({
                candidate,
                text: `${formatCandidate(candidate)}: ${dial_reasonOf(error, candidate)}`,
                error
            });
            tryNext();
        };
        const resolveName = endpoint => {
            const {host, port} = endpoint;
            resolving.add(endpoint);
            const {lookup} = process.getBuiltinModule("node:dns");
            lookup(host, {
                all: true,
                verbatim: true
            }, (error, found) => {
                resolving.delete(endpoint);
                if (error !== null) return fail(endpoint, error);
                if (isOver) return;
                const addresses = interleaved(found.map(({address}) => address)).slice(0, MAX_ADDRESSES);
                log.debug(`connect: the host name ${host} resolves to ${addresses.join(", ")}`);
                waiting.unshift(...addresses.map(address => ({
                    host: address,
                    port,
                    name: host
                })));
                tryNext();
            });
        };
        const attempt = candidate => {
            const socket = (0, external_node_net_namespaceObject.connect)({
                host: candidate.host,
                port: candidate.port,
                noDelay: true
            });
            sockets.set(socket, candidate);
            socket.once("connect", () => {
                if (isOver) return;
                log.debug(`connect: TCP connection to ${formatCandidate(candidate)} in ${Math.round(started - timeLeftMs())} ms`);
                socket.removeAllListeners("error");
                finish(socket);
                resolve(socket);
            });
            socket.on("error", error => {
                sockets.delete(socket);
                fail(candidate, error);
            });
        };
        if (signal.aborted) return abort();
        signal.addEventListener("abort", abort, {
            once: true
        });
        tryNext();
        setImmediate(crypto_crypto);
    });
}

function interleaved(addresses) {
    const family = address => address.includes(":");
    const first = addresses.filter(address => family(address) === family(addresses[0] ?? ""));
    const second = addresses.filter(address => !first.includes(address));
    return Array.from({
        length: addresses.length
    }, (_, at) => [ first[at], second[at] ]).flat().filter(address => address !== undefined);
}

function isPrivateAddress(host) {
    return /^(10\.\d|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(host);
}

function formatCandidate({host, port, name}) {
    return `${formatEndpoint({
        host,
        port
    })}${name === undefined ? "" : ` (${name})`}`;
}

function unreachable(failures, code = "ERR_CONNECT") {
    const text = `no connection to ${failures.map(each => each.text).join(", ")}`;
    const unknown = failures.find(({error}) => error.code === "ENOTFOUND" || error.code === "EAI_AGAIN");
    const isRefused = failures.some(({error}) => error.code === "ECONNREFUSED");
    const isPrivate = failures.some(({candidate}) => isPrivateAddress(candidate.host));
    const isSilent = code === "ERR_TIMEOUT";
    const other = isSilent ? "no-response" : isRefused ? "connection-refused" : undefined;
    return new ConnectError(code, text, {
        reason: unknown && !isSilent ? "name-unknown" : isPrivate ? "private-address" : other,
        details: {
            host: unknown?.candidate.host ?? ""
        },
        permanent: failures.every(({error}) => error.code === "ENOTFOUND" || isDeniedByNode(error)),
        mayBeRestarting: isRefused
    });
}

function dial_reasonOf(error, {host}) {
    const {code} = error;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the host name ${host} does not resolve`;
    if (isDeniedByNode(error)) return "Node's permission model denies connections (--allow-net)";
    return systemReason(error);
}

function openAhead(server, host) {
    const socket = connectTo(server, host).then(opened => opened.on("error", () => {}), () => undefined);
    return {
        socket,
        close: () => void socket.then(opened => opened?.destroy())
    };
}

const MAX_RESPONSE_LENGTH = 64 * 1024;

async function sendHttp(request, host) {
    const {url, method, headers, body = ""} = request;
    const {signal} = host;
    try {
        const early = await (request.connection?.socket);
        const isOpen = early !== undefined && !early.destroyed && early.readableLength === 0;
        const socket = isOpen ? early : await connectTo(request, host);
        const {request: begin} = moduleFor(url);
        return await new Promise((resolve, reject) => {
            const sent = begin(url, {
                method,
                headers,
                signal,
                createConnection: () => socket
            }, response => {
                const {statusCode: status = 0} = response;
                const header = name => response.headers[name]?.toString();
                const chunks = [];
                let length = 0;
                response.on("data", chunk => {
                    length += chunk.length;
                    if (length > MAX_RESPONSE_LENGTH) sent.destroy(new Error(`the response exceeds ${MAX_RESPONSE_LENGTH} bytes`)); else chunks.push(chunk);
                });
                response.on("end", () => resolve({
                    status,
                    text: Buffer.concat(chunks).toString("utf8"),
                    header
                }));
                response.on("error", reject);
                response.on("aborted", () => reject(new Error("the connection closed in the middle of the response")));
            });
            sent.on("error", reject);
            sent.on("close", () => reject(new Error("the connection closed without a response")));
            sent.end(body);
        }).finally(() => socket.destroy());
    } catch (cause) {
        if (signal.aborted && isTimeout(signal)) {
            const text = `no response from ${url.origin}: ${abortedError(signal).message}`;
            throw new ConnectError("ERR_TIMEOUT", text, {
                peer: url.origin,
                cause: signal.reason,
                reason: "service-silent"
            });
        }
        if (signal.aborted) throw abortedError(signal);
        throw new ConnectError("ERR_CONNECT", `no response from ${url.origin}: ${systemReason(cause)}`, {
            ...cause instanceof ConnectError ? https_reasonOf(cause) : {
                reason: "service-unreachable"
            },
            peer: url.origin
        });
    }
}

function https_reasonOf({reason, details, permanent}) {
    const isOurs = reason === "proxy-failed" || reason === "name-unknown";
    return {
        reason: isOurs ? reason : "service-unreachable",
        details,
        permanent
    };
}

function moduleFor({protocol}) {
    return protocol === "http:" ? process.getBuiltinModule("node:http") : process.getBuiltinModule("node:https");
}

function isHttpToThisHost({protocol, hostname}) {
    return protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

async function connectTo({url, authorities, proxy}, host) {
    const socket = proxy === undefined ? await dial([ endpointOf(url) ], host) : await openTunnel(proxy, url, authorities, host);
    socket.on("error", () => {});
    return url.protocol === "http:" ? socket : startTls(socket, url, authorities);
}

function startTls(socket, {hostname}, authorities) {
    const host = bare(hostname);
    return process.getBuiltinModule("node:tls").connect({
        socket,
        host,
        servername: isIpAddress(host) ? "" : host,
        ca: [ ...authorities ],
        rejectUnauthorized: true,
        ALPNProtocols: [ "http/1.1" ]
    });
}

async function openTunnel(proxy, url, authorities, host) {
    const target = formatEndpoint(endpointOf(url));
    const headers = {
        host: target
    };
    if (proxy.authorization !== undefined) headers["proxy-authorization"] = proxy.authorization.reveal();
    try {
        const plain = await dial([ endpointOf(proxy.url) ], host);
        const socket = proxy.url.protocol === "http:" ? plain : startTls(plain, proxy.url, authorities);
        const options = {
            ...{
                method: "CONNECT",
                path: target,
                headers,
                signal: host.signal
            },
            createConnection: () => socket
        };
        return await new Promise((resolve, reject) => {
            const sent = process.getBuiltinModule("node:http").request(options);
            sent.on("connect", ({statusCode = 0}, tunnel, early) => {
                if (statusCode >= 200 && statusCode <= 299 && early.length === 0) return resolve(tunnel);
                tunnel.destroy();
                reject(new Error(`it returned status ${statusCode}`));
            });
            sent.on("response", response => {
                response.destroy();
                reject(new Error(`it returned status ${response.statusCode}`));
            });
            sent.on("error", reject);
            sent.on("close", () => reject(new Error("it closed the connection")));
            sent.end();
        }).catch(error => {
            socket.destroy();
            throw error;
        });
    } catch (error) {
        const text = `the proxy ${proxy.url.origin} did not connect to ${target}: ${systemReason(error)}`;
        throw new ConnectError("ERR_CONNECT", text, {
            reason: "proxy-failed"
        });
    }
}

function endpointOf({hostname, port, protocol}) {
    return {
        host: bare(hostname),
        port: Number(port) || (protocol === "http:" ? 80 : 443)
    };
}

function bare(hostname) {
    return hostname.replace(/^\[|\]$/g, "");
}

const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");

const MAX_VERSION_LENGTH = 256;

function parseVersion(text) {
    if (text.length > MAX_VERSION_LENGTH) return undefined;
    const [, major, minor, patch] = /^\$CondorVersion: (\d{1,4})\.(\d{1,4})\.(\d{1,4})(?!\d)/.exec(text) ?? [];
    if (major === undefined || minor === undefined || patch === undefined) return undefined;
    return {
        text: `${major}.${minor}.${patch}`,
        major: Number(major),
        minor: Number(minor),
        patch: Number(patch)
    };
}

function isAtLeast(version, major, minor, patch = 0) {
    if (version.major !== major) return version.major > major;
    return version.minor === minor ? version.patch >= patch : version.minor > minor;
}

function bindsFsToAddress(version) {
    const {major, minor} = version;
    if (minor === 0) return major === 24 && version.patch >= 22 || major === 25 && version.patch >= 12 || major > 25;
    return major === 24 ? isAtLeast(version, 24, 12, 22) : isAtLeast(version, 25, 11, 1);
}

const FIRST_RESTRICTING_PATCH = {
    "23.0": 22,
    23.9: 6,
    "23.10": 22,
    "24.0": 6
};

function restrictsLevels({major, minor, patch}) {
    const first = FIRST_RESTRICTING_PATCH[`${major}.${minor}`];
    if (first !== undefined) return patch >= first;
    return major > 24 || major === 24 && minor >= 6;
}

const DONE = 0;

const NOT_DONE = -1;

const THIS_ACCOUNT = "this account";

function fs(options) {
    const candidate = peer => ({
        label: THIS_ACCOUNT,
        open: () => {},
        finish: (channel, server) => runExchange(channel, peer, server, options)
    });
    return {
        name: "FS",
        authenticatesServer: false,
        sources: [ THIS_ACCOUNT ],
        candidatesFor: (_, peer) => isThisHost(peer.address) ? {
            usable: [ candidate(peer) ],
            rejected: []
        } : {
            usable: [],
            rejected: [ {
                label: THIS_ACCOUNT,
                reason: `${peer.address} is another host`
            } ]
        },
        guessed: peer => isThisHost(peer.address) ? candidate(peer) : undefined
    };
}

async function runExchange(channel, peer, server, options) {
    const wanted = await channel.receive(message => message.string());
    const {path, extension, objection} = checkDirectory(wanted, peer, server, options);
    const failure = objection ?? makeDirectory(path, options.owner);
    let verdict;
    try {
        channel.send(message => {
            message.int(failure === undefined ? DONE : NOT_DONE);
            if (extension !== "") message.string(extension);
        });
        verdict = await channel.receive(message => message.int());
    } finally {
        if (failure === undefined) remove(path);
    }
    if (failure !== undefined) throw new MethodRefused(failure);
    if (verdict !== DONE) throw new MethodRefused({
        reason: `the daemon could not verify the owner of ${path}: it sees a different file system`
    });
    return [];
}

const fs_MAX_PATH_LENGTH = 1024;

const UNBOUND_NAME = /^FS_[A-Za-z0-9]{6,16}$/;

const BOUND_NAME = /^FS_([0-9A-Fa-f.:]{2,45})_([0-9]{1,10})_[A-Za-z0-9]{6,16}(_?)$/;

function checkDirectory(wanted, {address, port, sharedPortId}, {version}, {parents, mayBeUnbound}) {
    const endpoint = `${address.includes(":") ? `[${address}]` : address}:${port}`;
    const refuse = (reason, kind) => ({
        path: "",
        extension: "",
        objection: {
            reason,
            kind
        }
    });
    if (wanted === "") return refuse("the daemon could not choose a directory (FS_LOCAL_DIR on its host)");
    if (wanted.length > fs_MAX_PATH_LENGTH) return refuse(`the daemon requested a directory name of ${wanted.length} characters`);
    const {dir, base} = external_node_path_namespaceObject.posix.parse(wanted);
    const [, boundAddress, boundPort, open] = BOUND_NAME.exec(base) ?? [];
    const isUnbound = UNBOUND_NAME.test(base);
    if (`${dir}/${base}` !== wanted || !parents.includes(dir) || boundAddress === undefined && !isUnbound) {
        return refuse(`the daemon requested the directory ${wanted}, which is not an FS directory`);
    }
    if (open === "_") {
        const extension = `${endpoint}${sharedPortId === undefined ? "" : `?sock=${sharedPortId}`}`;
        return {
            path: `${wanted}${extension}`,
            extension
        };
    }
    const objection = isUnbound ? objectionToUnbound(version, mayBeUnbound) : undefined;
    if (objection !== undefined) return refuse(`the daemon requested ${wanted}, which is not bound to its address${objection.reason}`, objection.kind);
    if (!isUnbound && (boundAddress !== address || boundPort !== String(port))) return refuse(`the daemon requested ${wanted}, which is bound to an address other than ${endpoint}`);
    return {
        path: wanted,
        extension: ""
    };
}

function objectionToUnbound(version, mayBeUnbound) {
    if (!mayBeUnbound) {
        const reason = ": FS before HTCondor 24.0.22, 25.0.12 and 25.11.1, which is used only if FS is named";
        return {
            kind: "fs-unbound",
            reason
        };
    }
    if (version !== undefined && !bindsFsToAddress(version)) return undefined;
    const announced = version === undefined ? "announces no version" : `announces HTCondor ${version.text}, which binds it`;
    return {
        kind: "fs-relay",
        reason: `, but it ${announced}: it may be a relay`
    };
}

function makeDirectory(path, owner) {
    try {
        const parent = external_node_path_namespaceObject.posix.dirname(path);
        const entry = (0, external_node_fs_namespaceObject.lstatSync)(parent);
        if (entry.isSymbolicLink() && entry.uid !== 0) return {
            reason: `${parent} is a symbolic link that root does not own`
        };
        (0, external_node_fs_namespaceObject.mkdirSync)(path, 448);
    } catch (error) {
        return {
            reason: `${path} could not be created: ${systemReason(error)}`
        };
    }
    try {
        (0, external_node_fs_namespaceObject.chmodSync)(path, 448);
        if (owner !== undefined) (0, external_node_fs_namespaceObject.lchownSync)(path, owner.uid, owner.gid);
        return undefined;
    } catch (error) {
        remove(path);
        return {
            reason: `${path} could not be restricted to this account: ${systemReason(error)}`
        };
    }
}

function remove(path) {
    try {
        (0, external_node_fs_namespaceObject.rmdirSync)(path);
    } catch {}
}

function isThisHost(address) {
    return Object.values((0, external_node_os_namespaceObject.networkInterfaces)()).some(all => all?.some(each => each.address === address) === true) || /^(127\.|::1$)/.test(address);
}

const external_node_stream_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");

class TlsFailure extends Error {}

const tls_tunnel_REASONS = [ [ /KEY_TOO_SMALL|DH_KEY_TOO_SMALL/, "a key is too small for this TLS library" ], [ /CA_MD_TOO_WEAK|MD_TOO_WEAK/, "a certificate is signed with an algorithm that this TLS library refuses" ], [ /KEY_VALUES_MISMATCH/, "the private key does not match the certificate" ], [ /UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION_NUMBER/, "the daemon does not support TLS 1.2 or later" ], [ /UNKNOWN_CA/, "the daemon does not trust the CA of the client certificate" ], [ /BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE/, "the daemon rejects the client certificate" ], [ /CERTIFICATE_EXPIRED/, "the daemon considers the client certificate expired" ], [ /CERTIFICATE_REVOKED/, "the client certificate is revoked" ], [ /CERTIFICATE_REQUIRED/, "the daemon requires a client certificate" ], [ /HANDSHAKE_FAILURE|NO_SHARED_CIPHER/, "the client and the daemon have no TLS parameters in common" ], [ /BAD_RECORD_MAC/, "a TLS record was damaged in transit" ] ];

const HOST_NAME = /^[\w-]+(\.[\w-]+)*$/;

const SETTLING_TURNS = 4;

const MAX_TURNS = 1e3;

class TlsTunnel {
    #pipe;
    #socket;
    #outgoing=[];
    #plaintext=[];
    #established=false;
    #certificate;
    #failure;
    static async start(options) {
        const {connect} = process.getBuiltinModule("node:tls");
        try {
            return new TlsTunnel(options, connect);
        } catch (cause) {
            throw new TlsFailure(tlsReason(cause), {
                cause
            });
        }
    }
    constructor({authorities, partialChain, certificate, serverName}, connect) {
        this.#pipe = new external_node_stream_namespaceObject.Duplex({
            read: () => {},
            write: (chunk, _encoding, done) => {
                this.#outgoing.push(chunk);
                done();
            }
        });
        this.#socket = connect({
            socket: this.#pipe,
            ca: [ ...authorities ],
            ...partialChain ? {
                allowPartialTrustChain: true
            } : {},
            ...certificate === undefined ? {} : {
                cert: certificate.chain,
                key: certificate.key.reveal()
            },
            ...serverName === undefined || isIpAddress(serverName) ? {} : {
                servername: serverName
            },
            minVersion: "TLSv1.2",
            rejectUnauthorized: false,
            checkServerIdentity: () => undefined
        });
        this.#socket.on("secureConnect", () => {
            this.#certificate = this.#socket.getPeerX509Certificate();
            this.#established = true;
        });
        this.#socket.on("data", chunk => {
            this.#plaintext.push(chunk);
        });
        this.#socket.on("error", error => {
            this.#failure ??= error;
        });
    }
    get version() {
        return this.#socket.getProtocol();
    }
    get established() {
        return this.#established;
    }
    feed(records) {
        if (records.length > 0) this.#pipe.push(records);
    }
    async output() {
        await this.#until(() => this.#outgoing.length > 0);
        for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
        this.#throwFailure();
        return this.pending();
    }
    pending() {
        return writer_concat(this.#outgoing.splice(0));
    }
    async handshake() {
        await this.#until(() => this.#established);
    }
    async failure() {
        for (let turn = 0; turn < SETTLING_TURNS && this.#failure === undefined; turn++) await nextTurn();
        if (this.#failure === undefined) return undefined;
        const [, digits] = /alert number (\d{1,3})/.exec(this.#failure.message) ?? [];
        return {
            reason: tlsReason(this.#failure),
            alert: digits === undefined ? undefined : Number(digits)
        };
    }
    async read(length) {
        await this.#until(() => this.#plaintext.reduce((sum, {length}) => sum + length, 0) >= length);
        const all = writer_concat(this.#plaintext);
        this.#plaintext = [ all.subarray(length) ];
        return all.subarray(0, length);
    }
    write(plaintext) {
        this.#socket.write(plaintext);
        return this.output();
    }
    distrust(serverName) {
        if (!HOST_NAME.test(serverName)) return untrusted(`${serverName} is not a host name`);
        const certificate = this.#certificate;
        if (certificate === undefined) return untrusted("it has no certificate");
        if (!this.#socket.authorized) return tls_tunnel_invalid(String(this.#socket.authorizationError), certificate.issuer);
        const {subjectAltName, subject} = certificate;
        const options = {
            subject: subjectAltName === undefined ? "always" : "never"
        };
        if (certificate.checkHost(serverName, options) !== undefined) return undefined;
        const names = distinguishedName(subjectAltName || subject, "no name");
        return {
            kind: "name-differs",
            reason: `its certificate is for ${names}, not for ${serverName}`,
            details: {
                host: serverName
            }
        };
    }
    close() {
        this.#socket.destroy();
        this.#pipe.destroy();
    }
    async #until(condition) {
        for (let turn = 0; !condition(); turn++) {
            this.#throwFailure();
            if (turn === MAX_TURNS) throw new TlsFailure("the daemon sent incomplete TLS records");
            await nextTurn();
        }
    }
    #throwFailure() {
        if (this.#failure !== undefined) throw new TlsFailure(tlsReason(this.#failure), {
            cause: this.#failure
        });
    }
}

const nextTurn = () => new Promise(resolve => setImmediate(resolve));

function untrusted(reason) {
    return {
        kind: "untrusted-certificate",
        reason
    };
}

function tls_tunnel_invalid(code, issuer) {
    const by = `issued by ${distinguishedName(issuer, "an empty name")}`;
    const kind = "expired-certificate";
    switch (code) {
      case "CERT_HAS_EXPIRED":
        return {
            kind,
            reason: `its certificate, or a CA certificate above it, has expired (${by})`
        };

      case "CERT_NOT_YET_VALID":
        return {
            kind,
            reason: `its certificate is not valid yet, or the clock of this host is wrong (${by})`
        };

      default:
        return untrusted(`its certificate is not trusted (${code}; ${by})`);
    }
}

function tlsReason(error) {
    const {code = "", message} = error;
    const text = `${code} ${message.toUpperCase().replaceAll(" ", "_")}`;
    return tls_tunnel_REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? `the TLS library reports ${code || "an error"}`;
}

const OK = 0;

const ERROR = -1;

const SENDING = 1;

const RECEIVING = 2;

const QUITTING = 3;

const HOLDING = 4;

const ssl_exchange_KEY_LENGTH = 256;

const MAX_RECORDS_LENGTH = 1024 * 1024;

const MAX_ROUNDS = 8;

const NOTHING = new Uint8Array;

class SslExchange {
    #credential;
    #tunnel;
    #certificate;
    #failure;
    constructor(credential) {
        this.#credential = credential;
    }
    async open(channel) {
        const options = await this.#credential.tls();
        this.#certificate = options.certificate;
        try {
            this.#tunnel = await TlsTunnel.start(options);
            const records = await this.#tunnel.output();
            channel.send(message => message.int(OK));
            putRecords(channel, RECEIVING, records);
        } catch (error) {
            if (!(error instanceof TlsFailure)) throw error;
            this.#failure = `TLS could not start: ${error.message}`;
            channel.send(message => message.int(ERROR));
        }
    }
    async prove(channel) {
        const hello = await channel.receive(message => message.int());
        if (this.#failure !== undefined) throw new MethodRefused({
            reason: this.#failure
        });
        if (hello !== OK) {
            throw new MethodRefused({
                kind: "no-tls",
                reason: "the daemon cannot use TLS: check AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE on its host"
            }, true);
        }
        const tunnel = this.#started;
        try {
            await this.#handshake(channel, tunnel);
            await this.#receiveKey(channel, tunnel);
        } catch (error) {
            if (!(error instanceof TlsFailure)) throw error;
            putRecords(channel, QUITTING, tunnel.pending());
            throw new MethodRefused({
                reason: `TLS failed: ${error.message}`
            });
        }
    }
    hold(channel) {
        putRecords(channel, HOLDING, NOTHING);
    }
    async sendThroughTunnel(channel, plaintext) {
        putRecords(channel, HOLDING, await this.#started.write(plaintext));
    }
    close() {
        this.#tunnel?.close();
    }
    get #started() {
        if (this.#tunnel === undefined) throw new RangeError("finish before open");
        return this.#tunnel;
    }
    async #handshake(channel, tunnel) {
        for (let round = 0, holding = false; round < MAX_ROUNDS; round++) {
            const status = await this.#receive(channel, tunnel);
            if (status === HOLDING && holding) {
                await tunnel.handshake();
                return this.#verify(channel, tunnel);
            }
            const records = await tunnel.output();
            if (tunnel.established) this.#verify(channel, tunnel); else if (!holding) this.#checkVersion(channel, tunnel);
            putRecords(channel, HOLDING, records);
            holding = true;
        }
        throw new ProtocolError("ERR_MESSAGE", "the TLS handshake did not complete");
    }
    #checkVersion(channel, tunnel) {
        if (this.#certificate === undefined || tunnel.version !== "TLSv1.2") return;
        if (this.#certificate.onUnverified !== undefined) {
            this.#certificate.onUnverified();
            return;
        }
        putRecords(channel, QUITTING, NOTHING);
        throw new MethodRefused({
            kind: "no-tls13",
            reason: "the daemon does not support TLS 1.3; with TLS 1.2 the client sends only client-certificate, because the daemon is not verified yet"
        });
    }
    #verify(channel, tunnel) {
        const {label, method, serverName} = this.#credential;
        const refusal = tunnel.distrust(serverName);
        if (refusal === undefined) return;
        putRecords(channel, QUITTING, NOTHING);
        throw new AuthenticationError("ERR_SERVER_UNPROVEN", `the daemon failed to prove that it is ${serverName}: ${refusal.reason}`, [ {
            ...refusal,
            method: displayName(method),
            reason: `${label}: ${refusal.reason}`
        } ]);
    }
    async #receiveKey(channel, tunnel) {
        for (let round = 0; round < MAX_ROUNDS; round++) {
            if (await this.#receive(channel, tunnel) === HOLDING) {
                await tunnel.read(ssl_exchange_KEY_LENGTH);
                return;
            }
            const failure = await tunnel.failure();
            if (failure !== undefined) throw new TlsFailure(failure.reason);
            putRecords(channel, RECEIVING, tunnel.pending());
        }
        throw new ProtocolError("ERR_MESSAGE", "the daemon sent no session key");
    }
    async #receive(channel, tunnel) {
        const {status, records} = await channel.receive(getRecords);
        tunnel.feed(records);
        if (status === OK || status === SENDING || status === RECEIVING || status === HOLDING) return status;
        const number = (await tunnel.failure())?.alert;
        const alert = number === undefined ? "" : `, TLS alert ${number} ${ALERTS[number] ?? ""}`.trimEnd();
        const isUnexplained = alert === "" && tunnel.established;
        throw new MethodRefused({
            kind: isUnexplained ? "mapping-required" : number === CERTIFICATE_UNKNOWN ? "proxy-not-allowed" : undefined,
            reason: `the daemon aborted the TLS handshake${isUnexplained ? UNEXPLAINED : alert}`
        });
    }
}

function putHolding(message) {
    message.int(HOLDING).int(0);
}

async function serverHolds(channel) {
    return (await channel.receive(getRecords)).status === HOLDING;
}

function getRecords(message) {
    const status = message.int();
    const length = message.int();
    if (length < 0 || length > MAX_RECORDS_LENGTH) throw new ProtocolError("ERR_MESSAGE", `${length} bytes of TLS`);
    return {
        status,
        records: message.bytes(length)
    };
}

function putRecords(channel, status, records) {
    channel.send(message => message.int(status).int(records.length).bytes(records));
}

const UNEXPLAINED = ": it requires a client certificate (AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE), or one that its map file lists (AUTH_SSL_REQUIRE_CLIENT_MAPPING)";

const CERTIFICATE_UNKNOWN = 46;

const ALERTS = {
    40: "handshake_failure: it has no certificate (AUTH_SSL_SERVER_CERTFILE on its host)",
    42: "bad_certificate: it cannot parse the client certificate",
    43: "unsupported_certificate: it does not accept the client certificate",
    44: "certificate_revoked: the client certificate is revoked",
    45: "certificate_expired: the client certificate has expired",
    [CERTIFICATE_UNKNOWN]: "certificate_unknown: it does not accept the client certificate; for an X.509 proxy it requires AUTH_SSL_ALLOW_CLIENT_PROXY = True",
    48: "unknown_ca: it does not trust the CA of the client certificate (AUTH_SSL_SERVER_CAFILE on its host)",
    70: "protocol_version: it supports none of the client's TLS versions"
};

const NO_SERVER_NAME = `no host name is known to verify its certificate against; ${SET_SERVER_NAME}`;

function onlyClaimed(name) {
    return `only the collector reports that the daemon's host is ${name}; if that is correct, set server-name`;
}

function ssl(label, tlsFor, source = label) {
    const candidate = serverName => {
        const exchange = new SslExchange({
            method: "SSL",
            label,
            serverName,
            tls: () => tlsFor(serverName)
        });
        return {
            label,
            source,
            open: channel => exchange.open(channel),
            async finish(channel) {
                try {
                    await exchange.prove(channel);
                    exchange.hold(channel);
                    return [];
                } finally {
                    exchange.close();
                }
            }
        };
    };
    const guessed = ({serverName, claimedName}) => {
        const name = serverName ?? claimedName;
        return name === undefined ? undefined : candidate(name);
    };
    return {
        name: "SSL",
        authenticatesServer: true,
        sources: [ label ],
        candidatesFor(_, peer) {
            const usable = guessed(peer);
            return usable === undefined ? {
                usable: [],
                rejected: [ {
                    label,
                    reason: NO_SERVER_NAME,
                    kind: "no-server-name"
                } ]
            } : {
                usable: [ usable ],
                rejected: []
            };
        },
        guessed
    };
}

const MIN_ITERATIONS = 4096;

const MAX_ITERATIONS = 1e6;

function keysOfPassword(text, client, source) {
    return {
        source,
        types: ENCRYPTION_TYPES,
        needInformation: true,
        async key({type, salt, iterations}) {
            const {stringToKey, defaultIterations} = encryptionType(type);
            const count = iterations ?? defaultIterations;
            if (count < MIN_ITERATIONS || count > MAX_ITERATIONS) throw new KerberosError(`the KDC requires ${count} iterations to derive the key from the password`);
            const bytes = await stringToKey(text(), salt ?? Buffer.from(`${client.realm}${client.components.join("")}`), count);
            return {
                type,
                bytes
            };
        }
    };
}

const REPLY_USAGE = {
    AS_REPLY: 3,
    TGS_REPLY: 8,
    AP_REPLY: 12
};

const TICKET = 1;

const AS_REP = 11;

const TGS_REP = 13;

const AP_REP = 15;

const ENC_AS_REP_PART = 25;

const ENC_TGS_REP_PART = 26;

const ENC_AP_REP_PART = 27;

const KRB_ERROR = 30;

const PA_ETYPE_INFO2 = 19;

function readKdcReply(bytes) {
    const reader = new DerReader(bytes);
    if (reader.isApplication(KRB_ERROR)) return readRefusal(reader);
    const fields = reader.application(AS_REP, TGS_REP);
    fields.field(0).integer();
    fields.field(1).integer();
    const keyInformation = fields.optional(2)?.list(getPreAuthentication).flatMap(keyInformationOf) ?? [];
    const realm = fields.field(3).text();
    const client = principal_getName(fields.field(4), realm);
    const encoded = fields.field(5).element();
    new DerReader(encoded).application(TICKET);
    return {
        client,
        encoded,
        sealed: getEncrypted(fields.field(6)),
        keyInformation
    };
}

function isRefusal(reply) {
    return "code" in reply;
}

function openKdcReply({client, encoded, sealed}, request, key, usage, isReferral) {
    const fields = new DerReader(replies_open(sealed, key, usage)).application(ENC_AS_REP_PART, ENC_TGS_REP_PART);
    const sessionKey = getKey(fields.field(0));
    fields.field(1);
    const nonce = fields.field(2).integer();
    fields.optional(3);
    fields.field(4);
    fields.field(5);
    fields.optional(6);
    const endTime = fields.field(7).time();
    fields.optional(8);
    const realm = fields.field(9).text();
    const service = principal_getName(fields.field(10), realm);
    if (nonce !== request.nonce) throw new KerberosError("the KDC replied to a different request");
    if (!isSamePrincipal(client, request.client)) throw new KerberosError("the KDC replied for a different client");
    if (!isSamePrincipal(service, request.service) && !isReferral(service)) throw new KerberosError("the KDC replied with a ticket for a different service");
    return {
        client,
        service,
        key: sessionKey,
        endTime,
        encoded
    };
}

function verifyApplicationReply(bytes, {key}, sent) {
    const fields = new DerReader(bytes).application(AP_REP);
    fields.field(0).integer();
    fields.field(1).integer();
    const part = new DerReader(replies_open(getEncrypted(fields.field(2)), key, REPLY_USAGE.AP_REPLY)).application(ENC_AP_REP_PART);
    if (part.field(0).time() !== sent.seconds || part.field(1).integer() !== sent.microseconds) throw new KerberosError("the reply contains a different time than the request");
}

function readKeyInformation(data) {
    return data.length === 0 ? [] : new DerReader(data).list(getPreAuthentication).flatMap(keyInformationOf);
}

function getKey(reader) {
    const fields = reader.structure();
    return {
        type: fields.field(0).integer(),
        bytes: fields.field(1).octets()
    };
}

function getEncrypted(reader) {
    const fields = reader.structure();
    const type = fields.field(0).integer();
    fields.optional(1);
    return {
        type,
        cipher: fields.field(2).octets()
    };
}

function replies_open({type, cipher}, key, usage) {
    const {decrypt, keyLength} = encryptionType(type);
    if (type !== key.type || key.bytes.length !== keyLength) throw new KerberosError("a message is encrypted with a key of a different type");
    return decrypt(key.bytes, usage, cipher);
}

function readRefusal(reader) {
    const fields = reader.application(KRB_ERROR);
    fields.field(0).integer();
    fields.field(1).integer();
    fields.optional(2);
    fields.optional(3);
    const serverTime = fields.field(4).time();
    fields.field(5);
    const code = fields.field(6).integer();
    fields.optional(7);
    fields.optional(8);
    fields.field(9);
    fields.field(10);
    const text = fields.optional(11)?.text();
    return {
        code,
        text,
        serverTime,
        data: fields.optional(12)?.octets() ?? new Uint8Array
    };
}

function getPreAuthentication(item) {
    const fields = item.structure();
    return {
        type: fields.field(1).integer(),
        value: fields.field(2).octets()
    };
}

function keyInformationOf({type, value}) {
    if (type !== PA_ETYPE_INFO2) return [];
    return new DerReader(value).list(item => {
        const fields = item.structure();
        const entry = fields.field(0).integer();
        const salt = fields.optional(1)?.textBytes();
        const parameters = fields.optional(2)?.octets();
        const iterations = parameters?.length === 4 ? Buffer.from(parameters).readUInt32BE() : undefined;
        return {
            type: entry,
            salt,
            iterations
        };
    });
}

const USAGE = {
    ENCRYPTED_TIMESTAMP: 1,
    TGS_REQUEST_CHECKSUM: 6,
    TGS_AUTHENTICATOR: 7,
    AP_AUTHENTICATOR: 11
};

const VERSION = 5;

const AS_REQ = 10;

const TGS_REQ = 12;

const AP_REQ = 14;

const AUTHENTICATOR = 2;

const PA_TGS_REQ = 1;

const PA_ENC_TIMESTAMP = 2;

const CANONICALIZE = 65536;

const MUTUAL_REQUIRED = 536870912;

const requests_LIFETIME_SECONDS = 24 * 60 * 60;

function drawNonce({randomBytes}) {
    return Buffer.from(randomBytes(4)).readUInt32BE() & 2147483647;
}

function timeNow({now, randomBytes}) {
    const milliseconds = now().getTime();
    const drawn = Buffer.from(randomBytes(4)).readUInt32BE() % 1e3;
    return {
        seconds: Math.floor(milliseconds / 1e3),
        microseconds: milliseconds % 1e3 * 1e3 + drawn
    };
}

function authenticationRequest(request, key, host) {
    const proof = [];
    if (key !== undefined) {
        const {seconds, microseconds} = timeNow(host);
        const timestamp = der.structure({
            0: der.time(seconds),
            1: der.integer(microseconds)
        });
        proof.push(preAuthentication(PA_ENC_TIMESTAMP, seal(key, USAGE.ENCRYPTED_TIMESTAMP, timestamp, host)));
    }
    return kdcRequest(AS_REQ, proof, requestBody(request, 0, host));
}

function serviceRequest(request, granting, host) {
    const body = requestBody(request, CANONICALIZE, host);
    const {checksumType, checksum} = encryptionType(granting.key.type);
    const covered = der.structure({
        0: der.integer(checksumType),
        1: der.octets(checksum(granting.key.bytes, USAGE.TGS_REQUEST_CHECKSUM, body))
    });
    const {message} = apRequest(granting, {
        usage: USAGE.TGS_AUTHENTICATOR,
        options: 0,
        covered
    }, host);
    return kdcRequest(TGS_REQ, [ preAuthentication(PA_TGS_REQ, message) ], body);
}

function applicationRequest(ticket, host) {
    return apRequest(ticket, {
        usage: USAGE.AP_AUTHENTICATOR,
        options: MUTUAL_REQUIRED
    }, host);
}

function apRequest({client, key, encoded}, {usage, options, covered}, host) {
    const time = timeNow(host);
    const authenticator = der.application(AUTHENTICATOR, der.structure({
        0: der.integer(VERSION),
        1: der.text(client.realm),
        2: principal_putName(client),
        3: covered,
        4: der.integer(time.microseconds),
        5: der.time(time.seconds)
    }));
    const message = der.application(AP_REQ, der.structure({
        0: der.integer(VERSION),
        1: der.integer(AP_REQ),
        2: der.flags(options),
        3: encoded,
        4: seal(key, usage, authenticator, host)
    }));
    return {
        message,
        ...time
    };
}

function kdcRequest(type, proofs, body) {
    return der.application(type, der.structure({
        1: der.integer(VERSION),
        2: der.integer(type),
        3: proofs.length === 0 ? undefined : der.list(proofs),
        4: body
    }));
}

function preAuthentication(type, value) {
    return der.structure({
        1: der.integer(type),
        2: der.octets(value)
    });
}

function requestBody({client, service, nonce, encryptionTypes}, options, {now}) {
    return der.structure({
        0: der.flags(options),
        1: options === CANONICALIZE ? undefined : principal_putName(client),
        2: der.text(service.realm),
        3: principal_putName(service),
        5: der.time(Math.floor(now().getTime() / 1e3) + requests_LIFETIME_SECONDS),
        7: der.integer(nonce),
        8: der.list(encryptionTypes.map(der.integer))
    });
}

function seal(key, usage, plaintext, {randomBytes}) {
    const {encrypt} = encryptionType(key.type);
    const cipher = encrypt(key.bytes, usage, plaintext, randomBytes(CONFOUNDER_LENGTH));
    return der.structure({
        0: der.integer(key.type),
        2: der.octets(cipher)
    });
}

const MAX_REFERRALS = 5;

const MAX_ATTEMPTS = 3;

async function requestInitialTicket(client, service, keys, kdcs) {
    let information = keys.needInformation ? undefined : defaultsOf(bestOf(keys));
    for (let attempt = 1; ;attempt++) {
        const request = {
            client,
            service,
            nonce: drawNonce(kdcs),
            encryptionTypes: keys.types
        };
        const key = information === undefined ? undefined : await keys.key(information);
        try {
            const reply = await exchange(authenticationRequest(request, key, kdcs), request, kdcs, keys.needInformation);
            const {type} = reply.sealed;
            const known = [ ...reply.keyInformation, ...information === undefined ? [] : [ information ] ];
            const own = await keys.key(known.find(each => each.type === type) ?? defaultsOf(type));
            return openReply(reply, request, own, client);
        } catch (error) {
            if (!requiresKey(error) || attempt === MAX_ATTEMPTS) throw error;
            information = nextKey(error, information, keys);
        }
    }
}

function requiresKey(error) {
    return error instanceof KdcError && (error.code === KDC_ERR.PREAUTH_REQUIRED || error.code === KDC_ERR.PREAUTH_FAILED);
}

function nextKey(error, previous, keys) {
    const next = chooseKey(readKeyInformation(error.data), keys);
    if (previous !== undefined && (next === undefined || next.type === previous.type)) throw error;
    return next ?? defaultsOf(bestOf(keys));
}

const bestOf = ({types: [best = 0]}) => best;

function defaultsOf(type) {
    return {
        type,
        salt: undefined,
        iterations: undefined
    };
}

function chooseKey(offered, {types, source}) {
    const found = offered.find(({type}) => types.includes(type));
    if (found !== undefined || offered.length === 0) return found;
    const [theirs, own] = [ offered.map(({type}) => type), types ].map(all => all.map(encryptionName).join(", "));
    throw new KerberosError(`the KDC has only keys of type ${theirs}, but ${source} has only keys of type ${own}`, "encryption-type");
}

function openReply(reply, request, key, client) {
    try {
        return openKdcReply(reply, request, key, REPLY_USAGE.AS_REPLY, () => false);
    } catch (error) {
        if (!(error instanceof KerberosError)) throw error;
        throw new KerberosError(`the reply of the KDC of ${client.realm} is not usable: ${error.message}`);
    }
}

async function requestServiceTicket(granting, name, kdcs) {
    const {client} = granting;
    let current = granting;
    for (let referrals = 0; referrals <= MAX_REFERRALS; referrals++) {
        const realm = realmOfTicketGranting(current.service);
        if (realm === undefined) throw new KerberosError(`${formatPrincipal(current.service)} is not a ticket-granting service`);
        const service = name.realm === undefined || name.realm === realm ? {
            type: NT_SRV_HST,
            components: name.components,
            realm
        } : ticketGranting(name.realm, realm);
        const request = {
            client,
            service,
            nonce: drawNonce(kdcs),
            encryptionTypes: ENCRYPTION_TYPES
        };
        const reply = await exchange(serviceRequest(request, current, kdcs), request, kdcs);
        const isReferral = other => other.realm === realm && realmOfTicketGranting(other) !== undefined;
        const ticket = openKdcReply(reply, request, current.key, REPLY_USAGE.TGS_REPLY, isReferral);
        const found = isSamePrincipal(ticket.service, service) && service.type === NT_SRV_HST;
        if (found) return ticket;
        current = ticket;
    }
    throw new KerberosError(`KDCs returned more than ${MAX_REFERRALS} referrals for ${name.components.join("/")}`);
}

async function exchange(message, {client, service}, kdcs, isPassword = false) {
    const reply = readKdcReply(await kdcs.ask(service.realm, message));
    if (!isRefusal(reply)) return reply;
    const names = {
        client: formatPrincipal(client),
        service: formatPrincipal(service)
    };
    throw kdcError(reply, {
        ...names,
        realm: service.realm,
        now: kdcs.now(),
        isPassword
    });
}

const ABORT = -1;

const GRANT = 1;

const MUTUAL = 3;

const PROCEED = 4;

const kerberos_NO_SERVER_NAME = {
    kind: "no-host-name",
    reason: `no host name is known for its Kerberos principal; ${SET_SERVER_NAME}`
};

function kerberos(sources, host) {
    const valid = () => sources.filter(({objection}) => objection(host.now()) === undefined);
    return {
        name: "KERBEROS",
        authenticatesServer: true,
        sources: sources.map(({label}) => label),
        candidatesFor(_, {serverName, claimedName}) {
            const name = serverName ?? claimedName;
            const reasonOf = ({objection}) => objection(host.now()) ?? (name === undefined ? kerberos_NO_SERVER_NAME : undefined);
            return {
                usable: name === undefined ? [] : valid().map(source => kerberos_candidate(source, name, host)),
                rejected: sources.flatMap(source => {
                    const reason = reasonOf(source);
                    return reason === undefined ? [] : [ {
                        label: source.label,
                        ...reason
                    } ];
                })
            };
        },
        guessed({serverName, claimedName}) {
            const [only, ...others] = valid();
            const name = serverName ?? claimedName;
            return only === undefined || others.length > 0 || name === undefined ? undefined : kerberos_candidate(only, name, host);
        },
        prepare({serverName, claimedName}) {
            const [first] = valid();
            const name = serverName ?? claimedName;
            if (name !== undefined) first?.ticketFor(name).catch(() => {});
        }
    };
}

function kerberos_candidate({label, source, ticketFor}, serverName, host) {
    let opened;
    return {
        label,
        source,
        async open(channel) {
            try {
                const ticket = await ticketFor(serverName);
                const request = applicationRequest(ticket, host);
                opened = {
                    ticket,
                    ...request
                };
                channel.send(message => message.int(PROCEED));
                channel.send(message => message.int(PROCEED).int(request.message.length).bytes(request.message));
            } catch (error) {
                if (!(error instanceof KerberosError || error instanceof ConnectError) || host.signal.aborted) throw error;
                opened = error;
                channel.send(message => message.int(ABORT));
            }
        },
        async finish(channel, _, last) {
            if (opened === undefined) throw new RangeError("finish before open");
            if (opened instanceof Error) throw last && opened instanceof ConnectError ? opened : new MethodRefused(refusalOf(opened));
            if (await channel.receive(message => message.int()) !== MUTUAL) throw rejected(formatPrincipal(opened.ticket.service));
            const reply = await channel.receive(getReply);
            verifyReply(reply, opened, label);
            channel.send(message => message.int(GRANT));
            const unmapped = new MethodRefused({
                kind: "principal-unmapped",
                reason: "the daemon does not map the principal to a user (KERBEROS_MAP_FILE)"
            });
            if (last) return [ {
                write: message => message.int(GRANT),
                otherwise: () => unmapped
            } ];
            if (await channel.receive(message => message.int()) !== GRANT) throw unmapped;
            return [];
        }
    };
}

function verifyReply(reply, opened, label) {
    try {
        verifyApplicationReply(reply, opened.ticket, opened);
    } catch (error) {
        const reason = `${label}: the daemon does not have the key of its ticket (${messageOf(error)})`;
        throw new AuthenticationError("ERR_SERVER_UNPROVEN", "the daemon failed to authenticate itself", [ {
            method: "KERBEROS",
            reason,
            kind: "no-ticket-key"
        } ]);
    }
}

function rejected(service) {
    const reason = `the daemon rejects the ticket for ${service} without a reason: its keytab is missing, unreadable or has another key, or the clocks differ`;
    return new MethodRefused({
        kind: "ticket-rejected",
        reason,
        details: {
            service
        }
    });
}

function refusalOf(error) {
    const {kind, details} = error instanceof KerberosError ? error : {
        kind: "no-ticket",
        details: undefined
    };
    return {
        reason: error.message,
        kind,
        details
    };
}

function getReply(message) {
    const status = message.int();
    if (status !== PROCEED) throw new ProtocolError("ERR_MESSAGE", `the daemon sent ${status} instead of its Kerberos reply`);
    return message.bytes(message.int());
}

const KDC_PORT = 88;

const MAX_REPLY_LENGTH = 1024 * 1024;

const REPLY_TIMEOUT_MS = 1e4;

const LENGTH_SIZE = 4;

const DNS_LIMITS = {
    timeout: 2e3,
    tries: 3
};

const NO_RECORDS = [ "ENOTFOUND", "ENODATA" ];

const SMALL_WEIGHT = .01;

function parseKdc(text) {
    const found = parseAddress(text.replace(/^tcp\//, ""), KDC_PORT);
    return found === undefined || text.includes("?") ? undefined : {
        host: found.host,
        port: found.port
    };
}

async function lookUpKdcs(realm, host, limits = DNS_LIMITS) {
    if (!/^[\w-]+(\.[\w-]+)*$/.test(realm)) return [];
    const {getServers, promises} = process.getBuiltinModule("node:dns");
    const resolver = new promises.Resolver(limits);
    resolver.setServers(getServers());
    const {signal, log} = host;
    const cancel = () => resolver.cancel();
    signal.addEventListener("abort", cancel, {
        once: true
    });
    try {
        const found = await resolver.resolveSrv(`_kerberos._tcp.${realm}`);
        return inSrvOrder(found, host);
    } catch (cause) {
        if (signal.aborted) throw abortedError(signal);
        const {code = ""} = cause;
        const text = `no KDC of the realm ${realm} can be found: DNS does not respond (${code})`;
        if (!NO_RECORDS.includes(code)) throw new ConnectError("ERR_CONNECT", text, {
            reason: "kdc-lookup-failed",
            details: {
                realm
            },
            peer: `KDC of ${realm}`,
            cause
        });
        log.debug(`kerberos: DNS has no SRV records of _kerberos._tcp.${realm} (${code})`);
        return [];
    } finally {
        signal.removeEventListener("abort", cancel);
    }
}

function inSrvOrder(records, {randomBytes}) {
    return records.filter(({name}) => name !== "" && name !== ".").map(record => {
        const {buffer, byteOffset} = randomBytes(4);
        const random = (new DataView(buffer, byteOffset).getUint32(0) + 1) / 2 ** 32;
        return {
            ...record,
            rank: -Math.log(random) / Math.max(record.weight, SMALL_WEIGHT)
        };
    }).sort((a, b) => a.priority - b.priority || a.rank - b.rank).map(({name, port}) => ({
        host: name,
        port
    }));
}

async function askKdc(kdcs, realm, request, host) {
    let left = kdcs;
    for (;;) {
        const socket = await dial(left, host).catch(cause => {
            if (!(cause instanceof ConnectError) || cause.code !== "ERR_CONNECT") throw cause;
            throw new ConnectError("ERR_CONNECT", `no KDC of the realm ${realm} can be reached: ${cause.message}`, {
                reason: "kdc-unreachable",
                details: {
                    realm
                },
                peer: `KDC of ${realm}`,
                permanent: cause.permanent,
                cause
            });
        });
        const {remoteAddress = "", remotePort = 0} = socket;
        const peer = formatEndpoint({
            host: remoteAddress,
            port: remotePort
        });
        try {
            const reply = await kdc_exchange(socket, request, host.signal);
            host.log.debug(`kerberos: the KDC of ${realm} at ${peer} replied with ${reply.length} bytes`);
            return reply;
        } catch (cause) {
            if (host.signal.aborted) throw abortedError(host.signal);
            const text = `the KDC of ${realm} at ${peer} did not respond: ${systemReason(cause)}`;
            left = withoutKdc(left, {
                host: remoteAddress,
                port: remotePort
            });
            if (left.length === 0) throw new ConnectError("ERR_CONNECT", text, {
                reason: "kdc-unreachable",
                details: {
                    realm
                },
                peer,
                cause
            });
            host.log.debug(`kerberos: ${text}`);
        } finally {
            socket.destroy();
        }
    }
}

function withoutKdc(kdcs, {host, port}) {
    const gone = kdcs.find(each => each.host === host && each.port === port) ?? kdcs.find(each => each.port === port) ?? kdcs[0];
    return kdcs.filter(each => each !== gone);
}

function kdc_exchange(socket, request, signal) {
    const framed = new Uint8Array(LENGTH_SIZE + request.length);
    new DataView(framed.buffer).setUint32(0, request.length);
    framed.set(request, LENGTH_SIZE);
    return new Promise((resolve, reject) => {
        const chunks = [];
        let [length, wanted] = [ 0, LENGTH_SIZE ];
        const abort = () => socket.destroy(new Error("given up"));
        const fail = error => {
            signal.removeEventListener("abort", abort);
            reject(error);
        };
        signal.addEventListener("abort", abort, {
            once: true
        });
        socket.setTimeout(REPLY_TIMEOUT_MS, () => socket.destroy(new Error("no response in time")));
        socket.on("error", fail);
        socket.on("close", () => fail(new Error("it closed the connection")));
        socket.on("data", chunk => {
            chunks.push(chunk);
            length += chunk.length;
            while (length >= wanted) {
                const whole = Buffer.concat(chunks.splice(0));
                chunks.push(whole);
                const end = LENGTH_SIZE + whole.readUInt32BE();
                if (end > MAX_REPLY_LENGTH) return fail(new Error(`its reply of ${end} bytes is too long`));
                if (length >= end) {
                    signal.removeEventListener("abort", abort);
                    return resolve(whole.subarray(LENGTH_SIZE, end));
                }
                wanted = end;
            }
        });
        socket.write(framed);
    });
}

const NOT_CHOSEN = "it was not selected: set authentication-methods, kerberos-cache, kerberos-keytab or kerberos-password";

function loadKerberos(source, host) {
    if (!source.chosen) return new Unavailable(NOT_CHOSEN, "no-kerberos-credential");
    const {keytab, password, principal, env, service, platform} = source;
    if (password !== undefined) host.mask(password);
    if (keytab !== undefined && isEncodedKeytab(keytab.reveal())) host.mask(keytab);
    const configuration = readConfiguration(env, platform);
    const realm = {
        configuration,
        kdcs: kdcsOf(configuration, host),
        service
    };
    const client = given("kerberos-principal", () => principalOf(principal, configuration));
    const supplied = sourcesOfInputs(source, client, realm);
    const found = supplied.length > 0 ? supplied : sourcesOfHost(source, client, realm);
    if (found instanceof Unavailable) return found;
    for (const each of found) warnOfHostPrincipal(each.client, service, host);
    return kerberos(found, host);
}

function sourcesOfInputs({cache, keytab, password}, client, realm) {
    const found = [];
    if (cache !== undefined) found.push(given("kerberos-cache", () => fromCache(cache, "kerberos-cache", client, realm)));
    if (keytab !== undefined) found.push(given("kerberos-keytab", () => fromKeytab(keytab.reveal(), "kerberos-keytab", client, realm)));
    if (password !== undefined) {
        if (client === undefined) throw unreadable("kerberos-unreadable", "kerberos-password", "kerberos-principal is not set");
        const keys = keysOfPassword(() => password.reveal(), client, "kerberos-password");
        found.push(fromKeys(client, keys, "kerberos-password", realm));
    }
    return found;
}

function sourcesOfHost(source, client, realm) {
    const found = [];
    const reasons = [];
    let kind = "no-kerberos-credential";
    const attempt = (name, make) => {
        try {
            found.push(make());
        } catch (error) {
            reasons.push(`${name}: ${reasonOfKerberos(error)}`);
            if (kindOf(error) === "kerberos-cache-type") kind = "kerberos-cache-type";
        }
    };
    const {name, owner} = defaultCache(source, realm.configuration);
    if (name === undefined) reasons.push("this system has no default credential cache"); else attempt(`credential cache ${name}`, () => fromCache(name, name, client, realm, owner));
    const file = source.env["KRB5_CLIENT_KTNAME"];
    if (file) attempt(`keytab ${file}`, () => fromKeytab(file, file, client, realm));
    return found.length > 0 ? found : new Unavailable(reasons.join("; "), kind);
}

function principalOf(text, {defaultRealm}) {
    return text === undefined ? undefined : parsePrincipal(text, defaultRealm);
}

function fromCache(name, source, wanted, realm, owner) {
    const {client, tickets, path} = readCache(name, wanted && formatPrincipal(wanted), owner);
    if (wanted !== undefined && formatPrincipal(client) !== formatPrincipal(wanted)) throw new KerberosError(`${path} has tickets for ${formatPrincipal(client)}, not for ${formatPrincipal(wanted)}`);
    const own = tickets.filter(ticket => formatPrincipal(ticket.client) === formatPrincipal(client));
    const granting = own.filter(({service}) => realmOfTicketGranting(service) === client.realm);
    const services = own.filter(({service: {components}}) => components[0] === realm.service);
    const usable = [ ...granting, ...services ];
    const latest = Math.max(0, ...usable.map(({endTime}) => endTime));
    return {
        client,
        label: `${source} (${formatPrincipal(client)})`,
        source,
        objection(now) {
            if (usable.length === 0) return {
                reason: "it contains no ticket-granting ticket and no ticket for HTCondor's service"
            };
            return latest * 1e3 > now.getTime() ? undefined : {
                kind: "ticket-expired",
                reason: `its ticket expired at ${new Date(latest * 1e3).toISOString()}`
            };
        },
        ticketFor: once(host => {
            const now = realm.kdcs.now().getTime() / 1e3;
            const wantedRealm = realm.configuration.realmOf(host);
            const ready = services.find(({service, endTime}) => endTime > now && service.components[1] === host && (wantedRealm ?? service.realm) === service.realm);
            if (ready !== undefined) return supported(ready);
            const [grant] = granting.filter(({endTime}) => endTime > now);
            if (grant === undefined) throw new KerberosError(`it contains no valid ticket-granting ticket, and none for ${realm.service}/${host}`);
            return requestServiceTicket(supported(grant), {
                components: [ realm.service, host ],
                realm: wantedRealm
            }, realm.kdcs);
        })
    };
}

function supported(ticket) {
    encryptionType(ticket.key.type);
    return ticket;
}

function fromKeytab(text, source, wanted, realm) {
    const entries = readKeytab(text);
    const client = wanted ?? entries[0]?.principal;
    if (client === undefined) throw new KerberosError("it has no keys");
    return fromKeys(client, keysOfKeytab(entries, client, source), source, realm);
}

function fromKeys(client, keys, source, realm) {
    const {configuration, kdcs, service} = realm;
    return {
        client,
        label: `${keys.source} (${formatPrincipal(client)})`,
        source,
        objection: () => undefined,
        ticketFor: once(async host => {
            const components = [ service, host ];
            const realm = configuration.realmOf(host);
            if (realm === undefined || realm === client.realm) {
                const principal = {
                    type: NT_SRV_HST,
                    components,
                    realm: client.realm
                };
                try {
                    return await requestInitialTicket(client, principal, keys, kdcs);
                } catch (error) {
                    const elsewhere = error instanceof KdcError && error.code === KDC_ERR.SERVER_UNKNOWN && realm === undefined;
                    if (!elsewhere) throw error;
                }
            }
            const granting = await requestInitialTicket(client, ticketGranting(client.realm), keys, kdcs);
            return await requestServiceTicket(granting, {
                components,
                realm
            }, kdcs);
        })
    };
}

function once(get) {
    const tickets = new Map;
    return name => {
        const host = name.toLowerCase().replace(/\.$/, "");
        const found = tickets.get(host) ?? (async () => await get(host))();
        tickets.set(host, found);
        return found;
    };
}

function kdcsOf(configuration, host) {
    return {
        now: host.now,
        randomBytes: host.randomBytes,
        async ask(realm, request) {
            const configured = configuration.kdcsOf(realm).flatMap(text => parseKdc(text) ?? []);
            const kdcs = configured.length > 0 || !configuration.lookUpKdcs ? configured : await lookUpKdcs(realm, host);
            if (kdcs.length > 0) return await askKdc(kdcs, realm, request, host);
            throw new KerberosError(`no KDC of the realm ${realm} is known: neither krb5.conf nor DNS lists one`, "kdc-unknown", {
                realm
            });
        }
    };
}

function warnOfHostPrincipal(client, service, host) {
    if (client.components[0] !== service) return;
    host.log.warn(`${formatPrincipal(client)} is the principal of a host: daemons treat it as HTCondor itself. Use the keytab of a service account instead`);
}

function findProgram(name, path) {
    const file = process.platform === "win32" ? `${name}.exe` : name;
    return path.split(external_node_path_namespaceObject.delimiter).filter(external_node_path_namespaceObject.isAbsolute).map(directory => (0, 
    external_node_path_namespaceObject.join)(directory, file)).find(isProgram);
}

const SECRET_NAME = /^(INPUT_.*|STATE_.*|ACTIONS_.*|BEARER_TOKEN|GITHUB_TOKEN)$/i;

function find_program_withoutSecrets(env) {
    return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET_NAME.test(name)));
}

function isProgram(path) {
    try {
        (0, external_node_fs_namespaceObject.accessSync)(path, external_node_fs_namespaceObject.constants.X_OK);
        return (0, external_node_fs_namespaceObject.statSync)(path).isFile();
    } catch {
        return false;
    }
}

const munge_DONE = 0;

const munge_NOT_DONE = -1;

const munge_THIS_ACCOUNT = "this account";

function munge(encode) {
    const candidate = () => {
        let failure;
        return {
            label: munge_THIS_ACCOUNT,
            async open(channel) {
                try {
                    const credential = await encode();
                    channel.send(message => message.int(munge_DONE).string(credential.reveal()));
                } catch (error) {
                    failure = messageOf(error);
                    channel.send(message => message.int(munge_NOT_DONE).string("no credential"));
                }
            },
            async finish(channel, _, last) {
                if (failure !== undefined) throw new MethodRefused({
                    reason: failure,
                    kind: "munge-failed"
                });
                const refused = new MethodRefused({
                    reason: "the daemon rejected it: its munged has a different key, its clock differs, or its host lacks this account"
                });
                if (last) return [ {
                    write: message => message.int(munge_DONE),
                    otherwise: () => refused
                } ];
                if (await channel.receive(message => message.int()) !== munge_DONE) throw refused;
                return [];
            }
        };
    };
    return {
        name: "MUNGE",
        authenticatesServer: false,
        sources: [ munge_THIS_ACCOUNT ],
        candidatesFor: () => ({
            usable: [ candidate() ],
            rejected: []
        }),
        guessed: candidate
    };
}

const PAYLOAD_LENGTH = 24;

function loadMunge(path, owner, host) {
    const program = findProgram("munge", path);
    if (program === undefined) return new Unavailable("the program munge was not found in PATH");
    return munge(async () => {
        const {execFile} = process.getBuiltinModule("node:child_process");
        return await new Promise((resolve, reject) => {
            const options = {
                ...owner,
                env: {
                    PATH: path
                },
                signal: host.signal
            };
            const child = execFile(program, [], options, (error, stdout, stderr) => {
                child.kill("SIGKILL");
                if (error !== null) return reject(new Error(`munge failed: ${stderr.trim() || exitOf(error)}`));
                const credential = new Secret(stdout.trim());
                host.mask(credential);
                resolve(credential);
            });
            child.stdin?.on("error", () => {});
            child.stdin?.end(host.randomBytes(PAYLOAD_LENGTH));
        });
    });
}

function exitOf(error) {
    const {code, signal} = error;
    if (typeof code === "number") return `exit status ${code}`;
    return signal ? `terminated by ${signal}` : systemReason(error);
}

const CLIENT_NAME = "condor@password";

const OLD_NAME_PREFIX = "condor_pool@";

function password_password(secret, source, host) {
    const candidate = name => akep2({
        method: "PASSWORD",
        label: `${source} (${name})`,
        source,
        opening: {
            name,
            signedText: undefined,
            nonce: host.randomBytes(NONCE_LENGTH)
        },
        key: () => keyOfPassword(Uint8Array.from(Buffer.from(secret.reveal(), "latin1"))),
        refusal: () => ({
            reason: "the daemon has no pool password of its own (SEC_PASSWORD_FILE on its host)"
        })
    });
    return {
        name: "PASSWORD",
        authenticatesServer: true,
        sources: [ source ],
        candidatesFor: server => ({
            usable: [ candidate(nameFor(server)) ],
            rejected: []
        }),
        guessed: () => candidate(CLIENT_NAME)
    };
}

function nameFor({version, trustDomain}) {
    return version !== undefined && isAtLeast(version, 23, 9) ? CLIENT_NAME : `${OLD_NAME_PREFIX}${trustDomain}`;
}

function loadPassword({text, file}, host) {
    if (text !== undefined) {
        host.mask(text);
        const line = text.reveal().replace(/\r?\n$/, "");
        if (line === "" || /[\r\n\0]/.test(line)) throw unreadable("password-malformed", "password", "the password is not a single line of text");
        return password_password(new Secret(Buffer.from(line).toString("latin1")), "password", host);
    }
    if (file === undefined) return new Unavailable("no pool password was provided");
    try {
        const all = Buffer.from(descramble(readPrivateFile(file)));
        const end = all.indexOf(0);
        const bytes = end === -1 ? all : all.subarray(0, end);
        if (bytes.length === 0) return new Unavailable(`${file}: the file is empty`);
        host.mask(new Secret(bytes.toString()));
        return password_password(new Secret(bytes.toString("latin1")), file, host);
    } catch (error) {
        return new Unavailable(`${file}: ${reasonOf(error)}`, exposedKind(error));
    }
}

const MAX_SCITOKEN_LENGTH = 16380;

function scitokens(token, tlsFor, host) {
    const {source} = token;
    const label = `${source} (${token.subject}, issuer ${token.issuer})`;
    const patience = {
        waits: false
    };
    const candidate = (serverName, peer) => {
        const exchange = new SslExchange({
            method: "SCITOKENS",
            label,
            serverName,
            tls: () => tlsFor(serverName)
        });
        return {
            label,
            source,
            doubt: expiry(token, "scitoken-expired", host.now(), peer),
            expiresAt: token.expiresAt,
            open: channel => exchange.open(channel),
            patience,
            async finish(channel, _, last) {
                try {
                    await exchange.prove(channel);
                    exchange.hold(channel);
                    await exchange.sendThroughTunnel(channel, lengthAndToken(token));
                } finally {
                    exchange.close();
                }
                const refused = new MethodRefused({
                    reason: scitokens_refusal(token, host.now())
                });
                if (last && !patience.waits) return [ {
                    write: putHolding,
                    otherwise: () => refused
                } ];
                if (!await serverHolds(channel)) throw refused;
                return [];
            }
        };
    };
    return {
        name: "SCITOKENS",
        authenticatesServer: true,
        sources: [ source ],
        candidatesFor(_, peer) {
            const {serverName, claimedName} = peer;
            if (serverName !== undefined) return {
                usable: [ candidate(serverName, peer) ],
                rejected: []
            };
            const reason = claimedName === undefined ? NO_SERVER_NAME : onlyClaimed(claimedName);
            return {
                usable: [],
                rejected: [ {
                    label,
                    reason,
                    kind: "no-server-name"
                } ]
            };
        },
        guessed: peer => peer.serverName === undefined ? undefined : candidate(peer.serverName, peer)
    };
}

function lengthAndToken({jwt}) {
    const text = (new TextEncoder).encode(jwt.reveal());
    const bytes = new Uint8Array(4 + text.length);
    new DataView(bytes.buffer).setUint32(0, text.length);
    bytes.set(text, 4);
    return bytes;
}

function scitokens_refusal({issuer, subject, audience, scope, profile, expiresAt, notBefore}, now) {
    const seconds = now.getTime() / 1e3;
    const likely = [];
    const possible = [];
    if (notBefore !== undefined && notBefore > seconds) likely.push(`it is not valid before ${new Date(notBefore * 1e3).toISOString()}`);
    if (scope === undefined) likely.push(`it has no scope, which only issuers in SEC_SCITOKENS_FOREIGN_TOKEN_ISSUERS may omit`);
    if (!issuer.startsWith("https://")) likely.push(`its issuer ${issuer} is not an https URL`);
    if (audience.length === 0 && profile === "scitoken:2.0") likely.push("it has no audience, which scitoken:2.0 requires");
    if (audience.length > 0) likely.push(`its audience is ${audience.join(", ")}, but SCITOKENS_SERVER_AUDIENCE of the daemon differs`); else if (profile !== "scitoken:2.0") possible.push("it has no audience, but the daemon sets SCITOKENS_SERVER_AUDIENCE");
    possible.push(`no line of the daemon's map file (CERTIFICATE_MAPFILE, method SCITOKENS) is for ${issuer},${subject}`, `the daemon cannot fetch the keys of ${issuer}, or they did not sign this token`);
    if (expiresAt !== undefined && expiresAt > seconds && expiresAt - seconds < 300) possible.push(`it expires in ${Math.floor(expiresAt - seconds)} s, and the daemon's clock may be ahead`);
    return `the daemon refused it without a reason; possible causes: ${[ ...likely, ...possible ].join("; ")}`;
}

function parseBearerToken(jwt, source) {
    const claims = bearer_decode(jwt, source);
    const text = name => typeof claims[name] === "string" ? claims[name] : undefined;
    const time = name => {
        const value = claims[name];
        if (typeof value !== "number") return undefined;
        if (value < 0 || value > MAX_TIME) throw bearer_unreadable(source, `its ${name} is not a valid timestamp`);
        return value;
    };
    const {aud} = claims;
    const issuer = text("iss");
    const subject = text("sub");
    if (issuer === undefined || subject === undefined) throw bearer_unreadable(source, "it lacks iss or sub");
    return {
        jwt,
        source,
        issuer,
        subject,
        scope: text("scope"),
        profile: text("ver") ?? text("wlcg.ver"),
        audience: (Array.isArray(aud) ? aud : [ aud ]).filter(each => typeof each === "string"),
        expiresAt: time("exp"),
        notBefore: time("nbf")
    };
}

const POLICY_CLAIMS = [ ...[ "iss", "sub", "aud", "repository_id", "repository_owner_id", "project_id", "namespace_id", "pipeline_id" ], ...[ "ref", "environment", "event_name", "pipeline_source", "job_workflow_ref", "exp" ] ];

const MAX_CLAIM_LENGTH = 200;

function describeClaims(jwt) {
    let claims;
    try {
        claims = decodeJwt(jwt.reveal());
    } catch {
        return "its claims cannot be parsed";
    }
    const found = POLICY_CLAIMS.filter(name => claims[name] !== undefined);
    return found.map(name => `${name} ${JSON.stringify(claims[name]).slice(0, MAX_CLAIM_LENGTH)}`).join(", ");
}

function bearer_decode(jwt, source) {
    const text = jwt.reveal();
    if (!JWT.test(text)) throw bearer_unreadable(source, "it is not three parts of base64url with dots between them");
    try {
        return decodeJwt(text);
    } catch {
        throw bearer_unreadable(source, "its payload is not a JSON object");
    }
}

function bearer_unreadable(source, what) {
    return new CredentialError("ERR_CREDENTIAL_UNREADABLE", `${source}: not a SciToken: ${what}`, {
        reason: "scitoken-malformed"
    });
}

const scitokens_MAX_FILE_LENGTH = 64 * 1024;

function loadSciToken(source, tlsFor, host) {
    const token = readSciToken(source, host);
    if (token instanceof Unavailable) return token;
    const {length} = (new TextEncoder).encode(token.jwt.reveal());
    if (length <= MAX_SCITOKEN_LENGTH) return scitokens(token, tlsFor, host);
    const reason = `it has ${length} bytes; SCITOKENS accepts at most ${MAX_SCITOKEN_LENGTH}; mode exchange accepts more`;
    if (source.text === undefined) return new Unavailable(`${token.source}: ${reason}`);
    throw unreadable("scitoken-too-long", token.source, reason);
}

function readSciToken(source, host) {
    const isSupplied = source.text !== undefined;
    const found = isSupplied ? {
        text: source.text.reveal(),
        source: source.name ?? "scitoken"
    } : discover(source);
    if (found instanceof Unavailable) return found;
    const jwt = new Secret(found.text.trim());
    maskJwt(jwt, host);
    if (isSupplied && jwt.reveal() !== "" && algorithmOf(jwt) === undefined) host.mask(jwt);
    try {
        if (jwt.reveal() === "") throw unreadable("scitoken-malformed", found.source, "the value is empty");
        if (/\s/.test(jwt.reveal())) throw unreadable("scitoken-malformed", found.source, "it contains white space");
        return parseBearerToken(jwt, found.source);
    } catch (error) {
        if (!(error instanceof CredentialError) || isSupplied) throw error;
        return new Unavailable(error.message);
    }
}

function discover({file, env, uid}) {
    if (file !== undefined) return readSciTokensFile(file);
    const variable = env["BEARER_TOKEN"];
    if (variable !== undefined && variable.trim() !== "") return {
        text: variable,
        source: "BEARER_TOKEN"
    };
    const named = env["BEARER_TOKEN_FILE"] ?? "";
    const files = [ ...named === "" ? [] : [ named ], ...standardFiles(env, uid) ];
    for (const path of files) {
        const found = readIfPresent(path, path === named ? undefined : uid);
        if (found !== undefined) return found;
    }
    const places = files.join(", ") || "any file";
    return new Unavailable(`no SciToken was found: BEARER_TOKEN is not set, and no token was found in ${places}`);
}

function readSciTokensFile(file) {
    try {
        const lines = readStart(file).split("\n");
        const [text = ""] = lines.filter(each => each.trim() !== "" && !each.trim().startsWith("#"));
        return {
            text,
            source: file
        };
    } catch (error) {
        return unreadableFile(`SCITOKENS_FILE ${file}`, error);
    }
}

function standardFiles(env, uid) {
    if (uid === undefined) return [];
    const directories = [ env["XDG_RUNTIME_DIR"] ?? "", "/tmp" ].filter(each => each !== "");
    return directories.map(directory => (0, external_node_path_namespaceObject.join)(directory, `bt_u${uid}`));
}

function readIfPresent(path, owner) {
    try {
        const text = readStart(path, owner);
        return text.trim() === "" ? undefined : {
            text,
            source: path
        };
    } catch (error) {
        const isMissing = error.code === "ENOENT";
        return isMissing ? undefined : unreadableFile(path, error);
    }
}

function unreadableFile(name, error) {
    return new Unavailable(`${name}: ${reasonOf(error)}`, exposedKind(error));
}

function readStart(path, owner) {
    const noFollow = owner === undefined ? 0 : external_node_fs_namespaceObject.constants.O_NOFOLLOW ?? 0;
    const file = (0, external_node_fs_namespaceObject.openSync)(path, external_node_fs_namespaceObject.constants.O_RDONLY | (external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0) | noFollow);
    try {
        const {uid, mode} = (0, external_node_fs_namespaceObject.fstatSync)(file);
        if ((mode & external_node_fs_namespaceObject.constants.S_IFMT) !== external_node_fs_namespaceObject.constants.S_IFREG) throw new Error("it is not a regular file");
        if (owner !== undefined) checkOwner({
            uid
        }, owner);
        const bytes = Buffer.alloc(scitokens_MAX_FILE_LENGTH);
        return bytes.toString("utf8", 0, (0, external_node_fs_namespaceObject.readSync)(file, bytes));
    } finally {
        (0, external_node_fs_namespaceObject.closeSync)(file);
    }
}

const MAX_PEM_BYTES = 8 * 1024 * 1024;

const ssl_MAX_FILES = 4096;

const MIN_RSA_BITS = 2048;

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

const ANY_USAGE = "2.5.29.37.0";

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/;

function loadCertificate(source, tlsFor, host) {
    const method = own => ssl(own.label, tlsFor(own), own.source);
    if (source.given) {
        const onUnverified = () => host.log.warn("The daemon does not support TLS 1.3, so the client sends its certificate in cleartext and before it verifies the daemon. The administrator should enable TLS 1.3");
        return method({
            ...readPair(source.certificate, source.key, host),
            onUnverified
        });
    }
    const reasons = [];
    let kind;
    for (const {certificate, key} of source.pairs.toReversed()) {
        try {
            return method(readPair({
                name: "AUTH_SSL_CLIENT_CERTFILE",
                path: certificate
            }, {
                name: "AUTH_SSL_CLIENT_KEYFILE",
                path: key
            }, host));
        } catch (error) {
            if (!(error instanceof CredentialError)) throw error;
            reasons.push(error.message);
            if (error.reason === "file-exposed") kind = error.reason;
        }
    }
    return new Unavailable(reasons.join("; ") || "no client certificate was provided, and SSL authenticates no identity without one", kind);
}

const UNREADABLE = "certificate-unreadable";

function readPair(certificateSource, keySource, host) {
    const certificates = readPem(certificateSource);
    const chain = readCertificates(certificates, certificateSource.name);
    const key = readKey(keySource, host);
    const [own] = chain;
    if (own === undefined) throw unreadable(UNREADABLE, certificateSource.name, "it contains no PEM certificate");
    checkUsable(own, key.object, certificateSource.name);
    const subject = distinguishedName(own.subject, "an empty subject");
    if (!own.checkPrivateKey(key.object)) throw unreadable(UNREADABLE, keySource.name, `the key does not match the certificate of ${subject}`);
    const [from, to] = [ new Date(own.validFrom), new Date(own.validTo) ];
    if (to <= host.now()) throw unreadable("certificate-expired", certificateSource.name, `the certificate of ${subject} expired at ${to.toISOString()}`);
    if (from > host.now()) throw unreadable("certificate-expired", certificateSource.name, `the certificate of ${subject} is not valid before ${from.toISOString()}`);
    return {
        chain: chain.map(each => each.toString()).join("\n"),
        key: key.pem,
        onUnverified: undefined,
        label: `${certificateSource.name} (${subject})`,
        source: certificateSource.name
    };
}

function checkUsable({keyUsage}, key, name) {
    const {modulusLength} = key.asymmetricKeyDetails ?? {};
    if (modulusLength !== undefined && modulusLength < MIN_RSA_BITS) throw unreadable(UNREADABLE, name, `its RSA key has ${modulusLength} bits; TLS requires at least ${MIN_RSA_BITS}`);
    const purposes = keyUsage;
    if (purposes !== undefined && !purposes.includes(CLIENT_AUTH) && !purposes.includes(ANY_USAGE)) throw unreadable(UNREADABLE, name, "the certificate is not valid for TLS clients (its extended key usage lacks clientAuth)");
}

function readKey(source, host) {
    const [pem, kind = ""] = PRIVATE_KEY.exec(readPem(source)) ?? [];
    if (pem === undefined) throw unreadable(UNREADABLE, source.name, `it contains no PEM private key${source.name === "client-certificate" ? ", and client-key is not set" : ""}`);
    const secret = new Secret(pem);
    host.mask(secret);
    if (kind.includes("ENCRYPTED") || pem.includes("Proc-Type: 4,ENCRYPTED")) {
        throw unreadable(UNREADABLE, source.name, "the key is encrypted with a passphrase; decrypt it: openssl pkey -in KEY -out PLAIN");
    }
    try {
        return {
            pem: secret,
            object: crypto_crypto().createPrivateKey(pem)
        };
    } catch {
        throw unreadable(UNREADABLE, source.name, "the private key cannot be parsed");
    }
}

function readCertificates(text, name) {
    return (text.match(CERTIFICATE) ?? []).map(pem => {
        try {
            return new (crypto_crypto().X509Certificate)(pem);
        } catch {
            throw unreadable(UNREADABLE, name, "it contains a certificate that cannot be parsed");
        }
    });
}

function readPem(source) {
    if ("text" in source) return source.text.reveal();
    try {
        return pastedPem(readBounded(pathOf(source), MAX_PEM_BYTES).toString("latin1"));
    } catch (error) {
        const what = typeof source.path === "string" ? source.path : "the value is not PEM, and reading it as a path failed";
        throw unreadable(exposedKind(error) ?? UNREADABLE, source.name, `${what}: ${reasonOf(error)}`);
    }
}

function pathOf({path}) {
    return typeof path === "string" ? path : path.reveal();
}

function readAuthorities(source, skip) {
    const pem = text => readCertificates(text, source.name).map(each => each.toString());
    const files = "text" in source ? undefined : filesIn(pathOf(source));
    const found = files === undefined ? pem(readPem(source)) : files.flatMap(path => {
        try {
            const certificates = pem(readPem({
                name: source.name,
                path
            }));
            if (certificates.length === 0) skip(`${path}: it contains no PEM certificate`);
            return certificates;
        } catch (error) {
            if (!(error instanceof CredentialError)) throw error;
            skip(`${path}: ${error.message}`);
            return [];
        }
    });
    if (found.length > 0) return found;
    throw unreadable(UNREADABLE, source.name, "it contains no PEM certificate");
}

function filesOf(path) {
    return filesIn(path) ?? [ path ];
}

function filesIn(path) {
    try {
        return (0, external_node_fs_namespaceObject.readdirSync)(path, {
            withFileTypes: true
        }).filter(each => each.isFile() || each.isSymbolicLink()).slice(0, ssl_MAX_FILES).map(({name}) => (0, 
        external_node_path_namespaceObject.join)(path, name));
    } catch {
        return undefined;
    }
}

const SYSTEM_FILES = [ "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" ];

function systemTrust({certificateFile, platform}) {
    return {
        authorities: undefined,
        files: [],
        directory: undefined,
        system: true,
        knownHosts: undefined,
        certificateFile,
        platform
    };
}

function loadTrust(source, host) {
    const skip = reason => host.log.debug(`credentials: skipped ${reason}`);
    const given = source.authorities === undefined ? [] : readAuthorities(source.authorities, skip);
    const configured = () => [ ...source.files, ...source.directory === undefined ? [] : filesOf(source.directory) ].flatMap(path => {
        try {
            return readAuthorities({
                name: path,
                path
            }, skip);
        } catch (error) {
            skip(messageOf(error));
            return [];
        }
    });
    return own => async serverName => {
        const {knownHosts} = source;
        const known = knownHosts === undefined ? undefined : knownCertificate(knownHosts, serverName, host);
        const system = source.system ? await systemAuthorities(source, skip) : [];
        return {
            authorities: [ ...given, ...configured(), ...system, ...known === undefined ? [] : [ known ] ],
            partialChain: known !== undefined,
            certificate: own,
            serverName
        };
    };
}

function systemFiles({certificateFile, platform}) {
    if (certificateFile) return [ certificateFile ];
    return platform === "win32" ? [] : SYSTEM_FILES;
}

async function systemAuthorities(source, skip) {
    for (const path of systemFiles(source)) {
        try {
            return [ readBounded(path, MAX_PEM_BYTES).toString("latin1") ];
        } catch (error) {
            if (source.certificateFile) {
                skip(`SSL_CERT_FILE ${path}: ${reasonOf(error)}`);
                return [];
            }
        }
    }
    const tls = process.getBuiltinModule("node:tls");
    const system = tls.getCACertificates?.("system") ?? [];
    return system.length > 0 ? system : tls.rootCertificates;
}

function knownCertificate(file, serverName, host) {
    let text;
    try {
        text = readBounded(file, MAX_PEM_BYTES).toString("utf8");
    } catch (error) {
        host.log.debug(`credentials: no known hosts in ${file}: ${reasonOf(error)}`);
        return undefined;
    }
    for (const line of text.split("\n")) {
        const [alias = "", method, certificate = ""] = line.trim().split(/\s+/);
        if (alias !== serverName && alias !== `!${serverName}`) continue;
        if (alias.startsWith("!") || method !== "SSL" || certificate.startsWith("@")) return undefined;
        try {
            return new (crypto_crypto().X509Certificate)(Buffer.from(certificate, "base64")).toString();
        } catch {
            host.log.debug(`credentials: the line for ${serverName} in ${file} contains no certificate`);
            return undefined;
        }
    }
    return undefined;
}

const TOKEN_GRANTS = [ "token-exchange", "client-credentials", "jwt-bearer" ];

function loadCredentials(sources, host, authz = []) {
    const methods = [];
    const unavailable = [];
    for (const method of sources.methods) {
        const loaded = load(method, sources, authz, host);
        if (loaded instanceof Unavailable) unavailable.push({
            method: displayName(method),
            ...loaded
        }); else methods.push(loaded);
    }
    if (methods.length > 0) return {
        methods,
        preference: sources.preference,
        unavailable
    };
    const reasons = unavailable.map(({method, reason}) => `${method}: ${reason}`);
    throw new CredentialError("ERR_NO_CREDENTIAL", `no credential was found; ${reasons.join(". ")}`, {
        reason: load_reasonOf(unavailable)
    });
}

function load_reasonOf(unavailable) {
    const [first] = unavailable;
    if (first?.method === "KERBEROS") return first.kind;
    const kinds = unavailable.map(({kind}) => kind);
    return [ "file-exposed", "file-name-ignored" ].find(each => kinds.includes(each));
}

function load(method, sources, authz, host) {
    const {trust, certificate, scitoken} = sources;
    switch (method) {
      case "TOKEN":
        return loadIdTokens(sources.idtoken, host, authz);

      case "SCITOKENS":
        return loadSciToken(scitoken, loadTrust(trust, host)(undefined), host);

      case "SSL":
        {
            const tlsFor = loadTrust(trust, host);
            const loaded = loadCertificate(certificate, tlsFor, host);
            const anonymous = loaded instanceof Unavailable && sources.anonymousSsl;
            return anonymous ? ssl("no certificate", tlsFor(undefined)) : loaded;
        }

      case "PASSWORD":
        return loadPassword(sources.password, host);

      case "FS":
        return loadFs(sources.fs);

      case "MUNGE":
        return loadMunge(sources.path, accountOfDaemons(sources.fs), host);

      case "KERBEROS":
        return loadKerberos(sources.kerberos, host);

      case "NTSSPI":
      case "FS_REMOTE":
      case "GSI":
        return new Unavailable("the method is not supported; use IDTOKENS, SCITOKENS, SSL, KERBEROS, PASSWORD, FS or MUNGE");
    }
}

function loadFs(source) {
    if (source.uid === undefined) return new Unavailable("the method requires Unix accounts");
    const parents = [ "/tmp", ...source.directory === undefined ? [] : [ source.directory.replace(/(?<!\/)\/+$/, "") ] ];
    return fs({
        parents,
        owner: accountOfDaemons(source),
        mayBeUnbound: source.mayBeUnbound
    });
}

function accountOfDaemons({uid, accountIds}) {
    if (uid !== 0) return undefined;
    const [, own, group] = /^(\d+)\.(\d+)$/.exec(accountIds ?? "") ?? /^condor:[^:]*:(\d+):(\d+):/m.exec(accounts()) ?? [];
    return own === undefined || group === undefined ? undefined : {
        uid: Number(own),
        gid: Number(group)
    };
}

function accounts() {
    try {
        return (0, external_node_fs_namespaceObject.readFileSync)("/etc/passwd", "utf8");
    } catch {
        return "";
    }
}

const URL_VARIABLE = "ACTIONS_ID_TOKEN_REQUEST_URL";

const TOKEN_VARIABLE = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

function readKeyless(input, {env}) {
    const named = plainText("oidc-audience", input("oidc-audience"));
    const service = input("token-service");
    const grant = input("token-grant") ?? table_INPUTS["token-grant"];
    if (service === undefined && grant !== table_INPUTS["token-grant"]) refuse("token-grant", "token-service is not set");
    if (named === undefined && service === undefined) return undefined;
    if (service !== undefined && input("idtoken") !== undefined) refuse("idtoken", "not supported with token-service, which needs no IDTOKEN; omit one of them");
    const url = service === undefined ? undefined : serviceUrl("token-service", service);
    const audience = named ?? (url && ownAudience(url, input, env));
    const lifetime = durationOf(input("lifetime") ?? "");
    if (audience !== undefined && input("scitoken") !== undefined) refuse("scitoken", "not supported with oidc-audience, which requests a token for the job");
    return {
        job: audience === undefined ? undefined : readJob(audience, env),
        service: url && {
            url,
            grant: oneOf("token-grant", grant, TOKEN_GRANTS),
            lifetimeSeconds: lifetime,
            identity: plainText("expected-identity", input("expected-identity")),
            userAgent: userAgent(env)
        },
        proxies: readProxies(env),
        extraCertificates: variable(env, "NODE_EXTRA_CA_CERTS")
    };
}

function ownAudience(service, input, env) {
    const supplied = [ input("scitoken"), env["BEARER_TOKEN"], env["BEARER_TOKEN_FILE"] ];
    const isOffered = (env[URL_VARIABLE] ?? "") !== "";
    return isOffered && supplied.every(each => (each ?? "").trim() === "") ? service.origin : undefined;
}

function readProxies(env) {
    const bypass = splitList(variable(env, "no_proxy", "NO_PROXY") ?? "");
    const text = variable(env, "https_proxy", "HTTPS_PROXY");
    if (text === undefined) return {
        proxy: undefined,
        bypass
    };
    const full = text.includes("://") ? text : `http://${text}`;
    const url = URL.canParse(full) ? new URL(full) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) refuse("https_proxy", "the value is not the URL of an HTTP proxy (http://HOST:PORT)");
    const {username, password, origin} = url;
    const anonymous = username === "" && password === "";
    const pair = `${decoded(username)}:${decoded(password)}`;
    const basic = Buffer.from(pair).toString("base64");
    const authorization = anonymous ? undefined : new Secret(`Basic ${basic}`);
    const secrets = [ password, decoded(password), anonymous ? "" : basic ].filter(each => each !== "");
    return {
        proxy: {
            url: new URL(origin),
            authorization,
            secrets: secrets.map(each => new Secret(each))
        },
        bypass
    };
}

function variable(env, ...names) {
    return names.map(name => env[name]?.trim()).find(value => value !== undefined && value !== "");
}

function decoded(text) {
    try {
        return decodeURIComponent(text);
    } catch {
        return text;
    }
}

function userAgent(env) {
    const run = ciRun(env);
    return run === undefined ? "condor-token-fetch" : `condor-token-fetch (${run})`;
}

function readJob(audience, env) {
    const [address, bearer] = [ env[URL_VARIABLE] ?? "", env[TOKEN_VARIABLE] ?? "" ];
    const source = {
        audience,
        userAgent: userAgent(env)
    };
    if (address === "" || bearer === "") return {
        ...source,
        runner: undefined
    };
    return {
        ...source,
        runner: {
            url: serviceUrl("oidc-audience", address),
            bearer: new Secret(bearer)
        }
    };
}

function serviceUrl(name, text) {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
    const isSafe = url !== undefined && (url.protocol === "https:" || isHttpToThisHost(url));
    if (isSafe && url.username === "" && url.password === "" && url.hash === "") return url;
    const [shown = ""] = text.split(/[?#]/);
    const named = text.includes("@") ? "the value" : quote(shown);
    refuse(name, `${named} is not the URL of a service (https://HOST/PATH)`);
}

const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;

const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;

const MAX_RETRIES = 100;

const DEFAULT_USER = "condor";

const POLL_INTERVAL_MS = 5e3;

function readRequest(input, surroundings, localFirst = false) {
    const warnings = checkConfiguration(input, surroundings);
    const path = readPath(input, surroundings);
    const given = oneOf("mode", input("mode") ?? table_INPUTS.mode, [ "fetch", "request", "exchange", "check" ]);
    const mode = given === "check" ? "fetch" : given;
    const key = plainText("key", input("key"));
    if (mode === "request" && key !== undefined) refuse("key", "not supported with mode request, which cannot select a signing key");
    const remote = readBoolean("remote", input("remote") ?? table_INPUTS.remote);
    if (remote) request_checkRemote(given);
    const lifetimeSeconds = readLifetime(input("lifetime"));
    const keyless = readKeyless(input, surroundings);
    if (readBoolean("renew", input("renew") ?? table_INPUTS.renew)) checkRenewal(given, path, lifetimeSeconds, keyless, surroundings.env);
    const verify = readBoolean("verify", input("verify") ?? table_INPUTS.verify);
    if (remote && verify) refuse("verify", "not supported with remote, because only the schedd can verify the token");
    return {
        mode,
        checkOnly: given === "check",
        daemon: readDaemon(input, surroundings, {
            localFirst,
            remote
        }),
        remote,
        serverName: readServerName(input("server-name")),
        privateNetworkName: surroundings.setting("PRIVATE_NETWORK_NAME"),
        mayBeUnauthenticated: mayBeUnauthenticated(surroundings),
        credentials: readCredentials(input, surroundings, mode, localFirst),
        keyless,
        authz: readLevels(input("authz")),
        lifetimeSeconds,
        key,
        identity: readIdentity(input("identity"), mode, surroundings),
        run: ciRun(surroundings.env),
        pollIntervalMs: POLL_INTERVAL_MS,
        expectedIdentity: plainText("expected-identity", input("expected-identity")),
        expectedTrustDomain: plainText("expected-trust-domain", input("expected-trust-domain")),
        verify,
        retries: readRetries(input("retries") ?? table_INPUTS.retries),
        onReduced: oneOf("on-reduced", input("on-reduced") ?? "warn", [ "warn", "fail", "ignore" ]),
        path,
        warnings
    };
}

function request_checkRemote(given) {
    if (given === "check") refuse("mode", "check queries the schedd itself; omit remote");
    if (given !== "fetch") refuse("remote", `supported with mode fetch only, not ${given}`);
}

function withoutSigningKeys(request) {
    const {credentials} = request;
    const {idtoken} = credentials;
    if ("text" in idtoken) return request;
    return {
        ...request,
        credentials: {
            ...credentials,
            idtoken: {
                ...idtoken,
                signing: undefined
            }
        }
    };
}

const PLACES = [ "pool", "address" ];

const CREDENTIALS = [ ...CREDENTIAL_INPUTS, "oidc-audience", "authentication-methods" ];

function checkConfiguration(input, {setting}) {
    const {failure} = setting;
    if (failure === undefined) return [];
    const isGiven = names => names.some(name => input(name) !== undefined);
    const missing = !isGiven(PLACES) && setting("COLLECTOR_HOST") === undefined && "COLLECTOR_HOST" || !isGiven(CREDENTIALS) && setting("SEC_TOKEN_DIRECTORY") === undefined && "SEC_TOKEN_DIRECTORY" || input("token") !== undefined && input("token-directory") === undefined && setting("SEC_TOKEN_DIRECTORY") === undefined && "SEC_TOKEN_DIRECTORY";
    if (missing) throw new InputError(missing, failure, {
        reason: "configuration"
    });
    return [ `${failure}; no action is needed, because the inputs are sufficient` ];
}

function readTimeout(input) {
    const text = input("timeout") ?? table_INPUTS.timeout;
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
        refuse("timeout", `${quote(text)} is not a duration from 1s to 1d, such as 90s or 5m`);
    }
    return seconds * 1e3;
}

function readBoolean(name, value) {
    return typeof value === "boolean" ? value : oneOf(name, value.toLowerCase(), [ "true", "false" ]) === "true";
}

function readServerName(text) {
    const name = plainText("server-name", text);
    if (name === undefined || !/^[^:]*:\d+$/.test(name)) return name;
    refuse("server-name", `${quote(name)} has a port; certificates contain only host names`);
}

function readRetries(value) {
    const number = typeof value === "number" || /^\d{1,3}$/.test(value.trim()) ? Number(value) : Number.NaN;
    if (Number.isInteger(number) && number >= 0 && number <= MAX_RETRIES) return number;
    refuse("retries", `${quote(String(value))} is not a number from 0 to ${MAX_RETRIES}`);
}

function mayBeUnauthenticated({setting}) {
    return [ "AUTHENTICATION", "ENCRYPTION" ].every(feature => {
        const level = setting(`SEC_CLIENT_${feature}`) ?? setting(`SEC_DEFAULT_${feature}`) ?? "";
        return !/^[ry]/i.test(level);
    });
}

function readIdentity(text, mode, {setting}) {
    if (mode !== "request") {
        if (text === undefined) return "";
        refuse("identity", "supported with mode request only; other modes use the identity of the credential");
    }
    const name = plainText("identity", text) ?? DEFAULT_USER;
    const domain = setting("UID_DOMAIN");
    if (name.includes("@")) return name;
    if (domain === undefined) refuse("identity", "UID_DOMAIN is not set, so the identity must be user@domain");
    return `${name}@${domain}`;
}

function readLevels(value) {
    if (value === undefined) return [];
    const levels = [ ...new Set(listOf(value).map(word => word.toUpperCase())) ];
    const unknown = levels.find(level => !AUTHORIZATION_LEVELS.includes(level));
    if (unknown !== undefined) {
        const known = AUTHORIZATION_LEVELS.join(" ");
        refuse("authz", `${quote(unknown)} is not an authorization level; the levels are ${known}`);
    }
    if (levels.length === 0) refuse("authz", "the list is empty; omit authz to request a token without restriction");
    return levels;
}

function readLifetime(value) {
    if (value === undefined) return undefined;
    if (typeof value === "string" && value.trim() === "unlimited") return "unlimited";
    const seconds = durationOf(value);
    if (seconds === undefined || seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
        const allowed = `seconds or a number with s, m, h or d (from 1 s to ${MAX_LIFETIME_SECONDS} s), or unlimited`;
        refuse("lifetime", `${quote(String(value))} is not a lifetime; use ${allowed}`);
    }
    return seconds;
}

function readPath(input, surroundings) {
    const [token, file, directory] = [ input("token")?.trim(), input("file"), input("token-directory") ];
    if (readBoolean("export-environment", input("export-environment") ?? table_INPUTS["export-environment"])) {
        const other = token !== undefined ? "token" : file !== undefined ? "file" : undefined;
        return privatePath(other, surroundings);
    }
    if (token !== undefined && file !== undefined) {
        throw new InputError("token", "token and file are mutually exclusive");
    }
    if (directory !== undefined && token === undefined) {
        refuse("token-directory", "token, the name of the file in the directory, is not set");
    }
    if (file !== undefined) return (0, external_node_path_namespaceObject.resolve)(expandPath("file", file, surroundings));
    return token === undefined ? undefined : readTokenPath(token, directory, surroundings);
}

function readTokenPath(token, directory, surroundings) {
    if (token === "" || /[/\\\p{Cc}]/u.test(token) || token === "." || token === "..") {
        refuse("token", `${quote(token)} is not a plain file name; use file for a path`);
    }
    if (EXCLUDED_NAME.test(token)) refuse("token", `HTCondor ignores files with a name such as ${quote(token)}`);
    refuseVariables("token", token);
    if (directory === undefined) return (0, external_node_path_namespaceObject.join)((0, 
    external_node_path_namespaceObject.resolve)(tokenDirectory(surroundings).directory), token);
    return (0, external_node_path_namespaceObject.join)((0, external_node_path_namespaceObject.resolve)(expandPath("token-directory", directory, surroundings)), token);
}

function privatePath(other, {env}) {
    const name = "export-environment";
    if (other === undefined) return (0, external_node_path_namespaceObject.join)(privateDirectory(name, env), "token");
    return refuse(name, `mutually exclusive with ${other}, because it uses its own directory`);
}

function privateDirectory(input, env) {
    const temporary = env["RUNNER_TEMP"];
    if (temporary === undefined || !(0, external_node_path_namespaceObject.isAbsolute)(temporary)) refuse(input, `this runner does not set RUNNER_TEMP, the parent directory`);
    return (0, external_node_path_namespaceObject.join)(temporary, `condor-token-${crypto_crypto().randomUUID()}`);
}

function checkRenewal(given, path, lifetimeSeconds, keyless, env) {
    if (path === undefined) refuse("renew", "there is no file to renew; set export-environment, token or file");
    if (given === "request") refuse("renew", `not supported with mode ${given}`);
    if (lifetimeSeconds === "unlimited") refuse("renew", "a token that never expires needs no renewal");
    privateDirectory("renew", env);
    if (keyless?.service !== undefined && keyless.job === undefined) refuse("renew", "the token service receives the same token each time and may refuse it");
}

const DEFAULT_LIFETIME_SECONDS = 3600;

const INPUT_OF = {
    pool: "pool",
    name: "name",
    type: "type",
    address: "address",
    authz: "authz",
    lifetime: "lifetime",
    mode: "mode",
    identity: "identity",
    key: "key",
    remote: "remote",
    authenticationMethods: "authentication-methods",
    idtoken: "idtoken",
    scitoken: "scitoken",
    oidcAudience: "oidc-audience",
    tokenService: "token-service",
    tokenGrant: "token-grant",
    clientCertificate: "client-certificate",
    clientKey: "client-key",
    kerberosKeytab: "kerberos-keytab",
    kerberosPrincipal: "kerberos-principal",
    kerberosPassword: "kerberos-password",
    kerberosCache: "kerberos-cache",
    caCertificate: "ca-certificate",
    serverName: "server-name",
    password: "password",
    expectedIdentity: "expected-identity",
    expectedTrustDomain: "expected-trust-domain",
    verify: "verify",
    onReduced: "on-reduced",
    file: "file",
    retries: "retries",
    timeoutMs: "timeout"
};

const isList = value => Array.isArray(value) && value.every(each => typeof each === "string");

const TYPES = {
    authz: [ "a list of strings", isList ],
    authenticationMethods: [ "a list of strings", isList ],
    lifetime: [ "a number of seconds", value => typeof value === "number" ],
    remote: [ "true or false", value => typeof value === "boolean" ],
    verify: [ "true or false", value => typeof value === "boolean" ],
    retries: [ "a number", value => typeof value === "number" ]
};

function inputsOf(options, isCheck) {
    const values = new Map([ [ "lifetime", DEFAULT_LIFETIME_SECONDS ] ]);
    for (const [option, name] of Object.entries(INPUT_OF)) {
        const value = options[option] ?? undefined;
        if (value === undefined || option === "timeoutMs") continue;
        const [type, has] = TYPES[option] ?? [ "a string", () => false ];
        if (typeof value !== "string" && !has(value)) throw new InputError(name, `${name}: the value is not ${type}`);
        values.set(name, value);
    }
    if (isCheck) values.set("mode", "check");
    return name => values.get(name);
}

function checkTimeout(timeoutMs) {
    if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_SECONDS * 1e3) return Math.ceil(timeoutMs);
    throw new InputError("timeout", `timeoutMs: ${timeoutMs} is not a number of milliseconds from 1 to 86400000 (1 d)`);
}

function withOptionName(error) {
    const entries = Object.entries(INPUT_OF);
    const option = entries.find(([, name]) => name === error.input)?.[0];
    if (option === undefined || option === error.input) return error;
    const {message, input, cause, reason} = error;
    const renamed = message.startsWith(`${input}:`) ? `${option}${message.slice(input.length)}` : message;
    return new InputError(option, renamed, {
        cause,
        phase: "inputs",
        reason
    });
}

const PROGRAM = "condor_config_val";

const PROGRAM_TIMEOUT_MS = 2e4;

const GENERAL = [ ...[ "AUTH_SSL_CLIENT_CADIR", "AUTH_SSL_CLIENT_CAFILE", "AUTH_SSL_CLIENT_CERTFILE", "AUTH_SSL_CLIENT_KEYFILE" ], ...[ "AUTH_SSL_CLIENT_USE_DEFAULT_CAS", "AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR", "COLLECTOR_PORT", "CONDOR_IDS" ], ...[ "FS_LOCAL_DIR", "FULL_HOSTNAME", "KERBEROS_SERVER_SERVICE", "LOCAL_CONFIG_DIR_EXCLUDE_REGEXP", "PRIVATE_NETWORK_NAME", "SCITOKENS_FILE" ], ...[ "SEC_CLIENT_AUTHENTICATION", "SEC_CLIENT_AUTHENTICATION_METHODS", "SEC_CLIENT_ENCRYPTION", "SEC_DEFAULT_AUTHENTICATION", "SEC_DEFAULT_AUTHENTICATION_METHODS", "SEC_DEFAULT_ENCRYPTION", "SEC_FS_ENFORCE_CHANNEL_BINDING", "SEC_KNOWN_HOSTS" ], ...[ "SEC_PASSWORD_DIRECTORY", "SEC_PASSWORD_FILE", "SEC_SYSTEM_KNOWN_HOSTS", "SEC_TOKEN_DIRECTORY" ], ...[ "SEC_TOKEN_POOL_SIGNING_KEY_FILE", "SEC_TOKEN_SYSTEM_DIRECTORY", "TRUST_DOMAIN", "UID_DOMAIN" ] ];

const OF_A_TYPE = [ "HOST", "NAME", "ADDRESS_FILE", "DAEMON_AD_FILE" ];

async function loadSettings(env, signal, more = []) {
    const program = findProgram(PROGRAM, env["PATH"] ?? "");
    return program === undefined ? environmentSettings(env) : await askProgram(program, env, signal, more);
}

function environmentSettings(env) {
    const values = new Map;
    for (const [key, value] of Object.entries(env)) {
        const name = /^_condor_(.+)$/i.exec(key)?.[1];
        if (name !== undefined && value !== undefined && value.trim() !== "") values.set(name.toUpperCase(), value.trim());
    }
    return name => {
        const value = values.get(`TOOL.${name}`) ?? values.get(name);
        if (value?.includes("$(") === true) {
            throw new InputError(name, `_CONDOR_${name}: ${value} refers to other settings, but HTCondor is not installed on this host to resolve them`);
        }
        return value;
    };
}

function isInRegistry(env) {
    const {spawnSync} = process.getBuiltinModule("node:child_process");
    const program = win32.join(env["SystemRoot"] ?? "C:\\Windows", "System32", "reg.exe");
    const args = [ "query", "HKLM\\Software\\Condor", "/v", "CONDOR_CONFIG" ];
    const options = {
        env: withoutSecrets(env),
        timeout: PROGRAM_TIMEOUT_MS,
        windowsHide: true,
        stdio: "ignore"
    };
    return spawnSync(program, args, options).status === 0;
}

async function askProgram(program, env, signal, more) {
    const {execFile} = process.getBuiltinModule("node:child_process");
    const types = Object.keys(DAEMON_TYPES).map(type => type.toUpperCase());
    const names = [ ...GENERAL, ...more, ...types.flatMap(type => OF_A_TYPE.map(each => `${type}_${each}`)) ];
    const marker = "=condor-token-fetch=";
    const args = [ "-macro", ...names.map(name => `${marker}${name}=$(${name})`) ];
    const {failure, output} = await new Promise(resolve => {
        const options = {
            env: find_program_withoutSecrets(env),
            signal,
            timeout: PROGRAM_TIMEOUT_MS,
            maxBuffer: 4 * 1024 * 1024
        };
        const child = execFile(program, args, options, (error, stdout, stderr) => {
            child.kill("SIGKILL");
            resolve({
                failure: error === null ? undefined : stderr.trim() || reasonOfExit(error),
                output: stdout
            });
        });
    });
    if (signal.aborted) throw abortedError(signal).at("inputs");
    const values = new Map;
    for (const each of output.split(marker)) {
        const [, name, value = ""] = /^([A-Z_]+)=([\s\S]*)$/.exec(each) ?? [];
        if (name !== undefined && value.trim() !== "") values.set(name, value.trim());
    }
    if (failure !== undefined) {
        const text = `HTCondor's configuration cannot be read: ${PROGRAM}: ${failure}`;
        return Object.assign(environmentSettings(env), {
            failure: text
        });
    }
    return name => {
        if (!names.includes(name)) throw new RangeError(`${name} is not in the list`);
        return values.get(name);
    };
}

function reasonOfExit({code, signal}) {
    if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "the output is too large";
    if (signal) return `the program was terminated by ${signal}`;
    return typeof code === "number" ? `exit status ${code}` : `the program could not be started (${code ?? "unknown reason"})`;
}

function processHost(timeoutMs, signal, sinks) {
    const end = uptimeMs() + timeoutMs;
    return {
        ...endOf(timeoutMs, signal),
        timeLeftMs: () => end - uptimeMs(),
        now: () => new Date,
        randomBytes: length => crypto_crypto().randomBytes(length),
        ...sinks
    };
}

const uptimeMs = () => Number(process.hrtime.bigint()) / 1e6;

function endOf(timeoutMs, signal) {
    const controller = new AbortController;
    const over = () => controller.abort(new DOMException("the time limit expired", "TimeoutError"));
    const timer = setTimeout(over, timeoutMs).unref();
    const interrupted = () => controller.abort(signal.reason);
    if (signal.aborted) interrupted(); else signal.addEventListener("abort", interrupted, {
        once: true
    });
    const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", interrupted);
    };
    return {
        signal: controller.signal,
        done
    };
}

function interruptSignal() {
    const interrupted = new AbortController;
    for (const name of [ "SIGINT", "SIGTERM", "SIGBREAK" ]) process.once(name, () => interrupted.abort(new Error(name)));
    return interrupted.signal;
}

async function processSurroundings(signal, env = process.env) {
    const platform = process.platform;
    const own = environmentOf(env, platform);
    const setting = await loadSettings(own, signal);
    return {
        env: own,
        setting,
        platform,
        ...account(own, platform)
    };
}

function account(env, platform) {
    try {
        const {homedir, uid} = (0, external_node_os_namespaceObject.userInfo)();
        return {
            home: homeOf(env, platform, homedir),
            uid: uid === -1 ? undefined : uid
        };
    } catch {
        return {
            home: process.env["HOME"] ?? "/",
            uid: process.getuid?.()
        };
    }
}

const FRESH = "condor_token_fetch on the access point";

const STORE_PASSWORD = "condor_store_cred add -c on the daemon's host";

const PRIVATE = "and deny other accounts access: ls -ln FILE, chmod 600 FILE, chown USER FILE.";

const IN_UID_DOMAIN = "end in UID_DOMAIN, not in TRUST_DOMAIN";

const DETAILED_LOG = "A: set %_DEBUG = D_SECURITY, run condor_reconfig, and ";

const ACTORS = {
    W: "Workflow",
    A: "Administrator",
    R: "Runner",
    N: "Network"
};

function hintsOf(text, values, side) {
    const known = new Map(Object.entries(values));
    return text.replace(/\[([A-Z%_]+)\]/g, "$1 ({$1})").replace(/: (\{[^{}]*\})\./g, "; $1 shows the current configuration.").replace(/\{([^{}]*)\}/g, `condor_config_val -${side} $1`).replaceAll("%", side.toUpperCase()).split("\n").map(hint => `${ACTORS[hint.charAt(0)]}${hint.slice(1)}`.replace(/\$(\w+)/g, (_, name) => printable(String(known.get(name) ?? ""))));
}

const CACHE_FILE = "run kinit -c FILE:/tmp/krb5cc before this step and set KRB5CCNAME=FILE:/tmp/krb5cc, because the client can read only caches that are files.";

const IN_KEYTAB = "in the daemon's keytab: on the daemon's host, klist -ke shows the keys, and {KERBEROS_SERVER_KEYTAB} shows the path.";

const HOST_IN_PRINCIPAL = "W: set server-name to the host name in the daemon's principal";

const KERBEROS_CREDENTIALS = {
    "kerberos-cache-type": `W: ${CACHE_FILE}`,
    "no-kerberos-credential": `W: run kinit before this step (klist shows the cache; KRB5CCNAME selects another one), or set kerberos-keytab.`,
    "encryption-type": `W: provide a keytab with AES keys (klist -ke FILE shows the key types; ktadd -e aes256-cts creates an AES key): DES, 3DES and RC4 are not supported.`,
    "kerberos-unreadable": `W: correct $input: klist -k FILE shows the principals of a keytab, and klist -c FILE shows the principal of a cache. To store a keytab in a secret, encode it with base64 -w0 FILE.`
};

const KERBEROS = `W: run kinit -V, then kvno host/DAEMON-HOST, on this runner to check whether Kerberos works there.`;

const KERBEROS_UNSENT = {
    "ticket-expired": `W: run kinit again just before this step, or set kerberos-keytab, with which the client obtains a new ticket.`,
    "kdc-unknown": `W: correct the realm $realm (usually in capitals), or add a kdc line for it to [realms] in krb5.conf; dig SRV _kerberos._tcp.$realm shows the DNS records.`,
    "client-unknown": `W: correct kerberos-principal, which is case-sensitive: the client sent $client to the KDC; klist -k FILE shows the principals of a keytab.`,
    "service-unknown": `${HOST_IN_PRINCIPAL}; the client requested a ticket for $service.\nA: check the daemon's principal with klist -k on its host. If there is none, run kadmin addprinc -randkey $service, then ktadd. If the first part of the principal is not host, check {KERBEROS_SERVER_SERVICE}.`,
    "password-rejected": `W: correct kerberos-password in the secret: kinit PRINCIPAL must accept it.`,
    "key-rejected": `W: create a new keytab with ktadd, and store it in the secret: kvno PRINCIPAL shows the key version at the KDC, and klist -k FILE shows the version in the old keytab.`,
    "clock-rejected": `R: synchronize the clock with NTP, and check it with timedatectl or chronyc tracking: by default, a KDC tolerates at most 5 min of skew.`,
    "account-locked": `W: ask the realm's administrator to enable the account; until then, kinit PRINCIPAL fails with the same error.`,
    "encryption-type": `W: provide a keytab with all of the principal's AES keys (klist -ke FILE shows their types): DES, 3DES and RC4 are not supported.`,
    "no-host-name": `${HOST_IN_PRINCIPAL}: klist -k on the daemon's host shows it.`,
    "no-ticket": KERBEROS
};

const KERBEROS_REFUSED = {
    "principal-unmapped": `A: add the line REALM = domain to the daemon's Kerberos map file, then restart the daemon, which reads the file only at startup: {KERBEROS_MAP_FILE}.`,
    "ticket-rejected": `A: store the key of $service, with the version that kvno shows, ${IN_KEYTAB} The clocks must not differ by more than 5 min.\nW: if the principal names the wrong host, correct server-name.`
};

const KERBEROS_UNPROVEN = {
    "no-ticket-key": `A: store the ticket's key ${IN_KEYTAB}`
};

const METHOD_USES = {
    IDTOKENS: "idtoken",
    SCITOKENS: "scitoken",
    SSL: "client-certificate",
    KERBEROS: "kerberos-keytab, or kinit before this step and authentication-methods: KERBEROS",
    PASSWORD: "password",
    FS: "authentication-methods: FS, on the daemon's own host",
    MUNGE: "authentication-methods: MUNGE, on a host whose munged has the pool's key"
};

const MAX_HINTS = 4;

const NAME_THERE = "openssl x509 -noout -ext subjectAltName -in AUTH_SSL_SERVER_CERTFILE on the daemon's host shows it.";

const NOT_ACCEPTED = "A: to accept $method, add it to [SEC_DEFAULT_AUTHENTICATION_METHODS].";

const NEW_TOKEN = `W: set idtoken to a token from this pool: ${FRESH} prints one.`;

const MUNGED = "R: run munged on this runner and the daemon's host, with the same key and synchronized clocks; munge -n | ssh DAEMON-HOST unmunge tests this.";

const BY_METHOD = {
    IDTOKENS: NEW_TOKEN,
    KERBEROS,
    SSL: `A: add the client certificate's CA to the daemon's CA file, and the certificate's subject to the map file: {AUTH_SSL_SERVER_CAFILE CERTIFICATE_MAPFILE}.\nW: to show the subject and issuer of client-certificate, run openssl x509 -noout -subject -issuer -in CERTIFICATE.`,
    SCITOKENS: `A: check that the daemon accepts the token's audience, can reach the issuer (curl ISSUER/.well-known/openid-configuration), and has the line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN in its map file ({SCITOKENS_SERVER_AUDIENCE CERTIFICATE_MAPFILE}).\nW: request a token with the daemon's audience and a scope. If you set mode exchange and add an idtoken, the daemon reports the reason.`,
    PASSWORD: `A: store the same pool password on the daemon's host with condor_store_cred add -c, which writes [SEC_PASSWORD_FILE].`,
    FS: `W: set idtoken unless the daemon and this step share /tmp or [FS_LOCAL_DIR]: FS requires this step to run on the daemon's host, usually outside a container. If the message lists another method, fix that one instead.`,
    MUNGE: MUNGED
};

const UNSENT = {
    ...KERBEROS_UNSENT,
    "not-offered": NOT_ACCEPTED,
    "issuer-differs": `W: store a token from this pool in the secret (${FRESH}), or correct pool and name: $issuer issued the token, but the daemon belongs to $trustDomain.\nA: if both names belong to this pool, its trust domain was renamed ({TRUST_DOMAIN}): restore the old name, or reissue all tokens.`,
    "key-differs": `W: renew the secret, because the daemon does not have the key $key (${FRESH}; -key selects another key).\nA: copy the key file $key to [SEC_PASSWORD_DIRECTORY], with mode 0600 and owner root.`,
    "idtoken-expired": `W: renew the secret (${FRESH}, with a longer -lifetime); condor_token_list shows the expiry (exp).`,
    "scitoken-expired": `W: obtain a new SciToken immediately before this step (httokensh, oidc-token or htgettoken).`,
    "file-exposed": `R: make this account the owner of the token file, ${PRIVATE}`,
    "no-credential": NEW_TOKEN,
    "file-name-ignored": NEW_TOKEN,
    "kerberos-cache-type": KERBEROS,
    "no-kerberos-credential": KERBEROS,
    "no-server-name": `W: set server-name to the name in the daemon's certificate: ${NAME_THERE}`,
    "fs-unbound": `W: add FS to authentication-methods only if you trust all accounts on this host: with this release, another account can relay the authentication.\nA: upgrade HTCondor on this host to 24.0.22, 25.0.12, 25.11.1 or later (condor_version).`,
    "fs-relay": `R: check whether a process of another account is listening at this address: ss -ltnp shows it. If so, correct address, or set idtoken.`,
    "munge-failed": MUNGED
};

const REFUSED = {
    ...KERBEROS_REFUSED,
    declined: NOT_ACCEPTED,
    unexplained: `W: renew the secret: ${FRESH} prints a token that is neither too old nor revoked.\nA: {SEC_TOKEN_MAX_AGE SEC_TOKEN_REVOCATION_EXPR SEC_PASSWORD_DIRECTORY} shows the maximum age, the revoked tokens, and the key directory. An identity should ${IN_UID_DOMAIN}.`,
    "no-trust-domain": `W: set idtoken to a single token from this pool; condor_token_list shows the issuers.\nA: set [TRUST_DOMAIN].`,
    "proxy-not-allowed": `A: to accept X.509 proxies, set AUTH_SSL_ALLOW_CLIENT_PROXY = True: {AUTH_SSL_ALLOW_CLIENT_PROXY}. Other certificates do not need this setting.`,
    "mapping-required": `A: add an SSL line for the certificate's subject to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE AUTH_SSL_REQUIRE_CLIENT_MAPPING}.`,
    "no-tls13": `A: enable TLS 1.3 on the daemon's host, where openssl ciphers -v -tls1_3 lists the TLS 1.3 ciphers.\nW: set client-certificate and client-key: the client sends a certificate from HTCondor's configuration only to a verified daemon.`,
    "no-tls": `A: configure a host certificate that the daemon can read: {AUTH_SSL_SERVER_CERTFILE AUTH_SSL_SERVER_KEYFILE AUTH_SSL_SERVER_CAFILE}.`
};

const UNPROVEN = {
    ...KERBEROS_UNPROVEN,
    "name-differs": `W: if $host is nevertheless the correct host, set server-name to the name in its certificate: ${NAME_THERE}`,
    "expired-certificate": `A: install a new host certificate for the daemon: {AUTH_SSL_SERVER_CERTFILE} shows the path, and openssl x509 -noout -dates -in FILE shows the dates.`,
    "untrusted-certificate": `W: set ca-certificate to the CA that issued the daemon's certificate: openssl x509 -noout -issuer -in AUTH_SSL_SERVER_CERTFILE on the daemon's host shows it. If the certificate and the address contain different names, set server-name.`,
    "password-differs": `W: set password to the value that was passed to ${STORE_PASSWORD} ({SEC_PASSWORD_FILE}).`,
    "signing-key-differs": `W: store a new token from this pool in the secret (${FRESH}): usually, another pool issued the old token with a key of the same name (POOL), or the key was replaced.`
};

const LOG = `${DETAILED_LOG}find the reason in the daemon's log ({%_LOG}).`;

const FALSE_DAEMON = "N: if all settings are correct, treat the peer as an impostor. The client sent it no further credentials.";

function exhaustedHints(attempts, side) {
    const found = new Set(attempts.toReversed().flatMap(each => refusalHints(each, side)));
    const isSent = attempts.length === 0 || attempts.some(({kind}) => kind === undefined || !(kind in UNSENT));
    const log = isSent ? hintsOf(LOG, {}, side) : [];
    return [ ...[ ...found ].slice(0, MAX_HINTS - log.length), ...log ];
}

const REFUSALS = {
    ...UNSENT,
    ...REFUSED
};

function refusalHints({method, kind, details}, side) {
    const text = REFUSALS[kind ?? ""] ?? BY_METHOD[method];
    return text === undefined ? [] : hintsOf(text, {
        method,
        ...details
    }, side);
}

function unprovenHints(attempts, side) {
    const all = UNPROVEN;
    const {kind = "", details} = attempts.find(each => (each.kind ?? "") in all) ?? {};
    return hintsOf(`${all[kind] ?? UNPROVEN["signing-key-differs"]}\n${FALSE_DAEMON}`, {
        ...details
    }, side);
}

const ELSEWHERE = "use a self-hosted runner, a VPN, or an SSH tunnel (set address to its local end).";

const STALE = "specify pool and name instead of address (condor_status -schedd -pool POOL -af MyAddress shows the current address)";

const THREE_PARTS = "one line with three parts separated by dots.";

const RESTARTED = "check whether the daemon has just restarted (condor_status -any lists it once it is running), then run the job again with a longer timeout.";

const NO_ROUTE = `N: check whether nc -zv HOST 9618 succeeds on this runner. Hosted runners are outside your network: ${ELSEWHERE}`;

const ID_TOKEN_PERMISSION = "W: add permissions: id-token: write to the job";

const SERVICE_CLIENT = `W: if the service is Keycloak, set token-grant: client-credentials; the Keycloak client must accept federated authentication with the job token's issuer and sub.`;

const SERVICE_AUDIENCE = `W: omit oidc-audience, or set it to the audience that the service expects: for Keycloak, exactly the issuer of the realm.`;

const SERVICE_REUSE = `W: use a separate job token for each request: omit scitoken and BEARER_TOKEN if the runner can issue job tokens.\nA: for a CI system that issues one token per job, add reuse: job to the policy entry (condor_token_service check -offline validates the policy).`;

const INPUT_HINTS = {
    "identity-flag": `W: omit the flag: HTCondor's condor_token_fetch does not support it either. The token always has the identity of the credential.`,
    "unknown-flag": `W: correct the flag; condor_token_fetch -help lists all flags.`,
    configuration: `R: correct the files that condor_config_val -config lists, or set CONDOR_CONFIG to a readable file.`,
    input: `W: correct $input; the README lists the valid values.`
};

const CREDENTIAL_HINTS = {
    ...KERBEROS_CREDENTIALS,
    "secret-empty": `W: store the secret again if its value is empty. GitHub also passes an empty value to pull requests from forks and Dependabot, to jobs outside the secret's environment, and to reusable workflows without secrets: inherit. Also check the secret's name (gh secret list).\nW: skip this step for pull requests from forks (if: github.event.pull_request.head.repo.fork != true); for other events, oidc-audience needs no secret.`,
    "file-exposed": `R: make the account of this step the owner of the file, ${PRIVATE}`,
    "file-name-ignored": `R: rename the file: condor_config_val LOCAL_CONFIG_DIR_EXCLUDE_REGEXP shows which names HTCondor ignores.`,
    "fs-elsewhere": `W: FS works only on the daemon's host: run this step there, or set idtoken (${FRESH} prints a token).`,
    "ccb-needs-proof": `W: set idtoken, scitoken, client-certificate or password: a daemon behind CCB must authenticate itself, which FS and MUNGE do not support.`,
    "no-job-token": `${ID_TOKEN_PERMISSION}. Pull requests from forks cannot request a token.`,
    "job-token-refused": `${ID_TOKEN_PERMISSION}, and correct oidc-audience; the message contains the OIDC service's reason.`,
    "service-redirects": `W: correct token-service: the service returns a redirect ($status), which the client does not follow. curl -v URL shows the new location.`,
    "service-not-found": `W: correct the path of token-service: there is no token endpoint at this URL; for condor_token_service, the path is /token.`,
    "unauthorized-client": SERVICE_CLIENT,
    "invalid-client": SERVICE_CLIENT,
    "invalid-token-audience": SERVICE_AUDIENCE,
    "aud-expected": SERVICE_AUDIENCE,
    "token-reuse-detected": SERVICE_REUSE,
    "used-already": SERVICE_REUSE,
    "service-refused": `W: compare the claims of the job token (see the log) with the service's reason: usually, the repository, branch or environment differs.\nA: run condor_token_service explain -claims FILE, which shows how the claims differ from each policy entry, and prints an entry that would admit this job.`,
    "no-token-to-exchange": `${ID_TOKEN_PERMISSION}; outside GitHub and Forgejo, set BEARER_TOKEN, for this command only, to the job's OIDC token, or set scitoken.`,
    "scitoken-needs-proof": `W: mode exchange requires scitoken and a daemon that authenticates itself: omit authentication-methods, or include SCITOKENS, SSL, IDTOKENS or PASSWORD.`,
    "no-credential": `W: set idtoken from a secret (${FRESH} prints a token), or set scitoken or client-certificate.\nR: store a token in the directory that condor_config_val SEC_TOKEN_DIRECTORY shows, in a file that this account owns, with mode 0600; condor_token_list lists all tokens.`,
    "certificate-expired": `W: renew client-certificate: openssl x509 -noout -dates -in CERTIFICATE shows its validity period.`,
    "certificate-unreadable": `W: provide the complete PEM text of the certificate, and a key without a passphrase; check them with openssl x509 -noout -subject -in CERTIFICATE and openssl pkey -noout -in KEY.`,
    "scitoken-too-long": `W: request a shorter token from the issuer, or use mode exchange with another credential in addition to scitoken.`,
    "service-idtoken": `W: omit mode and remote, because the service already issues an IDTOKEN, or set token-service to the URL at which the service issues a SciToken.`,
    "service-html": `W: correct token-service: this is the URL of a web page, such as a sign-in page (curl -v URL shows it). For condor_token_service, the path in the URL is /token.\nN: if a proxy responds instead of the service, correct https_proxy, or add the host to no_proxy.`,
    "service-no-token": `W: correct token-service: it must be the URL of a token endpoint whose response contains access_token (RFC 8693), or of a service whose response contains token.`,
    "scitoken-malformed": `W: set scitoken to the complete token: ${THREE_PARTS}`,
    "password-malformed": `W: set password to the line that was passed to ${STORE_PASSWORD}.`,
    "credential-unreadable": `W: set idtoken to the complete output of condor_token_fetch: ${THREE_PARTS}`
};

const CORRECT_NAME = "correct pool or name (condor_status -any -pool POOL -af MyType Name lists all daemons)";

const LOCATE_HINTS = {
    restarting: `A: ${RESTARTED}\nW: ${CORRECT_NAME}.`,
    "not-on-this-host": `W: specify pool and name, or run this step on a host that runs HTCondor: condor_config_val COLLECTOR_HOST DAEMON_LIST shows the configuration of this host.`,
    "not-found": `W: ${CORRECT_NAME}, or specify address.\nA: if the daemon is not listed, check its COLLECTOR_HOST and its authorization to advertise itself: {ALLOW_ADVERTISE_SCHEDD}.`,
    ambiguous: `W: set name to one of the listed names (condor_status -any -pool POOL -af MyType Name lists them).`
};

const CONNECT_HINTS = {
    "kdc-lookup-failed": `N: check that a DNS server responds to this runner: dig SRV _kerberos._tcp.$realm shows the KDCs.\nW: to avoid DNS, add a kdc line for $realm to [realms] in krb5.conf (KRB5_CONFIG selects another file).`,
    "kdc-unreachable": `N: check that the KDC is reachable over TCP from this runner: nc -zv KDC 88. Many sites allow connections only from their own networks.\nW: correct the kdc lines for $realm in krb5.conf (KRB5_CONFIG selects another file).`,
    "proxy-failed": `N: check the proxy in https_proxy or HTTPS_PROXY. If the status is 407, add the user and password to the proxy URL. Otherwise, curl -v -x PROXY https://HOST on the runner shows the proxy's response.\nR: if HOST is reachable without a proxy, add it to no_proxy.`,
    "name-unknown": `R: check the spelling of the name, and check that this runner resolves it: getent hosts $host. Hosted runners resolve only public names: ${ELSEWHERE}`,
    "private-address": `N: this address is reachable only from its private network: run this step in that network, or use a VPN or an SSH tunnel (set address to its local end).\nA: make the daemon reachable with CCB_ADDRESS = $(COLLECTOR_HOST) or TCP_FORWARDING_HOST: {CCB_ADDRESS TCP_FORWARDING_HOST}.`,
    "service-busy": `W: increase the timeout or retries, because the service asked the client to retry later.\nA: run journalctl -u condor-token-service to find the reason, such as an unusable seed or an unreachable daemon or issuer.`,
    "service-unreachable": `N: check the connection and the certificate with curl -v URL on this runner; for a private CA, set ca-certificate, or NODE_EXTRA_CA_CERTS for the OIDC service.`,
    "connection-refused": `A: ${RESTARTED}\nW: correct pool (port 9618, 9619 for an HTCondor-CE, or the port that condor_config_val COLLECTOR_HOST shows in the pool) or address (condor_status -schedd -pool POOL -af MyAddress).\n${NO_ROUTE}`,
    connect: NO_ROUTE,
    "not-approved": `A: approve the request while this step waits: condor_token_request_approve -reqid $requestId; condor_token_request_list lists all requests.\nW: increase the timeout, and notify the administrator before the run, because each run creates a new request.`,
    cancelled: `W: run the job again: it was cancelled, and no token was delivered.`,
    "service-silent": `N: run curl -v URL on this runner to see how far the connection gets. A firewall may be dropping the packets.\nA: if the service is condor_token_service, check systemctl status condor-token-service; the service ends every request within 10 s.\nW: increase the timeout if the network is slow.`,
    "no-response": `${NO_ROUTE}\nW: increase the timeout if the network is slow.`,
    timeout: `N: check for a firewall that drops packets: run nc -zv HOST 9618 on the runner.\nW: increase the timeout if the network is slow or the daemon is busy.`,
    closed: `A: ${RESTARTED}\nA: check that the daemon authenticates, encrypts with AES, and runs HTCondor 9.9 or later ({SEC_DEFAULT_AUTHENTICATION SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_CRYPTO_METHODS %_LOG}); lines with DC_AUTHENTICATE in the log show the reason.\nW: if sock= in address is out of date, ${STALE}. If another service, such as a TLS server, is listening at that address, correct the host and port.`,
    "not-registered": `W: the address is out of date: ${STALE}, or try again in a minute.\nA: if the error persists, the daemon has lost its CCB broker: check {CCB_ADDRESS}, and the lines with CCBListener in the daemon's log.`,
    "ccb-only": `N: open the port of the daemon's CCB broker, usually the collector, to this runner: nc -zv BROKER 9618.\nA: use a CCB broker that runs HTCondor 25.12 or later, which relays the connection (condor_config_val -collector CCB_SERVER_STREAMING); older brokers make the daemon connect to this runner, but hosted runners accept no connections.\nW: run this step on a host that can reach the daemon, or use an SSH tunnel (set address to its local end).`
};

const WRONG_PEER = `W: check that host and port are correct, and that the daemon runs HTCondor 9.9 or later: condor_ping -address "<HOST:PORT>" READ in the pool.\nW: if HTCondor's own condor_token_fetch succeeds, report a bug and attach the debug log (-debug or ACTIONS_STEP_DEBUG).`;

const PROTOCOL_HINTS = {
    "foreign-protocol": `W: correct the host and port, because $protocol, not HTCondor, responds at this address; condor_config_val COLLECTOR_HOST in the pool shows both (default port 9618).`,
    "no-address": `A: the daemon's ad has no address (condor_status -any -pool POOL -af Name MyAddress): restart the daemon, or specify address in the workflow.`,
    frame: WRONG_PEER,
    message: WRONG_PEER,
    classad: WRONG_PEER,
    decrypt: `N: before you try again, check whether a device is modifying the data or the peer is an impostor: compare the output of condor_ping -address "<HOST:PORT>" READ in the pool and on this runner.`
};

const ITSELF = "omit remote to query the schedd directly";

const enabling = setting => `A: set ${setting} = True on the daemon's host, then run condor_reconfig: {${setting}}.`;

const OTHER_DAEMON = "W: use another daemon in the pool (type: collector)";

const NO_REQUESTER = `A: map the credential to an identity. A token's sub must be user@domain (condor_token_list shows it). A certificate or SciToken needs a line in the map file: {CERTIFICATE_MAPFILE}.`;

const NO_SIGNING_KEY = `A: copy the signing key from the collector's host to the daemon's host, with owner root and mode 0600: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.\nW: fetch the token from the collector (type: collector).`;

const KEY_UNREADABLE = `A: restore the key file if it is missing, or set its owner to root and its mode to 0600: {SEC_PASSWORD_DIRECTORY} shows its directory.\nW: omit key, so that the daemon signs with its default key.`;

const SCHEDD_FAILED = `W: try again, or ${ITSELF}.\nA: check the connection from the collector to the schedd: condor_ping -type schedd -name NAME DAEMON on the collector's host.`;

const REQUEST_EXPIRED = `A: approve requests within [SEC_TOKEN_REQUEST_LIFETIME]; a restart of the daemon also discards them.\nW: run this step again, and have the request approved while the step waits: condor_token_request_approve -reqid ID.`;

const DAEMON_HINTS = {
    "token-fetch-disabled": `${enabling("SEC_ENABLE_TOKEN_FETCH")}\n${OTHER_DAEMON}, or use mode request.`,
    "not-sign-with-requested-key": `W: omit key, or specify a key that the daemon may use; the administrator can add one to [SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS].`,
    "original-one-expired": `W: renew the secret (${FRESH}, with a longer -lifetime), because the credential expired during the run.`,
    "allow-requested-authorization": `W: restrict authz to levels of the credential (condor_token_list shows its scope), or use a credential with more levels.`,
    "not-successfully-authenticate": NO_REQUESTER,
    "missing-requester-identity": NO_REQUESTER,
    "not-have-access-to-configured-key": NO_SIGNING_KEY,
    "signing-key-configured": NO_SIGNING_KEY,
    "failed-to-read-file": KEY_UNREADABLE,
    "failed-to-fetch-key": KEY_UNREADABLE,
    "not-known-to-the-collector": `W: ${ITSELF}: HTCondor 9.9 to at least 25.14 always returns this error, even to its own condor_token_fetch -remote.\nA: in a release that fixes this error, set SEC_ENABLE_IMPERSONATION_TOKENS = True on the schedd, whose name must match the requested one (condor_status -schedd -af Name): {SEC_ENABLE_IMPERSONATION_TOKENS}.`,
    "no-schedd-target": `W: set name to the name that condor_status -schedd -af Name shows.`,
    "not-encrypted": `A: change the daemon's encryption setting, which must not be NEVER: {SEC_DAEMON_ENCRYPTION SEC_DEFAULT_ENCRYPTION}.`,
    "sec-impersonation-token-limits": `W: restrict authz to levels in [SEC_IMPERSONATION_TOKEN_LIMITS], or omit remote.`,
    dcschedd: SCHEDD_FAILED,
    secman: SCHEDD_FAILED,
    "issuer-namespace": `A: set the trust domain to a name without spaces or commas, then run condor_reconfig: {TRUST_DOMAIN}.`,
    "token-request-disabled": `${enabling("SEC_ENABLE_TOKEN_REQUEST")}\n${OTHER_DAEMON}.`,
    "sec-token-request-limits": `W: restrict authz to levels in [SEC_TOKEN_REQUEST_LIMITS].`,
    "request-has-expired": REQUEST_EXPIRED,
    "request-id-is-not-known": REQUEST_EXPIRED,
    "request-failed": `A: check the signing key and the trust domain ({SEC_TOKEN_ISSUER_KEY TRUST_DOMAIN}); the daemon's log shows why it could not issue the token.`,
    "using-anonymous": `A: configure a host certificate and enable SSL on the daemon, because a request without a credential requires both: {AUTH_SSL_SERVER_CERTFILE SEC_DEFAULT_AUTHENTICATION_METHODS}.`,
    "rate-limit": `W: try again later, because the daemon is limiting token requests.\nA: check the pending requests with condor_token_request_list; each expires after [SEC_TOKEN_REQUEST_LIFETIME].`,
    "too-many-requests": `A: approve pending requests, or wait until they expire, because this daemon has more than 1,000; condor_token_request_list lists them, and each expires after [SEC_TOKEN_REQUEST_LIFETIME].`,
    "scitoken-exchange-disabled": `${enabling("SEC_ENABLE_SCITOKEN_EXCHANGE")}\nW: use mode fetch with the same scitoken.`,
    "failed-to-map-scitoken": `A: add the line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE}.`,
    "not-built-with-scitokens": `W: use another credential, such as idtoken: the daemon's HTCondor build does not support SciTokens.`,
    scitokens: `A: fix the cause that the daemon reports: a wrong audience ({SCITOKENS_SERVER_AUDIENCE}), an expired token, an invalid signature, or an unreachable issuer (curl ISSUER/.well-known/openid-configuration on the daemon's host).`,
    daemon: `${DETAILED_LOG}check the daemon's log ({%_LOG}); HTCondor's error code is $errorCode.`
};

const AES_FIRST = "A: put AES first in [SEC_DEFAULT_CRYPTO_METHODS]: the daemon";

const SUPPORTED = "HTCondor 9.9 or later (10.0 or later among long-term releases)";

const NOTHING_SENT = "Nothing was sent in cleartext.";

const OTHER_METHOD = "A: make the daemon accept a method for which the client has a credential: {SEC_DEFAULT_AUTHENTICATION_METHODS}.";

const NEGOTIATION_HINTS = {
    "no-authentication": `A: change the daemon's authentication setting, which must not be NEVER: {SEC_DEFAULT_AUTHENTICATION}.`,
    "no-common-method": OTHER_METHOD,
    "old-cipher": `${AES_FIRST} encrypts with $ciphers, as releases earlier than 9.0 do, and this client supports only AES. ${NOTHING_SENT}`,
    "no-cipher": `${AES_FIRST} accepts only BLOWFISH or 3DES, which HTCondor's own tools still offer. ${NOTHING_SENT}`,
    "no-key-agreement": `A: update the daemon to ${SUPPORTED}: older daemons protect the session key with 3DES at best. ${NOTHING_SENT}\nW: for a daemon that cannot be updated, use HTCondor's own condor_token_fetch.`,
    "no-encryption": `A: enable encryption on the daemon: {SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_INTEGRITY}. ${NOTHING_SENT}`
};

const AUTHORIZATION_HINTS = {
    unmapped: `A: add an SSL or SCITOKENS line for this credential to the daemon's map file, then run condor_reconfig: {CERTIFICATE_MAPFILE}.`,
    denied: `A: authorize the identity $user, which the daemon authenticated but denied (see {ALLOW_READ ALLOW_WRITE ALLOW_DAEMON}, and the DENY_* settings). If these settings contain *@$(UID_DOMAIN), the identity must ${IN_UID_DOMAIN}.\nW: check the credential's scope (condor_token_list): the daemon also denies levels that the scope does not include, and logs "limited authorization".`,
    "no-identity": `A: configure the daemon to authenticate its clients ({SEC_DEFAULT_AUTHENTICATION}); lines with DC_AUTHENTICATE in [%_LOG] show the assigned identity.`,
    "command-not-registered": `A: use a daemon of a type that issues tokens and that runs ${SUPPORTED}: condor_status -any -pool POOL -af Name CondorVersion.`
};

const TOKEN_HINTS = {
    "no-request-id": `A: check the lines that contain TOKEN in [%_LOG]; condor_token_request_list shows pending requests.`,
    "token-malformed": `A: check the daemon's log ({%_LOG}), because the reply contained no IDTOKEN.`,
    "other-identity": `W: store a credential for the expected identity in the secret (condor_token_list shows the identity of each token), or correct expected-identity.\nA: check the map file, which determines the identity for SSL and SCITOKENS. The identity should ${IN_UID_DOMAIN}: {CERTIFICATE_MAPFILE UID_DOMAIN TRUST_DOMAIN}.`,
    "other-trust-domain": `W: correct pool and name, or correct expected-trust-domain: another pool's daemon replied.\nW: set expected-trust-domain to the pool's TRUST_DOMAIN, not to its UID_DOMAIN: {TRUST_DOMAIN}.`,
    "other-issuer": `A: for requests with remote, set the same TRUST_DOMAIN on the schedd ({TRUST_DOMAIN}) and the collector (condor_config_val -collector TRUST_DOMAIN). No token was delivered.\nW: omit remote to query the schedd directly.`,
    "token-claim": `A: check the daemon's configuration ({TRUST_DOMAIN SEC_TOKEN_ISSUER_KEY}): the token differs from the request. The client did not deliver it.`,
    "token-reduced": `W: request fewer levels or a shorter lifetime, use a credential that permits more (condor_token_list shows its scope and exp), or set on-reduced to warn.\nA: check {SEC_ISSUED_TOKEN_EXPIRATION}: the daemon limits lifetimes to this value and to the credential's remaining lifetime.`,
    "level-missing": `W: use a credential that includes $missing (condor_token_list shows the scope of each token), or omit $missing from authz: the current credential is restricted to $levels.`,
    "level-denied": `A: add $subject to ALLOW_$level, and check that it is not in DENY_$level: {ALLOW_$level DENY_$level}.\nA: if ALLOW_$level contains *@$(UID_DOMAIN), the identity must end in [UID_DOMAIN] and might need an account. To issue a suitable credential, run condor_token_create -identity USER@UID_DOMAIN.\nW: omit $level from authz.`,
    "token-refused": `A: make sure that the daemons that issued and rejected the token have the same signing key and synchronized clocks: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.`
};

const OUTPUT_HINTS = {
    "runner-refused": `R: check whether the disk is full (df -h), and whether the step runs in a container that lacks the runner's files.`,
    "output-closed": `W: check why the command that reads the pipe exited, or write the token with -file.`,
    "path-occupied": `W: choose another token-directory or file: ls -ld PATH shows the existing file.`,
    output: `R: make the directory writable by this account (ls -ld DIRECTORY), free disk space (df -h DIRECTORY), or choose another token-directory or file.`
};

const HINTS = {
    ...INPUT_HINTS,
    ...CREDENTIAL_HINTS,
    ...LOCATE_HINTS,
    ...CONNECT_HINTS,
    ...PROTOCOL_HINTS,
    ...NEGOTIATION_HINTS,
    ...AUTHORIZATION_HINTS,
    ...DAEMON_HINTS,
    ...TOKEN_HINTS,
    ...OUTPUT_HINTS
};

const WITHOUT_COLLECTOR = "Workflow: specify address to skip the collector.";

function hintsFor(error) {
    const side = error.phase === "locate" ? "collector" : "schedd";
    switch (error.code) {
      case "ERR_METHODS_EXHAUSTED":
        return exhaustedHints(error.attempts, side);

      case "ERR_SERVER_UNPROVEN":
        return unprovenHints(error.attempts, side);
    }
    const hints = hintsOf(HINTS[error.reason], {
        ...error,
        ...error.details
    }, side);
    if (error.code === "ERR_NO_COMMON_METHOD") return [ ...usesOf(error), ...hints ];
    return error.reason === "denied" && side === "collector" ? [ ...hints, WITHOUT_COLLECTOR ] : hints;
}

function usesOf({methods}) {
    const uses = methods.flatMap(method => METHOD_USES[method] ?? []);
    return uses.length === 0 ? [] : [ `Workflow: use a method that this daemon accepts: ${uses.join("; or ")}.` ];
}

function proxyFor({proxy, bypass}, {hostname, port, protocol}) {
    const host = normal(hostname);
    const isHere = /^(localhost|127(\.\d+){3}|::1)$|\.localhost$/.test(host);
    const at = port === "" ? protocol === "http:" ? "80" : "443" : port;
    return isHere || bypass.some(entry => http_proxy_covers(entry, host, at)) ? undefined : proxy;
}

function http_proxy_covers(entry, host, port) {
    if (entry === "*") return true;
    const [, address = "", bits] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? [];
    if (bits !== undefined) return isInNetwork(host, normal(address), Number(bits));
    const [, name = "", ownPort] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [ "", entry ];
    if (ownPort !== undefined && ownPort !== port) return false;
    const suffix = normal(name).replace(/^\*?\./, "");
    return suffix !== "" && (host === suffix || host.endsWith(`.${suffix}`));
}

function isInNetwork(host, network, bits) {
    const {BlockList, isIP} = process.getBuiltinModule("node:net");
    const family = isIP(network);
    if (family === 0 || family !== isIP(host) || bits > (family === 4 ? 32 : 128)) return false;
    const list = new BlockList;
    const kind = family === 4 ? "ipv4" : "ipv6";
    list.addSubnet(network, bits, kind);
    return list.check(host, kind);
}

function normal(host) {
    return host.toLowerCase().replace(/^\[|\]$/g, "").replace(/(?<=.)\.$/, "");
}

const JWT_TYPE = "urn:ietf:params:oauth:token-type:jwt";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

function parametersOf(grant, jwt) {
    const assertion = {
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: jwt
    };
    switch (grant) {
      case "token-exchange":
        return {
            grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
            subject_token: jwt,
            subject_token_type: JWT_TYPE
        };

      case "client-credentials":
        return {
            grant_type: "client_credentials",
            ...assertion
        };

      case "jwt-bearer":
        return {
            grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
            assertion: jwt,
            ...assertion
        };
    }
}

function reasonOfRefusal(status, text) {
    if (status < 400) return "service-redirects";
    if (status === 404 || status === 405) return "service-not-found";
    return reasonIn(text, SERVICE_REFUSALS) ?? "service-refused";
}

function askTokenService({service, bearer, authz, tlsFor, proxies, connection}, host) {
    const {url, grant, lifetimeSeconds, identity, userAgent} = service;
    const jwt = bearer.reveal();
    const body = new URLSearchParams({
        ...parametersOf(grant, jwt),
        ...lifetimeSeconds === undefined ? {} : {
            lifetime: String(lifetimeSeconds)
        },
        ...identity === undefined ? {} : {
            identity
        },
        ...authz.length === 0 ? {} : {
            scope: authz.map(level => `condor:/${level}`).join(" ")
        }
    });
    const headers = {
        ...grant === "token-exchange" ? {
            authorization: `Bearer ${jwt}`
        } : {},
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
        "user-agent": userAgent
    };
    const members = [ "access_token", "token" ];
    const who = "token-service: the token service";
    const form = {
        method: "POST",
        headers,
        body: body.toString()
    };
    return askTokenEndpoint({
        ...form,
        who,
        members,
        url,
        tlsFor,
        proxies,
        connection
    }, host);
}

async function askTokenEndpoint({tlsFor, proxies, ...request}, host) {
    const {url} = request;
    const {authorities} = await tlsFor(url.hostname);
    const proxy = proxyFor(proxies, url);
    for (const secret of proxy?.secrets ?? []) host.mask(secret);
    if (proxy !== undefined) host.log.debug(`credentials: ${url.origin} is contacted through the proxy ${proxy.url.origin}`);
    const response = await sendHttp({
        ...request,
        authorities,
        proxy
    }, host);
    const result = readResponse(request, response, host.now());
    maskJwt(result.token, host);
    return result;
}

const NO_WORD = /\S{40,}/g;

const MAX_REASON_LENGTH = 300;

const HTML = /^\s{0,100}<(!doctype|html)/i;

function readResponse(request, response, now) {
    const {who, members, url} = request;
    const {status, text} = response;
    const member = membersOf(text);
    if (status < 200 || status > 299) throw token_service_refusal(request, response, member, now);
    const token = new Secret(members.flatMap(name => member(name) ?? [])[0] ?? "");
    if (algorithmOf(token) === undefined) {
        const isPage = HTML.test(text);
        const what = isPage ? "an HTML page instead of JSON" : `no token in ${members.join(" or ")}`;
        const reason = isPage ? "service-html" : "service-no-token";
        throw new CredentialError("ERR_CREDENTIAL_UNREADABLE", `${who} returned ${what}`, {
            peer: url.origin,
            reason
        });
    }
    return {
        token,
        text: member
    };
}

function token_service_refusal({who, refused, url, headers}, {status, text, header}, member, now) {
    const peer = url.origin;
    const words = [ "error", "error_description", "detail", "message" ].flatMap(name => member(name) ?? []);
    if (words.length === 0 && HTML.test(text)) words.push("an HTML page");
    const shown = words.map(each => withoutToken(each, headers?.["authorization"] ?? ""));
    const explanation = printable([ String(status), ...shown ].join(": ")).slice(0, MAX_REASON_LENGTH);
    if (status === 429 || status >= 500) {
        const retryAfterMs = retryAfterOf(header, now);
        const when = retryAfterMs === undefined ? "" : ` and requests a pause of ${Math.ceil(retryAfterMs / 1e3)} s`;
        const reason = status === 429 || status === 503 ? "service-busy" : "service-unreachable";
        return new ConnectError("ERR_CONNECT", `${who} returned status ${explanation}${when}`, {
            peer,
            reason,
            retryAfterMs
        });
    }
    const facts = {
        peer,
        reason: refused ?? reasonOfRefusal(status, explanation),
        details: {
            status: String(status)
        }
    };
    return new CredentialError("ERR_NO_CREDENTIAL", `${who} issued no token: ${explanation}`, facts);
}

const QUOTED_LENGTH = 12;

const MAX_COMPARED_LENGTH = 4096;

function withoutToken(reason, sent) {
    const shown = reason.replace(NO_WORD, "***");
    return quotes(shown, sent) ? "***" : shown;
}

function quotes(text, sent) {
    const [, token = sent] = sent.split(" ");
    const bare = text.replace(/\s/g, "");
    if (bare.length > MAX_COMPARED_LENGTH) return true;
    for (let at = 0; at + QUOTED_LENGTH <= bare.length; at++) if (token.includes(bare.slice(at, at + QUOTED_LENGTH))) return true;
    return false;
}

function retryAfterOf(header, now) {
    const value = header("retry-after")?.trim() ?? "";
    if (/^\d{1,9}$/.test(value)) return Number(value) * 1e3;
    const [at, theirNow] = [ value, header("date") ?? "" ].map(each => each.length > 40 ? Number.NaN : Date.parse(each));
    if (at === undefined || Number.isNaN(at)) return undefined;
    return Math.max(0, at - (theirNow === undefined || Number.isNaN(theirNow) ? now.getTime() : theirNow));
}

function membersOf(text) {
    let value;
    try {
        value = JSON.parse(text);
    } catch {}
    const members = new Map(Object.entries(value ?? {}));
    return name => {
        const member = members.get(name);
        return typeof member === "string" ? member : undefined;
    };
}

async function resolveBearer(request, host) {
    const {keyless} = request;
    if (keyless === undefined) return undefined;
    return await withPhase("credentials", undefined, () => obtainBearer(keyless, request, host));
}

async function obtainBearer(source, request, host) {
    const {service} = source;
    const {scitoken} = request.credentials;
    const asSciToken = (text, name) => ({
        kind: "scitoken",
        source: {
            ...scitoken,
            text,
            name
        }
    });
    if (service === undefined) return asSciToken(await bearerToken(source, request, host), "oidc-audience");
    const response = await keyless_exchange(service, source, request, host);
    host.log.debug(`credentials: ${service.url.origin} issued a token`);
    const {token} = response;
    if (!SHARED_KEY.test(algorithmOf(token) ?? "")) return asSciToken(token, "token-service");
    checkWantsIdToken(request, service.url, host);
    return {
        kind: "idtoken",
        token: parseIdToken(token),
        identity: response.text("identity")
    };
}

async function keyless_exchange(service, source, request, host) {
    const {job, proxies} = source;
    const {url} = service;
    const {authz, credentials} = request;
    const tlsFor = tlsWith(credentials.trust, source, host);
    if (job !== undefined) warnAboutAudience(job.audience, url, host);
    const {authorities} = await tlsFor(url.hostname);
    const ahead = {
        url,
        authorities,
        proxy: proxyFor(proxies, url)
    };
    const connection = job === undefined ? undefined : openAhead(ahead, host);
    try {
        const bearer = await bearerToken(source, request, host);
        const claims = describeClaims(bearer);
        host.log.debug(`credentials: claims of the job token: ${claims}`);
        const asked = {
            service,
            bearer,
            authz,
            tlsFor,
            proxies,
            connection
        };
        return await askTokenService(asked, host).catch(error => {
            if (error instanceof CredentialError) host.log.info(`Claims of the refused job token: ${claims}`);
            throw error;
        });
    } finally {
        connection?.close();
    }
}

async function bearerToken(source, {credentials}, host) {
    const {job, proxies} = source;
    if (job === undefined) return suppliedToken(credentials.scitoken, host);
    return await jobToken(job, tlsWith(systemTrust(credentials.trust), source, host), proxies, host);
}

async function jobToken({audience, runner, userAgent}, tlsFor, proxies, host) {
    if (runner === undefined) throw new CredentialError("ERR_NO_CREDENTIAL", "oidc-audience: this job is not permitted to request an OIDC token", {
        reason: "no-job-token"
    });
    const url = new URL(runner.url);
    url.searchParams.set("audience", audience);
    for (const secret of secretsOf(runner.bearer)) host.mask(secret);
    const authorization = `Bearer ${runner.bearer.reveal()}`;
    const headers = {
        authorization,
        accept: "application/json",
        "user-agent": userAgent
    };
    const who = "oidc-audience: the OIDC service of the runner";
    const request = {
        who,
        refused: "job-token-refused",
        members: [ "value" ],
        url,
        method: "GET",
        headers,
        tlsFor,
        proxies
    };
    const {token} = await askTokenEndpoint(request, host);
    return token;
}

function tlsWith(trust, {extraCertificates: extra}, host) {
    return loadTrust(extra === undefined ? trust : {
        ...trust,
        files: [ ...trust.files, extra ]
    }, host)(undefined);
}

function warnAboutAudience(audience, url, host) {
    const origin = URL.canParse(audience) ? new URL(audience).origin : audience;
    if (origin === url.origin) return;
    host.log.warn(`oidc-audience ${audience} has a different origin than token-service ${url.origin}. The service can use the job token at the other origin. Omit oidc-audience unless the service requires it`);
}

function suppliedToken(source, host) {
    const found = readSciToken(source, host);
    if (!(found instanceof Unavailable)) return found.jwt;
    throw new CredentialError("ERR_NO_CREDENTIAL", `token-service: there is no token to exchange: ${found.reason}`, {
        reason: "no-token-to-exchange"
    });
}

function checkWantsIdToken({mode, remote, checkOnly}, service, host) {
    if (mode !== "fetch" || remote) {
        const instead = remote ? "remote" : `mode ${mode}`;
        const text = `token-service: the token service returned an IDTOKEN, which is not supported with ${instead}`;
        throw new CredentialError("ERR_CREDENTIAL_UNREADABLE", text, {
            peer: service.origin,
            reason: "service-idtoken"
        });
    }
    if (checkOnly) host.log.warn("The token service issued an IDTOKEN, which is discarded after the check. No action is needed");
}

function daemonError(code, text) {
    return new DaemonError(code, text, {
        reason: reasonIn(text, DAEMON_REASONS)
    });
}

const WITHOUT_KEY = [ "not-sign-with-requested-key", "failed-to-read-file", "failed-to-fetch-key", "signing-key-configured" ];

function lacksRequestedKey(error) {
    return error instanceof DaemonError && WITHOUT_KEY.includes(error.reason);
}

class Expression {
    source;
    constructor(source) {
        this.source = source;
    }
}

const SECRET_MARKER = "ZKM";

const MAX_STRING_LENGTH = 16 * 1024;

const ATTRIBUTE = /^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/s;

class ClassAd {
    #values;
    constructor(values) {
        this.#values = values;
    }
    get size() {
        return this.#values.size;
    }
    string(name, maxLength = MAX_STRING_LENGTH) {
        const source = this.#literal(name);
        if (source === undefined) return undefined;
        if (source.length > maxLength + 2) {
            const text = `the attribute ${name} has ${source.length - 2} characters, more than ${maxLength}`;
            throw new ProtocolError("ERR_CLASSAD", text);
        }
        const inner = /^"(.*)"$/s.exec(source)?.[1];
        if (inner === undefined || /(^|[^\\])"/.test(inner)) throw wrongType(name, "a string");
        return inner.replaceAll('\\"', '"');
    }
    integer(name) {
        const source = this.#literal(name);
        if (source === undefined) return undefined;
        const value = /^[+-]?\d{1,16}$/.test(source) ? Number(source) : Number.NaN;
        if (!Number.isSafeInteger(value)) throw wrongType(name, "an integer");
        return value;
    }
    boolean(name) {
        const source = this.#literal(name)?.toLowerCase();
        if (source === undefined) return undefined;
        if (source !== "true" && source !== "false") throw wrongType(name, "a boolean");
        return source === "true";
    }
    source(name) {
        return this.#values.get(name.toLowerCase());
    }
    #literal(name) {
        const source = this.#values.get(name.toLowerCase());
        return source === undefined || source.toLowerCase() === "undefined" ? undefined : source;
    }
}

function wrongType(name, wanted) {
    return new ProtocolError("ERR_CLASSAD", `the attribute ${name} is not ${wanted}`);
}

function getClassAd(message) {
    const count = message.int();
    if (count < 0 || count > message.remaining) throw new ProtocolError("ERR_CLASSAD", `an ad declares ${count} attributes`);
    const values = new Map;
    for (let i = 0; i < count; i++) {
        const line = message.string();
        const [, name, source] = ATTRIBUTE.exec(line === SECRET_MARKER ? message.string() : line) ?? [];
        if (name === undefined || source === undefined) throw new ProtocolError("ERR_CLASSAD", "a line is not an attribute");
        values.set(name.toLowerCase(), source.trim());
    }
    message.string();
    message.string();
    return new ClassAd(values);
}

function putClassAd(message, ad) {
    const lines = Object.entries(ad).flatMap(([name, value]) => value === undefined ? [] : [ `${name} = ${sourceOf(value)}` ]);
    message.int(lines.length);
    for (const line of lines) message.string(line);
    message.string("").string("");
}

function sourceOf(value) {
    if (value instanceof Expression) return value.source;
    if (typeof value === "string") return `"${value.replaceAll('"', '\\"')}"`;
    return String(value);
}

const MAX_CONTACTS = 8;

const CONTACT = /^([^#]+)((?:#\d{1,20}){1,9})$/;

function ccbContacts({params}) {
    return (params.get("CCBID") ?? "").split(" ").filter(word => word !== "").slice(0, MAX_CONTACTS).flatMap(word => {
        const [, address = "", chain = ""] = CONTACT.exec(word) ?? [];
        const broker = parseAddress(address);
        return broker === undefined ? [] : [ {
            broker: withoutCcb(broker),
            ids: chain.slice(1).split("#")
        } ];
    });
}

function isBehindCcb({params}) {
    return (params.get("CCBID") ?? "") !== "";
}

function inPrivateNetwork(address, name) {
    if (name === undefined || name === "" || address.params.get("PrivNet") !== name) return address;
    const privateAddress = address.params.get("PrivAddr");
    const direct = privateAddress === undefined ? withoutCcb(address) : parseAddress(privateAddress);
    if (direct === undefined) return address;
    const alias = address.params.get("alias");
    if (alias === undefined || direct.params.has("alias")) return direct;
    return {
        ...direct,
        params: new Map([ ...direct.params, [ "alias", alias ] ])
    };
}

function withoutCcb(address) {
    return {
        ...address,
        params: new Map([ ...address.params ].filter(([name]) => name !== "CCBID"))
    };
}

const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

const SILENT = {
    log: {
        debug: () => {},
        info: () => {},
        notice: () => {},
        warn: () => {}
    },
    mask: () => {}
};

function branchOf(host) {
    const controller = new AbortController;
    const signal = AbortSignal.any([ host.signal, controller.signal ]);
    return {
        host: {
            ...host,
            signal
        },
        cancel: reason => controller.abort(reason)
    };
}

async function withTimeLimit(limitMs, reason, work, host) {
    const branch = branchOf(host);
    const timer = setTimeout(() => branch.cancel(reason), limitMs);
    try {
        return await work(branch.host);
    } finally {
        clearTimeout(timer);
    }
}

const SHARED_PORT_CONNECT = 75;

async function connect(address, host, ahead) {
    const early = ahead?.take(address);
    const socket = early ?? await dial(endpoints(address), host).catch(error => {
        if (error instanceof HTCondorError) error.peer ??= formatSinful(address);
        throw error;
    });
    const id = sharedPortId(address);
    if (early !== undefined) host.log.debug("connect: using the connection that was opened in advance");
    if (id !== undefined) host.log.debug(`connect: requesting ${id} through the shared port`);
    const preamble = id === undefined ? {} : {
        preamble: sharedPortConnect(id)
    };
    return new Channel(socket, {
        ...host,
        ...preamble,
        roundTrips: early === undefined ? 1 : 0
    });
}

function sharedPortConnect(id) {
    const message = (new Writer).int(SHARED_PORT_CONNECT).string(id).string("condor-token-fetch").int(-1).int(0).finish();
    return writer_concat([ putHeader(message.length), message ]);
}

function isConnectionClosed(error) {
    return error instanceof ConnectError && error.code === "ERR_CLOSED";
}

function isUnreachable(error) {
    return error instanceof ConnectError || error instanceof ProtocolError;
}

function failures_isRefusal(error) {
    return error instanceof CredentialError || error instanceof NegotiationError || error instanceof AuthenticationError || error instanceof AuthorizationError;
}

const GREETING_TIMEOUT_MS = 5e3;

const MAX_PENDING = 16;

class ReverseListener {
    endpoint;
    connected;
    #server;
    #channels=new Set;
    #onAbort;
    #signal;
    constructor(server, isGreeting, options) {
        const address = server.address();
        if (address === null || typeof address === "string") throw new RangeError("not listening");
        this.endpoint = {
            host: address.address,
            port: address.port
        };
        this.#server = server;
        this.#signal = options.signal;
        let fail = () => {};
        this.connected = new Promise((resolve, reject) => {
            fail = reject;
            server.on("connection", socket => {
                const channel = new Channel(socket, {
                    ...options,
                    signal: AbortSignal.any([ options.signal ])
                });
                void this.#expectGreeting(channel, isGreeting).then(right => right && resolve(channel));
            });
        });
        this.connected.catch(() => {});
        this.#onAbort = () => {
            this.close();
            fail(abortedError(options.signal));
        };
        options.signal.addEventListener("abort", this.#onAbort, {
            once: true
        });
        if (options.signal.aborted) this.#onAbort();
    }
    static async open(address, isGreeting, options) {
        const server = (0, external_node_net_namespaceObject.createServer)({
            noDelay: true
        });
        await new Promise((resolve, reject) => {
            server.once("error", reject).listen({
                host: address,
                port: 0,
                exclusive: true
            }, resolve);
        });
        return new ReverseListener(server, isGreeting, options);
    }
    close() {
        this.#signal.removeEventListener("abort", this.#onAbort);
        this.#server.close();
        for (const channel of this.#channels) channel.close();
        this.#channels.clear();
    }
    async #expectGreeting(channel, isGreeting) {
        if (!this.#server.listening) {
            channel.close();
            return false;
        }
        if (this.#channels.size >= MAX_PENDING) this.#dismiss([ ...this.#channels ][0]);
        this.#channels.add(channel);
        const timer = setTimeout(() => this.#dismiss(channel), GREETING_TIMEOUT_MS);
        try {
            if (await channel.receive(isGreeting)) return true;
        } catch {} finally {
            clearTimeout(timer);
        }
        this.#dismiss(channel);
        return false;
    }
    #dismiss(channel) {
        if (channel === undefined) return;
        this.#channels.delete(channel);
        channel.close();
    }
}

const MAX_TOKENS = 8;

function planOffers({methods, preference}, peer, server, attempts) {
    const offers = [];
    const common = commonMethods(methods, preference, server);
    for (const {name} of methods.filter(method => !common.includes(method))) attempts.push({
        method: displayName(name),
        reason: "the daemon does not offer it",
        kind: "not-offered"
    });
    for (const method of common) {
        const {usable, rejected} = method.candidatesFor(server, peer);
        const tooMany = `not used, because at most ${MAX_TOKENS} tokens are tried`;
        const unused = [ ...usable.slice(MAX_TOKENS).map(({label}) => ({
            label,
            reason: tooMany
        })), ...rejected ];
        for (const candidate of usable.slice(0, MAX_TOKENS)) offers.push({
            method,
            candidate
        });
        for (const {label, reason, ...facts} of unused) attempts.push({
            method: displayName(method.name),
            reason: `${label}: ${reason}`,
            ...facts
        });
    }
    const isDoubtful = ({candidate}) => candidate.doubt !== undefined;
    return [ ...offers.filter(offer => !isDoubtful(offer)), ...offers.filter(isDoubtful) ];
}

function commonMethods(methods, preference, server) {
    const rank = ({name}) => server.methods.indexOf(name);
    const common = methods.filter(method => rank(method) !== -1);
    if (common.length > 0) return preference === "daemon" ? common.sort((a, b) => rank(a) - rank(b)) : common;
    const ours = methods.map(({name}) => displayName(name)).join(", ");
    const theirs = server.methods.map(displayName);
    throw new NegotiationError("ERR_NO_COMMON_METHOD", `no authentication method in common: the client has ${ours}; the daemon accepts ${theirs.join(", ") || "none that the client supports"}`, theirs);
}

class StartOver extends Error {
    credentials;
    hungUp;
    refused;
    roundTrips=0;
    constructor(message, credentials, {hungUp = false, refused} = {}) {
        super(message);
        this.credentials = credentials;
        this.hungUp = hungUp;
        this.refused = refused;
    }
}

async function makeOffer(channel, {method, candidate}) {
    channel.send(message => message.int(METHOD_BIT[method.name]));
    await candidate.open(channel);
}

function firstMethod({methods, preference}) {
    return preference === "daemon" && methods.length > 1 ? undefined : methods[0];
}

function prepare(credentials, names) {
    firstMethod(credentials)?.prepare?.(names);
}

function guess(credentials, peer) {
    const method = firstMethod(credentials);
    const candidate = method?.guessed(peer);
    if (method === undefined || candidate === undefined) return undefined;
    return candidate.doubt !== undefined && credentials.methods.length > 1 ? undefined : {
        method,
        candidate
    };
}

async function authenticate(channel, credentials, peer, server, guessed, mayGoAhead) {
    const negotiation = new Negotiation(credentials, peer, server);
    if (guessed !== undefined) negotiation.startWith(guessed);
    for (let offer = negotiation.next(); offer !== undefined; offer = negotiation.next()) {
        if (offer !== guessed) await makeOffer(channel, offer);
        if (!await isChosen(channel, offer)) {
            negotiation.failed(offer, {
                reason: "the daemon declined the method",
                kind: "declined"
            });
            break;
        }
        try {
            const expected = await offer.candidate.finish(channel, server, mayGoAhead && negotiation.isLast);
            return {
                ...offer,
                expectedCleartext: negotiation.explained(offer, expected)
            };
        } catch (error) {
            if (!(error instanceof MethodRefused)) throw error;
            negotiation.refused(offer, error);
        }
    }
    throw negotiation.exhausted();
}

async function isChosen(channel, {method}) {
    const chosen = await channel.receive(message => message.int());
    if (chosen === 0) return false;
    if (chosen === METHOD_BIT[method.name]) return true;
    throw new ProtocolError("ERR_MESSAGE", `the daemon chose method ${chosen}, which was not offered`);
}

class Negotiation {
    #credentials;
    #attempts;
    #queue;
    #serverUnproven=false;
    constructor(credentials, peer, server) {
        this.#credentials = credentials;
        this.#attempts = [ ...credentials.unavailable ];
        this.#queue = planOffers(credentials, peer, server, this.#attempts);
        if (this.#queue.length > 0 || credentials.methods.some(({name}) => name !== "FS")) return;
        const reasons = this.#attempts.map(({method, reason}) => `${method}: ${reason}`);
        throw new CredentialError("ERR_NO_CREDENTIAL", `no credential is usable for this daemon; ${reasons.join(". ")}`, {
            reason: "fs-elsewhere"
        });
    }
    get isLast() {
        return this.#queue.length === 0;
    }
    next() {
        return this.#queue.shift();
    }
    startWith(sent) {
        const isSent = ({method, candidate}) => method.name === sent.method.name && candidate.label === sent.candidate.label;
        const at = this.#queue.findIndex(isSent);
        if (at === -1) throw this.isLast ? this.exhausted() : new StartOver("the credential does not match the daemon", this.#credentials);
        this.#queue.splice(at, 1);
        this.#queue.unshift(sent);
    }
    failed({method, candidate: {label, doubt}}, refusal) {
        const text = `${label}: ${doubt === undefined ? "" : `${doubt.reason}; `}${refusal.reason}`;
        const attempt = {
            ...doubt ?? refusal,
            method: displayName(method.name),
            reason: text
        };
        if (doubt === undefined) this.#attempts.push(attempt); else this.#attempts.unshift(attempt);
    }
    refused(offer, error) {
        this.failed(offer, error.refusal);
        if (error.unproven && !this.#serverUnproven) {
            this.#serverUnproven = true;
            this.#keepOnlySafe();
        }
        if (!error.outOfStep || this.isLast) return;
        const methods = this.#credentials.methods.filter(({name}) => name !== offer.method.name && (!this.#serverUnproven || SAFE_AFTER_UNPROVEN.includes(name)));
        throw new StartOver(error.message, {
            ...this.#credentials,
            methods,
            unavailable: this.#attempts
        });
    }
    explained(offer, expected) {
        return expected.map(({write, otherwise}) => ({
            write,
            otherwise: () => {
                const error = otherwise?.();
                this.failed(offer, error instanceof MethodRefused ? error.refusal : {
                    reason: "the daemon refused it"
                });
                return this.exhausted();
            }
        }));
    }
    exhausted() {
        const [code, text] = this.#serverUnproven ? [ "ERR_SERVER_UNPROVEN", "the daemon failed to authenticate itself, and accepted no other credential" ] : [ "ERR_METHODS_EXHAUSTED", "the daemon accepted none of the credentials" ];
        return new AuthenticationError(code, text, this.#attempts);
    }
    #keepOnlySafe() {
        const isSafe = ({method}) => SAFE_AFTER_UNPROVEN.includes(method.name);
        for (const {method, candidate} of this.#queue.filter(offer => !isSafe(offer))) this.#attempts.push({
            method: displayName(method.name),
            reason: `${candidate.label}: not used, because the daemon failed to authenticate itself`
        });
        this.#queue = this.#queue.filter(isSafe);
    }
}

class KeyAgreement {
    #ecdh=crypto_crypto().createECDH("prime256v1");
    publicKey;
    constructor(randomBytes) {
        for (;;) {
            try {
                this.#ecdh.setPrivateKey(randomBytes(KEY_LENGTH));
                break;
            } catch {}
        }
        this.publicKey = this.#ecdh.getPublicKey("base64");
    }
    sessionKey(peerPublicKey) {
        let sharedX;
        try {
            sharedX = this.#ecdh.computeSecret(peerPublicKey, "base64");
        } catch (cause) {
            throw new ProtocolError("ERR_MESSAGE", "the peer's ECDHPublicKey is not a point on P-256", {
                cause
            });
        }
        return new Uint8Array(crypto_crypto().hkdfSync("sha256", sharedX, "htcondor", "keygen", KEY_LENGTH));
    }
}

const REMOTE_VERSION = "$CondorVersion: 25.0.0 2025-01-01 BuildID: 0 $";

const KNOWN_METHODS = [ "FS", "TOKEN", "PASSWORD", "KERBEROS", "SCITOKENS", "SSL", "MUNGE" ];

const SESSION_DURATION_SECONDS = 60;

const DC_AUTHENTICATE = 60010;

function clientPolicyAd({command, about}, methods, ecdhPublicKey) {
    return {
        Command: command,
        AuthCommand: about,
        AuthMethods: [ ...new Set([ ...methods, ...KNOWN_METHODS ]) ].join(","),
        CryptoMethods: "AES",
        Authentication: "REQUIRED",
        AuthenticationNew: "REQUIRED",
        Encryption: "REQUIRED",
        Integrity: "REQUIRED",
        OutgoingNegotiation: "REQUIRED",
        Enact: "NO",
        NewSession: "YES",
        SessionDuration: String(SESSION_DURATION_SECONDS),
        Subsystem: "TOOL",
        ECDHPublicKey: ecdhPublicKey,
        RemoteVersion: REMOTE_VERSION
    };
}

function unauthenticatedPolicyAd(purpose, ecdhPublicKey) {
    return {
        ...clientPolicyAd(purpose, [], ecdhPublicKey),
        Authentication: "NEVER",
        AuthenticationNew: "NEVER",
        Encryption: "OPTIONAL",
        Integrity: "OPTIONAL"
    };
}

function resumptionAd({command, about}, sid, nonce) {
    return {
        UseSession: "YES",
        Sid: sid,
        Command: command,
        AuthCommand: about,
        CryptoMethods: "AES",
        ResumeResponse: false,
        RemoteVersion: REMOTE_VERSION,
        Nonce: nonce
    };
}

function readServerPolicy(ad) {
    const reported = reportedError(ad);
    const remoteVersion = ad.string("RemoteVersion") ?? "";
    const version = parseVersion(remoteVersion);
    const daemon = version === undefined ? "the daemon" : `the daemon, HTCondor ${version.text},`;
    if (!isEncrypted(ad)) {
        const [text, facts] = whyNotEncrypted(ad);
        throw new NegotiationError("ERR_NO_ENCRYPTION", `${daemon} ${text}${reported}`, [], facts);
    }
    const ecdhPublicKey = ad.string("ECDHPublicKey");
    if (ecdhPublicKey === undefined) {
        throw new NegotiationError("ERR_NO_ENCRYPTION", `${daemon} sends no ECDHPublicKey, so no secret key can be agreed on; HTCondor 9.9 or later is required${reported}`, [], {
            reason: "no-key-agreement"
        });
    }
    if (ad.string("Authentication") !== "YES") {
        throw new NegotiationError("ERR_NO_COMMON_METHOD", `the daemon does not agree to authenticate${reported}`, [], {
            reason: "no-authentication"
        });
    }
    return {
        methods: list(ad, ad.string("AuthMethodsList") === undefined ? "AuthMethods" : "AuthMethodsList").map(methodName),
        ecdhPublicKey,
        trustDomain: ad.string("TrustDomain") ?? "",
        issuerKeys: list(ad, "IssuerKeys"),
        remoteVersion,
        version
    };
}

function reportedError(ad) {
    const text = ad.string("ErrorString");
    const code = ad.string("ReturnCode");
    if (text !== undefined) return `; the daemon reports: ${text}${code === undefined ? "" : ` (${code})`}`;
    return code === undefined || code === "AUTHORIZED" ? "" : `; the daemon reports ${code}`;
}

function methodName(word) {
    const name = word.toUpperCase();
    if ([ "TOKENS", "IDTOKEN", "IDTOKENS" ].includes(name)) return "TOKEN";
    return name === "SCITOKEN" ? "SCITOKENS" : name;
}

function isEncrypted(ad) {
    return ad.string("Encryption") === "YES" && list(ad, "CryptoMethods")[0]?.toUpperCase() === "AES";
}

const OLD_CIPHERS = [ "BLOWFISH", "3DES", "TRIPLEDES" ];

function whyNotEncrypted(ad) {
    const ciphers = list(ad, "CryptoMethods");
    const [cipher] = ciphers;
    if (cipher === undefined) return [ "accepts none of the ciphers that the client offers (AES)", {
        reason: "no-cipher"
    } ];
    if (cipher.toUpperCase() === "AES") {
        const encryption = ad.string("Encryption") ?? "missing";
        return [ `supports AES but does not agree to encrypt (Encryption is ${encryption} in its policy)` ];
    }
    if (ciphers.includes("AES")) return [ `chooses ${cipher} instead of AES encryption` ];
    const offered = ciphers.join(", ");
    const text = `does not agree to AES encryption (it offers ${offered})`;
    return OLD_CIPHERS.includes(cipher) ? [ text, {
        reason: "old-cipher",
        details: {
            ciphers: offered
        }
    } ] : [ text ];
}

const MAX_NAMES = 1e3;

function list(ad, attribute) {
    const words = (ad.string(attribute) ?? "").split(/[\s,]+/).filter(word => word !== "");
    if (words.length <= MAX_NAMES) return words;
    throw new ProtocolError("ERR_CLASSAD", `the attribute ${attribute} has ${words.length} names, more than ${MAX_NAMES}`);
}

const session_NONCE_LENGTH = 33;

const KEY_EXCHANGE_DONE = {
    write: message => message.int(0)
};

class Resumption {
    sid;
    #key;
    constructor(sid, key) {
        this.sid = sid;
        this.#key = key;
    }
    protect(channel) {
        channel.protect(this.#key);
    }
}

function isResumable(session) {
    return session?.resumption !== undefined;
}

async function startCommand(channel, purpose, request, options, host) {
    const {credentials, peer, guesses} = options;
    const guessed = guesses.credential ? guess(credentials, peer) : undefined;
    let sentAhead = guessed !== undefined;
    const sendAhead = message => {
        sentAhead = true;
        request?.(message);
    };
    const ahead = request !== undefined && guesses.verdict ? sendAhead : undefined;
    try {
        const session = await handshake(channel, purpose, ahead, options, guessed, host);
        if (request !== undefined && ahead === undefined) channel.send(request);
        return session;
    } catch (error) {
        if (isConnectionClosed(error) && sentAhead) throw new StartOver(error.message, credentials, {
            hungUp: true
        });
        throw error;
    }
}

async function handshake(channel, purpose, ahead, {credentials, peer, guesses, mayBeUnmapped}, guessed, host) {
    const agreement = new KeyAgreement(host.randomBytes);
    const names = credentials.methods.map(({name}) => name);
    channel.send(message => putClassAd(message.int(DC_AUTHENTICATE), clientPolicyAd(purpose, names, agreement.publicKey)));
    if (guessed !== undefined) await makeOffer(channel, guessed);
    const server = readServerPolicy(await channel.receive(getClassAd));
    host.log.debug(`session: ${describeOffer(server)}`);
    const accepted = await authenticate(channel, credentials, peer, server, guessed, guesses.verdict);
    const {method, candidate, expectedCleartext} = accepted;
    const {patience} = candidate;
    const key = agreement.sessionKey(server.ecdhPublicKey);
    if (patience?.waits === true) await receiveKeyExchangeDone(channel);
    channel.protect(key, patience?.waits === true ? [] : [ ...expectedCleartext, KEY_EXCHANGE_DONE ]);
    if (ahead !== undefined) channel.send(ahead);
    const verdict = await channel.receive(getClassAd).catch(error => {
        if (patience === undefined || patience.waits || !isConnectionClosed(error)) throw error;
        patience.waits = true;
        throw new StartOver("the daemon closed the connection after an early request", credentials);
    });
    const user = orNextMethod(method.name, credentials, () => readPostAuth(verdict, mayBeUnmapped));
    const sid = verdict.string("Sid");
    host.log.debug(`session: authenticated as ${user} with ${displayName(method.name)}, ${candidate.label}; the daemon runs ${server.remoteVersion}`);
    return {
        channel,
        method: method.name,
        serverAuthenticated: method.authenticatesServer,
        credentialSource: candidate.source ?? candidate.label,
        credentialExpiresAt: candidate.expiresAt,
        user,
        server,
        resumption: sid === undefined ? undefined : new Resumption(sid, key)
    };
}

async function receiveKeyExchangeDone(channel) {
    const hasKey = await channel.receive(message => message.int());
    if (hasKey !== 0) throw new ProtocolError("ERR_MESSAGE", `the daemon announces a key (${hasKey}) after ECDH`);
}

function describeOffer({methods, trustDomain, issuerKeys}) {
    const keys = issuerKeys.length > 0 ? `; signing keys ${issuerKeys.join(", ")}` : "";
    return `the daemon accepts ${methods.map(displayName).join(", ")}; trust domain ${trustDomain}${keys}`;
}

function resumeCommand(channel, purpose, request, session, host) {
    const nonce = Buffer.from(host.randomBytes(session_NONCE_LENGTH)).toString("base64");
    channel.send(message => putClassAd(message.int(DC_AUTHENTICATE), resumptionAd(purpose, session.resumption.sid, nonce)));
    session.resumption.protect(channel);
    if (request !== undefined) channel.send(request);
    host.log.debug(`session: resumed as ${session.user}`);
    return {
        ...session,
        channel
    };
}

function orNextMethod(method, credentials, read) {
    try {
        return read();
    } catch (error) {
        const methods = credentials.methods.filter(({name}) => name !== method);
        const isNextWorthwhile = error instanceof AuthorizationError && isUnmapped(error.user);
        if (!isNextWorthwhile || methods.length === 0) throw error;
        const attempt = {
            method: displayName(method),
            reason: error.message
        };
        const unavailable = [ ...credentials.unavailable, attempt ];
        throw new StartOver(error.message, {
            ...credentials,
            methods,
            unavailable
        }, {
            refused: error
        });
    }
}

function readPostAuth(ad, mayBeUnmapped) {
    const code = ad.string("ReturnCode");
    const user = ad.string("User");
    if (!mayBeUnmapped && isUnmapped(user)) {
        const reason = `the daemon accepts the credential but maps it to no identity (${user})`;
        throw new AuthorizationError("ERR_DENIED", reason, user);
    }
    if (code === "AUTHORIZED" && user !== undefined && user !== "") return user;
    if (code === "CMD_NOT_FOUND") throw new AuthorizationError("ERR_COMMAND_NOT_REGISTERED", "the daemon does not support the command", user);
    const text = ad.string("ErrorString");
    const reported = text === undefined ? "" : ` (${text})`;
    const who = user === undefined ? "it reported no identity" : `it authenticated the client as ${user}`;
    const reason = `the daemon replied ${code ?? "nothing"}${reported} to the command; ${who}`;
    throw new AuthorizationError("ERR_DENIED", reason, user);
}

function onlyMutualMethods(credentials) {
    const methods = credentials.methods.filter(({authenticatesServer}) => authenticatesServer);
    const reason = "it does not authenticate the daemon, which a connection through CCB requires";
    const left = credentials.methods.filter(({authenticatesServer}) => !authenticatesServer).map(({name}) => ({
        method: displayName(name),
        reason
    }));
    if (methods.length === 0) {
        const all = left.map(({method}) => method).join(", ");
        throw new CredentialError("ERR_NO_CREDENTIAL", `no credential is usable for this daemon; ${all}: ${reason}`, {
            reason: "ccb-needs-proof"
        });
    }
    return {
        ...credentials,
        methods,
        unavailable: [ ...credentials.unavailable, ...left ]
    };
}

async function commandOver(connect, command, read, host) {
    const {credentials, target} = command;
    let next = {
        credentials,
        target,
        guesses: {
            credential: true,
            verdict: true
        }
    };
    let refused;
    for (let spent = 0; ;) {
        try {
            const result = await attempt(connect, {
                ...command,
                ...next
            }, next.guesses, read, host);
            return {
                ...result,
                roundTrips: result.roundTrips + spent
            };
        } catch (error) {
            if (!(error instanceof StartOver)) throw refused !== undefined && hasNoMethod(error) ? refused : error;
            refused ??= error.refused;
            spent += error.roundTrips;
            next = afterStartOver(next, error, host);
        }
    }
}

function hasNoMethod(error) {
    return error instanceof NegotiationError && error.code === "ERR_NO_COMMON_METHOD" || error instanceof CredentialError && error.code === "ERR_NO_CREDENTIAL";
}

function afterStartOver({target, guesses}, error, host) {
    const resumed = isResumable(target.resume);
    const how = resumed ? "with a new session" : "waiting for the daemon's policy first";
    host.log.debug(`session: retrying, ${how} (${error.message})`);
    return {
        credentials: error.credentials,
        target: {
            ...target,
            resume: undefined
        },
        guesses: {
            credential: guesses.credential && resumed,
            verdict: guesses.verdict && !error.hungUp
        }
    };
}

async function attempt(connect, command, guesses, read, host) {
    const {channel, session} = await openSession(connect, command, guesses, host);
    try {
        const value = await read(session, channel);
        return {
            value,
            session,
            roundTrips: channel.roundTrips
        };
    } catch (error) {
        const isExpired = isResumable(command.target.resume) && isConnectionClosed(error);
        throw counted(isExpired ? new StartOver(error.message, command.credentials) : error, channel);
    } finally {
        finish(channel);
    }
}

async function openSession(connect, command, guesses, host) {
    const {phase = "connect", target, credentials} = command;
    const connecting = work => withPhase(phase, formatSinful(target.address), work);
    if (!isResumable(target.resume)) prepare(credentials, target);
    let route = await connecting(() => connect(credentials, host));
    for (;;) {
        const {channel, alternative} = route;
        try {
            return {
                channel,
                session: await startOrResume(channel, command, guesses, host)
            };
        } catch (error) {
            counted(error, channel);
            finish(channel);
            if (!isUnreachable(error) || alternative === undefined || host.signal.aborted) throw error;
            host.log.debug(`ccb: the peer at the direct address may not be the daemon (${error.message})`);
            route = await connecting(() => alternative(error));
        }
    }
}

function startOrResume(channel, {target, command, about, request, credentials, phase = "session", mayBeUnmapped = false}, guesses, host) {
    const {address, serverName, claimedName, lastHeardFrom, resume} = target;
    const peer = {
        ...channel.remote,
        sharedPortId: sharedPortId(address),
        serverName,
        claimedName,
        lastHeardFrom
    };
    const purpose = {
        command,
        about
    };
    return withPhase(phase, formatSinful(address), () => isResumable(resume) ? resumeCommand(channel, purpose, request, resume, host) : startCommand(channel, purpose, request, {
        credentials,
        peer,
        guesses,
        mayBeUnmapped
    }, host));
}

function counted(error, {roundTrips}) {
    if (error instanceof StartOver) error.roundTrips = roundTrips;
    return error;
}

function finish(channel) {
    channel.flush();
    channel.close();
}

async function commandInCleartext(channel, command, request, read) {
    try {
        channel.send(message => request(message.int(command)));
        return await read(channel);
    } finally {
        channel.close();
    }
}

const BROKER_TIMEOUT_MS = 2e4;

const CLAIM_ID_LENGTH = 20;

function brokerCaller(credentials) {
    return async (call, read, host) => {
        const {address, command, request} = call;
        try {
            const target = {
                address,
                serverName: undefined
            };
            const inSession = {
                target,
                command,
                request,
                credentials: onlyMutualMethods(credentials),
                phase: "connect"
            };
            const route = async (_, within) => ({
                channel: await call.connect(within)
            });
            return (await commandOver(route, inSession, (_, channel) => read(channel), host)).value;
        } catch (error) {
            if (!(failures_isRefusal(error) || isConnectionClosed(error)) || host.signal.aborted) throw error;
            host.log.debug(`ccb: retrying without a session (${error.message})`);
            return await commandInCleartext(await call.connect(host), command, request, read);
        }
    };
}

async function connectThroughCcb(address, ask, host) {
    const failures = [];
    let mayBeRestarting = false;
    let reason;
    for (const contact of rotated(ccbContacts(address), host)) {
        const broker = formatEndpoint(contact.broker);
        try {
            return await throughBroker(contact, ask, host);
        } catch (error) {
            if (host.signal.aborted || !(error instanceof HTCondorError)) throw error;
            host.log.debug(`ccb: broker ${broker}: ${error.message}`);
            failures.push(`broker ${broker}: ${error.message}`);
            if (!(error instanceof ConnectError)) continue;
            mayBeRestarting ||= error.mayBeRestarting;
            if (error.reason === "not-registered") reason = error.reason;
        }
    }
    const text = failures.length > 0 ? failures.join("; ") : "the address contains no valid CCB contact";
    throw new ConnectError("ERR_CCB_ONLY", text, {
        peer: formatSinful(address),
        mayBeRestarting,
        reason
    });
}

function rotated(list, host) {
    if (list.length < 2) return list;
    const start = (host.randomBytes(1)[0] ?? 0) % list.length;
    return [ ...list.slice(start), ...list.slice(0, start) ];
}

async function throughBroker(contact, ask, host) {
    let reply = await requestConnection(contact, true, ask, host);
    if (reply instanceof Unavailable && /stream/i.test(reply.reason)) reply = await requestConnection(contact, false, ask, host);
    if (reply instanceof Unavailable) {
        const mayBeRestarting = /no daemon is currently registered/i.test(reply.reason);
        const reason = mayBeRestarting ? "not-registered" : undefined;
        throw new ConnectError("ERR_CCB_ONLY", `it replied "${reply.reason}"`, {
            mayBeRestarting,
            reason
        });
    }
    host.log.debug(`ccb: broker ${formatEndpoint(contact.broker)}: ${reply.way}`);
    return reply.channel;
}

async function requestConnection({broker, ids}, streaming, ask, host) {
    const limited = branchOf(host);
    const timer = setTimeout(limited.cancel, BROKER_TIMEOUT_MS);
    const claimId = Buffer.from(host.randomBytes(CLAIM_ID_LENGTH)).toString("hex");
    const isGreeting = message => isReverseConnect(message, claimId);
    let listener;
    const [id, ...route] = ids;
    const call = {
        address: broker,
        command: CCB_REQUEST,
        request: message => putClassAd(message, {
            CCBID: streaming ? id : ids.join("#"),
            CCBRoute: streaming && route.length > 0 ? route.join(" ") : undefined,
            ClaimId: claimId,
            MyAddress: listener === undefined ? "" : formatSinful({
                ...listener.endpoint,
                params: new Map
            }),
            Name: "condor-token-fetch",
            CCBStreamingRequired: streaming || undefined
        }),
        async connect(within) {
            const channel = await connect(broker, within);
            listener ??= await listen(channel, isGreeting, limited.host);
            return channel;
        }
    };
    try {
        return await ask(call, channel => waitForDaemon(channel, listener, isGreeting), limited.host);
    } catch (error) {
        if (!limited.host.signal.aborted || host.signal.aborted) throw error;
        const where = listener === undefined ? "" : `; the daemon did not connect to ${formatEndpoint(listener.endpoint)}`;
        throw new ConnectError("ERR_CCB_ONLY", `no connection within ${BROKER_TIMEOUT_MS / 1e3} s${where}`);
    } finally {
        clearTimeout(timer);
        listener?.close();
    }
}

const NO_LISTENER = new Unavailable("the client has no port for the connection from the daemon");

async function listen({localAddress}, isGreeting, host) {
    if (localAddress === undefined) return undefined;
    try {
        return await ReverseListener.open(localAddress, isGreeting, host);
    } catch (error) {
        host.log.debug(`ccb: cannot listen for the daemon: ${printable(String(error))}`);
        return undefined;
    }
}

async function waitForDaemon(broker, listener, isGreeting) {
    const connected = listener?.connected;
    const replied = receiveReply(broker, isGreeting).then(reply => reply ?? connected ?? NO_LISTENER);
    const first = await Promise.race(connected === undefined ? [ replied ] : [ connected, replied ]);
    if (first instanceof Unavailable) return first;
    const way = first === broker ? "the broker relays the connection" : "the daemon connected to the client";
    return {
        channel: first.handOver(broker.roundTrips),
        way
    };
}

async function receiveReply(broker, isGreeting) {
    const reply = await broker.receive(getClassAd).catch(error => {
        if (!isConnectionClosed(error)) throw error;
        throw new ConnectError("ERR_CCB_ONLY", `no reply: ${error.message}`, {
            cause: error
        });
    });
    if (reply.boolean("Result") !== true) return new Unavailable(reply.string("ErrorString") ?? "no");
    if (reply.boolean("ProxyMode") !== true) return undefined;
    if (await broker.receive(isGreeting)) return broker;
    throw new ProtocolError("ERR_MESSAGE", "the CCB broker connected the client to a different daemon");
}

function isReverseConnect(message, claimId) {
    const command = message.int();
    const received = Buffer.from(getClassAd(message).string("ClaimId") ?? "");
    const expected = Buffer.from(claimId);
    return command === CCB_REVERSE_CONNECT && received.length === expected.length && crypto_crypto().timingSafeEqual(received, expected);
}

const HEAD_START_MS = 250;

async function reach({address, ahead}, credentials, host) {
    if (!isBehindCcb(address)) return {
        channel: await connect(address, host, ahead)
    };
    const ask = brokerCaller(credentials);
    const alternative = async failure => {
        try {
            return {
                channel: await connectThroughCcb(address, ask, host)
            };
        } catch (error) {
            throw host.signal.aborted ? abortedError(host.signal) : reach_unreachable(address, failure, error);
        }
    };
    const [directly, throughCcb] = [ branchOf(host), branchOf(host) ];
    const direct = connect(address, directly.host, ahead);
    if (await worksSoon(direct)) return {
        channel: await direct,
        alternative
    };
    const indirect = connectThroughCcb(address, ask, throughCcb.host);
    let won = false;
    const win = (route, loser) => {
        if (won) route.channel.close(); else loser.cancel();
        won = true;
        return route;
    };
    try {
        return await Promise.any([ direct.then(channel => win({
            channel,
            alternative
        }, throughCcb)), indirect.then(channel => win({
            channel
        }, directly)) ]);
    } catch (error) {
        if (host.signal.aborted) throw abortedError(host.signal);
        const failures = error instanceof AggregateError ? error.errors : [ error ];
        throw reach_unreachable(address, failures[0], failures[1]);
    }
}

async function worksSoon(direct) {
    const over = new AbortController;
    const works = direct.then(() => true, () => false);
    try {
        return await Promise.race([ works, (0, promises_namespaceObject.setTimeout)(HEAD_START_MS, false, {
            signal: over.signal
        }) ]);
    } finally {
        over.abort();
    }
}

function reach_unreachable(address, direct, indirect) {
    if (!(direct instanceof HTCondorError)) return direct;
    if (!(indirect instanceof HTCondorError)) return indirect;
    const text = `the daemon can be reached neither directly (${direct.message}) nor through CCB (${indirect.message})`;
    const facts = {
        peer: formatSinful(address),
        cause: indirect
    };
    if (!(indirect instanceof ConnectError) || indirect.code !== "ERR_CCB_ONLY") return new ConnectError("ERR_CCB_ONLY", text, facts);
    const {mayBeRestarting, reason} = indirect;
    return new ConnectError("ERR_CCB_ONLY", text, {
        ...facts,
        mayBeRestarting,
        reason
    });
}

async function callCommand(command, read, host) {
    const {target} = command;
    const credentials = isBehindCcb(target.address) ? onlyMutualMethods(command.credentials) : command.credentials;
    return await commandOver((left, within) => reach(target, left, within), {
        ...command,
        credentials
    }, read, host);
}

function askAllowed(target, about, credentials, host) {
    const command = {
        target,
        command: DC_SEC_QUERY,
        about,
        credentials
    };
    const read = async ({channel, user}) => {
        const reply = await withPhase("session", formatSinful(target.address), () => channel.receive(getClassAd));
        if (reply.boolean("AuthorizationSucceeded") === true) return undefined;
        const text = `the daemon did not authorize the command; it authenticated the client as ${user}`;
        throw new AuthorizationError("ERR_DENIED", text, user);
    };
    return callCommand(command, read, host);
}

function limitAttributes({authz, lifetimeSeconds}) {
    return {
        LimitAuthorization: authz.length > 0 ? authz.join(",") : undefined,
        TokenLifetime: lifetimeSeconds
    };
}

function askDaemon(command, request, read, host) {
    return callCommand({
        ...command,
        request: message => putClassAd(message, request)
    }, ({channel}) => withPhase("token", formatSinful(command.target.address), async () => read(await channel.receive(getClassAd))), host);
}

function getSessionToken(target, limits, credentials, host) {
    const request = {
        ...limitAttributes(limits),
        RequestedKey: limits.key
    };
    return askDaemon({
        target,
        command: DC_GET_SESSION_TOKEN,
        credentials
    }, request, readTokenReply, host);
}

function getImpersonationToken(collector, {schedd, ...limits}, credentials, host) {
    const request = {
        Name: schedd,
        ...limitAttributes(limits)
    };
    const command = {
        target: collector,
        command: IMPERSONATION_TOKEN_REQUEST,
        credentials
    };
    return askDaemon(command, request, readTokenReply, host);
}

async function exchangeSciToken(target, scitoken, credentials, host) {
    const methods = credentials.methods.filter(method => method.authenticatesServer).map(withoutClaimedName);
    if (methods.length === 0) {
        const text = "a SciToken is sent only to a daemon that authenticates itself: with IDTOKENS, SCITOKENS, SSL or PASSWORD, not with FS or MUNGE";
        throw new CredentialError("ERR_NO_CREDENTIAL", text, {
            phase: "credentials",
            reason: "scitoken-needs-proof"
        });
    }
    const command = {
        target,
        command: DC_EXCHANGE_SCITOKEN,
        credentials: {
            ...credentials,
            methods
        }
    };
    return await askDaemon(command, {
        Token: scitoken.reveal()
    }, readTokenReply, host);
}

function withoutClaimedName(method) {
    if (method.name !== "SSL") return method;
    return {
        ...method,
        candidatesFor(server, {claimedName, ...peer}) {
            const {usable, rejected} = method.candidatesFor(server, peer);
            if (claimedName === undefined) return {
                usable,
                rejected
            };
            return {
                usable,
                rejected: rejected.map(({label}) => ({
                    label,
                    reason: onlyClaimed(claimedName)
                }))
            };
        },
        guessed: ({claimedName: _, ...peer}) => method.guessed(peer)
    };
}

const MAX_TOKEN_LENGTH = 64 * 1024;

const MAX_ERROR_LENGTH = 1024 * 1024;

function readTokenReply(reply) {
    const token = tokenOf(checkReply(reply));
    if (token === undefined) throw new TokenError("ERR_TOKEN_MALFORMED", "the reply contains no token");
    return token;
}

function tokenOf(reply) {
    const token = reply.string("Token", MAX_TOKEN_LENGTH);
    return token === undefined || token === "" ? undefined : new Secret(token);
}

function checkReply(reply) {
    const error = reply.string("ErrorString", MAX_ERROR_LENGTH);
    const code = reply.integer("ErrorCode") ?? 0;
    if (error !== undefined || code !== 0) throw daemonError(code === 0 ? -1 : code, error ?? "no text");
    return reply;
}

function checkToken(token, expected) {
    claim(token.issuer === expected.issuer, "iss", `the token was issued by ${token.issuer}, but the daemon's trust domain is ${expected.issuer || "unknown"}`, "other-issuer");
    claim(token.subject === expected.subject, "sub", `the token is for ${token.subject}, but the daemon authenticated ${expected.subject}`);
    checkExpected(token, expected);
    claim(expected.key === undefined || token.keyId === expected.key, "kid", `the token is signed with the key ${token.keyId}, not ${expected.key}`);
    return [ ...checkLevels(token, expected), ...checkLifetime(token, expected.lifetimeSeconds) ];
}

function checkExpected({issuer, subject}, {expectedTrustDomain = issuer, expectedIdentity = subject}) {
    claim(issuer === expectedTrustDomain, "iss", `the token was issued by ${issuer}, but expected-trust-domain is ${expectedTrustDomain}`, "other-trust-domain");
    claim(subject === expectedIdentity, "sub", `the token is for ${subject}, but expected-identity is ${expectedIdentity}`, "other-identity");
}

function checkLevels({authz}, {authz: asked, limitedByDaemon = false}) {
    if (asked.length === 0 && limitedByDaemon && authz !== undefined) return [ `authorization: requested all levels, granted ${authz.join(" ")}` ];
    if (asked.length === 0) return [];
    const granted = authz ?? [];
    claim(granted.length > 0, "scope", "the token is not restricted to authorization levels, although a restriction was requested");
    const extra = granted.filter(level => !covers(asked, level));
    claim(extra.length === 0, "scope", `the token allows ${extra.join(", ")}, which was not requested`);
    const reduced = reducedLevels(asked, granted);
    return reduced === undefined ? [] : [ reduced ];
}

function checkLifetime({issuedAt, expiresAt}, asked) {
    claim(issuedAt !== undefined, "iat", "the token has no issue time (iat)");
    if (expiresAt === undefined) {
        claim(typeof asked !== "number", "exp", "the token never expires, although a lifetime was requested");
        return [];
    }
    const granted = expiresAt - issuedAt;
    claim(granted > 0, "exp", "the token expired before it was issued");
    if (asked === undefined) return [];
    claim(asked === "unlimited" || granted <= asked, "exp", `the token is valid for ${describeDuration(granted)}, longer than the requested ${asked === "unlimited" ? asked : describeDuration(asked)}`);
    if (granted === asked) return [];
    return [ reducedLifetime(asked, granted) ];
}

const REDUCED_ADVICE = "Request less, or use a credential with more permissions";

function reducedLifetime(asked, granted) {
    const wanted = asked === "unlimited" ? asked : describeDuration(asked);
    return `lifetime: requested ${wanted}, granted ${describeDuration(granted)}`;
}

function reducedLevels(asked, granted) {
    const missing = asked.filter(level => !covers(granted, level));
    return missing.length === 0 ? undefined : `authorization: requested ${asked.join(" ")}, granted ${granted.join(" ")}`;
}

const MAX_SKEW_SECONDS = 600;

function excessLifetime({expiresAt}, asked, now) {
    if (expiresAt === undefined || typeof asked !== "number") return undefined;
    const excess = Math.round(expiresAt - now.getTime() / 1e3 - asked);
    return excess > MAX_SKEW_SECONDS ? excess : undefined;
}

function claim(holds, name, text, reason) {
    if (!holds) throw new TokenError("ERR_TOKEN_CLAIM", text, name, {
        reason
    });
}

async function startUnauthenticated(channel, purpose, request, host) {
    const agreement = new KeyAgreement(host.randomBytes);
    channel.send(message => putClassAd(message.int(DC_AUTHENTICATE), unauthenticatedPolicyAd(purpose, agreement.publicKey)));
    const policy = await channel.receive(getClassAd);
    if (policy.string("Authentication") === "YES") throw new NegotiationError("ERR_NO_COMMON_METHOD", "the daemon requires authentication");
    const publicKey = policy.string("ECDHPublicKey");
    const encrypted = policy.string("Encryption") === "YES";
    if (encrypted && (!isEncrypted(policy) || publicKey === undefined)) throw new NegotiationError("ERR_NO_ENCRYPTION", "the daemon requires encryption but does not offer AES with a key exchange");
    if (encrypted && publicKey !== undefined) channel.protect(agreement.sessionKey(publicKey));
    channel.send(request);
    const verdict = await channel.receive(getClassAd);
    const code = verdict.string("ReturnCode");
    const user = verdict.string("User");
    if (code !== "AUTHORIZED") throw new AuthorizationError("ERR_DENIED", `the daemon replied ${code ?? "no code"} to the unauthenticated request`, user, {
        reason: "no-identity"
    });
    host.log.debug(`session: not authenticated, ${encrypted ? "encrypted" : "in cleartext"}`);
}

class NotAuthenticated extends Error {
    reply;
    constructor(reply) {
        super("the collector has not authenticated itself");
        this.reply = reply;
    }
}

async function queryCollector(collector, query, credentials, {trusted, mayBeUnauthenticated}, host) {
    const plain = queryInCleartext(collector, query, host).then(reply => {
        if (!trusted(reply)) throw new NotAuthenticated(reply);
        return reply;
    });
    const authenticated = queryInSession(collector, query, credentials, host);
    authenticated.catch(error => {
        if (error instanceof AuthenticationError && error.code === "ERR_SERVER_UNPROVEN") host.log.warn(`The collector failed to authenticate itself, so its replies are not trusted: ${error.message}. Check pool and ca-certificate`);
    });
    try {
        return await Promise.any([ plain, authenticated ]);
    } catch {
        return await plain.catch(error => {
            if (error instanceof NotAuthenticated) return error.reply;
            if (!isConnectionClosed(error)) throw error;
            return authenticated.catch(failure => {
                if (!mayBeUnauthenticated || !failures_isRefusal(failure) || host.signal.aborted) throw failure;
                return queryUnauthenticated(collector, query, failure, host);
            });
        });
    }
}

async function queryInCleartext({address}, query, host) {
    const channel = await connect(address, host);
    const request = message => putQuery(message, query);
    return await commandInCleartext(channel, query.command, request, async () => {
        const ads = await channel.receive(getAds);
        return {
            ads,
            roundTrips: channel.roundTrips,
            authenticated: false
        };
    });
}

async function queryInSession(target, query, credentials, host) {
    const request = message => putQuery(message, query);
    const call = {
        target,
        command: query.command,
        request,
        credentials,
        phase: "locate",
        mayBeUnmapped: true
    };
    const {value, session, roundTrips} = await callCommand(call, ({channel}) => channel.receive(getAds), host);
    return {
        ads: value,
        roundTrips,
        authenticated: session.serverAuthenticated
    };
}

async function queryUnauthenticated({address}, query, refusal, host) {
    const channel = await connect(address, host);
    try {
        await startUnauthenticated(channel, {
            command: query.command
        }, message => putQuery(message, query), host);
        const ads = await channel.receive(getAds);
        host.log.notice(`The collector accepts no credential (${refusal.message}), so the query was not authenticated, and the reply is not trusted for SciTokens and client certificates`);
        return {
            ads,
            roundTrips: channel.roundTrips,
            authenticated: false
        };
    } catch (error) {
        host.log.debug(`locate: the query without authentication failed too (${messageOf(error)})`);
        throw refusal;
    } finally {
        channel.flush();
        channel.close();
    }
}

function putQuery(message, {adType, requirements, locationQuery, limit, projection}) {
    putClassAd(message, {
        MyType: "Query",
        TargetType: adType,
        Requirements: new Expression(requirements),
        LocationQuery: locationQuery,
        LimitResults: limit,
        Projection: projection.join(" ")
    });
}

function getAds(message) {
    const ads = [];
    for (let more = message.int(); more !== 0; more = message.int()) {
        if (more !== 1) throw new ProtocolError("ERR_MESSAGE", `${more} instead of 1 or 0 before an ad`);
        ads.push(getClassAd(message));
    }
    return ads;
}

const COLLECTOR_FILLS_SECONDS = 330;

const DAEMON_STARTS_SECONDS = 60;

const QUERY_ANY_ADS = 48;

const MAX_ADS = 100;

async function restartEvidence({type, name = ""}, ask) {
    const {adType = ""} = DAEMON_TYPES[type] ?? {};
    const started = `${type.toUpperCase()}_StartTime`;
    const host = name.slice(name.lastIndexOf("@") + 1).toLowerCase();
    const ads = await ask(evidenceQuery(started, host)).then(reply => reply.ads, () => []);
    const typeOf = ad => ad.string("MyType") ?? "";
    const ofHost = ads.filter(ad => isOfHost(ad, host));
    const masters = (ofHost.length > 0 ? ofHost : ads).filter(ad => typeOf(ad) === "DaemonMaster");
    const down = masters.find(ad => ad.integer(started) === 0);
    if (down !== undefined) return `condor_master on ${down.string("Machine") ?? "its host"} reports it as not running`;
    if (ads.some(ad => typeOf(ad) === "Collector")) return "the collector started a moment ago";
    if (ofHost.length === 0) {
        return masters.length === 0 ? undefined : `a ${type} started on ${masters[0]?.string("Machine")} a moment ago`;
    }
    const runsHere = masters.length === 0 || masters.some(ad => ad.integer(started) !== undefined);
    const hasOther = ofHost.some(ad => typeOf(ad) === adType);
    return runsHere && !hasOther ? `the collector lists other daemons on ${host}` : undefined;
}

function evidenceQuery(started, host) {
    const young = `MyType == "Collector" && time() - LastHeardFrom + StatsLifetime < ${COLLECTOR_FILLS_SECONDS}`;
    const age = `time() - LastHeardFrom + MyCurrentTime - ${started}`;
    const restarting = `MyType == "DaemonMaster" && (${started} == 0 || ${age} < ${DAEMON_STARTS_SECONDS})`;
    const sameHost = `MyType != "Collector" && MyType != "Machine" && (${hostMatches(host)})`;
    return {
        command: QUERY_ANY_ADS,
        adType: "Any",
        requirements: `(${young}) || (${restarting}) || (${sameHost})`,
        locationQuery: undefined,
        limit: MAX_ADS,
        projection: [ "MyType", "Name", "Machine", started ]
    };
}

function hostMatches(host) {
    if (!/^[a-z0-9._-]+$/.test(host)) return "false";
    return host.includes(".") ? `Machine == "${host}"` : `Machine == "${host}" || regexp("^${host}[.]", Machine, "i")`;
}

function isOfHost(ad, host) {
    const machine = ad.string("Machine")?.toLowerCase() ?? "";
    return host !== "" && (machine === host || !host.includes(".") && machine.startsWith(`${host}.`));
}

const locate_MAX_NAMES = 10;

function locate(collector, wanted, credentials, host) {
    const trusted = ({ads, authenticated}) => authenticated || !wanted.needsServerName || ads.every(ad => isUserSupplied(locate_readAddress(ad, wanted.type).params.get("alias"), wanted, collector));
    return withPhase("locate", formatSinful(collector.address), () => find(wanted, collector, query => queryCollector(collector, query, credentials, {
        trusted,
        mayBeUnauthenticated: wanted.mayBeUnauthenticated
    }, host)));
}

async function find(wanted, collector, ask) {
    const read = (ad, {authenticated}, roundTrips) => {
        const address = locate_readAddress(ad, wanted.type);
        const alias = address.params.get("alias");
        const names = isUserSupplied(alias, wanted, collector) ? {
            serverName: alias
        } : {
            serverName: undefined,
            claimedName: authenticated ? alias : undefined
        };
        return {
            address,
            ...names,
            name: locate_readName(ad, wanted),
            lastHeardFrom: readTime(ad),
            roundTrips
        };
    };
    const {type, name} = wanted;
    if (name === undefined) {
        const reply = await ask(queryFor(type, undefined, locate_MAX_NAMES + 1));
        const [only, ...others] = reply.ads;
        if (only === undefined) throw notFound(wanted, [], await restartEvidence(wanted, ask));
        if (others.length > 0) throw notFound(wanted, namesOf(reply.ads), undefined);
        return read(only, reply, reply.roundTrips);
    }
    const reply = await ask(queryFor(type, name, 1));
    const [found] = reply.ads;
    if (found !== undefined) return read(found, reply, reply.roundTrips);
    if (/^[A-Za-z0-9-]+$/.test(name)) {
        const guess = await ask(queryFor(type, new RegExp(`^([^@]*@)?${name}[.]`, "i"), 2));
        const [only, ...others] = guess.ads;
        if (only !== undefined && others.length === 0) return read(only, guess, reply.roundTrips + guess.roundTrips);
    }
    const [all, evidence] = await Promise.all([ ask(queryFor(type, undefined, locate_MAX_NAMES + 1)), restartEvidence(wanted, ask) ]);
    throw notFound(wanted, namesOf(all.ads), evidence);
}

function queryFor(type, name, limit) {
    const {query, adType, addressAttribute, byMachine = false} = typeOf(type);
    const projection = [ "CondorVersion", "CondorPlatform", "MyAddress", "AddressV1", "Name", "Machine", "LastHeardFrom", addressAttribute ];
    const slot = typeof name === "string" && name.includes("@");
    const attribute = byMachine && !slot ? "Machine" : "Name";
    return {
        command: query,
        adType,
        requirements: name === undefined ? "true" : typeof name === "string" ? `((${attribute} == "${name}"))` : `regexp("${name.source}", ${attribute}, "i")`,
        locationQuery: typeof name === "string" && !(byMachine && slot) ? name : undefined,
        limit,
        projection: projection.filter(each => each !== undefined)
    };
}

function typeOf(type) {
    const found = DAEMON_TYPES[type];
    if (found === undefined) throw new RangeError(`unknown daemon type ${type}`);
    return found;
}

function readTime(ad) {
    try {
        const seconds = ad.integer("LastHeardFrom") ?? 0;
        return seconds > 0 && seconds < MAX_TIME ? seconds : undefined;
    } catch {
        return undefined;
    }
}

const NAME = /^[^"\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,255}$/u;

function locate_readName(ad, {type, name: asked}) {
    const name = ad.string("Name") ?? asked ?? "";
    const {byMachine = false} = typeOf(type);
    const [actual, wanted] = [ name.toLowerCase(), asked?.toLowerCase() ];
    const host = actual.slice(actual.lastIndexOf("@") + 1);
    const fits = wanted === undefined || actual === wanted || host.startsWith(`${wanted}.`) || byMachine && host === wanted;
    if (fits && NAME.test(name)) return name;
    throw new ProtocolError("ERR_CLASSAD", `the collector returned a different daemon than requested: ${name}`);
}

function locate_readAddress(ad, type) {
    const {addressAttribute = "MyAddress"} = typeOf(type);
    const text = ad.string(addressAttribute) ?? ad.string("MyAddress");
    const address = text === undefined ? undefined : parseSinful(text);
    if (address !== undefined) return address;
    throw new ProtocolError("ERR_CLASSAD", `the collector returned no usable address: ${text ?? "the ad has none"}`, {
        reason: "no-address"
    });
}

function isUserSupplied(alias, {name}, {serverName}) {
    const supplied = [ name?.slice(name.lastIndexOf("@") + 1), serverName ].map(each => each?.toLowerCase());
    return alias !== undefined && supplied.includes(alias.toLowerCase());
}

function namesOf(ads) {
    return [ ...new Set(ads.map(ad => ad.string("Name") ?? "").filter(name => name !== "")) ].sort();
}

function notFound({type, name}, all, evidence) {
    const names = all.slice(0, locate_MAX_NAMES);
    const listed = `${names.join(", ")}${all.length > locate_MAX_NAMES ? " and more" : ""}`;
    if (name === undefined && names.length > 0) {
        return new LocateError("ERR_AMBIGUOUS", `the collector has several daemons of type ${type}: ${listed}`, names);
    }
    const others = names.length === 0 ? "it lists no daemon of that type" : `it lists ${listed}`;
    const what = name === undefined ? `no daemon of type ${type}` : `no ${type} named ${name}`;
    const restart = evidence === undefined ? "" : `; it may be restarting: ${evidence}`;
    const mayBeRestarting = evidence !== undefined;
    return new LocateError("ERR_NOT_FOUND", `the collector lists ${what}; ${others}${restart}`, names, {
        mayBeRestarting
    });
}

class ConnectionsAhead {
    #open=[];
    #closed=new AbortController;
    #onAbort=() => this.close();
    #signal;
    constructor(guesses, host) {
        this.#signal = host.signal;
        this.#signal.addEventListener("abort", this.#onAbort, {
            once: true
        });
        if (this.#signal.aborted) this.close();
        for (const guess of guesses) {
            dial([ guess ], {
                ...host,
                signal: this.#closed.signal
            }).then(socket => {
                socket.on("error", () => {});
                if (this.#closed.signal.aborted) socket.destroy(); else this.#open.push({
                    guess,
                    socket
                });
            }, () => {});
        }
    }
    get established() {
        return this.#open.length;
    }
    take(address) {
        if (this.#closed.signal.aborted) return undefined;
        const usable = this.#open.filter(({socket}) => socket.readyState === "open" && socket.readableLength === 0);
        for (const endpoint of endpoints(address).map(formatEndpoint)) {
            const found = usable.find(({guess, socket: {remoteAddress: host = "", remotePort: port = 0}}) => [ guess, {
                host,
                port
            } ].map(formatEndpoint).includes(endpoint));
            if (found === undefined) continue;
            this.#open.splice(this.#open.indexOf(found), 1);
            found.socket.removeAllListeners("error");
            this.close();
            return found.socket;
        }
        this.close();
        return undefined;
    }
    close() {
        this.#signal.removeEventListener("abort", this.#onAbort);
        this.#closed.abort();
        for (const {socket} of this.#open.splice(0)) socket.destroy();
    }
}

const SILENCE_MS = 1e3;

function askFirst(collectors, ask, host) {
    const [only, ...others] = collectors;
    if (only !== undefined && others.length === 0) return ask(only, host);
    const waiting = [ ...collectors ];
    const running = new Map;
    const failures = [];
    return new Promise((resolve, reject) => {
        let timer;
        const finish = winner => {
            clearTimeout(timer);
            host.signal.removeEventListener("abort", abort);
            for (const [collector, branch] of running) if (collector !== winner) branch.cancel();
        };
        const abort = () => {
            finish();
            reject(abortedError(host.signal));
        };
        const askNext = () => {
            clearTimeout(timer);
            const collector = waiting.shift();
            if (collector === undefined) {
                if (running.size > 0) return;
                finish();
                reject(combined(failures));
                return;
            }
            const branch = branchOf(host);
            running.set(collector, branch);
            const [next] = waiting;
            if (next !== undefined) {
                timer = setTimeout(() => {
                    host.log.warn(`${ask_collectors_nameOf(collector)} has not responded for 1 s; querying ${ask_collectors_nameOf(next)} as well. If this persists, correct the input pool`);
                    askNext();
                }, SILENCE_MS);
            }
            ask(collector, branch.host).then(found => {
                finish(collector);
                resolve(found);
            }, error => {
                running.delete(collector);
                if (branch.host.signal.aborted) return;
                const isAmbiguous = error instanceof LocateError && error.code === "ERR_AMBIGUOUS";
                if (!(error instanceof HTCondorError) || isAmbiguous) {
                    finish();
                    reject(error);
                    return;
                }
                failures.push({
                    collector,
                    error
                });
                if (waiting.length > 0) host.log.warn(`${ask_collectors_nameOf(collector)}: ${error.message}; trying the next collector. If this persists, correct the input pool`);
                askNext();
            });
        };
        if (host.signal.aborted) return abort();
        host.signal.addEventListener("abort", abort, {
            once: true
        });
        askNext();
    });
}

function combined(failures) {
    const text = failures.map(({collector, error}) => `${ask_collectors_nameOf(collector)}: ${error.message}`).join("; ");
    const errors = failures.map(({error}) => error);
    const missing = errors.filter(error => error instanceof LocateError);
    const unreachable = errors.filter(error => error instanceof ConnectError);
    const isRestart = all => all.some(error => error.mayBeRestarting);
    if (missing.length > 0) {
        const names = [ ...new Set(missing.flatMap(error => error.names)) ].slice(0, 10);
        const peer = missing[0]?.peer ?? "";
        return new LocateError("ERR_NOT_FOUND", text, names, {
            phase: "locate",
            peer,
            mayBeRestarting: isRestart(missing)
        });
    }
    const reached = errors.find(error => !(error instanceof ConnectError));
    if (reached !== undefined) return reached;
    const last = unreachable.at(-1);
    return new ConnectError(last?.code ?? "ERR_CONNECT", text, {
        reason: last?.reason,
        details: last?.details,
        phase: "locate",
        peer: errors.at(-1)?.peer ?? "",
        permanent: unreachable.every(({permanent}) => permanent),
        mayBeRestarting: isRestart(unreachable)
    });
}

function ask_collectors_nameOf(collector) {
    return `the collector ${formatEndpoint(collector)}`;
}

async function findDaemon(request, credentials, host) {
    const {daemon, remote, serverName, privateNetworkName} = request;
    const inNetwork = address => inPrivateNetwork(address, privateNetworkName);
    if (daemon.kind === "address") {
        const addresses = daemon.addresses.map(inNetwork);
        const targets = addresses.map(address => ({
            address,
            serverName: serverName ?? hostNameOf(address)
        }));
        return {
            targets,
            name: "",
            roundTrips: 0
        };
    }
    if (remote) return await collectorsOf(daemon, request, credentials, host);
    const here = findHere(daemon, host);
    const ahead = here === undefined ? new ConnectionsAhead(guessesOf(daemon), host) : undefined;
    const found = here ?? await askCollectors(daemon, request, credentials, host).catch(error => {
        ahead?.close();
        throw error;
    });
    host.log.debug(`locate: ${found.name} is at ${formatSinful(found.address)}`);
    const {through} = daemon;
    const address = through === undefined ? inNetwork(found.address) : throughEndpoint(found.address, through);
    const {name, roundTrips} = found;
    return {
        targets: [ {
            ...found,
            address,
            ahead,
            serverName: serverName ?? found.serverName
        } ],
        name,
        roundTrips
    };
}

function guessesOf({name = "", collectors: [collector], through}) {
    if (through !== undefined) return [ through ];
    const {host = "", port = DEFAULT_PORT} = collector ?? {};
    const named = name.slice(name.lastIndexOf("@") + 1).toLowerCase();
    const hosts = new Set([ /^[a-z0-9-]+([.][a-z0-9-]+)+$/.test(named) ? named : "", host.toLowerCase() ]);
    return [ ...hosts ].filter(each => each !== "").map(each => ({
        host: each,
        port
    }));
}

async function collectorsOf(daemon, request, credentials, host) {
    const {serverName} = request;
    const targets = daemon.collectors.map(address => ({
        address,
        serverName: serverName ?? hostNameOf(address)
    }));
    if (daemon.name !== undefined) return {
        targets,
        name: daemon.name,
        roundTrips: 0
    };
    const {name, roundTrips} = findHere(daemon, host) ?? await askCollectors(daemon, request, credentials, host);
    return {
        targets,
        name,
        roundTrips
    };
}

function findHere({type, name = "", local, collectors}, host) {
    if (local === undefined) return undefined;
    const here = findLocal(local, type);
    if (!(here instanceof Unavailable)) return {
        serverName: hostNameOf(here.address),
        roundTrips: 0,
        ...here,
        name: here.name || name || local.name
    };
    const {reason} = here;
    if (collectors.length === 0) throw new LocateError("ERR_NOT_FOUND", `no ${type} on this host: ${reason}`, [], {
        reason: "not-on-this-host"
    });
    host.log.debug(`locate: not on this host: ${reason}`);
    return undefined;
}

const NEEDS_HOST_NAME = [ "SSL", "SCITOKENS", "KERBEROS" ];

function askCollectors({collectors, type, name}, {serverName, mayBeUnauthenticated}, credentials, host) {
    const needsServerName = serverName === undefined && credentials.methods.some(({name}) => NEEDS_HOST_NAME.includes(name));
    return askFirst(collectors, (address, within) => {
        host.log.debug(`locate: querying the collector ${formatSinful(address)} for ${name === undefined ? `the only ${type}` : `the ${type} ${name}`}`);
        const collector = {
            address,
            serverName: hostNameOf(address) ?? serverName
        };
        return locate(collector, {
            type,
            name,
            needsServerName,
            mayBeUnauthenticated
        }, credentials, within);
    }, host);
}

const PATIENCE_MS = 1e4;

async function inTurn(addresses, talk, host) {
    for (const address of addresses.slice(0, -1)) {
        const silence = new Error("no response in time");
        try {
            return await withTimeLimit(PATIENCE_MS, silence, within => talk(address, within), host);
        } catch (error) {
            if (!isUnreachable(error) || host.signal.aborted) throw error;
            const reason = error.cause === silence ? silence.message : error.message;
            host.log.warn(`${reason}; trying the next address. If this persists, correct the input pool`);
        }
    }
    const [last] = addresses.slice(-1);
    if (last === undefined) throw new RangeError("no address");
    return await talk(last, host);
}

async function fromReply({value: jwt, session, roundTrips}, {address}, daemonName, host) {
    const token = await withPhase("check", formatSinful(address), () => parseIdToken(jwt));
    maskJwt(jwt, host);
    const {server, user, method, credentialSource} = session;
    return {
        token,
        issuedBy: "daemon",
        trustDomain: server.trustDomain,
        identity: user,
        method,
        credentialSource,
        daemonName,
        daemon: {
            address,
            version: server.version,
            versionText: server.remoteVersion
        },
        roundTrips
    };
}

async function checkIssued({token, issuedBy, trustDomain, identity, daemon}, {authz, lifetimeSeconds, key, expectedIdentity, expectedTrustDomain, mode, onReduced}) {
    return await withPhase("check", daemon && formatSinful(daemon.address), () => {
        const reductions = checkToken(token, {
            issuer: trustDomain,
            subject: identity,
            key,
            authz,
            limitedByDaemon: mode === "request",
            lifetimeSeconds,
            expectedTrustDomain,
            expectedIdentity
        });
        if (reductions.length > 0 && onReduced === "fail") {
            const text = `the ${issuedBy} granted less than requested: ${reductions.join("; ")}`;
            throw new TokenError("ERR_TOKEN_REDUCED", text);
        }
        return reductions;
    });
}

const MAX_SILENT_POLLS = 5;

async function requestToken(target, {identity, pollIntervalMs, run, ...limits}, credentials, announce, host) {
    const ask = (command, ad) => askDaemon({
        target,
        command,
        credentials,
        mayBeUnmapped: true
    }, ad, checkReply, host);
    const random = Buffer.from(host.randomBytes(16)).toString("hex");
    const clientId = [ "condor-token-fetch", ...run === undefined ? [] : [ run ], random ].join("-");
    const request = {
        ClientId: clientId,
        User: identity,
        ...limitAttributes(limits)
    };
    const started = await ask(DC_START_TOKEN_REQUEST, request);
    const token = tokenOf(started.value);
    if (token !== undefined) return {
        ...started,
        value: token
    };
    const requestId = requestIdOf(started.value);
    announce(requestId);
    const poll = () => ask(DC_FINISH_TOKEN_REQUEST, {
        ClientId: clientId,
        RequestId: requestId
    });
    const approved = await pollUntilApproved(requestId, pollIntervalMs, poll, host);
    return {
        ...approved,
        roundTrips: started.roundTrips + approved.roundTrips
    };
}

async function pollUntilApproved(requestId, intervalMs, poll, host) {
    for (let silent = 0, roundTrips = 0; ;) {
        try {
            await (0, promises_namespaceObject.setTimeout)(intervalMs, undefined, {
                signal: host.signal
            });
            const polled = await poll();
            roundTrips += polled.roundTrips;
            silent = 0;
            const token = tokenOf(polled.value);
            if (token !== undefined) return {
                ...polled,
                value: token,
                roundTrips
            };
        } catch (error) {
            if (host.signal.aborted) throw notApproved(requestId, host.signal);
            if (!isPassing(error) || ++silent > MAX_SILENT_POLLS) throw error;
            host.log.debug(`token: could not poll request ${requestId} (${error.message})`);
        }
    }
}

function isPassing(error) {
    return error instanceof ConnectError || error instanceof DaemonError && error.reason === "rate-limit";
}

function requestIdOf(ad) {
    if (ad.size === 0) throw daemonError(-1, "Too many requests in the system. (empty reply)");
    const requestId = ad.string("RequestId") ?? "";
    if (/^\w{1,64}$/.test(requestId)) return requestId;
    throw new TokenError("ERR_TOKEN_MALFORMED", "the reply contains neither a token nor a request id", undefined, {
        reason: "no-request-id"
    });
}

function notApproved(requestId, signal) {
    if (!isTimeout(signal)) return abortedError(signal).at("token");
    const text = `request ${requestId} was not approved within the time limit`;
    return new ConnectError("ERR_TIMEOUT", text, {
        cause: signal.reason,
        phase: "token",
        requestId,
        reason: "not-approved"
    });
}

const TOKEN_SERVICE = "token-service";

async function credentialsFor(request, bearer, host) {
    if (bearer?.kind === "idtoken") return credentialsFrom(bearer.token, TOKEN_SERVICE, host);
    const sources = {
        ...request.credentials,
        scitoken: sciTokenSource(request, bearer)
    };
    return await withPhase("credentials", undefined, () => loadCredentials(sources, host, request.authz));
}

function sciTokenSource({credentials}, bearer) {
    return bearer?.kind === "scitoken" ? bearer.source : credentials.scitoken;
}

async function issuedByService(bearer, request, credentials, host) {
    const {daemon, verify} = request;
    const isNamed = daemon.kind === "pool" && daemon.name !== undefined && daemon.through === undefined;
    const located = isNamed && !verify ? {
        targets: [],
        name: daemon.name ?? "",
        roundTrips: 0
    } : await findDaemon(request, credentials, host);
    return checkServiceToken(bearer, request, located, host);
}

function checkServiceToken({token, identity}, {lifetimeSeconds}, {targets: [target], name, roundTrips}, host) {
    const {subject, issuer, expiresAt = Number.POSITIVE_INFINITY} = token;
    if (identity !== undefined && identity !== subject) throw wrong(`is for ${subject}, but the service reported ${identity}`, "sub");
    if (expiresAt <= host.now().getTime() / 1e3) throw wrong("has expired", "exp");
    if (typeof lifetimeSeconds === "number" && excessLifetime(token, lifetimeSeconds, host.now()) !== undefined) throw wrong(`is valid for longer than the requested ${describeDuration(lifetimeSeconds)}`, "exp");
    return {
        token,
        issuedBy: "token service",
        trustDomain: issuer,
        identity: subject,
        method: TOKEN_SERVICE,
        credentialSource: TOKEN_SERVICE,
        daemonName: name,
        daemon: target && {
            address: target.address,
            version: undefined,
            versionText: ""
        },
        roundTrips
    };
}

function wrong(how, claim) {
    return new TokenError("ERR_TOKEN_CLAIM", `the token from the ${TOKEN_SERVICE} ${how}`, claim, {
        phase: "check"
    });
}

async function issuedByDaemon(request, bearer, credentials, host) {
    const daemon = await findDaemon(request, credentials, host);
    const issued = await inTurn(daemon.targets, (target, limited) => {
        const within = request.mode === "request" ? host : limited;
        return requestByMode(request, sciTokenSource(request, bearer), {
            target,
            name: daemon.name
        }, credentials, within);
    }, host);
    return {
        ...issued,
        roundTrips: daemon.roundTrips + issued.roundTrips
    };
}

async function requestByMode(request, scitoken, {target, name}, credentials, host) {
    const {mode, authz, key, identity, pollIntervalMs, remote, run} = request;
    const lifetimeSeconds = request.lifetimeSeconds === "unlimited" ? undefined : request.lifetimeSeconds;
    const limits = {
        authz,
        key,
        lifetimeSeconds
    };
    const issued = reply => fromReply(reply, target, name, host);
    switch (mode) {
      case "fetch":
        {
            if (!remote) return await issued(await getSessionToken(target, limits, credentials, host));
            const ofSchedd = {
                authz,
                lifetimeSeconds,
                schedd: name
            };
            return await issued(await getImpersonationToken(target, ofSchedd, credentials, host));
        }

      case "request":
        {
            const requested = {
                identity,
                authz,
                lifetimeSeconds,
                pollIntervalMs,
                run
            };
            const announce = id => {
                request.announce?.(id);
                host.log.notice(approvalOf(id, request, target));
            };
            const reply = await requestToken(target, requested, credentials, announce, host);
            return {
                ...await issued(reply),
                identity
            };
        }

      case "exchange":
        {
            const {jwt, source} = suppliedSciToken(scitoken, host);
            const exchanged = await exchangeSciToken(target, jwt, credentials, host);
            const token = await withPhase("check", formatSinful(target.address), () => parseIdToken(exchanged.value));
            maskJwt(token.jwt, host);
            const own = credentialsFrom(token, "the exchanged SciToken", host);
            const restricted = await issued(await getSessionToken(target, limits, own, host));
            const roundTrips = exchanged.roundTrips + restricted.roundTrips;
            return {
                ...restricted,
                credentialSource: source,
                roundTrips
            };
        }
    }
}

function suppliedSciToken(source, host) {
    const found = readSciToken(source, host);
    if (!(found instanceof Unavailable)) return found;
    const text = `no SciToken to exchange: ${found.reason}`;
    throw new CredentialError("ERR_NO_CREDENTIAL", text, {
        phase: "credentials",
        reason: "scitoken-needs-proof"
    });
}

function approvalOf(requestId, {daemon, identity}, {address}) {
    const where = daemon.kind === "address" ? `-name '${formatSinful(address)}'` : [ "-type", daemon.type, ...daemon.name === undefined ? [] : [ "-name", daemon.name ], ...daemon.collectors.slice(0, 1).flatMap(collector => [ "-pool", formatEndpoint(collector) ]) ].join(" ");
    return `Request ${requestId} for a token for ${identity} is waiting for approval: condor_token_request_approve -reqid ${requestId} ${where}`;
}

const FIRST_DELAY_MS = 500;

const MAX_DELAY_MS = 1e4;

const MAX_RESTART_MS = 6e4;

async function runRequest(request, work, host) {
    for (const warning of request.warnings) host.log.warn(warning);
    const branch = branchOf(host);
    try {
        const policy = {
            retries: request.retries,
            useFullDeadline: request.mode === "request"
        };
        return await withRetries(policy, within => work(request, within), branch.host);
    } finally {
        branch.cancel();
    }
}

async function withRetries(policy, work, host) {
    const attempts = new Attempts(policy, host);
    for (;;) {
        try {
            return await attempts.run(work);
        } catch (error) {
            await attempts.pauseAfter(error);
        }
    }
}

class Attempts {
    #policy;
    #host;
    #count=0;
    #restart;
    #giveUpAtMs=0;
    constructor(policy, host) {
        this.#policy = policy;
        this.#host = host;
    }
    get #isLast() {
        return this.#count > this.#policy.retries;
    }
    async run(work) {
        this.#count += 1;
        if (this.#isLast || this.#policy.useFullDeadline) return await work(this.#host);
        const limitMs = this.#host.timeLeftMs() / 2;
        const text = `no reply within ${Math.max(1, Math.round(limitMs / 1e3))} s`;
        return await withTimeLimit(limitMs, new DOMException(text, "TimeoutError"), work, this.#host);
    }
    async pauseAfter(error) {
        if (!(error instanceof HTCondorError)) throw error;
        error.tries = this.#count;
        const host = this.#host;
        const isRestart = this.#isRestart(error);
        if (!isRestart && this.#restart !== undefined && isTimeout(host.signal)) throw this.#restart;
        const leftMs = isRestart ? this.#timeLeftForRestartMs() : host.timeLeftMs();
        const delayMs = delayBefore(this.#count, error, isRestart, leftMs, host);
        const isWorthIt = isRestart || !this.#isLast && isTransient(error);
        if (!isWorthIt || host.signal.aborted || delayMs >= leftMs) throw error;
        this.#log(error, isRestart, delayMs, leftMs);
        if (isRestart) this.#restart = error;
        await (0, promises_namespaceObject.setTimeout)(delayMs, undefined, {
            signal: host.signal
        }).catch(() => {
            throw this.#restart !== undefined && isTimeout(host.signal) ? this.#restart : abortedError(host.signal);
        });
    }
    #isRestart(error) {
        if (this.#policy.retries === 0) return false;
        if (mayBeRestarting(error)) return true;
        return this.#restart !== undefined && error instanceof LocateError && error.code === "ERR_NOT_FOUND";
    }
    #timeLeftForRestartMs() {
        const leftMs = this.#host.timeLeftMs();
        const isFirst = this.#restart === undefined;
        if (isFirst && this.#policy.useFullDeadline) this.#giveUpAtMs = Math.max(0, leftMs - MAX_RESTART_MS);
        return leftMs - this.#giveUpAtMs;
    }
    #log({message, code}, isRestart, delayMs, leftMs) {
        const {log} = this.#host;
        const [what, wait] = [ `${message} (${code})`, `${(delayMs / 1e3).toFixed(1)} s` ];
        if (!isRestart) {
            log.info(`Attempt ${this.#count} of ${this.#policy.retries + 1} failed: ${what}; retrying in ${wait}`);
        } else if (this.#restart === undefined) {
            const left = Math.round(leftMs / 1e3);
            log.info(`Attempt ${this.#count} failed: ${what}. The daemon may be restarting; retrying for up to ${left} s`);
        } else log.debug(`retry: attempt ${this.#count} failed: ${what}; retrying in ${wait}`);
    }
}

function mayBeRestarting(error) {
    return (error instanceof ConnectError || error instanceof LocateError) && error.mayBeRestarting;
}

function isTransient(error) {
    if (mayBeRestarting(error)) return true;
    if (error instanceof ConnectError) {
        return error.code !== "ERR_CCB_ONLY" && error.requestId === undefined && !error.permanent;
    }
    return error instanceof DaemonError && error.reason === "rate-limit";
}

const MIN_TIME_LEFT_MS = 500;

function delayBefore(attempts, error, isRestart, timeLeftMs, host) {
    const whole = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), MAX_DELAY_MS);
    const [random = 0] = host.randomBytes(1);
    const delayMs = whole * (1 - random / 512);
    if (isRestart) return timeLeftMs < MIN_TIME_LEFT_MS ? timeLeftMs : Math.min(delayMs, timeLeftMs / 2);
    return Math.max(delayMs, error instanceof ConnectError ? error.retryAfterMs ?? 0 : 0);
}

async function verifyToken({token, daemon}, {authz}, host) {
    if (daemon === undefined) throw new RangeError("no daemon to verify the token");
    const target = {
        address: daemon.address,
        serverName: undefined
    };
    const credentials = credentialsFrom(token, "the new token", host);
    const queries = commandsFor(authz);
    const results = await withPhase("verify", formatSinful(daemon.address), () => Promise.all((queries.length > 0 ? queries : commandsFor([ "ALLOW" ])).map(async ([level, command]) => {
        const {session, roundTrips} = await askAllowed(target, command, credentials, host).catch(error => {
            throw explained(error, token, level);
        });
        if (session.user === token.subject) return roundTrips;
        throw refused(`the daemon maps the new token for ${token.subject} to ${session.user}`);
    })));
    const levels = queries.map(([level]) => level).join(" ") || "a session";
    host.log.debug(`verify: the daemon allows ${levels} with the new token`);
    return Math.max(...results);
}

function explained(error, token, level) {
    if (error instanceof AuthorizationError && error.code === "ERR_DENIED") {
        const {authz, subject} = token;
        const isRestricted = authz !== undefined && level !== "ALLOW" && !covers(authz, level);
        if (!isRestricted) return levelError(`the daemon denied ${level} for ${subject} with the new token`, {
            missing: "",
            level,
            subject
        });
        const levels = authz.join(" ");
        const text = `the new token is restricted to ${levels}, which does not include ${level}; the credential has the same restriction`;
        return levelError(text, {
            levels,
            missing: level
        });
    }
    if (error instanceof AuthenticationError && error.code === "ERR_METHODS_EXHAUSTED") {
        const reason = error.attempts[0]?.reason ?? error.message;
        return refused(`the daemon rejected the new token of ${token.subject}: ${reason}`);
    }
    return error;
}

function refused(text) {
    return new TokenError("ERR_TOKEN_REFUSED", text);
}

function levelError(text, details) {
    const reason = details.missing === "" ? "level-denied" : "level-missing";
    return new TokenError("ERR_TOKEN_REFUSED", text, undefined, {
        reason,
        details
    });
}

const USUAL_LEVELS = [ "READ", "WRITE", "DAEMON", "ADMINISTRATOR" ];

const NOT_CHECKED = [ "the signing key", "SEC_ISSUED_TOKEN_EXPIRATION" ];

const NO_KEY = "condor-token-fetch-makes-no-token";

async function checkFetch(request, host) {
    return await runRequest(request, checkStepByStep, host);
}

async function checkStepByStep(request, host) {
    const bearer = await resolveBearer(request, reporting(host, [ "credentials" ]));
    const credentials = await credentialsFor(request, bearer, host);
    for (const {name, sources} of credentials.methods) host.log.info(`credentials: ${displayName(name)} from ${sources.join(", ")}`);
    for (const {method, reason} of credentials.unavailable) host.log.info(`credentials: ${method} is not available: ${reason}`);
    const daemon = await findDaemon(request, credentials, reporting(host, [ "locate", "connect", "ccb" ]));
    return await inTurn(daemon.targets, async (target, limited) => {
        const result = await checkDaemon(request, bearer, target, credentials, limited);
        return {
            ...result,
            daemonName: daemon.name
        };
    }, host);
}

function reporting(host, phases) {
    const reported = new Set;
    const debug = line => {
        const gist = line.replace(/ in \d+ ms$/, "");
        const isNew = phases.some(phase => line.startsWith(`${phase}: `)) && !reported.has(gist);
        reported.add(gist);
        (isNew ? host.log.info : host.log.debug)(line);
    };
    return {
        ...host,
        log: {
            ...host.log,
            debug
        }
    };
}

async function checkDaemon(request, bearer, target, credentials, host) {
    const session = await checkSession(request, target, credentials, host);
    const again = {
        ...target,
        resume: session
    };
    const granted = await checkGranted(request, bearer, again, credentials, session, host);
    const {allowed, refused} = await check_checkLevels(request, again, credentials, host);
    if (request.authz.length > 0 && refused.length > 0) judge(request, granted, refused, target, session, host);
    return {
        identity: session.user,
        trustDomain: session.server.trustDomain,
        daemonAddress: formatSinful(target.address),
        daemonVersion: session.server.version?.text ?? "",
        authenticationMethod: displayName(session.method),
        credentialSource: printable(session.credentialSource),
        allowed,
        refused,
        notChecked: bearer?.kind === "idtoken" ? [] : NOT_CHECKED
    };
}

async function checkSession({expectedIdentity, expectedTrustDomain}, target, credentials, host) {
    host.log.info(`connect: connecting to the daemon at ${formatSinful(target.address)}`);
    const [, command = 0] = commandsFor([ "ALLOW" ])[0] ?? [];
    const {session} = await askAllowed(target, command, credentials, reporting(host, [ "connect", "ccb", "session" ]));
    const {server, user} = session;
    for (const {name} of credentials.methods.filter(({name}) => !server.methods.includes(name))) host.log.info(`session: ${displayName(name)} is not available: the daemon does not offer it`);
    const claims = {
        issuer: server.trustDomain,
        subject: user
    };
    await withPhase("check", formatSinful(target.address), () => checkExpected(claims, {
        expectedTrustDomain,
        expectedIdentity
    }));
    return session;
}

async function checkGranted(request, bearer, target, credentials, {credentialExpiresAt}, host) {
    if (bearer?.kind === "idtoken") {
        const located = {
            targets: [],
            name: "",
            roundTrips: 0
        };
        await checkIssued(checkServiceToken(bearer, request, located, host), request);
        host.log.info("token: issued by the token service");
        return request.authz;
    }
    const granted = await checkIssuing(target, request.authz, credentials, host);
    await withPhase("check", formatSinful(target.address), () => checkReductions(request, granted, credentialExpiresAt, host));
    for (const each of NOT_CHECKED) host.log.info(`token: not checked: ${each}`);
    return granted;
}

async function check_checkLevels({authz}, target, credentials, host) {
    const levels = authz.length > 0 ? authz : USUAL_LEVELS;
    const verdicts = await Promise.all(commandsFor(levels).map(async ([level, command]) => ({
        level,
        isAllowed: await isAllowed(target, command, credentials, host)
    })));
    for (const {level, isAllowed} of verdicts) host.log.info(`levels: ${level} is ${isAllowed ? "allowed" : "denied"}`);
    return {
        allowed: verdicts.filter(({isAllowed}) => isAllowed).map(({level}) => level),
        refused: verdicts.filter(({isAllowed}) => !isAllowed).map(({level}) => level)
    };
}

async function isAllowed(target, command, credentials, host) {
    try {
        await askAllowed(target, command, credentials, host);
        return true;
    } catch (error) {
        if (error instanceof AuthorizationError && error.code === "ERR_DENIED") return false;
        throw error;
    }
}

function judge({verify}, granted, refused, {address}, {user}, host) {
    const missing = refused.filter(level => !covers(granted, level)).join(" ");
    const restricted = `the credential is restricted to ${granted.join(" ")}, which does not include ${missing}`;
    const denied = `the daemon denied ${refused.join(" ")} for ${user} with this credential`;
    const text = missing === "" ? denied : restricted;
    const details = {
        levels: granted.join(" "),
        missing,
        level: refused[0] ?? "",
        subject: user
    };
    if (verify) throw levelError(text, details).at("verify", formatSinful(address));
    const outcome = "the fetch would succeed, but commands that need these levels would be denied";
    host.log.warn(`${text}; ${outcome}. ${REDUCED_ADVICE}`);
}

async function checkIssuing(target, authz, credentials, host) {
    const wouldIssue = levels => checkWouldIssue(target, levels, credentials, host);
    await wouldIssue(authz);
    host.log.info("token: the daemon issues tokens");
    if (authz.length < 2) return authz;
    const granted = await Promise.all(authz.map(async level => {
        try {
            await wouldIssue([ level ]);
            return [ level ];
        } catch (error) {
            if (error instanceof DaemonError && error.reason === "allow-requested-authorization") return [];
            throw error;
        }
    }));
    return granted.flat();
}

async function checkWouldIssue(target, authz, credentials, host) {
    try {
        await getSessionToken(target, {
            authz,
            lifetimeSeconds: 1,
            key: NO_KEY
        }, credentials, host);
        host.log.warn("The daemon has an unexpected key; its token, valid for 1 s, is discarded. No action is needed");
    } catch (error) {
        if (!lacksRequestedKey(error)) throw error;
    }
}

function checkReductions({authz, lifetimeSeconds: lifetime, onReduced}, granted, expiresAt, host) {
    const left = expiresAt === undefined ? undefined : Math.floor(expiresAt - host.now().getTime() / 1e3);
    const isCut = left !== undefined && lifetime !== undefined && (lifetime === "unlimited" || left < lifetime);
    const reductions = [ reducedLevels(authz, granted), isCut ? reducedLifetime(lifetime, left) : undefined ].filter(each => each !== undefined);
    if (reductions.length === 0 || onReduced === "ignore") return;
    const text = `the daemon would grant less than requested: ${reductions.join("; ")}`;
    if (onReduced === "fail") throw new TokenError("ERR_TOKEN_REDUCED", text);
    host.log.warn(`${text}. ${REDUCED_ADVICE}`);
}

const PRIVATE_FILE = 384;

const PRIVATE_DIRECTORY = 448;

const OCCUPIED = {
    reason: "path-occupied"
};

function checkTokenPath(path) {
    const target = stat(path);
    if (target?.isSymbolicLink() === true) throw new OutputError(`${path} is a symbolic link, which is not followed`, OCCUPIED);
    if (target !== undefined && !target.isFile()) throw new OutputError(`${path} exists and is not a regular file`, OCCUPIED);
    let directory = (0, external_node_path_namespaceObject.dirname)((0, external_node_path_namespaceObject.resolve)(path));
    const parent = stat(directory);
    if (parent?.isSymbolicLink() === true && !isLinkOfSystem(parent, process.platform)) {
        throw new OutputError(`${directory} is a symbolic link that root does not own, and is not followed`, OCCUPIED);
    }
    while (stat(directory) === undefined && (0, external_node_path_namespaceObject.dirname)(directory) !== directory) directory = (0, 
    external_node_path_namespaceObject.dirname)(directory);
    try {
        (0, external_node_fs_namespaceObject.accessSync)(directory, external_node_fs_namespaceObject.constants.W_OK);
        if ((0, external_node_fs_namespaceObject.statSync)(directory).isDirectory()) return;
    } catch (cause) {
        throw new OutputError(`${directory} cannot be written to: ${systemReason(cause)}`, {
            cause
        });
    }
    throw new OutputError(`${directory} is not a directory`);
}

function writeTokenFile(path, token, mayMakeDirectory = true) {
    const made = mayMakeDirectory ? makeDirectories((0, external_node_path_namespaceObject.dirname)((0, 
    external_node_path_namespaceObject.resolve)(path))) : [];
    try {
        checkTokenPath(path);
        putFile(path, tokenText(token), external_node_fs_namespaceObject.renameSync);
        return made[0];
    } catch (cause) {
        removeEmpty(made);
        if (cause instanceof OutputError) throw cause;
        throw new OutputError(`the token could not be written to ${path}: ${systemReason(cause)}`, {
            cause
        });
    }
}

function tokenText(token) {
    return `${token.reveal()}\n`;
}

function putFile(path, text, put) {
    const temporary = (0, external_node_path_namespaceObject.join)((0, external_node_path_namespaceObject.dirname)((0, 
    external_node_path_namespaceObject.resolve)(path)), `.${(0, external_node_path_namespaceObject.basename)(path)}.${crypto_crypto().randomUUID()}`);
    try {
        createPrivateFile(temporary, text);
        renameOver(() => put(temporary, path), process.platform);
    } finally {
        (0, external_node_fs_namespaceObject.rmSync)(temporary, {
            force: true
        });
    }
}

function missingDirectories(directory) {
    const missing = [];
    for (let each = directory; stat(each) === undefined && (0, external_node_path_namespaceObject.dirname)(each) !== each; each = (0, 
    external_node_path_namespaceObject.dirname)(each)) missing.unshift(each);
    return missing;
}

function makeDirectories(directory) {
    const made = [];
    for (const each of missingDirectories(directory)) {
        try {
            (0, external_node_fs_namespaceObject.mkdirSync)(each, {
                mode: PRIVATE_DIRECTORY
            });
            made.push(each);
        } catch (cause) {
            if (cause.code === "EEXIST") continue;
            removeEmpty(made);
            throw new OutputError(`the directory ${each} could not be created: ${systemReason(cause)}`, {
                cause
            });
        }
    }
    return made;
}

function removeEmpty(directories) {
    for (const each of directories.toReversed()) {
        try {
            (0, external_node_fs_namespaceObject.rmdirSync)(each);
        } catch {
            return;
        }
    }
}

function createPrivateFile(path, text) {
    const {O_WRONLY, O_CREAT, O_EXCL} = external_node_fs_namespaceObject.constants;
    const file = (0, external_node_fs_namespaceObject.openSync)(path, O_WRONLY | O_CREAT | O_EXCL | (external_node_fs_namespaceObject.constants.O_NOFOLLOW ?? 0), PRIVATE_FILE);
    try {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += (0, external_node_fs_namespaceObject.writeSync)(file, bytes, at);
        flushToDisk(file);
    } finally {
        (0, external_node_fs_namespaceObject.closeSync)(file);
    }
}

function flushToDisk(file) {
    try {
        (0, external_node_fs_namespaceObject.fsyncSync)(file);
    } catch (error) {
        if (!isDeniedByNode(error)) throw error;
    }
}

function stat(path) {
    try {
        return (0, external_node_fs_namespaceObject.lstatSync)(path, {
            throwIfNoEntry: false
        });
    } catch (cause) {
        throw new OutputError(`${path} cannot be examined: ${systemReason(cause)}`, {
            cause
        });
    }
}

async function fetchToken(request, host) {
    return await runRequest(request, fetchStepByStep, host);
}

async function fetchStepByStep(request, host) {
    const {path} = request;
    if (path !== undefined) await withPhase("deliver", undefined, () => checkTokenPath(path));
    const bearer = await resolveBearer(request, host);
    const credentials = await credentialsFor(request, bearer, host);
    logCredentials(credentials, host);
    const issued = bearer?.kind === "idtoken" ? await issuedByService(bearer, request, credentials, host) : await issuedByDaemon(request, bearer, credentials, host);
    const reductions = await checkIssued(issued, request);
    const clockSkewSeconds = warnAbout(issued, reductions, request, host);
    const verified = request.verify ? await verifyToken(issued, request, host) : 0;
    const directoryMade = path === undefined ? undefined : await withPhase("deliver", undefined, () => writeTokenFile(path, issued.token.jwt));
    return {
        ...describe(issued),
        reductions,
        clockSkewSeconds,
        roundTrips: issued.roundTrips + verified,
        path,
        directoryMade
    };
}

function logCredentials({methods, unavailable}, host) {
    for (const {method, reason} of unavailable) host.log.debug(`credentials: ${method} is not available: ${reason}`);
    const found = methods.map(({name, sources}) => `${displayName(name)} from ${sources.join(", ")}`);
    host.log.debug(`credentials: ${found.join("; ")}`);
}

function describe({token, daemonName, daemon, method, credentialSource}) {
    return {
        token,
        daemonName: printable(daemonName),
        daemonAddress: daemon === undefined ? "" : formatSinful(daemon.address),
        daemonVersion: daemon?.version?.text ?? "",
        daemonVersionText: printable(daemon?.versionText ?? ""),
        authenticationMethod: displayName(method),
        credentialSource: printable(credentialSource)
    };
}

function warnAbout({token, issuedBy, daemon}, reductions, {onReduced, lifetimeSeconds, mode}, host) {
    if (onReduced === "warn") for (const reduction of reductions) host.log.warn(`The ${issuedBy} granted less than requested: ${reduction}. ${REDUCED_ADVICE}`);
    const skewSeconds = Math.round((token.issuedAt ?? 0) - host.now().getTime() / 1e3);
    if (issuedBy === "daemon") {
        warnAboutClockSkew(skewSeconds, token, host);
        warnAboutExcess(token, lifetimeSeconds, host);
        if (mode !== "request") warnAboutOldRelease(daemon?.version, host);
    }
    return skewSeconds;
}

const SYNCHRONIZE = "Synchronize both clocks with NTP (timedatectl, chronyc tracking)";

function warnAboutExcess(token, lifetimeSeconds, host) {
    const excess = excessLifetime(token, lifetimeSeconds, host.now());
    if (excess === undefined || typeof lifetimeSeconds !== "number") return;
    const [issued, here] = [ new Date((token.issuedAt ?? 0) * 1e3), host.now() ].map(each => each.toISOString());
    host.log.warn(`According to the clock of this host, the token is valid for ${describeDuration(excess)} longer than the requested ${describeDuration(lifetimeSeconds)}. The daemon issued it at ${issued} by its own clock; the clock of this host shows ${here}. ${SYNCHRONIZE}`);
}

function warnAboutOldRelease(version, host) {
    if (version === undefined || restrictsLevels(version)) return;
    host.log.warn(`The daemon runs HTCondor ${version.text}, which does not restrict a fetched token to the levels of the credential: a READ token can fetch a WRITE token. Update the daemon to 23.0.22, 23.10.22, 24.0.6, 24.6.0 or later`);
}

const SKEW_WARNING_SECONDS = 60;

const MIN_SKEW_SECONDS = 10;

function warnAboutClockSkew(seconds, {issuedAt = 0, expiresAt}, host) {
    const tenth = expiresAt === undefined ? SKEW_WARNING_SECONDS : (expiresAt - issuedAt) / 10;
    if (Math.abs(seconds) < Math.max(MIN_SKEW_SECONDS, Math.min(tenth, SKEW_WARNING_SECONDS))) return;
    const how = seconds > 0 ? "ahead of" : "behind";
    host.log.warn(`The daemon's clock is ${describeDuration(Math.abs(seconds))} ${how} the clock of this host, so the token expires that much ${seconds > 0 ? "later" : "earlier"} than its times suggest. ${SYNCHRONIZE}`);
}

async function bundle_fetchToken(options) {
    return await run(options, fetchToken, false);
}

async function bundle_checkFetch(options) {
    return await run(options, checkFetch, true);
}

function bundle_hintsFor(error) {
    return hintsFor(error);
}

function isHTCondorError(error) {
    return error instanceof HTCondorError;
}

async function run(options, work, isCheck) {
    const {timeoutMs, signal, onSecret, onLog} = options;
    try {
        const input = inputsOf(options, isCheck);
        const host = processHost(timeoutMs === undefined ? readTimeout(input) : checkTimeout(timeoutMs), signal ?? (new AbortController).signal, {
            mask: secret => onSecret?.(secret),
            log: {
                debug: line => onLog?.("debug", printable(line)),
                info: line => onLog?.("info", printable(line)),
                notice: line => onLog?.("notice", printable(line)),
                warn: line => onLog?.("warn", printable(line))
            }
        });
        try {
            const request = readRequest(input, await processSurroundings(host.signal));
            if (request.checkOnly && !isCheck) throw new InputError("mode", "mode: call checkFetch instead of setting mode to check");
            return await work(request, host);
        } finally {
            host.done();
        }
    } catch (error) {
        throw error instanceof InputError ? withOptionName(error) : error;
    }
}

var __webpack_exports__AuthenticationError = __webpack_exports__.v3;

var __webpack_exports__AuthorizationError = __webpack_exports__.yi;

var __webpack_exports__ConnectError = __webpack_exports__.T$;

var __webpack_exports__CredentialError = __webpack_exports__.oA;

var __webpack_exports__DaemonError = __webpack_exports__.$v;

var __webpack_exports__HTCondorError = __webpack_exports__._T;

var __webpack_exports__InputError = __webpack_exports__.dz;

var __webpack_exports__LocateError = __webpack_exports__.v0;

var __webpack_exports__NegotiationError = __webpack_exports__.wb;

var __webpack_exports__OutputError = __webpack_exports__.u7;

var __webpack_exports__ProtocolError = __webpack_exports__.bd;

var __webpack_exports__TokenError = __webpack_exports__.gz;

var __webpack_exports__checkFetch = __webpack_exports__.vL;

var __webpack_exports__fetchToken = __webpack_exports__.eY;

var __webpack_exports__hintsFor = __webpack_exports__.uK;

var __webpack_exports__isHTCondorError = __webpack_exports__._f;

export { __webpack_exports__AuthenticationError as AuthenticationError, __webpack_exports__AuthorizationError as AuthorizationError, __webpack_exports__ConnectError as ConnectError, __webpack_exports__CredentialError as CredentialError, __webpack_exports__DaemonError as DaemonError, __webpack_exports__HTCondorError as HTCondorError, __webpack_exports__InputError as InputError, __webpack_exports__LocateError as LocateError, __webpack_exports__NegotiationError as NegotiationError, __webpack_exports__OutputError as OutputError, __webpack_exports__ProtocolError as ProtocolError, __webpack_exports__TokenError as TokenError, __webpack_exports__checkFetch as checkFetch, __webpack_exports__fetchToken as fetchToken, __webpack_exports__hintsFor as hintsFor, __webpack_exports__isHTCondorError as isHTCondorError };
