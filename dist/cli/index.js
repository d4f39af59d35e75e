import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 304:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e: () => (/* binding */ run)
});

;// CONCATENATED MODULE: ./build/src/printable.js
/** Characters that move a cursor, end a line, colour a terminal or turn text round. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
/** Longest text from outside that is worth printing, in characters. */
const MAX_LENGTH = 2000;
/**
 * Text from outside as one harmless line: no control characters, and nothing that a GitHub runner takes for a command.
 *
 * The runner obeys `::name::` at the start of a line and the older `##[name]` anywhere in one (`ActionCommand.cs`).
 */
function printable(text) {
    const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
    return cut
        .replace(UNPRINTABLE, '?')
        .replaceAll('##[', '# #[')
        .replace(/^(\s*):(?=:)/, '$1: ');
}
//# sourceMappingURL=printable.js.map
;// CONCATENATED MODULE: ./build/src/errors.js
/**
 * What can go wrong, sorted by whose move it is. Codes and exit statuses are stable; texts are not.
 *
 * An error states a fact. What to try about it is in hints.ts.
 */

/** The root of all errors that this package throws on purpose; any other error is a bug in it. */
class HTCondorError extends Error {
    phase;
    peer;
    constructor(message, facts = {}) {
        super(printable(message), facts.cause === undefined ? undefined : { cause: facts.cause });
        this.name = new.target.name;
        this.phase = facts.phase;
        this.peer = facts.peer;
    }
    /** Adds where it happened, unless that is known already: the innermost place wins. */
    at(phase, peer) {
        this.phase ??= phase;
        this.peer ??= peer;
        return this;
    }
}
/** What was asked for makes no sense; found before any connection. Move: the workflow's author. */
class InputError extends HTCondorError {
    code = 'ERR_INPUT';
    exitStatus = 2;
    /** Name of the input or flag, without dashes. */
    input;
    constructor(input, message, facts) {
        super(message, facts);
        this.input = input;
    }
}
/** No usable credential was found; nothing was sent. Move: the workflow's author. */
class CredentialError extends HTCondorError {
    exitStatus = 2;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
/** The collector was asked and does not know the daemon, or knows several. Move: the workflow's author. */
class LocateError extends HTCondorError {
    exitStatus = 3;
    code;
    /** Names that the collector has of the type asked for; at most ten. */
    names;
    constructor(code, message, names, facts) {
        super(message, facts);
        this.code = code;
        this.names = names;
    }
}
/** The network: worth a retry, but for ERR_CCB_ONLY. */
class ConnectError extends HTCondorError {
    exitStatus = 3;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
/** The peer does not speak CEDAR as it is specified. */
class ProtocolError extends HTCondorError {
    exitStatus = 4;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
/** The two sides have nothing acceptable in common. Move: both configurations. */
class NegotiationError extends HTCondorError {
    exitStatus = 5;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
/** Nobody was authenticated: our credentials were refused, or the daemon could not prove itself. */
class AuthenticationError extends HTCondorError {
    exitStatus = 5;
    code;
    attempts;
    constructor(code, message, attempts, facts) {
        super(message, facts);
        this.code = code;
        this.attempts = attempts.map(({ method, reason }) => ({
            method: printable(method),
            reason: printable(reason),
        }));
    }
}
/** Authenticated, but the command is not allowed or not known. Move: the pool's administrator. */
class AuthorizationError extends HTCondorError {
    exitStatus = 6;
    code;
    /** Who the daemon says we are, if it said so. */
    user;
    constructor(code, message, user, facts) {
        super(message, facts);
        this.code = code;
        this.user = user === undefined ? undefined : printable(user);
    }
}
/** The daemon carried the command out and reports an error. Move: the pool's administrator. */
class DaemonError extends HTCondorError {
    code = 'ERR_DAEMON';
    exitStatus = 6;
    /** HTCondor's ErrorCode; -1 where it sent none. The same number has several meanings: see `errorString`. */
    errorCode;
    errorString;
    constructor(errorCode, errorString, facts) {
        super(`the daemon reports error ${errorCode}: ${errorString}`, facts);
        this.errorCode = errorCode;
        this.errorString = printable(errorString);
    }
}
/** The token that came is not the token that was asked for. Move: the pool's administrator. */
class TokenError extends HTCondorError {
    exitStatus = 7;
    code;
    /** The claim or header parameter at fault, if it is one. */
    claim;
    constructor(code, message, claim, facts) {
        super(message, facts);
        this.code = code;
        this.claim = claim;
    }
}
/** The token could not be written or handed over. Move: the runner. */
class OutputError extends HTCondorError {
    code = 'ERR_OUTPUT';
    exitStatus = 8;
}
//# sourceMappingURL=errors.js.map
;// CONCATENATED MODULE: ./build/src/argv.js
/** Flags of `condor_token_fetch`, by HTCondor's own rules (is_dash_arg_prefix in match_prefix.cpp). */

/** In the order in which HTCondor's tool compares them: the first that fits counts, even if a later one would too. */
const FLAGS = [
    { name: 'authz', minimum: 1, value: 'AUTHZ', help: 'Limit the token to this authorization level; may be repeated' },
    { name: 'lifetime', minimum: 1, value: 'SECONDS', help: 'Lifetime of the token; also 90m, 12h, 2d' },
    { name: 'pool', minimum: 1, value: 'HOST', help: 'Ask this collector' },
    { name: 'name', minimum: 1, value: 'NAME', help: 'Name of the daemon' },
    { name: 'key', minimum: 1, value: 'KEY', help: 'Ask for a token signed with this key' },
    { name: 'token', minimum: 2, value: 'NAME', help: 'Write to this file name in the token directory' },
    { name: 'file', minimum: 1, value: 'PATH', help: 'Write to this file' },
    { name: 'type', minimum: 1, value: 'TYPE', help: 'Type of the daemon (default: SCHEDD)' },
    { name: 'debug', minimum: 1, help: 'Say on standard error what happens (-debug:LEVELS is accepted)' },
    { name: 'help', minimum: 1, help: 'Show this' },
    { name: 'address', minimum: 2, value: 'SINFUL', help: 'Address of the daemon; no collector is asked' },
    { name: 'timeout', minimum: 3, value: 'TIME', help: 'Time allowed for everything (default: 60s)' },
    { name: 'json', minimum: 1, help: 'Print claims and facts as JSON instead of the token' },
    { name: 'version', minimum: 1, help: 'Show the version' },
];
/** @throws InputError an argument that is no flag, or a flag without its value. */
function parseArguments(args) {
    const found = new Map();
    for (let i = 0; i < args.length; i++) {
        const argument = args[i] ?? '';
        const flag = FLAGS.find((each) => matches(argument, each));
        if (flag === undefined)
            throw new InputError('arguments', `Invalid command line argument: ${argument}`);
        let value = '';
        if (flag.value !== undefined) {
            i += 1;
            value = args[i];
            if (value === undefined)
                throw new InputError(flag.name, `-${flag.name} requires an argument: ${flag.value}`);
        }
        found.set(flag.name, [...(found.get(flag.name) ?? []), value]);
    }
    return found;
}
function matches(argument, { name, minimum }) {
    const [, dashes = '', word = ''] = /^(--?)([^:]*)/.exec(name === 'debug' ? argument : argument.replaceAll(':', '\0')) ?? [];
    if (dashes === '--')
        return word === name;
    return dashes === '-' && word.length >= minimum && name.startsWith(word);
}
function usage() {
    const lines = FLAGS.map(({ name, value, help }) => `  ${`-${name}${value === undefined ? '' : ` ${value}`}`.padEnd(20)}${help}`);
    return `Usage: condor_token_fetch [FLAG]...

Fetches a token from a daemon of an HTCondor pool and prints it to standard output.

${lines.join('\n')}
`;
}
//# sourceMappingURL=argv.js.map
;// CONCATENATED MODULE: ./node_modules/jose/dist/webapi/lib/buffer_utils.js
const buffer_utils_encoder = new TextEncoder(), decoder = new TextDecoder(), strictDecoder = new TextDecoder("utf-8", { fatal: !0 }), UINT32_RANGE = (/* unused pure expression or super */ null && (2 ** 32));
function concat(...buffers) {
  const size = buffers.reduce((acc, { length }) => acc + length, 0), buf = new Uint8Array(size);
  let i = 0;
  for (const buffer of buffers)
    buf.set(buffer, i), i += buffer.length;
  return buf;
}
function writeUInt32BE(buf, value, offset) {
  if (value < 0 || value >= UINT32_RANGE)
    throw new RangeError(`value must be >= 0 and <= ${UINT32_RANGE - 1}. Received ${value}`);
  buf.set([value >>> 24, value >>> 16, value >>> 8, value & 255], offset);
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
    if (NON_ASCII.test(string))
      throw new TypeError("non-ASCII string encountered in encode()");
    return buffer_utils_encoder.encode(string);
  }
  const bytes = new Uint8Array(string.length);
  for (let i = 0; i < string.length; i++) {
    const code = string.charCodeAt(i);
    if (code > 127)
      throw new TypeError("non-ASCII string encountered in encode()");
    bytes[i] = code;
  }
  return bytes;
}
function buffer_utils_encodeBase64(input, url = !1) {
  if (Uint8Array.prototype.toBase64)
    return input.toBase64({ alphabet: url ? "base64url" : "base64", omitPadding: url });
  const CHUNK_SIZE = 32768, arr = [];
  for (let i = 0; i < input.length; i += CHUNK_SIZE)
    arr.push(String.fromCharCode.apply(null, input.subarray(i, i + CHUNK_SIZE)));
  const encoded = btoa(arr.join(""));
  return url ? encoded.replace(/=/g, "").replace(/\+/g, "-").replace(/\//g, "_") : encoded;
}
function decodeBase64(encoded, url = !1) {
  if (Uint8Array.fromBase64)
    return Uint8Array.fromBase64(encoded, { alphabet: url ? "base64url" : "base64" });
  if (url) {
    if (encoded.includes("+") || encoded.includes("/"))
      throw new TypeError("Invalid base64url");
    encoded = encoded.replace(/-/g, "+").replace(/_/g, "/");
  }
  const binary = atob(encoded), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++)
    bytes[i] = binary.charCodeAt(i);
  return bytes;
}
async function digest(algorithm, data) {
  const subtleDigest = `SHA-${algorithm.slice(-3)}`;
  return new Uint8Array(await crypto.subtle.digest(subtleDigest, data));
}


;// CONCATENATED MODULE: ./node_modules/jose/dist/webapi/util/base64url.js

const invalid = "The input to be decoded is not correctly encoded.";
function base64url_decode(input) {
  try {
    return decodeBase64(typeof input == "string" ? input : decoder.decode(input), !0);
  } catch (cause) {
    throw new TypeError(invalid, { cause });
  }
}
function base64url_encode(input) {
  return encodeBase64(typeof input == "string" ? encoder.encode(input) : input, !0);
}


;// CONCATENATED MODULE: ./node_modules/jose/dist/webapi/lib/validate.js



function assertUint8Array(input, label) {
  if (!(input instanceof Uint8Array))
    throw new TypeError(`${label} must be an instance of Uint8Array`);
}
function isObject(input) {
  if (typeof input != "object" || input === null || Object.prototype.toString.call(input) !== "[object Object]")
    return !1;
  const prototype = Object.getPrototypeOf(input);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
function isJwkSet(input) {
  return isObject(input) && Array.isArray(input.keys) && Array.from(input.keys).every(isObject);
}
function isDisjoint(...headers) {
  const parameters = /* @__PURE__ */ new Set();
  for (const header of headers)
    if (header)
      for (const parameter of Object.keys(header)) {
        if (parameters.has(parameter))
          return !1;
        parameters.add(parameter);
      }
  return !0;
}
function assertNotSet(value, name) {
  if (value !== void 0)
    throw new TypeError(`${name} can only be called once`);
}
function decodeBase64url(value, label, ErrorClass) {
  try {
    return decode(value);
  } catch (cause) {
    throw new ErrorClass(`Failed to base64url decode the ${label}`, { cause });
  }
}
function encodeAsciiMember(value, label, ErrorClass) {
  try {
    return encode(value);
  } catch (cause) {
    throw new ErrorClass(`The ${label} is not a valid base64url string`, { cause });
  }
}
function parseJoseHeader(encodedProtectedHeader, ErrorClass, message) {
  let parsed;
  try {
    parsed = JSON.parse(strictDecoder.decode(base64url_decode(encodedProtectedHeader)));
  } catch (cause) {
    throw new ErrorClass(message, { cause });
  }
  if (!isObject(parsed))
    throw new ErrorClass(message);
  return parsed;
}
const JWS_RECOGNIZED = { __proto__: null, b64: !0 }, JWE_RECOGNIZED = { __proto__: null };
function validateAlgorithms(option, algorithms) {
  if (algorithms !== void 0 && (!Array.isArray(algorithms) || algorithms.some((s) => typeof s != "string")))
    throw new TypeError(`"${option}" option must be an array of strings`);
  return algorithms === void 0 ? void 0 : new Set(algorithms);
}
function validateCritDuplicates(Err, protectedHeader) {
  const { crit } = protectedHeader ?? {};
  if (Array.isArray(crit) && new Set(crit).size !== crit.length)
    throw new Err('"crit" (Critical) Header Parameter MUST NOT contain duplicate values');
}
function validateCrit(Err, recognizedDefault, recognizedOption, protectedHeader, joseHeader) {
  if (joseHeader.crit !== void 0 && protectedHeader?.crit === void 0)
    throw new Err('"crit" (Critical) Header Parameter MUST be integrity protected');
  if (!protectedHeader || protectedHeader.crit === void 0)
    return [];
  if (!Array.isArray(protectedHeader.crit) || protectedHeader.crit.length === 0 || protectedHeader.crit.some((input) => typeof input != "string" || input.length === 0))
    throw new Err('"crit" (Critical) Header Parameter MUST be an array of non-empty strings when present');
  const recognized = recognizedOption === void 0 ? recognizedDefault : { __proto__: null, ...recognizedOption, ...recognizedDefault };
  for (const parameter of protectedHeader.crit) {
    if (!(parameter in recognized))
      throw new JOSENotSupported(`Extension Header Parameter "${parameter}" is not recognized`);
    if (!Object.hasOwn(joseHeader, parameter) || joseHeader[parameter] === void 0)
      throw new Err(`Extension Header Parameter "${parameter}" is missing`);
    if (recognized[parameter] && (!Object.hasOwn(protectedHeader, parameter) || protectedHeader[parameter] === void 0))
      throw new Err(`Extension Header Parameter "${parameter}" MUST be integrity protected`);
  }
  return protectedHeader.crit;
}
function validateB64(protectedHeader, extensions) {
  if (extensions.includes("b64")) {
    const b64 = protectedHeader.b64;
    if (typeof b64 != "boolean")
      throw new JWSInvalid('The "b64" (base64url-encode payload) Header Parameter must be a boolean');
    return b64;
  }
  return !0;
}
function serializeJoseHeader(Err, header) {
  let serialized, parsed;
  try {
    serialized = JSON.stringify(header), parsed = JSON.parse(serialized);
  } catch (cause) {
    throw new Err("JOSE Header is not valid JSON", { cause });
  }
  if (!isObject(parsed))
    throw new Err("JOSE Header is not a JSON object");
  return [parsed, serialized];
}


;// CONCATENATED MODULE: ./node_modules/jose/dist/webapi/util/decode_protected_header.js

function decodeProtectedHeader(token) {
  let encodedProtectedHeader;
  if (typeof token == "string") {
    const parts = token.split(".");
    (parts.length === 3 || parts.length === 5) && ([encodedProtectedHeader] = parts);
  } else if (typeof token == "object" && token)
    if ("protected" in token)
      encodedProtectedHeader = token.protected;
    else
      throw new TypeError("Token does not contain a Protected Header");
  const invalid = "Invalid Token or Protected Header formatting";
  if (typeof encodedProtectedHeader != "string" || !encodedProtectedHeader)
    throw new TypeError(invalid);
  return parseJoseHeader(encodedProtectedHeader, TypeError, invalid);
}


;// CONCATENATED MODULE: ./node_modules/jose/dist/webapi/util/errors.js
class JOSEError extends Error {
  static code = "ERR_JOSE_GENERIC";
  code = "ERR_JOSE_GENERIC";
  constructor(message, options) {
    super(message, options), this.name = this.constructor.name, Error.captureStackTrace?.(this, this.constructor);
  }
}
class JWTClaimValidationFailed extends JOSEError {
  static code = "ERR_JWT_CLAIM_VALIDATION_FAILED";
  code = "ERR_JWT_CLAIM_VALIDATION_FAILED";
  claim;
  reason;
  payload;
  constructor(message, payload, claim = "unspecified", reason = "unspecified") {
    super(message, { cause: { claim, reason, payload } }), this.claim = claim, this.reason = reason, this.payload = payload;
  }
}
class JWTExpired extends JOSEError {
  static code = "ERR_JWT_EXPIRED";
  code = "ERR_JWT_EXPIRED";
  claim;
  reason;
  payload;
  constructor(message, payload, claim = "unspecified", reason = "unspecified") {
    super(message, { cause: { claim, reason, payload } }), this.claim = claim, this.reason = reason, this.payload = payload;
  }
}
class JOSEAlgNotAllowed extends (/* unused pure expression or super */ null && (JOSEError)) {
  static code = (/* unused pure expression or super */ null && ("ERR_JOSE_ALG_NOT_ALLOWED"));
  code = "ERR_JOSE_ALG_NOT_ALLOWED";
}
class errors_JOSENotSupported extends (/* unused pure expression or super */ null && (JOSEError)) {
  static code = (/* unused pure expression or super */ null && ("ERR_JOSE_NOT_SUPPORTED"));
  code = "ERR_JOSE_NOT_SUPPORTED";
}
class JWEDecryptionFailed extends JOSEError {
  static code = "ERR_JWE_DECRYPTION_FAILED";
  code = "ERR_JWE_DECRYPTION_FAILED";
  constructor(message = "decryption operation failed", options) {
    super(message, options);
  }
}
class JWEInvalid extends (/* unused pure expression or super */ null && (JOSEError)) {
  static code = (/* unused pure expression or super */ null && ("ERR_JWE_INVALID"));
  code = "ERR_JWE_INVALID";
}
class errors_JWSInvalid extends (/* unused pure expression or super */ null && (JOSEError)) {
  static code = (/* unused pure expression or super */ null && ("ERR_JWS_INVALID"));
  code = "ERR_JWS_INVALID";
}
class JWTInvalid extends JOSEError {
  static code = "ERR_JWT_INVALID";
  code = "ERR_JWT_INVALID";
}
class JWKInvalid extends (/* unused pure expression or super */ null && (JOSEError)) {
  static code = (/* unused pure expression or super */ null && ("ERR_JWK_INVALID"));
  code = "ERR_JWK_INVALID";
}
class JWKSInvalid extends (/* unused pure expression or super */ null && (JOSEError)) {
  static code = (/* unused pure expression or super */ null && ("ERR_JWKS_INVALID"));
  code = "ERR_JWKS_INVALID";
}
class JWKSNoMatchingKey extends JOSEError {
  static code = "ERR_JWKS_NO_MATCHING_KEY";
  code = "ERR_JWKS_NO_MATCHING_KEY";
  constructor(message = "no applicable key found in the JSON Web Key Set", options) {
    super(message, options);
  }
}
class JWKSMultipleMatchingKeys extends JOSEError {
  [Symbol.asyncIterator] = async function* () {
  };
  static code = "ERR_JWKS_MULTIPLE_MATCHING_KEYS";
  code = "ERR_JWKS_MULTIPLE_MATCHING_KEYS";
  constructor(message = "multiple matching keys found in the JSON Web Key Set", options) {
    super(message, options);
  }
}
class JWKSTimeout extends JOSEError {
  static code = "ERR_JWKS_TIMEOUT";
  code = "ERR_JWKS_TIMEOUT";
  constructor(message = "request timed out", options) {
    super(message, options);
  }
}
class JWSSignatureVerificationFailed extends JOSEError {
  static code = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
  code = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";
  constructor(message = "signature verification failed", options) {
    super(message, options);
  }
}


;// CONCATENATED MODULE: ./node_modules/jose/dist/webapi/util/decode_jwt.js




function decodeJwt(jwt) {
  if (typeof jwt != "string")
    throw new JWTInvalid("JWTs must use Compact JWS serialization, JWT must be a string");
  const { 1: encodedPayload, length } = jwt.split(".");
  if (length === 5)
    throw new JWTInvalid("Only JWTs using Compact JWS serialization can be decoded");
  if (length !== 3)
    throw new JWTInvalid("Invalid JWT");
  if (!encodedPayload)
    throw new JWTInvalid("JWTs must contain a payload");
  let claimsSetBytes;
  try {
    claimsSetBytes = base64url_decode(encodedPayload);
  } catch (cause) {
    throw new JWTInvalid("Failed to base64url decode the payload", { cause });
  }
  let claimsSet;
  try {
    claimsSet = JSON.parse(strictDecoder.decode(claimsSetBytes));
  } catch (cause) {
    throw new JWTInvalid("Failed to parse the decoded payload as JSON", { cause });
  }
  if (!isObject(claimsSet))
    throw new JWTInvalid("Invalid JWT Claims Set");
  return claimsSet;
}


;// CONCATENATED MODULE: external "node:util"
const external_node_util_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");
;// CONCATENATED MODULE: ./build/src/secret.js

/** A credential or token. Prints as `***` whoever prints it; only `reveal()` gives the value. */
class Secret {
    #value;
    constructor(value) {
        this.#value = value;
    }
    /** The value itself. Callers are listed in test/architecture.test.ts. */
    reveal() {
        return this.#value;
    }
    toString() {
        return '***';
    }
    toJSON() {
        return '***';
    }
    [external_node_util_namespaceObject.inspect.custom]() {
        return '***';
    }
}
//# sourceMappingURL=secret.js.map
;// CONCATENATED MODULE: ./build/src/token/jwt.js




/** Longest token that is looked at, in characters. IDTOKENS have some 300. */
const jwt_MAX_LENGTH = 64 * 1024;
const LEVEL_PREFIX = 'condor:/';
/**
 * Takes an IDTOKEN apart; nothing is verified, for the signing key is the daemon's alone.
 *
 * @throws TokenError ERR_TOKEN_MALFORMED if it is not a signed JWT with the claims that every IDTOKEN has.
 */
function parseIdToken(jwt) {
    const text = jwt.reveal();
    const parts = text.split('.');
    if (text.length > jwt_MAX_LENGTH)
        throw malformed(`it has ${text.length} characters`);
    if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) {
        throw malformed('it is not three parts of base64url with dots between them');
    }
    const { header, claims } = jwt_decode(text);
    const { alg, kid } = header;
    const { iss, sub, iat, exp, jti, scope } = claims;
    if (typeof alg !== 'string' || alg.toLowerCase() === 'none')
        throw malformed('it is not signed', 'alg');
    return {
        jwt,
        signedText: `${parts[0]}.${parts[1]}`,
        algorithm: alg,
        keyId: word(kid, 'kid'),
        issuer: word(iss, 'iss'),
        subject: word(sub, 'sub'),
        issuedAt: time(iat, 'iat'),
        expiresAt: time(exp, 'exp'),
        tokenId: jti === undefined ? undefined : word(jti, 'jti'),
        authz: levels(scope),
    };
}
/** The secret of a token as raw bytes: 32 for HS256. */
function revealSignature({ jwt }) {
    return new Uint8Array(Buffer.from(signaturePart(jwt).reveal(), 'base64url'));
}
/** The third part of a JWT, which has to be masked by itself: a mask hides whole values only. */
function signaturePart(jwt) {
    return new Secret(jwt.reveal().split('.')[2] ?? '');
}
function jwt_decode(text) {
    try {
        return { header: decodeProtectedHeader(text), claims: decodeJwt(text) };
    }
    catch {
        // Not as cause: jose's message may quote what it could not read.
        throw malformed('its header or payload is not a JSON object');
    }
}
function word(value, claim) {
    if (typeof value !== 'string' || value === '')
        throw malformed(`it has no ${claim}`, claim);
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value))
        throw malformed(`its ${claim} has control characters`, claim);
    return value;
}
function time(value, claim) {
    if (value === undefined)
        return undefined;
    if (typeof value !== 'number' || value < 0 || value > 8.64e12)
        throw malformed(`its ${claim} is no time`, claim);
    return Math.floor(value);
}
/** Only words with `condor:/` count; a scope without any is no limit (Condor_Auth_Passwd::validate). */
function levels(scope) {
    if (scope === undefined)
        return undefined;
    const words = typeof scope === 'string' ? scope.split(/\s+/) : Array.isArray(scope) ? scope.map(String) : [];
    const found = words.filter((each) => each.startsWith(LEVEL_PREFIX)).map((each) => each.slice(LEVEL_PREFIX.length));
    return found.length > 0 ? found : undefined;
}
function malformed(what, claim) {
    return new TokenError('ERR_TOKEN_MALFORMED', `not an IDTOKEN: ${what}`, claim);
}
//# sourceMappingURL=jwt.js.map
;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:fs/promises"
const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");
;// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");
;// CONCATENATED MODULE: ./build/src/credentials/idtoken-directory.js




/** LOCAL_CONFIG_DIR_EXCLUDE_REGEXP's default: files that editors and package managers leave behind. */
const EXCLUDED_NAME = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew)|(.*\.dpkg-.*))$/;
/** A token file is a line or a few; whatever is larger is something else. */
const MAX_FILE_LENGTH = 1024 * 1024;
/**
 * Reads a token directory as HTCondor does (findTokens in condor_auth_passwd.cpp, read_secure_file): files in the order
 * of their names, one token a line, `#` comments; a file must belong to us and be closed to everybody else.
 */
async function readTokenDirectory(directory) {
    let names;
    try {
        names = (await (0,promises_namespaceObject.readdir)(directory)).sort();
    }
    catch (error) {
        return { lines: [], skipped: [`${directory}: ${reasonOf(error)}`] };
    }
    const lines = [];
    const skipped = [];
    for (const name of names) {
        const path = (0,external_node_path_namespaceObject.join)(directory, name);
        if (EXCLUDED_NAME.test(name)) {
            skipped.push(`${path}: HTCondor ignores files of such a name`);
            continue;
        }
        try {
            lines.push(...tokenLines(await readPrivateFile(path), path));
        }
        catch (error) {
            skipped.push(`${path}: ${reasonOf(error)}`);
        }
    }
    if (names.length === 0)
        skipped.push(`${directory}: it is empty`);
    return { lines, skipped };
}
/** The lines of a text that are neither blank nor comments. */
function tokenLines(text, source) {
    const found = text
        .split(/\r?\n/)
        .map((line, index) => ({ line: line.trim(), number: index + 1 }))
        .filter(({ line }) => line !== '' && !line.startsWith('#'));
    return found.map(({ line, number }) => ({
        text: new Secret(line),
        source: found.length === 1 ? source : `${source} line ${number}`,
    }));
}
async function readPrivateFile(path) {
    const file = await (0,promises_namespaceObject.open)(path, external_node_fs_namespaceObject.constants.O_RDONLY | (external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0));
    try {
        const { uid, mode, size } = await file.stat();
        if ((mode & external_node_fs_namespaceObject.constants.S_IFMT) !== external_node_fs_namespaceObject.constants.S_IFREG)
            throw new Error('it is no regular file');
        if (size > MAX_FILE_LENGTH)
            throw new Error('it is too large for a token');
        if (process.getuid !== undefined) {
            if (uid !== process.getuid())
                throw new Error(`it belongs to user ${uid}, not to us (${process.getuid()})`);
            const open = mode & 0o077;
            if (open !== 0)
                throw new Error(`others may use it (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); it must be 0600`);
        }
        return await file.readFile('utf8');
    }
    finally {
        await file.close();
    }
}
function reasonOf(error) {
    const { code, message } = error;
    if (code === 'ENOENT')
        return 'it does not exist';
    if (code === 'EACCES' || code === 'EPERM')
        return 'it cannot be read by this user';
    return message;
}
//# sourceMappingURL=idtoken-directory.js.map
;// CONCATENATED MODULE: ./build/src/credentials/idtoken-sources.js



/**
 * All IDTOKENS of a source, in HTCondor's order. Each is masked before anything else is done with it.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE a line of the input that is no IDTOKEN; ERR_NO_CREDENTIAL with
 *   every place that was looked at.
 */
async function loadIdTokens(source, host) {
    if ('text' in source) {
        host.mask(source.text);
        const lines = tokenLines(source.text.reveal(), 'idtoken');
        if (lines.length === 0)
            throw new CredentialError('ERR_NO_CREDENTIAL', 'idtoken holds no token, only blank lines and comments');
        return lines.map((line) => parseLine(line, true, host));
    }
    const { lines, skipped } = await readTokenDirectory(source.directory);
    const found = [];
    const reasons = [...skipped];
    for (const line of lines) {
        try {
            found.push(parseLine(line, source.named, host));
        }
        catch (error) {
            if (!(error instanceof CredentialError))
                throw error;
            reasons.push(error.message);
        }
    }
    for (const reason of reasons)
        host.log.debug(`credentials: passed over ${reason}`);
    if (found.length === 0)
        throw new CredentialError('ERR_NO_CREDENTIAL', `no IDTOKEN was found; ${reasons.join('; ')}`);
    return found;
}
function parseLine({ text, source }, chosen, host) {
    host.mask(text);
    const signature = signaturePart(text);
    if (signature.reveal() !== '')
        host.mask(signature);
    try {
        return { token: parseIdToken(text), source, chosen };
    }
    catch (error) {
        if (!(error instanceof TokenError))
            throw error;
        throw new CredentialError('ERR_CREDENTIAL_UNREADABLE', `${source}: ${error.message}`);
    }
}
//# sourceMappingURL=idtoken-sources.js.map
;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");
;// CONCATENATED MODULE: ./build/src/wire/writer.js
/**
 * Writes primitives into one message (cedar-rfc §2; Stream::put in C++). The mirror of reader.ts.
 *
 * Throws RangeError on what CEDAR cannot carry: that is a bug here, for inputs are checked long before.
 */
class Writer {
    #parts = [];
    #encrypted;
    constructor(encrypted = false) {
        this.#encrypted = encrypted;
    }
    int(value) {
        if (!Number.isSafeInteger(value))
            throw new RangeError(`not an integer: ${value}`);
        const bytes = new Uint8Array(8);
        new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
        return this.bytes(bytes);
    }
    bytes(bytes) {
        this.#parts.push(bytes);
        return this;
    }
    string(value) {
        if (value.includes('\0'))
            throw new RangeError('a CEDAR string cannot carry NUL');
        const bytes = new TextEncoder().encode(`${value}\0`);
        if (this.#encrypted)
            this.int(bytes.length);
        return this.bytes(bytes);
    }
    /** The message. */
    finish() {
        return writer_concat(this.#parts);
    }
}
/** All parts in one array. */
function writer_concat(parts) {
    const [first] = parts;
    if (parts.length === 1 && first !== undefined)
        return first;
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
        whole.set(part, at);
        at += part.length;
    }
    return whole;
}
//# sourceMappingURL=writer.js.map
;// CONCATENATED MODULE: ./build/src/wire/frame.js


/** Bytes of a frame's header: end flag, then the length of the body, big endian (cedar-rfc §1.2). */
const HEADER_LENGTH = 5;
/** Longest body of a frame, in bytes. A larger length is how a hostile peer would make us allocate gigabytes. */
const MAX_BODY_LENGTH = 1024 * 1024;
/** End flags above this are refused by C++ too (ReliSock::RcvMsg::rcv_packet). */
const MAX_END_FLAG = 10;
/** The header of a frame that ends its message. */
function putHeader(bodyLength) {
    if (bodyLength < 1 || bodyLength > MAX_BODY_LENGTH)
        throw new RangeError(`a frame of ${bodyLength} bytes`);
    const header = new Uint8Array(HEADER_LENGTH);
    header[0] = 1;
    new DataView(header.buffer).setUint32(1, bodyLength);
    return header;
}
/**
 * Cuts a byte stream into frames (cedar-rfc §1.2; ReliSock::RcvMsg::rcv_packet in C++).
 *
 * Holds at most the chunks of one unfinished frame and what came behind it. Throws ERR_FRAME on a wrong end flag, a
 * length of 0 or one above 1 MiB as soon as the header is there, before anything is allocated for the body.
 */
class Deframer {
    #chunks = [];
    #buffered = 0;
    #header;
    #bodyLength = 0;
    push(chunk) {
        this.#chunks.push(chunk);
        this.#buffered += chunk.length;
    }
    /** The next whole frame, or undefined until more bytes are pushed. */
    next() {
        if (this.#header === undefined) {
            if (this.#buffered >= 1)
                refuseForeign(this.#chunks);
            if (this.#buffered < HEADER_LENGTH)
                return undefined;
            const header = this.#shift(HEADER_LENGTH);
            this.#bodyLength = bodyLengthOf(header);
            this.#header = header;
        }
        if (this.#buffered < this.#bodyLength)
            return undefined;
        const header = this.#header;
        this.#header = undefined;
        return { header, body: this.#shift(this.#bodyLength), endOfMessage: header[0] !== 0 };
    }
    #shift(length) {
        const all = writer_concat(this.#chunks);
        const rest = all.subarray(length);
        this.#chunks = rest.length > 0 ? [rest] : [];
        this.#buffered = rest.length;
        return all.subarray(0, length);
    }
}
function bodyLengthOf(header) {
    const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
    if (length === 0)
        throw new ProtocolError('ERR_FRAME', 'a frame of length 0');
    if (length > MAX_BODY_LENGTH) {
        throw new ProtocolError('ERR_FRAME', `a frame of ${length} bytes; at most ${MAX_BODY_LENGTH} are allowed`);
    }
    return length;
}
/** The first byte of a frame is its end flag; of other protocols it is something else, and worth naming. */
function refuseForeign(chunks) {
    const start = chunks.find((chunk) => chunk.length > 0) ?? new Uint8Array();
    const flag = start[0] ?? 0;
    if (flag <= MAX_END_FLAG)
        return;
    throw new ProtocolError('ERR_FRAME', `the peer does not speak CEDAR${foreignProtocol(start)}`);
}
function foreignProtocol(start) {
    const text = String.fromCharCode(...start.subarray(0, 4));
    if (text.startsWith('HTTP'.slice(0, text.length)))
        return '; it answers like a web server (HTTP)';
    if (text.startsWith('SSH-'.slice(0, text.length)))
        return '; it answers like an SSH server';
    if (start[0] === 0x15 || start[0] === 0x16)
        return '; it answers like a TLS server';
    return ` (its first byte is ${start[0]})`;
}
//# sourceMappingURL=frame.js.map
;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
;// CONCATENATED MODULE: ./build/src/wire/frame-protection.js




const KEY_LENGTH = 32;
const IV_LENGTH = 16; // not GCM's usual 12 (Condor_Crypt_AESGCM)
const TAG_LENGTH = 16;
const MAX_FRAMES = 0xffff_ffff;
/**
 * AES-256-GCM over whole frames (cedar-rfc §1.4; condor_crypt_aesgcm.cpp).
 *
 * Each direction has a random base IV, which travels in clear in front of its first cipher text, and a counter of
 * frames; the nonce is the base IV with the counter added to its first four bytes, modulo 2^32. The first frame's AAD
 * is the sender's and the receiver's digest of the clear frames and the header; later ones have the header alone.
 */
class FrameProtection {
    #key;
    #digests;
    #sendIv;
    #receiveIv;
    #sealed = 0;
    #opened = 0;
    /** `sendIv`: 16 random bytes, never used before with this key. */
    constructor(key, digests, sendIv) {
        if (key.length !== KEY_LENGTH || sendIv.length !== IV_LENGTH)
            throw new RangeError('key or IV length');
        this.#key = key;
        this.#digests = digests;
        this.#sendIv = sendIv;
    }
    /** One frame, header included, that ends its message. */
    seal(plaintext) {
        const first = this.#sealed === 0;
        const header = putHeader(plaintext.length + TAG_LENGTH + (first ? IV_LENGTH : 0));
        const { sent, received } = this.#digests;
        const cipher = (0,external_node_crypto_namespaceObject.createCipheriv)('aes-256-gcm', this.#key, nonce(this.#sendIv, this.#sealed++));
        cipher.setAAD(first ? writer_concat([sent, received, header]) : header);
        const text = cipher.update(plaintext);
        cipher.final();
        return writer_concat([header, first ? this.#sendIv : new Uint8Array(), text, cipher.getAuthTag()]);
    }
    /** The plaintext of a received frame. Throws ERR_DECRYPT if it is not authentic. */
    open(frame) {
        const first = this.#receiveIv === undefined;
        if (frame.body.length < TAG_LENGTH + (first ? IV_LENGTH : 0)) {
            throw new ProtocolError('ERR_DECRYPT', 'an encrypted frame is too short');
        }
        this.#receiveIv ??= frame.body.slice(0, IV_LENGTH);
        const sealed = first ? frame.body.subarray(IV_LENGTH) : frame.body;
        const { sent, received } = this.#digests;
        const decipher = (0,external_node_crypto_namespaceObject.createDecipheriv)('aes-256-gcm', this.#key, nonce(this.#receiveIv, this.#opened++));
        decipher.setAAD(first ? writer_concat([received, sent, frame.header]) : frame.header);
        decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
        try {
            return writer_concat([decipher.update(sealed.subarray(0, -TAG_LENGTH)), decipher.final()]);
        }
        catch (cause) {
            throw new ProtocolError('ERR_DECRYPT', 'an encrypted frame is not authentic', { cause });
        }
    }
}
/** The nonce of frame `count` of a direction. Running out of them would repeat one, so it ends the connection. */
function nonce(baseIv, count) {
    if (count >= MAX_FRAMES)
        throw new ProtocolError('ERR_FRAME', 'too many frames on one connection');
    const iv = baseIv.slice();
    const view = new DataView(iv.buffer);
    view.setUint32(0, (view.getUint32(0) + count) % 2 ** 32);
    return iv;
}
//# sourceMappingURL=frame-protection.js.map
;// CONCATENATED MODULE: ./build/src/wire/reader.js

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** A string of this one byte stands for C++'s null pointer (Stream::get_string_ptr). */
const NULL_STRING = 0xad;
/**
 * Reads primitives out of one whole message (cedar-rfc §2; Stream::get in C++).
 *
 * Every read is checked against the end of the message and throws ProtocolError ERR_MESSAGE when it would cross it.
 */
class Reader {
    #bytes;
    #view;
    #encrypted;
    #at = 0;
    /** `encrypted`: strings carry their length in front, as they do once a connection is encrypted (§1.3.4). */
    constructor(bytes, encrypted = false) {
        this.#bytes = bytes;
        this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        this.#encrypted = encrypted;
    }
    /** Bytes not read yet. */
    get remaining() {
        return this.#bytes.length - this.#at;
    }
    /** A signed integer: eight bytes, big endian, two's complement. Beyond ±2^53 it is no integer that we know. */
    int() {
        const value = Number(this.#view.getBigInt64(this.#take(8)));
        if (!Number.isSafeInteger(value))
            throw new ProtocolError('ERR_MESSAGE', 'an integer is out of range');
        return value;
    }
    /** The next `length` bytes, not copied. */
    bytes(length) {
        if (!Number.isInteger(length) || length < 0)
            throw new ProtocolError('ERR_MESSAGE', `a length of ${length}`);
        const start = this.#take(length);
        return this.#bytes.subarray(start, start + length);
    }
    /** A string of UTF-8; C++'s null pointer reads as the empty string. */
    string() {
        const bytes = this.#encrypted ? this.#prefixedString() : this.#terminatedString();
        if (bytes.length === 1 && bytes[0] === NULL_STRING)
            return '';
        try {
            return UTF8.decode(bytes);
        }
        catch (cause) {
            throw new ProtocolError('ERR_MESSAGE', 'a string is not UTF-8', { cause });
        }
    }
    #terminatedString() {
        const end = this.#bytes.indexOf(0, this.#at);
        if (end === -1)
            throw new ProtocolError('ERR_MESSAGE', 'a string does not end within the message');
        const bytes = this.bytes(end - this.#at);
        this.#at += 1;
        return bytes;
    }
    #prefixedString() {
        const length = this.int();
        if (length < 1)
            throw new ProtocolError('ERR_MESSAGE', `a string of length ${length}`);
        const bytes = this.bytes(length);
        const nul = bytes.indexOf(0);
        // The null pointer has length 1 and no NUL behind its one byte.
        if (nul === -1 && length === 1 && bytes[0] === NULL_STRING)
            return bytes;
        if (nul !== length - 1)
            throw new ProtocolError('ERR_MESSAGE', 'a string does not end where its length says');
        return bytes.subarray(0, nul);
    }
    #take(length) {
        const start = this.#at;
        if (length > this.remaining)
            throw new ProtocolError('ERR_MESSAGE', 'a message ends too early');
        this.#at += length;
        return start;
    }
}
//# sourceMappingURL=reader.js.map
;// CONCATENATED MODULE: ./build/src/wire/transcript.js

/**
 * SHA-256 over all clear frames of one direction, headers included (cedar-rfc §1.4.2).
 *
 * A direction in which nothing was sent in clear counts as 32 zero bytes, not as SHA-256 of nothing: C++ makes the
 * digest's context on first use.
 */
class Transcript {
    #hash;
    add(...parts) {
        this.#hash ??= (0,external_node_crypto_namespaceObject.createHash)('sha256');
        for (const part of parts)
            this.#hash.update(part);
    }
    /** The digest so far, 32 bytes. More can be added afterwards. */
    digest() {
        return this.#hash === undefined ? new Uint8Array(32) : new Uint8Array(this.#hash.copy().digest());
    }
}
//# sourceMappingURL=transcript.js.map
;// CONCATENATED MODULE: ./build/src/transport/channel.js






/** Longest message in bytes: 1 MiB from a stranger, 16 MiB once encrypted. Bounds what a peer can make us hold. */
const MAX_CLEAR_MESSAGE = MAX_BODY_LENGTH;
const MAX_PROTECTED_MESSAGE = 16 * 1024 * 1024;
/**
 * A socket that carries messages: the one object with state in this program. It belongs to whoever made it, and that
 * one closes it.
 */
class Channel {
    #socket;
    #options;
    #chunks;
    #deframer = new Deframer();
    #sent = new Transcript();
    #received = new Transcript();
    #outgoing;
    #clearToCome = [];
    #protection;
    #roundTrips = 1; // the connection itself
    #onAbort = () => this.close();
    /** `socket` is connected. */
    constructor(socket, options) {
        this.#socket = socket;
        this.#options = options;
        this.#outgoing = options.preamble === undefined ? [] : [options.preamble];
        this.#chunks = socket[Symbol.asyncIterator]();
        socket.on('error', () => { }); // the pending read tells it; without a listener it would end the process
        options.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    /** Round trips waited for so far, the TCP connection included. */
    get roundTrips() {
        return this.#roundTrips;
    }
    send(write) {
        const message = new Writer(this.#protection !== undefined);
        write(message);
        const plaintext = message.finish();
        this.#outgoing.push(this.#protection?.seal(plaintext) ?? clearFrame(plaintext));
        if (this.#protection === undefined)
            this.#sent.add(...this.#outgoing.slice(-1));
    }
    async receive(read) {
        this.flush();
        while (this.#clearToCome.length > 0)
            this.#expect(await this.#frame(), this.#clearToCome.shift());
        const limit = this.#protection === undefined ? MAX_CLEAR_MESSAGE : MAX_PROTECTED_MESSAGE;
        const parts = [];
        for (let length = 0, ended = false; !ended;) {
            const frame = await this.#frame();
            const part = this.#open(frame);
            length += part.length;
            if (length > limit)
                throw new ProtocolError('ERR_FRAME', `a message of more than ${limit} bytes`);
            parts.push(part);
            ended = frame.endOfMessage;
        }
        const message = new Reader(writer_concat(parts), this.#protection !== undefined);
        const value = read(message);
        if (message.remaining > 0)
            throw new ProtocolError('ERR_MESSAGE', `a message is ${message.remaining} bytes too long`);
        return value;
    }
    protect(key, clearToCome = []) {
        this.#clearToCome = clearToCome.map((write) => {
            const message = new Writer();
            write(message);
            return clearFrame(message.finish());
        });
        this.#received.add(...this.#clearToCome);
        const digests = { sent: this.#sent.digest(), received: this.#received.digest() };
        this.#protection = new FrameProtection(key, digests, this.#options.randomBytes(16));
    }
    /** Sends what is in line without waiting for anything: for the last word before closing. */
    flush() {
        if (this.#outgoing.length === 0)
            return;
        this.#socket.write(writer_concat(this.#outgoing));
        this.#outgoing = [];
        this.#roundTrips += 1;
    }
    /** Ends the connection, after what was flushed. To be called on every path: a daemon may be blocked in a read. */
    close() {
        this.#options.signal.removeEventListener('abort', this.#onAbort);
        this.#socket.destroySoon();
        // A peer that does not read must not keep us: whatever is not sent by now is not needed any more.
        if (this.#options.signal.aborted)
            this.#socket.destroy();
        this.#socket.unref();
    }
    async #frame() {
        for (;;) {
            const frame = this.#deframer.next();
            if (frame !== undefined)
                return frame;
            const chunk = await this.#chunks.next().catch((cause) => ({ failure: cause }));
            if (this.#options.signal.aborted)
                throw abortedError(this.#options.signal);
            if ('failure' in chunk) {
                throw new ConnectError('ERR_CLOSED', `the connection broke: ${String(chunk.failure)}`, {
                    cause: chunk.failure,
                });
            }
            if (chunk.done === true)
                throw new ConnectError('ERR_CLOSED', 'the peer closed the connection');
            this.#deframer.push(chunk.value);
        }
    }
    #open(frame) {
        if (this.#protection !== undefined)
            return this.#protection.open(frame);
        this.#received.add(frame.header, frame.body);
        return frame.body;
    }
    #expect(frame, expected) {
        if (expected !== undefined && Buffer.compare(writer_concat([frame.header, frame.body]), expected) === 0)
            return;
        throw new ProtocolError('ERR_MESSAGE', 'the peer sent something else than the protocol has at this point');
    }
}
/** The error for a run that was given up: its deadline passed, or somebody cancelled it. */
function abortedError(signal) {
    const reason = signal.reason;
    const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
    return new ConnectError('ERR_TIMEOUT', timedOut ? 'the time allowed is over' : 'cancelled', { cause: reason });
}
function clearFrame(plaintext) {
    return writer_concat([putHeader(plaintext.length), plaintext]);
}
//# sourceMappingURL=channel.js.map
;// CONCATENATED MODULE: ./build/src/transport/sinful.js
/**
 * Sinful strings: HTCondor's addresses (cedar-rfc §3.1; condor_sinful.cpp).
 *
 * `<host:port?key=value&key=value>`, host in brackets if it is IPv6, keys and values with %XX escapes.
 */

/** Port of a collector, and of the shared port, where none is given. */
const DEFAULT_PORT = 9618;
/** An address as people write it: a sinful string with or without `<>`, or `host`, `host:port`, `[v6]:port`, an IP. */
function parseAddress(text, defaultPort) {
    const bare = text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : text;
    const [address = '', query] = splitOnce(bare, '?');
    const endpoint = parseEndpoint(address, defaultPort);
    const params = query === undefined ? new Map() : parseParams(query);
    if (endpoint === undefined || params === undefined)
        return undefined;
    if (params.has('addrs') && parseAddrs(params.get('addrs') ?? '') === undefined)
        return undefined;
    const id = params.get('sock');
    if (id !== undefined && !/^[A-Za-z0-9._-]{1,1000}$/.test(id))
        return undefined;
    return { ...endpoint, params };
}
/** A sinful string as it stands in an ad: with `<>` and a port. */
function parseSinful(text) {
    return text.startsWith('<') && text.endsWith('>') ? parseAddress(text) : undefined;
}
function formatSinful({ host, port, params }) {
    const query = [...params].map(([key, value]) => (value === '' ? sinful_escape(key) : `${sinful_escape(key)}=${sinful_escape(value)}`));
    return `<${formatEndpoint({ host, port })}${query.length > 0 ? `?${query.join('&')}` : ''}>`;
}
function formatEndpoint({ host, port }) {
    return (0,external_node_net_namespaceObject.isIP)(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
/** Name of the daemon's socket behind the shared port (§3.3); undefined if the daemon listens by itself. */
function sharedPortId({ params }) {
    return params.get('sock');
}
/**
 * Where to connect to, best first: `addrs` if there are any, then HTCondor's preference of public over private over
 * link-local over loopback addresses, in their order among equals (Sinful::chooseAddrFromAddrs).
 */
function endpoints({ host, port, params }) {
    const addrs = parseAddrs(params.get('addrs') ?? '') ?? [];
    const all = addrs.length > 0 ? addrs : [{ host, port }];
    return [...all].sort((a, b) => reach(a.host) - reach(b.host));
}
function reach(host) {
    if (/^(127\.|::1$)/.test(host))
        return 3;
    if (/^(169\.254\.|fe[89ab])/i.test(host))
        return 2;
    if (/^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/i.test(host))
        return 1;
    return 0;
}
function parseEndpoint(text, defaultPort) {
    if ((0,external_node_net_namespaceObject.isIP)(text) === 6)
        return defaultPort === undefined ? undefined : { host: text, port: defaultPort };
    const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const port = digits === undefined ? defaultPort : Number(digits);
    if (port === undefined || port < 1 || port > 65535)
        return undefined;
    if (v6 !== undefined)
        return (0,external_node_net_namespaceObject.isIP)(v6) === 6 ? { host: v6, port } : undefined;
    return name !== undefined && /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(name) ? { host: name, port } : undefined;
}
/** `&` and `;` both separate; of duplicates the last one counts; a key may stand without a value. */
function parseParams(query) {
    const params = new Map();
    for (const pair of query.split(/[&;]/).filter((part) => part !== '')) {
        const [key, value] = splitOnce(pair, '=');
        try {
            params.set(decodeURIComponent(key), decodeURIComponent(value ?? ''));
        }
        catch {
            return undefined;
        }
    }
    return params;
}
/** `ip-port+[v6]-port+…`, where a v6 address is written with `-` for `:`. */
function parseAddrs(text) {
    const found = text
        .split('+')
        .filter((part) => part !== '')
        .map((part) => {
        const dash = part.lastIndexOf('-');
        const [host, port] = [part.slice(0, Math.max(dash, 0)), part.slice(dash + 1)];
        return parseEndpoint(`${host.startsWith('[') ? host.replaceAll('-', ':') : host}:${port}`, undefined);
    });
    return found.includes(undefined) ? undefined : found.filter((endpoint) => endpoint !== undefined);
}
/** Everything but what HTCondor leaves as it is (Sinful's urlEncode). */
function sinful_escape(text) {
    return encodeURIComponent(text).replace(/%(3A|2B|5B|5D|23|2F)/g, (code) => decodeURIComponent(code));
}
function splitOnce(text, separator) {
    const at = text.indexOf(separator);
    return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
//# sourceMappingURL=sinful.js.map
;// CONCATENATED MODULE: ./build/src/transport/connect.js






/** SHARED_PORT_CONNECT (condor_commands.h). */
const SHARED_PORT_CONNECT = 75;
/** A silent address gets this long before the next one is tried beside it (RFC 8305, connection attempt delay). */
const ATTEMPT_DELAY_MS = 250;
/** An address that never answers is given up after this long. */
const ATTEMPT_TIMEOUT_MS = 10_000;
/**
 * Connects to a daemon: TCP to whichever of its addresses answers first, then, behind a shared port, the name of the
 * daemon's socket (cedar-rfc §3.3.1). That message has no answer, so it leaves with whatever is said first.
 *
 * @throws ConnectError ERR_CONNECT with the reason of each address; ERR_CCB_ONLY if the daemon asks to be reached
 *   through CCB and does not answer directly; ERR_TIMEOUT.
 */
async function connect(address, host) {
    const socket = await dial(address, host.signal);
    const id = sharedPortId(address);
    return new Channel(socket, { ...host, ...(id === undefined ? {} : { preamble: sharedPortConnect(id) }) });
}
function sharedPortConnect(id) {
    const message = new Writer().int(SHARED_PORT_CONNECT).string(id).string('condor-token-fetch').int(-1).int(0).finish();
    return writer_concat([putHeader(message.length), message]);
}
/** Tries all addresses, each a little later than the one before; the first that connects wins, the rest is closed. */
function dial(address, signal) {
    const waiting = [...endpoints(address)];
    const sockets = new Set();
    const failures = [];
    return new Promise((resolve, reject) => {
        let timer;
        const finish = (winner) => {
            clearTimeout(timer);
            signal.removeEventListener('abort', abort);
            for (const socket of sockets)
                if (socket !== winner)
                    socket.destroy();
        };
        const abort = () => {
            finish();
            reject(abortedError(signal));
        };
        const tryNext = () => {
            clearTimeout(timer);
            const endpoint = waiting.shift();
            if (endpoint === undefined) {
                if (sockets.size > 0)
                    return;
                finish();
                reject(unreachable(address, failures));
                return;
            }
            timer = setTimeout(tryNext, ATTEMPT_DELAY_MS);
            const socket = (0,external_node_net_namespaceObject.connect)({ ...endpoint, noDelay: true });
            sockets.add(socket);
            socket.setTimeout(ATTEMPT_TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
            socket.once('connect', () => {
                socket.setTimeout(0);
                socket.removeAllListeners('error');
                finish(socket);
                resolve(socket);
            });
            socket.once('error', (error) => {
                sockets.delete(socket);
                failures.push(`${formatEndpoint(endpoint)}: ${connect_reasonOf(error, endpoint)}`);
                tryNext();
            });
        };
        if (signal.aborted)
            return abort();
        signal.addEventListener('abort', abort, { once: true });
        tryNext();
    });
}
function unreachable(address, failures) {
    const facts = { peer: formatSinful(address) };
    if (!address.params.has('CCBID')) {
        return new ConnectError('ERR_CONNECT', `no connection to ${failures.join(', ')}`, facts);
    }
    const text = `the daemon can be reached through CCB only; directly: ${failures.join(', ')}`;
    return new ConnectError('ERR_CCB_ONLY', text, facts);
}
function connect_reasonOf(error, { host }) {
    if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN')
        return `the host name ${host} does not resolve`;
    if (error.code === 'ECONNREFUSED')
        return 'connection refused';
    // One name with several addresses fails as a whole, with an empty message.
    if (error instanceof AggregateError)
        return error.errors.map((each) => each.message).join(', ');
    return error.message;
}
//# sourceMappingURL=connect.js.map
;// CONCATENATED MODULE: ./build/src/wire/classad.js
/**
 * ClassAds as they travel (cedar-rfc §2.6; putClassAd and getClassAd in condor_utils/classad_oldnew.cpp).
 *
 * `int n`, then n strings `Name = value`, then two strings that once were the types. Only literals are understood;
 * an expression is kept as text and refused where a literal is needed.
 */

/** ClassAd source text that is sent as it is, for `Requirements`. */
class Expression {
    source;
    constructor(source) {
        this.source = source;
    }
}
/** A line that says: the next string is the real one, encrypted on its own. On AES everything is encrypted already. */
const SECRET_MARKER = 'ZKM';
const ATTRIBUTE = /^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/s;
/** An ad received. Attribute names are case-insensitive; of duplicates the last one counts. */
class ClassAd {
    #values;
    /** `values`: from names in lower case to ClassAd source text. */
    constructor(values) {
        this.#values = values;
    }
    get size() {
        return this.#values.size;
    }
    /** A string literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
    string(name) {
        const source = this.#literal(name);
        if (source === undefined)
            return undefined;
        if (source.length < 2 || !source.startsWith('"') || !source.endsWith('"'))
            throw wrongType(name, 'a string');
        // "Old" ClassAd quoting: only the quote itself is escaped; a backslash before anything else is a backslash.
        return source.slice(1, -1).replaceAll('\\"', '"');
    }
    /** An integer literal; undefined if the attribute is absent. Throws ERR_CLASSAD if it is something else. */
    integer(name) {
        const source = this.#literal(name);
        if (source === undefined)
            return undefined;
        const value = /^[+-]?\d{1,16}$/.test(source) ? Number(source) : Number.NaN;
        if (!Number.isSafeInteger(value))
            throw wrongType(name, 'an integer');
        return value;
    }
    #literal(name) {
        const source = this.#values.get(name.toLowerCase());
        return source === undefined || source.toLowerCase() === 'undefined' ? undefined : source;
    }
}
function wrongType(name, wanted) {
    return new ProtocolError('ERR_CLASSAD', `the attribute ${name} is not ${wanted}`);
}
/** Reads one ad. Throws ERR_CLASSAD when it is not one; work is bounded by the size of the message. */
function getClassAd(message) {
    const count = message.int();
    // Each attribute takes a byte at least: refuses a count that the message cannot hold before looping over it.
    if (count < 0 || count > message.remaining)
        throw new ProtocolError('ERR_CLASSAD', `an ad of ${count} attributes`);
    const values = new Map();
    for (let i = 0; i < count; i++) {
        const line = message.string();
        const [, name, source] = ATTRIBUTE.exec(line === SECRET_MARKER ? message.string() : line) ?? [];
        if (name === undefined || source === undefined)
            throw new ProtocolError('ERR_CLASSAD', 'a line is no attribute');
        values.set(name.toLowerCase(), source.trim());
    }
    message.string(); // MyType and TargetType: empty for decades, and ignored by C++ too
    message.string();
    return new ClassAd(values);
}
/** Writes one ad. Attributes that are undefined are left out. */
function putClassAd(message, ad) {
    const lines = Object.entries(ad).flatMap(([name, value]) => value === undefined ? [] : [`${name} = ${sourceOf(value)}`]);
    message.int(lines.length);
    for (const line of lines)
        message.string(line);
    message.string('').string('');
}
function sourceOf(value) {
    if (value instanceof Expression)
        return value.source;
    if (typeof value === 'string')
        return `"${value.replaceAll('"', '\\"')}"`;
    return String(value);
}
//# sourceMappingURL=classad.js.map
;// CONCATENATED MODULE: ./build/src/daemon/commands.js
/** The commands we send (condor_commands.h), by their C++ names. */
const DC_GET_SESSION_TOKEN = 60046;
/** Types that have ads of their own in a collector; the collector itself is where one asks. */
const DAEMON_TYPES = {
    schedd: { query: 6, adType: 'Scheduler', addressAttribute: 'ScheddIpAddr' },
    master: { query: 7, adType: 'DaemonMaster', addressAttribute: 'MasterIpAddr' },
    startd: { query: 5, adType: 'Machine', addressAttribute: 'StartdIpAddr', byMachine: true },
    collector: { query: 20, adType: 'Collector', addressAttribute: 'CollectorIpAddr' },
    negotiator: { query: 50, adType: 'Negotiator', addressAttribute: 'NegotiatorIpAddr' },
    credd: { query: 74, adType: 'CredD' },
    had: { query: 56, adType: 'HAD', byMachine: true },
    view_collector: { query: 20, adType: 'Collector' },
    cluster_server: { query: 74, adType: 'Cluster' },
    gridmanager: { query: 74, adType: 'Grid' },
    placementd: { query: 74, adType: 'PlacementD' },
    lease_manager: { query: 74, adType: 'LeaseManager' },
    any: { query: 48, adType: 'Any' },
};
/** Types that are their own address: the pool's collector. */
const COLLECTOR_TYPES = ['collector', 'view_collector'];
//# sourceMappingURL=commands.js.map
;// CONCATENATED MODULE: ./build/src/security/method.js
/**
 * Bits of the method negotiation (CAUTH_* in condor_auth.h) by the name that goes into AuthMethods.
 * The server compares names literally, and calls IDTOKENS `TOKEN`.
 */
const METHOD_BIT = {
    FS: 4,
    SSL: 256,
    PASSWORD: 512,
    MUNGE: 1024,
    TOKEN: 2048,
    SCITOKENS: 4096,
};
/** A name for people: HTCondor's manual says IDTOKENS. */
function displayName(method) {
    return method === 'TOKEN' ? 'IDTOKENS' : method;
}
/** The server refused a credential; the next may be tried on the same connection. */
class MethodRefused extends Error {
}
//# sourceMappingURL=method.js.map
;// CONCATENATED MODULE: ./build/src/security/authenticate.js


/** What was presumed did not hold, so the peers are out of step: once more, on a new connection, presuming nothing. */
class PresumptionFailed extends Error {
    attempts;
    constructor(attempts) {
        super('the presumed credential does not fit');
        this.attempts = attempts;
    }
}
/**
 * Offers one method and says its first words in the same flight.
 *
 * The answer must then be this method's bit: the server cannot choose among one.
 */
function offer(channel, { method, candidate }) {
    channel.send((message) => message.int(METHOD_BIT[method]));
    candidate.open(channel);
}
/**
 * The method negotiation (cedar-rfc §5.2; Authentication::handshake in C++), one credential after the other.
 *
 * We name one method at a time, the first of ours that the server knows too, so that its first words can leave at
 * once; the server answers with its bit, or 0. A credential refused is followed by the next on the same connection.
 *
 * @throws NegotiationError ERR_NO_COMMON_METHOD.
 * @throws AuthenticationError ERR_METHODS_EXHAUSTED with the reason of each credential, those not sent included;
 *   ERR_SERVER_UNPROVEN.
 * @throws ProtocolError ERR_MESSAGE if the server chooses what was not offered.
 * @throws PresumptionFailed if `presumed` was offered already and does not fit.
 */
async function authenticate(channel, methods, server, presumed) {
    const { queue, attempts } = plan(methods, server);
    if (presumed !== undefined) {
        const first = queue.findIndex(({ candidate }) => candidate.label === presumed.candidate.label);
        if (first === -1)
            throw queue.length > 0 ? new PresumptionFailed(attempts) : exhausted(attempts);
        queue.splice(first, 1);
        queue.unshift(presumed);
    }
    for (const next of queue) {
        if (next !== presumed)
            offer(channel, next);
        const chosen = await channel.receive((message) => message.int());
        if (chosen !== METHOD_BIT[next.method]) {
            if (chosen !== 0)
                throw new ProtocolError('ERR_MESSAGE', `the daemon chose method ${chosen}, which was not offered`);
            attempts.push({
                method: displayName(next.method),
                reason: `${next.candidate.label}: the daemon declined the method`,
            });
            break; // it has given up and closes
        }
        try {
            await next.candidate.finish(channel, server);
            return next.method;
        }
        catch (error) {
            if (!(error instanceof MethodRefused))
                throw error; // out of step, or not to be trusted: nothing more is said
            attempts.push({ method: displayName(next.method), reason: `${next.candidate.label}: ${error.message}` });
        }
    }
    throw exhausted(attempts);
}
/** What to try in which order, and why not the rest. */
function plan(methods, server) {
    const queue = [];
    const attempts = [];
    const common = methods.filter(({ name }) => server.methods.includes(name));
    if (common.length === 0) {
        const ours = methods.map(({ name }) => displayName(name)).join(', ');
        const theirs = server.methods.map(displayName).join(', ') || 'none of them';
        throw new NegotiationError('ERR_NO_COMMON_METHOD', `no authentication method in common: we have ${ours}; the daemon takes ${theirs}`);
    }
    for (const method of methods) {
        if (!common.includes(method)) {
            attempts.push({ method: displayName(method.name), reason: 'the daemon does not offer it' });
            continue;
        }
        const { fit, unfit } = method.candidatesFor(server);
        for (const candidate of fit)
            queue.push({ method: method.name, candidate });
        for (const { label, reason } of unfit)
            attempts.push({ method: displayName(method.name), reason: `${label}: ${reason}` });
    }
    return { queue, attempts };
}
function exhausted(attempts) {
    const text = 'the daemon accepted none of our credentials';
    return new AuthenticationError('ERR_METHODS_EXHAUSTED', text, attempts);
}
//# sourceMappingURL=authenticate.js.map
;// CONCATENATED MODULE: ./build/src/security/key-agreement.js



/**
 * ECDH over P-256, then HKDF-SHA-256 with salt `htcondor` and info `keygen` (SecMan::FinishKeyExchange in C++).
 * Public keys travel as base64 of the uncompressed point, 65 bytes.
 */
class KeyAgreement {
    #ecdh = (0,external_node_crypto_namespaceObject.createECDH)('prime256v1');
    /** What the peer needs. */
    publicKey;
    constructor(randomBytes) {
        for (;;) {
            try {
                this.#ecdh.setPrivateKey(randomBytes(KEY_LENGTH));
                break;
            }
            catch {
                // Not in [1, n-1]: once in 2^32 draws; draw again.
            }
        }
        this.publicKey = this.#ecdh.getPublicKey('base64');
    }
    /** The session key, 32 bytes. Throws ERR_MESSAGE if the peer's point is not on the curve. */
    sessionKey(peerPublicKey) {
        let sharedX;
        try {
            sharedX = this.#ecdh.computeSecret(peerPublicKey, 'base64');
        }
        catch (cause) {
            throw new ProtocolError('ERR_MESSAGE', "the peer's ECDHPublicKey is not a point of P-256", { cause });
        }
        return new Uint8Array((0,external_node_crypto_namespaceObject.hkdfSync)('sha256', sharedX, 'htcondor', 'keygen', KEY_LENGTH));
    }
}
//# sourceMappingURL=key-agreement.js.map
;// CONCATENATED MODULE: ./build/src/security/policy.js
/**
 * What each side demands and offers (cedar-rfc §4.3; SecMan::FillInSecurityPolicyAd and ReconcileSecurityPolicyAds).
 *
 * We demand authentication, encryption and integrity, always, and know one cipher.
 */

/**
 * The version that we behave like. Daemons choose details of the protocol by it and expect it to be there
 * (CondorVersionInfo); it makes no claim on what software this is.
 */
const REMOTE_VERSION = '$CondorVersion: 25.0.0 2025-01-01 BuildID: 0 $';
/** Seconds that the daemon should keep the session. We never come back to it. */
const SESSION_DURATION_SECONDS = 60;
/** The policy ad that opens a session. `command` is what we want to do once we are in. */
function clientPolicyAd(command, methods, ecdhPublicKey) {
    return {
        Command: command,
        AuthMethods: methods.join(','),
        CryptoMethods: 'AES',
        Authentication: 'REQUIRED',
        AuthenticationNew: 'REQUIRED',
        Encryption: 'REQUIRED',
        Integrity: 'REQUIRED',
        OutgoingNegotiation: 'REQUIRED',
        Enact: 'NO', // without it the server sends no answer and both sides wait for ever
        NewSession: 'YES',
        SessionDuration: String(SESSION_DURATION_SECONDS), // a string, as C++ sends it
        Subsystem: 'TOOL',
        ECDHPublicKey: ecdhPublicKey,
        RemoteVersion: REMOTE_VERSION,
    };
}
/**
 * The server's answer, if a session with it is worth having.
 *
 * @throws NegotiationError ERR_NO_ENCRYPTION unless it agrees to AES with a key agreement: the protocol would go on,
 *   with a key that everybody on the way can read. ERR_NO_COMMON_METHOD if it wants no authentication.
 */
function readServerPolicy(ad) {
    const ciphers = list(ad.string('CryptoMethods'));
    if (ad.string('Encryption') !== 'YES' || ciphers[0] !== 'AES') {
        const offer = ciphers.length > 0 ? ciphers.join(', ') : 'none';
        throw new NegotiationError('ERR_NO_ENCRYPTION', `the daemon does not agree to AES encryption (it offers ${offer})`);
    }
    const ecdhPublicKey = ad.string('ECDHPublicKey');
    if (ecdhPublicKey === undefined) {
        throw new NegotiationError('ERR_NO_ENCRYPTION', 'the daemon sends no ECDHPublicKey, so no secret key can be agreed on');
    }
    if (ad.string('Authentication') !== 'YES') {
        throw new NegotiationError('ERR_NO_COMMON_METHOD', 'the daemon does not agree to authenticate');
    }
    return {
        methods: list(ad.string('AuthMethodsList') ?? ad.string('AuthMethods')),
        ecdhPublicKey,
        trustDomain: ad.string('TrustDomain') ?? '',
        issuerKeys: list(ad.string('IssuerKeys')),
        remoteVersion: ad.string('RemoteVersion') ?? '',
    };
}
function list(text = '') {
    return text.split(/[\s,]+/).filter((word) => word !== '');
}
//# sourceMappingURL=policy.js.map
;// CONCATENATED MODULE: ./build/src/security/session.js
/**
 * From a fresh channel to an authorized, encrypted session (cedar-rfc §4; SecMan::startCommand in C++).
 */





/** DC_AUTHENTICATE (condor_commands.h): the command that opens a session for another one. */
const DC_AUTHENTICATE = 60010;
/** "No key follows": the server's last word in clear, when the key was agreed on by ECDH (§5.7). */
const putKeyExchangeDone = (message) => message.int(0);
/**
 * Opens a session for one command and sends its request.
 *
 * What can leave together does: with one credential to choose from, policy ad, method and first words are the first
 * flight; the last words and the encrypted request are the second. Together with the connection that is three round
 * trips, the least that the protocol allows.
 *
 * @throws NegotiationError, AuthenticationError, ProtocolError, ConnectError.
 * @throws AuthorizationError ERR_DENIED with the identity.
 * @throws PresumptionFailed to be tried once more on a new channel with `presume: false`.
 */
async function startCommand(channel, command, request, { methods, presume }, host) {
    const agreement = new KeyAgreement(host.randomBytes);
    const names = methods.map(({ name }) => name);
    const presumption = presume ? presumptionOf(methods) : undefined;
    channel.send((message) => putClassAd(message.int(DC_AUTHENTICATE), clientPolicyAd(command, names, agreement.publicKey)));
    if (presumption !== undefined)
        offer(channel, presumption);
    const server = readServerPolicy(await channel.receive(getClassAd));
    const method = await authenticate(channel, methods, server, presumption);
    channel.protect(agreement.sessionKey(server.ecdhPublicKey), [putKeyExchangeDone]);
    channel.send(request);
    const user = readPostAuth(await channel.receive(getClassAd));
    return { channel, method, user, server };
}
/** The only method, if it has one candidate that may be shown to a stranger. */
function presumptionOf(methods) {
    const [method, ...others] = methods;
    const candidate = others.length === 0 ? method?.presumed() : undefined;
    return method === undefined || candidate === undefined ? undefined : { method: method.name, candidate };
}
/** Who we are to the daemon, if it lets us in. A missing ReturnCode is a refusal here, though old C++ took it for yes. */
function readPostAuth(ad) {
    const code = ad.string('ReturnCode');
    const user = ad.string('User');
    if (code === 'AUTHORIZED' && user !== undefined && user !== '')
        return user;
    if (code === 'CMD_NOT_FOUND') {
        throw new AuthorizationError('ERR_COMMAND_NOT_REGISTERED', 'the daemon does not know the command', user);
    }
    const who = user === undefined ? 'it names no identity' : `for it, we are ${user}`;
    throw new AuthorizationError('ERR_DENIED', `the daemon answers ${code ?? 'nothing'} to our command; ${who}`, user);
}
//# sourceMappingURL=session.js.map
;// CONCATENATED MODULE: ./build/src/daemon/open-session.js





/**
 * Connects, opens a session for a command with its request, and lets `read` have the reply. The connection is closed
 * whatever happens: a daemon blocks in its read while we hold one open.
 *
 * A first try presumes which credential fits and saves a round trip; if that guess fails, or the peer hangs up on it,
 * there is one more without.
 */
async function callCommand(call, read, host) {
    try {
        return await attempt(call, read, true, host);
    }
    catch (error) {
        const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
        const presumed = call.methods.length === 1 && call.methods[0]?.presumed() !== undefined;
        if (!(error instanceof PresumptionFailed) && !(hungUp && presumed))
            throw error;
        host.log.debug(`session: once more, waiting for the daemon's policy first (${error.message})`);
        return await attempt(call, read, false, host);
    }
}
async function attempt({ address, command, request, methods }, read, presume, host) {
    const channel = await inPhase('connect', address, () => connect(address, host));
    try {
        const session = await inPhase('session', address, () => startCommand(channel, command, request, { methods, presume }, host));
        const value = await read(session);
        return { value, session, roundTrips: channel.roundTrips };
    }
    finally {
        channel.flush();
        channel.close();
    }
}
/** Runs `work`; an error of ours that leaves it says where it happened. */
async function inPhase(phase, peer, work) {
    try {
        return await work();
    }
    catch (error) {
        throw error instanceof HTCondorError ? error.at(phase, peer && formatSinful(peer)) : error;
    }
}
//# sourceMappingURL=open-session.js.map
;// CONCATENATED MODULE: ./build/src/daemon/locate.js
/**
 * Asks a collector where a daemon is (cedar-rfc §3; Daemon::getDaemonInfo and CondorQuery in C++).
 *
 * What comes back is a hint, not a fact: whoever is at the address still has to prove itself.
 */






/** How many names of other daemons an error tells. */
const MAX_NAMES = 10;
/**
 * The daemon's address as the collector has it.
 *
 * @throws LocateError ERR_NOT_FOUND with the names that the collector has of this type; ERR_AMBIGUOUS if no name was
 *   given and there are several.
 */
async function locate(collector, wanted, methods, host) {
    const ask = (ad) => inPhase('locate', collector, () => queryFirstAnswer(collector, ad, methods, host));
    // Without a name, a second ad tells that there is a choice, and what it is.
    const { ads, roundTrips } = await ask(queryFor(wanted, wanted.name === undefined ? MAX_NAMES + 1 : 1));
    const [found] = ads;
    if (found !== undefined && (wanted.name !== undefined || ads.length === 1)) {
        return { ...readDaemon(found, wanted), roundTrips };
    }
    const names = namesOf(found !== undefined ? ads : (await ask(queryFor({ ...wanted, name: undefined }, MAX_NAMES + 1))).ads);
    throw notFound(wanted, names, found !== undefined);
}
function queryFor({ type, name }, limit) {
    const { query, adType, addressAttribute, byMachine = false } = typeOf(type);
    const attribute = byMachine && name !== undefined && !name.includes('@') ? 'Machine' : 'Name';
    const projection = ['CondorVersion', 'CondorPlatform', 'MyAddress', 'AddressV1', 'Name', 'Machine', addressAttribute];
    const ad = {
        MyType: 'Query',
        TargetType: adType,
        Requirements: new Expression(name === undefined ? 'true' : `((${attribute} == "${name}"))`),
        // Marks a cheap look-up; with it collectors leave the slots of a startd out.
        LocationQuery: name !== undefined && !(byMachine && name.includes('@')) ? name : undefined,
        LimitResults: limit,
        Projection: projection.filter((each) => each !== undefined).join(' '),
    };
    return { command: query, putAd: (message) => putClassAd(message, ad) };
}
function typeOf(type) {
    const found = DAEMON_TYPES[type];
    if (found === undefined)
        throw new RangeError(`unknown daemon type ${type}`);
    return found;
}
/**
 * Asks twice at once: without any session, which most collectors answer and which takes two round trips, and in an
 * authenticated one, which takes three. The first answer counts; the other connection is given up.
 *
 * Asking one after the other would cost those who protect their collector two round trips more.
 */
async function queryFirstAnswer(collector, query, methods, host) {
    const done = new AbortController();
    const racing = { ...host, signal: AbortSignal.any([host.signal, done.signal]) };
    const plain = queryInClear(collector, query, racing);
    const authenticated = queryInSession(collector, query, methods, racing);
    plain.catch(() => { });
    authenticated.catch(() => { });
    try {
        return await Promise.any([plain, authenticated]);
    }
    catch {
        // A hang-up is how a collector says that it wants authentication; then the other failure is the one to tell.
        return await plain.catch((error) => {
            const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
            if (!hungUp)
                throw error;
            return authenticated;
        });
    }
    finally {
        done.abort();
    }
}
async function queryInClear(collector, { command, putAd }, host) {
    const channel = await connect(collector, host);
    try {
        channel.send((message) => putAd(message.int(command)));
        const ads = await channel.receive(getAds);
        return { ads, roundTrips: channel.roundTrips };
    }
    finally {
        channel.close();
    }
}
async function queryInSession(address, { command, putAd }, methods, host) {
    const call = { address, command, request: putAd, methods };
    const { value, roundTrips } = await callCommand(call, ({ channel }) => channel.receive(getAds), host);
    return { ads: value, roundTrips };
}
/** Ads until a 0 says that there are no more. */
function getAds(message) {
    const ads = [];
    for (let more = message.int(); more !== 0; more = message.int()) {
        if (more !== 1)
            throw new ProtocolError('ERR_MESSAGE', `${more} where 1 or 0 says whether an ad follows`);
        ads.push(getClassAd(message));
    }
    return ads;
}
function readDaemon(ad, { type, name }) {
    const { addressAttribute = 'MyAddress' } = typeOf(type);
    const text = ad.string(addressAttribute) ?? ad.string('MyAddress');
    const address = text === undefined ? undefined : parseSinful(text);
    if (address === undefined) {
        throw new ProtocolError('ERR_CLASSAD', `the collector gives no usable address: ${text ?? 'none at all'}`, {
            phase: 'locate',
        });
    }
    return { address, name: ad.string('Name') ?? name ?? '' };
}
function namesOf(ads) {
    return [...new Set(ads.map((ad) => ad.string('Name') ?? '').filter((name) => name !== ''))].sort();
}
function notFound({ type, name }, all, ambiguous) {
    const names = all.slice(0, MAX_NAMES);
    const listed = `${names.join(', ')}${all.length > MAX_NAMES ? ' and more' : ''}`;
    if (ambiguous) {
        return new LocateError('ERR_AMBIGUOUS', `the collector has several daemons of type ${type}: ${listed}`, names);
    }
    const others = names.length === 0 ? 'it has none of that type' : `it has ${listed}`;
    const what = name === undefined ? `no daemon of type ${type}` : `no ${type} named ${name}`;
    return new LocateError('ERR_NOT_FOUND', `the collector knows ${what}; ${others}`, names);
}
//# sourceMappingURL=locate.js.map
;// CONCATENATED MODULE: ./build/src/daemon/session-token.js





/**
 * DC_GET_SESSION_TOKEN: a token for whoever we are to the daemon (Daemon::getSessionToken, handle_dc_session_token).
 *
 * @throws DaemonError ERR_DAEMON with HTCondor's code and text; whatever opening the session throws.
 */
function getSessionToken(address, limits, methods, host) {
    const ad = {
        LimitAuthorization: limits.authz.length > 0 ? limits.authz.join(',') : undefined,
        TokenLifetime: limits.lifetimeSeconds,
        RequestedKey: limits.key,
    };
    const call = { address, command: DC_GET_SESSION_TOKEN, request: putRequest, methods };
    return callCommand(call, ({ channel }) => inPhase('token', address, async () => readReply(await channel.receive(getClassAd))), host);
    function putRequest(message) {
        putClassAd(message, ad);
    }
}
/** The token of a reply. An ErrorString is a failure whatever else stands there, as in C++. */
function readReply(ad) {
    const error = ad.string('ErrorString');
    const code = ad.integer('ErrorCode') ?? 0;
    if (error !== undefined || code !== 0)
        throw new DaemonError(code === 0 ? -1 : code, error ?? 'no text');
    const token = ad.string('Token');
    if (token === undefined || token === '')
        throw new TokenError('ERR_TOKEN_MALFORMED', 'the reply has no token');
    return new Secret(token);
}
//# sourceMappingURL=session-token.js.map
;// CONCATENATED MODULE: ./build/src/output/token-file.js




const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
/**
 * Finds out, before anything is fetched, whether a token could be written to `path`. Nothing is created.
 *
 * @throws OutputError ERR_OUTPUT.
 */
function checkTokenPath(path) {
    const target = stat(path);
    if (target?.isSymbolicLink() === true)
        throw new OutputError(`${path} is a symbolic link, which is not followed`);
    if (target !== undefined && !target.isFile())
        throw new OutputError(`${path} exists and is no regular file`);
    let directory = (0,external_node_path_namespaceObject.dirname)((0,external_node_path_namespaceObject.resolve)(path));
    const parent = stat(directory);
    if (parent?.isSymbolicLink() === true && parent.uid !== 0) {
        throw new OutputError(`${directory} is a symbolic link that is not the system's own, and is not followed`);
    }
    while (stat(directory) === undefined && (0,external_node_path_namespaceObject.dirname)(directory) !== directory)
        directory = (0,external_node_path_namespaceObject.dirname)(directory);
    try {
        (0,external_node_fs_namespaceObject.accessSync)(directory, external_node_fs_namespaceObject.constants.W_OK);
        if ((0,external_node_fs_namespaceObject.lstatSync)((0,external_node_path_namespaceObject.join)(directory, '.')).isDirectory())
            return;
    }
    catch (cause) {
        throw new OutputError(`${directory} cannot be written to: ${messageOf(cause)}`, { cause });
    }
    throw new OutputError(`${directory} is no directory`);
}
/**
 * Writes a token file: mode 0600, one newline, completely or not at all. A directory that is missing is made with mode
 * 0700. An older file of this name is replaced; a symbolic link is an error (write_out_token in token_utils.cpp).
 *
 * Synchronous, so that no signal and no other work comes between its steps.
 *
 * @throws OutputError ERR_OUTPUT; then the old file, if there was one, is as it was.
 */
function writeTokenFile(path, token) {
    const directory = (0,external_node_path_namespaceObject.dirname)((0,external_node_path_namespaceObject.resolve)(path));
    const temporary = (0,external_node_path_namespaceObject.join)(directory, `.${(0,external_node_path_namespaceObject.basename)(path)}.${(0,external_node_crypto_namespaceObject.randomUUID)()}`);
    try {
        (0,external_node_fs_namespaceObject.mkdirSync)(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
        checkTokenPath(path);
        try {
            writeWhole(temporary, `${token.reveal()}\n`);
            (0,external_node_fs_namespaceObject.renameSync)(temporary, path);
        }
        catch (error) {
            (0,external_node_fs_namespaceObject.rmSync)(temporary, { force: true });
            throw error;
        }
    }
    catch (cause) {
        if (cause instanceof OutputError)
            throw cause;
        throw new OutputError(`the token could not be written to ${path}: ${messageOf(cause)}`, { cause });
    }
}
/** HTCondor never takes a token from a file whose name starts with a dot, so it cannot see this one half-written. */
function writeWhole(path, text) {
    const { O_WRONLY, O_CREAT, O_EXCL } = external_node_fs_namespaceObject.constants;
    const file = (0,external_node_fs_namespaceObject.openSync)(path, O_WRONLY | O_CREAT | O_EXCL | (external_node_fs_namespaceObject.constants.O_NOFOLLOW ?? 0), PRIVATE_FILE);
    try {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length;)
            at += (0,external_node_fs_namespaceObject.writeSync)(file, bytes, at);
        (0,external_node_fs_namespaceObject.fsyncSync)(file);
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(file);
    }
}
function stat(path) {
    try {
        return (0,external_node_fs_namespaceObject.lstatSync)(path, { throwIfNoEntry: false });
    }
    catch (cause) {
        throw new OutputError(`${path} cannot be looked at: ${messageOf(cause)}`, { cause });
    }
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}
//# sourceMappingURL=token-file.js.map
;// CONCATENATED MODULE: ./build/src/security/methods/akep2-seeds.js
/**
 * The two constants of HTCondor's AKEP2, 256 bytes each (Condor_Auth_Passwd::setup_seed). They are public: they keep
 * the keys derived from one secret apart, and are no secret themselves.
 */
const akep2_seeds_decode = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
/** Salt of K, with which both sides prove themselves. */
const SEED_A = akep2_seeds_decode('PkpQIEfV9OXcfGm7UhDLthZ63YCE992e860synHSg90RSk+7ex7pCt+oYsRDBN5Uc6MXL3NcLLtud1tdQNOfrOhzGCUj+SUr' +
    'Yjvg1LFno6gEDKz+6e49oCwKu/TZ2LEfiQBMlDkjzl2VCLs/BLxmo/ogoTpBbF5vTg0xh9Rfx4M1xeSF2yxaNxeXDMJue2ud' +
    'GWW0emffd6MfIvCKbAulcJeiGpynxgQk9yc5q1y5FaQYW9EJgo415CEIq4UcCKPf/eDjsG89OTjNrW3275pvbcLLdPAihRLr' +
    'ej1oIwEGhLAVwSrDAUxPn5OOOE2tHjvXRf+MFB/XC0ZbqK9dG5i0sQ==');
//# sourceMappingURL=akep2-seeds.js.map
;// CONCATENATED MODULE: ./build/src/security/methods/akep2.js
/**
 * AKEP2, version 2: mutual proof of one shared secret in three messages (cedar-rfc §5.3; condor_auth_passwd.cpp).
 *
 * A is the client's name, B the server's, rA and rB their nonces, K the key that proves. Where the draft and C++
 * differ, C++ counts: both MACs are HMAC-SHA1, and mac1 is taken over `A ‖ " " ‖ B ‖ 0x00 ‖ rA ‖ rB`
 * (Condor_Auth_Passwd::calculate_hkt), mac2 over `A ‖ 0x00 ‖ rB` (calculate_hk).
 */




const NONCE_LENGTH = 256;
const MAC_LENGTH = 20;
const STATUS_OK = 0;
const STATUS_ERROR = -1;
const utf8 = new TextEncoder();
/** K from a token's signature (its raw bytes). */
function keyFor(signature, signedText) {
    const salt = writer_concat([SEED_A, utf8.encode(signedText)]);
    return new Uint8Array((0,external_node_crypto_namespaceObject.hkdfSync)('sha256', signature, salt, 'master ka', 32));
}
function putOpening(message, { name, signedText, nonce }) {
    putName(message.int(STATUS_OK), name).string(signedText);
    putBlock(message, nonce);
}
function getChallenge(message) {
    const accepted = message.int() === STATUS_OK;
    const clientName = getName(message);
    const serverName = getName(message);
    const clientNonce = getBlock(message, NONCE_LENGTH);
    const serverNonce = getBlock(message, NONCE_LENGTH);
    const mac = getBlock(message, MAC_LENGTH);
    return { accepted, clientName, serverName, clientNonce, serverNonce, mac };
}
/** Whether the server knows K, and answers what we said just now. */
function serverIsProven(key, opening, challenge) {
    const { serverName, clientNonce, serverNonce, mac } = challenge;
    if (serverNonce.length !== NONCE_LENGTH || mac.length !== MAC_LENGTH)
        return false;
    if (challenge.clientName !== opening.name || !equal(clientNonce, opening.nonce))
        return false;
    const names = utf8.encode(`${opening.name} ${serverName}\0`);
    return equal(mac, hmac(key, names, opening.nonce, serverNonce));
}
/** The client's proof. It is the third and last message. */
function putProof(message, key, opening, challenge) {
    const mac = hmac(key, utf8.encode(`${opening.name}\0`), challenge.serverNonce);
    putName(message.int(STATUS_OK), opening.name);
    putBlock(putBlock(message, challenge.serverNonce), mac);
}
/** The third message where there is nothing to prove: it is owed even then, or the peers fall out of step. */
function putNoProof(message) {
    putName(message.int(STATUS_ERROR), '').int(0).int(0);
}
function putName(message, name) {
    return message.int(utf8.encode(name).length).string(name);
}
function getName(message) {
    const length = message.int();
    const name = message.string();
    if (utf8.encode(name).length !== length)
        throw new ProtocolError('ERR_MESSAGE', 'a name has another length than it says');
    return name;
}
function putBlock(message, bytes) {
    return message.int(bytes.length).bytes(bytes);
}
/** A block of its one right length, or, from a server that refuses, an empty one. */
function getBlock(message, length) {
    const actual = message.int();
    if (actual !== 0 && actual !== length) {
        throw new ProtocolError('ERR_MESSAGE', `a block of ${actual} bytes where ${length} belong`);
    }
    return message.bytes(actual);
}
function hmac(key, ...parts) {
    return (0,external_node_crypto_namespaceObject.createHmac)('sha1', key).update(writer_concat(parts)).digest();
}
function equal(a, b) {
    return a.length === b.length && (0,external_node_crypto_namespaceObject.timingSafeEqual)(a, b);
}
//# sourceMappingURL=akep2.js.map
;// CONCATENATED MODULE: ./build/src/security/methods/idtokens.js




/**
 * IDTOKENS: the signature of a token is the secret that both sides prove to know (cedar-rfc §5.3).
 *
 * A token is sent only to a server of its trust domain that has its key, and only while it is valid: the rule of C++
 * (findTokens in condor_auth_passwd.cpp), and the expiry, which C++ does not look at.
 */
function idtokens(credentials, host) {
    return {
        name: 'TOKEN',
        candidatesFor(server) {
            const judged = credentials.map((credential) => ({
                credential,
                reason: objection(credential.token, server, host.now()),
            }));
            return {
                fit: judged.filter(({ reason }) => reason === undefined).map(({ credential }) => candidate(credential, host)),
                unfit: judged.flatMap(({ credential, reason }) => reason === undefined ? [] : [{ label: labelOf(credential), reason }]),
            };
        },
        presumed() {
            const [only, ...others] = credentials.filter(({ token }) => expiry(token, host.now()) === undefined);
            return only?.chosen === true && others.length === 0 ? candidate(only, host) : undefined;
        },
    };
}
function candidate(credential, host) {
    const { token } = credential;
    const opening = { name: token.subject, signedText: token.signedText, nonce: host.randomBytes(NONCE_LENGTH) };
    return {
        label: labelOf(credential),
        open: (channel) => channel.send((message) => putOpening(message, opening)),
        async finish(channel) {
            const challenge = await channel.receive(getChallenge);
            const key = keyFor(revealSignature(token), token.signedText);
            if (challenge.accepted && serverIsProven(key, opening, challenge)) {
                channel.send((message) => putProof(message, key, opening, challenge));
                return;
            }
            channel.send(putNoProof);
            if (!challenge.accepted)
                throw new MethodRefused(refusal(token, host.now()));
            const reason = `${labelOf(credential)}: the daemon does not know this token's signature`;
            throw new AuthenticationError('ERR_SERVER_UNPROVEN', 'the daemon could not prove that it knows our signing key', [
                { method: 'IDTOKENS', reason },
            ]);
        },
    };
}
function labelOf({ source, token }) {
    return `${source} (${token.subject}, issuer ${token.issuer}, key ${token.keyId})`;
}
function objection(token, server, now) {
    if (server.trustDomain !== '' && token.issuer !== server.trustDomain) {
        return `it was issued by ${token.issuer}; the daemon's trust domain is ${server.trustDomain}`;
    }
    if (server.issuerKeys.length > 0 && !server.issuerKeys.includes(token.keyId)) {
        return `it is signed with the key ${token.keyId}; the daemon has ${server.issuerKeys.join(', ')}`;
    }
    return expiry(token, now);
}
function expiry({ expiresAt }, now) {
    if (expiresAt === undefined || expiresAt * 1000 > now.getTime())
        return undefined;
    return `it expired at ${new Date(expiresAt * 1000).toISOString()}`;
}
/** The server gives no reason; this is what it checks and we cannot (Condor_Auth_Passwd::validate). */
function refusal({ issuedAt, tokenId, keyId }, now) {
    const age = issuedAt === undefined ? 'of unknown age' : `${Math.round(now.getTime() / 1000 - issuedAt)} s old`;
    const tells = [
        `its key ${keyId} cannot be read by the daemon`,
        'it is revoked (SEC_TOKEN_REVOCATION_EXPR)',
        `it is older than SEC_TOKEN_MAX_AGE (it is ${age})`,
        ...(tokenId === undefined ? ['it has no jti, which HTCondor 25 requires'] : []),
    ];
    return `the daemon refused it without a reason; one of: ${tells.join('; ')}`;
}
//# sourceMappingURL=idtokens.js.map
;// CONCATENATED MODULE: ./build/src/token/levels.js
/** HTCondor's authorization levels (makePermStringTable in condor_perms.cpp), each with what it implies at once. */
const IMPLIED = {
    ALLOW: undefined,
    READ: undefined,
    WRITE: 'READ',
    NEGOTIATOR: 'READ',
    ADMINISTRATOR: 'WRITE',
    CONFIG: 'READ',
    DAEMON: 'WRITE',
    SOAP: undefined,
    DEFAULT: undefined,
    CLIENT: undefined,
    ADVERTISE_STARTD: 'READ',
    ADVERTISE_SCHEDD: 'READ',
    ADVERTISE_MASTER: 'READ',
};
const AUTHORIZATION_LEVELS = Object.keys(IMPLIED);
/** Whether who has `granted` may do what `level` allows (DCpermissionHierarchy::nextImplied). */
function covers(granted, level) {
    return granted.some((each) => {
        for (let implied = each; implied !== undefined; implied = IMPLIED[implied]) {
            if (implied === level)
                return true;
        }
        return false;
    });
}
//# sourceMappingURL=levels.js.map
;// CONCATENATED MODULE: ./build/src/token/check.js


/**
 * Checks that the daemon issued what was asked for, and for whom it said.
 *
 * A daemon may grant less, and does so without a word (handle_dc_session_token): each such reduction is returned as a
 * sentence. More, or something else, is an error.
 *
 * @throws TokenError ERR_TOKEN_CLAIM with the claim.
 */
function checkToken(token, expected) {
    claim(token.issuer === expected.issuer, 'iss', `the token's issuer is ${token.issuer}, the daemon's trust domain ${expected.issuer || 'unknown'}`);
    claim(token.subject === expected.subject, 'sub', `the token is for ${token.subject}, the daemon authenticated ${expected.subject}`);
    claim(expected.key === undefined || token.keyId === expected.key, 'kid', `the token is signed with the key ${token.keyId}, not ${expected.key}`);
    return [...checkLevels(token, expected.authz), ...checkLifetime(token, expected.lifetimeSeconds)];
}
function checkLevels({ authz }, asked) {
    if (asked.length === 0)
        return []; // it inherits the limits of the credential, if there are any
    const granted = authz ?? [];
    claim(granted.length > 0, 'scope', 'the token is not limited to any authorization levels, though we asked for it');
    const extra = granted.filter((level) => !covers(asked, level));
    claim(extra.length === 0, 'scope', `the token allows ${extra.join(', ')}, which we did not ask for`);
    const missing = asked.filter((level) => !covers(granted, level));
    return missing.length === 0 ? [] : [`authorization: asked for ${asked.join(' ')}, granted ${granted.join(' ')}`];
}
function checkLifetime({ issuedAt, expiresAt }, asked) {
    claim(issuedAt !== undefined, 'iat', 'the token does not say when it was issued');
    if (expiresAt === undefined) {
        claim(typeof asked !== 'number', 'exp', 'the token never expires, though we asked for a lifetime');
        return [];
    }
    const granted = expiresAt - issuedAt;
    claim(granted > 0, 'exp', 'the token had expired when it was issued');
    if (asked === undefined)
        return [];
    claim(asked === 'unlimited' || granted <= asked, 'exp', `the token lasts ${granted} s, longer than the ${asked} s that we asked for`);
    if (granted === asked)
        return [];
    return [`lifetime: asked for ${asked === 'unlimited' ? asked : `${asked} s`}, granted ${granted} s`];
}
function claim(holds, name, text) {
    if (!holds)
        throw new TokenError('ERR_TOKEN_CLAIM', text, name);
}
//# sourceMappingURL=check.js.map
;// CONCATENATED MODULE: ./build/src/fetch.js












/**
 * The whole job, one way: credentials → locate → connect → session → token → check → deliver.
 *
 * @throws AnyHTCondorError with phase and peer. Nothing is written unless everything before went well.
 */
async function fetchToken(request, host) {
    const { path, onReduced } = request;
    if (path !== undefined)
        await inPhase('deliver', undefined, () => checkTokenPath(path));
    const credentials = await inPhase('credentials', undefined, () => loadIdTokens(request.credentials, host));
    const methods = [idtokens(credentials, host)];
    host.log.debug(`credentials: ${credentials.map(({ source }) => source).join(', ')}`);
    const daemon = await findDaemon(request, methods, host);
    const { value: jwt, session, roundTrips } = await askInTurn(daemon, limitsOf(request), methods, host);
    host.mask(jwt);
    if (signaturePart(jwt).reveal() !== '')
        host.mask(signaturePart(jwt));
    host.log.debug(`session: ${displayName(session.method)} as ${session.user}, ${session.server.remoteVersion}`);
    const { token, reductions } = await inPhase('check', session.address, () => {
        const token = parseIdToken(jwt);
        const expected = { issuer: session.server.trustDomain, subject: session.user, key: request.key };
        const reductions = checkToken(token, { ...expected, authz: request.authz, lifetimeSeconds: request.lifetime });
        if (reductions.length > 0 && onReduced === 'fail') {
            throw new TokenError('ERR_TOKEN_REDUCED', `the daemon granted less than was asked: ${reductions.join('; ')}`);
        }
        return { token, reductions };
    });
    if (onReduced === 'warn')
        for (const reduction of reductions)
            host.log.warn(`The daemon granted less than was asked. ${reduction}`);
    if (path !== undefined)
        await inPhase('deliver', undefined, () => writeTokenFile(path, jwt));
    return {
        token,
        reductions,
        daemonName: printable(daemon.name),
        daemonAddress: formatSinful(session.address),
        daemonVersion: /\d+\.\d+\.\d+/.exec(session.server.remoteVersion)?.[0] ?? '',
        authenticationMethod: displayName(session.method),
        roundTrips: daemon.roundTrips + roundTrips,
        path,
    };
}
function limitsOf({ authz, lifetime, key }) {
    return { authz, key, lifetimeSeconds: lifetime === 'unlimited' ? undefined : lifetime };
}
/** Where the daemon may be: as given, or as the first collector that answers says. */
async function findDaemon({ daemon }, methods, host) {
    if ('address' in daemon)
        return { addresses: daemon.address, name: '', roundTrips: 0 };
    const { collectors, type, name } = daemon;
    const { address, ...found } = await inTurn(collectors, (collector) => locate(collector, { type, name }, methods, host), host);
    host.log.debug(`locate: ${found.name} is at ${formatSinful(address)}`);
    return { ...found, addresses: [address] };
}
function askInTurn({ addresses }, limits, methods, host) {
    return inTurn(addresses, async (address) => {
        const result = await getSessionToken(address, limits, methods, host);
        return { ...result, session: { ...result.session, address } };
    }, host);
}
/** The first of a list of equals that can be talked to. An answer counts, whatever it is. */
async function inTurn(addresses, talk, host) {
    for (const [index, address] of addresses.entries()) {
        try {
            return await talk(address);
        }
        catch (error) {
            const mute = error instanceof ConnectError || error instanceof ProtocolError;
            if (!mute || host.signal.aborted || index === addresses.length - 1)
                throw error;
            host.log.warn(`${error.message}; trying the next address`);
        }
    }
    throw new RangeError('no address');
}
//# sourceMappingURL=fetch.js.map
;// CONCATENATED MODULE: ./build/src/inputs.js
/**
 * What users may say, and what it means. The one table is shared by the Action, the command and the library; words are
 * parsed here, once, and nothing behind this file sees a raw string.
 */






/** Name, and the Action's default; a test holds action.yml and the README equal to this. */
const INPUTS = {
    pool: '',
    name: '',
    type: 'schedd',
    address: '',
    authz: '',
    lifetime: '1h',
    key: '',
    idtoken: '',
    'on-reduced': 'warn',
    token: '',
    'token-directory': '',
    file: '',
    summary: 'true',
    timeout: '60s',
};
/** The largest number that fits where the daemon keeps a lifetime: a C++ int. */
const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;
const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;
const SECONDS = { '': 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };
/**
 * The request that the inputs make.
 *
 * @throws InputError ERR_INPUT for the first input that makes no sense, with what would.
 */
function readRequest(input, surroundings) {
    return {
        daemon: inputs_readDaemon(input, surroundings),
        credentials: readCredentials(input, surroundings),
        authz: readLevels(input('authz')),
        lifetime: readLifetime(input('lifetime')),
        key: plainText('key', input('key')),
        onReduced: oneOf('on-reduced', input('on-reduced') ?? 'warn', ['warn', 'fail', 'ignore']),
        path: readPath(input, surroundings),
    };
}
/** The time allowed for everything, in milliseconds. */
function readTimeout(input) {
    const text = input('timeout') ?? INPUTS.timeout;
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
        throw new InputError('timeout', `timeout: ${quote(text)} is not a time between 1s and 1d, such as 90s or 5m`);
    }
    return seconds * 1000;
}
function readBoolean(name, text) {
    return oneOf(name, text.toLowerCase(), ['true', 'false']) === 'true';
}
function inputs_readDaemon(input, surroundings) {
    const type = oneOf('type', (input('type') ?? INPUTS.type).toLowerCase(), Object.keys(DAEMON_TYPES));
    const name = plainText('name', input('name'));
    const address = input('address');
    if (address !== undefined) {
        const parsed = parseAddress(address.trim(), DEFAULT_PORT);
        if (parsed === undefined)
            throw new InputError('address', `address: ${quote(address)} is neither a sinful string nor host:port`);
        return { address: [parsed] };
    }
    const named = name === undefined ? undefined : addressInName(name);
    if (named !== undefined)
        return { address: [named] };
    const pool = readPool(input('pool') ?? surroundings.env['_CONDOR_COLLECTOR_HOST']);
    if (COLLECTOR_TYPES.includes(type)) {
        if (name === undefined && pool !== undefined)
            return { address: pool };
        if (name !== undefined && pool !== undefined) {
            throw new InputError('name', `name: a ${type} is found by pool alone; leave name out`);
        }
        const collector = parseAddress(name ?? '', DEFAULT_PORT);
        if (collector !== undefined)
            return { address: [collector] };
    }
    if (pool === undefined) {
        throw new InputError('pool', 'pool: give the host of the collector (host or host:port), or address for a daemon without one');
    }
    return { collectors: pool, type, name };
}
/** HTCondor takes a name that is an address for what it is, and asks no collector (Daemon::locate). */
function addressInName(name) {
    return name.startsWith('<') || /:\d+$/.test(name) ? parseAddress(name) : undefined;
}
function readPool(text) {
    if (text === undefined)
        return undefined;
    const words = splitList(text);
    if (words.length === 0)
        throw new InputError('pool', 'pool: it is empty');
    return words.map((word) => {
        const address = parseAddress(word, DEFAULT_PORT);
        if (address === undefined)
            throw new InputError('pool', `pool: ${quote(word)} is not a host, host:port or sinful string`);
        return address;
    });
}
function readCredentials(input, { env, home, isRoot }) {
    const text = input('idtoken');
    if (text !== undefined)
        return { text: new Secret(text) };
    const directory = env['_CONDOR_SEC_TOKEN_DIRECTORY'];
    if (directory !== undefined && directory !== '')
        return { directory, named: true };
    const system = env['_CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY'] ?? '/etc/condor/tokens.d';
    return { directory: isRoot ? system : (0,external_node_path_namespaceObject.join)(home, '.condor', 'tokens.d'), named: false };
}
function readLevels(text) {
    if (text === undefined)
        return [];
    const levels = [...new Set(splitList(text).map((word) => word.toUpperCase()))];
    const unknown = levels.find((level) => !AUTHORIZATION_LEVELS.includes(level));
    if (unknown !== undefined) {
        const known = AUTHORIZATION_LEVELS.join(' ');
        throw new InputError('authz', `authz: ${quote(unknown)} is not an authorization level; HTCondor has ${known}`);
    }
    if (levels.length === 0)
        throw new InputError('authz', 'authz: it names no level; leave it out to ask for no restriction');
    return levels;
}
function readLifetime(text) {
    if (text === undefined)
        return undefined;
    if (text.trim() === 'unlimited')
        return 'unlimited';
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
        const allowed = `seconds, or a number with s, m, h or d, from 1 to ${MAX_LIFETIME_SECONDS} s; or unlimited`;
        throw new InputError('lifetime', `lifetime: ${quote(text)} is not a lifetime: ${allowed}`);
    }
    return seconds;
}
function readPath(input, { env, home, isRoot }) {
    const [token, file, directory] = [input('token'), input('file'), input('token-directory')];
    if (token !== undefined && file !== undefined) {
        throw new InputError('token', 'token and file exclude each other: the token is written to one place');
    }
    if (directory !== undefined && token === undefined) {
        throw new InputError('token-directory', 'token-directory: give token too, the name of the file in that directory');
    }
    if (file !== undefined)
        return plainPath('file', file);
    if (token === undefined)
        return undefined;
    if (token.trim() === '' || /[/\\\p{Cc}]/u.test(token) || token === '.' || token === '..') {
        throw new InputError('token', `token: ${quote(token)} is not a plain file name; use file for a path`);
    }
    const system = env['_CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY'] ?? '/etc/condor/tokens.d';
    const preset = env['_CONDOR_SEC_TOKEN_DIRECTORY'] ?? (isRoot ? system : (0,external_node_path_namespaceObject.join)(home, '.condor', 'tokens.d'));
    return (0,external_node_path_namespaceObject.join)(directory === undefined ? preset : plainPath('token-directory', directory), token);
}
function plainPath(input, text) {
    if (text.trim() === '' || text.includes('\0'))
        throw new InputError(input, `${input}: ${quote(text)} is not a path`);
    return (0,external_node_path_namespaceObject.isAbsolute)(text) ? text : (0,external_node_path_namespaceObject.join)(process.cwd(), text);
}
/** A word that goes into an ad or an expression as it is, so it must not be able to leave its quotes. */
function plainText(input, text) {
    if (text === undefined)
        return undefined;
    const word = text.trim();
    if (word === '')
        throw new InputError(input, `${input}: it is empty`);
    if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
        throw new InputError(input, `${input}: ${quote(word)} has characters that no ${input} has`);
    }
    return word;
}
function oneOf(input, text, allowed) {
    const found = allowed.find((each) => each === text.trim());
    if (found !== undefined)
        return found;
    throw new InputError(input, `${input}: ${quote(text)} is unknown; possible are ${allowed.join(' ')}`);
}
function parseDuration(text) {
    const [, digits, unit = ''] = /^(\d{1,12})([smhd]?)$/.exec(text.trim()) ?? [];
    return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? Number.NaN);
}
function splitList(text) {
    return text.split(/[\s,]+/).filter((word) => word !== '');
}
function quote(text) {
    return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}
//# sourceMappingURL=inputs.js.map
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: ./build/src/process-host.js


/** A Host of this process: real time, real randomness, a deadline, and an end when `signal` says so. */
function processHost(timeoutMs, signal, sinks) {
    return {
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        now: () => new Date(),
        randomBytes: external_node_crypto_namespaceObject.randomBytes,
        ...sinks,
    };
}
/** Aborted by SIGINT and SIGTERM, so that sockets are closed and nothing is left half-written. */
function interruptSignal() {
    const interrupted = new AbortController();
    for (const name of ['SIGINT', 'SIGTERM'])
        process.once(name, () => interrupted.abort(new Error(name)));
    return interrupted.signal;
}
function processSurroundings() {
    const { homedir, uid } = (0,external_node_os_namespaceObject.userInfo)();
    return { env: process.env, home: homedir, isRoot: uid === 0 };
}
//# sourceMappingURL=process-host.js.map
;// CONCATENATED MODULE: ./build/src/hints.js
/**
 * What to try next, most likely first. Pure: the same error gives the same advice.
 *
 * Each sentence names the setting, the side it is on, and where there is one the command that shows it.
 */
function hintsFor(error) {
    switch (error.code) {
        case 'ERR_INPUT':
            return [`Correct the input ${error.input} of this step.`];
        case 'ERR_NO_CREDENTIAL':
            return [
                'Give an IDTOKEN in the input idtoken, from a secret, or in a file of the token directory (mode 0600, owned by this user).',
            ];
        case 'ERR_CREDENTIAL_UNREADABLE':
            return [
                'An IDTOKEN is one line, three parts with dots between them. Copy the secret again, as condor_token_list finds it in tokens.d.',
            ];
        case 'ERR_NOT_FOUND':
            return [
                'See what the pool has: condor_status -any -pool POOL -af MyType Name. Or give the daemon directly, with address.',
            ];
        case 'ERR_AMBIGUOUS':
            return ['Give name: one of those listed.'];
        case 'ERR_CONNECT':
            return [
                'Is the port (9618 by default) open from this runner to that host? Hosted runners are outside your network: use a self-hosted one, a VPN or an SSH tunnel with address.',
            ];
        case 'ERR_TIMEOUT':
            return [
                'Nothing came back in time. A firewall that drops packets looks like this; for a slow network raise timeout.',
            ];
        case 'ERR_CLOSED':
            return [
                'The peer hung up without a word. A daemon does so if its security settings cannot be reconciled with ours (SEC_*_AUTHENTICATION or SEC_*_ENCRYPTION = NEVER), if the sock= part of the address is stale, or if it is older than HTCondor 9.0.',
                'Ask the administrator for the lines with DC_AUTHENTICATE in the log of that daemon.',
            ];
        case 'ERR_CCB_ONLY':
            return [
                'The daemon is behind a firewall and is reached through CCB. Run this step where the daemon can be reached directly, or through an SSH tunnel with address.',
            ];
        case 'ERR_FRAME':
        case 'ERR_MESSAGE':
        case 'ERR_CLASSAD':
            return ['Is this address really an HTCondor daemon? Check the host and the port of pool or address.'];
        case 'ERR_DECRYPT':
            return [
                'Something on the way changes the data, or the peer is not who it claims to be. Do not try again before you know what is in between.',
            ];
        case 'ERR_NO_COMMON_METHOD':
            return [
                'The daemon must accept IDTOKENS: SEC_DEFAULT_AUTHENTICATION_METHODS on its side (condor_config_val SEC_DEFAULT_AUTHENTICATION_METHODS).',
            ];
        case 'ERR_NO_ENCRYPTION':
            return [
                'The daemon must allow AES: SEC_DEFAULT_CRYPTO_METHODS = AES and HTCondor 9.0 or later on its side. Nothing was sent in clear.',
            ];
        case 'ERR_METHODS_EXHAUSTED':
            return [
                'Compare the reasons above with a fresh token: condor_token_fetch or condor_token_create on a machine of the pool.',
                'If all fits, the administrator finds the reason in the daemon log with SCHEDD_DEBUG (or COLLECTOR_DEBUG) = D_SECURITY.',
            ];
        case 'ERR_SERVER_UNPROVEN':
            return [
                'Most often the token is of another pool whose key has the same name (POOL), or the key was replaced since: fetch a new token from this pool.',
                'If the token is right, this is not the daemon that it claims to be. No other credential was shown to it.',
            ];
        case 'ERR_DENIED':
            return [
                `The pool knows ${error.user ?? 'you'} but does not let it do this: ALLOW_* and DENY_* on the daemon (condor_config_val ALLOW_READ ALLOW_WRITE ALLOW_DAEMON).`,
            ];
        case 'ERR_COMMAND_NOT_REGISTERED':
            return ['The daemon is too old to issue tokens, or is of a type that does not: HTCondor 8.9 or later is needed.'];
        case 'ERR_DAEMON':
            return daemonHints(error);
        case 'ERR_TOKEN_MALFORMED':
        case 'ERR_TOKEN_CLAIM':
            return [
                'The daemon issued something else than was asked for, so nothing was delivered. Tell the administrator; TRUST_DOMAIN and SEC_TOKEN_ISSUER_KEY are the settings behind it.',
            ];
        case 'ERR_TOKEN_REDUCED':
            return [
                'Ask for less (authz, lifetime), give a credential that has more, or set on-reduced to warn. Lifetimes are cut to the rest of the credential’s own and to SEC_ISSUED_TOKEN_EXPIRATION of the daemon.',
            ];
        case 'ERR_TOKEN_REFUSED':
            return [
                'The new token does not work yet: the daemon that issued it and the one that refuses it must share the signing key.',
            ];
        case 'ERR_OUTPUT':
            return ['Choose a place that this user can write to: token-directory or file.'];
        default:
            return unknownCode(error);
    }
}
/** A new code without a hint does not compile. */
function unknownCode(error) {
    return [String(error)];
}
/** HTCondor uses one number for several errors, so the text decides (handle_dc_session_token). */
function daemonHints({ errorCode, errorString }) {
    const rows = [
        [
            /Token fetch disabled/,
            'Fetching is switched off in this daemon: SEC_ENABLE_TOKEN_FETCH = True, on its side, or another daemon of the pool.',
        ],
        [
            /will not sign with requested key/,
            'The key is not among SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS of the daemon. Leave key out, or have it added there.',
        ],
        [/original one expired/, 'Your credential expired while it was in use. Renew the secret.'],
        [
            /doesn't allow requested authorization/,
            'Your credential is limited to other levels than authz asks for. Ask for a level that it has, or use another credential.',
        ],
        [
            /did not successfully authenticate/,
            'The daemon does not map you to an identity. Check that the sub of your credential has a domain (user@domain).',
        ],
        [
            /does not have access to configured key/,
            'This daemon cannot read its signing key (SEC_TOKEN_ISSUER_KEY, SEC_PASSWORD_DIRECTORY). Ask the collector instead (type: collector), or have the key installed there.',
        ],
        [
            /Failed to read file|Failed to fetch key/,
            'The key is allowed, but its file is missing on that host: SEC_PASSWORD_DIRECTORY, mode 0600, owned by root.',
        ],
        [/Issuer namespace/, 'TRUST_DOMAIN of the daemon is not set, or has spaces or commas.'],
    ];
    const found = rows.filter(([text]) => text.test(errorString)).map(([, hint]) => hint);
    if (found.length > 0)
        return found;
    return [`Ask the administrator for the log of the daemon at this time; HTCondor's error code is ${errorCode}.`];
}
//# sourceMappingURL=hints.js.map
;// CONCATENATED MODULE: ./build/src/report.js



/** An error as people read it: what, where, each method's reason, and what to try. One sentence a line. */
function describeError(error) {
    if (!(error instanceof HTCondorError)) {
        const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
        return [printable(text), 'This is a bug in condor-token-fetch; please report it.'];
    }
    const known = error;
    const where = [known.code, known.phase && `while: ${known.phase}`, known.peer && `at ${printable(known.peer)}`];
    const attempts = 'attempts' in known ? known.attempts.map(({ method, reason }) => `  ${method}: ${reason}`) : [];
    const hints = hintsFor(known).map((hint) => `Hint: ${hint}`);
    return [`${known.message} (${where.filter(Boolean).join(', ')})`, ...attempts, ...hints];
}
/** The facts of a fetched token by their public names; never the token. */
function factsOf({ token, ...fetched }) {
    const { issuedAt, expiresAt } = token;
    return {
        identity: token.subject,
        'trust-domain': token.issuer,
        key: token.keyId,
        'token-id': printable(token.tokenId ?? ''),
        authz: printable((token.authz ?? []).join(' ')),
        'issued-at': iso(issuedAt),
        'expires-at': iso(expiresAt),
        lifetime: issuedAt === undefined || expiresAt === undefined ? '' : String(expiresAt - issuedAt),
        'daemon-name': fetched.daemonName,
        'daemon-address': fetched.daemonAddress,
        'daemon-version': fetched.daemonVersion,
        'authentication-method': fetched.authenticationMethod,
    };
}
/** One line for a log. */
function describeToken(fetched) {
    const { identity, authz, lifetime } = factsOf(fetched);
    const until = lifetime === '' ? 'never expires' : `lasts ${lifetime} s`;
    const where = fetched.path === undefined ? '' : `; written to ${fetched.path}`;
    return printable(`A token for ${identity}, ${authz === '' ? 'not limited to any levels' : authz}, ${until}${where}`);
}
function iso(seconds) {
    return seconds === undefined ? '' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
//# sourceMappingURL=report.js.map
;// CONCATENATED MODULE: ./build/src/version.js
/** The version of this package; a test holds it equal to package.json. */
const VERSION = '0.1.0';
//# sourceMappingURL=version.js.map
;// CONCATENATED MODULE: ./build/src/cli.js
/** The command's shell: argv → fetchToken → the token on standard output, everything else on standard error. */








async function run(args) {
    try {
        await main(args);
    }
    catch (error) {
        for (const line of describeError(error))
            say(line);
        process.exitCode = error instanceof HTCondorError ? error.exitStatus : 1;
    }
}
async function main(args) {
    const given = parseArguments(args);
    if (given.has('help')) {
        process.stderr.write(usage());
        process.exitCode = 1; // as HTCondor's tool does
        return;
    }
    if (given.has('version'))
        return print(`condor_token_fetch ${VERSION}`);
    // Levels add up; of other flags the last one counts.
    const input = (name) => (name === 'authz' ? given.get(name)?.join(',') : given.get(name)?.at(-1));
    const host = processHost(readTimeout(input), interruptSignal(), {
        mask: () => { }, // nothing secret is ever printed but the token itself, on purpose
        log: {
            debug: (line) => given.has('debug') && say(line),
            info: say,
            warn: (line) => say(`Warning: ${line}`),
        },
    });
    const fetched = await fetchToken(readRequest(input, processSurroundings()), host);
    host.log.debug(`${describeToken(fetched)}; ${fetched.roundTrips} round trips`);
    if (given.has('json'))
        await print(JSON.stringify({ ...factsOf(fetched), file: fetched.path ?? '' }, undefined, 2));
    else if (fetched.path === undefined)
        await print(fetched.token.jwt.reveal());
}
function say(line) {
    process.stderr.write(`${printable(line)}\n`);
}
/** Done when the reader has it: a token that went nowhere is a failure, not a success. */
function print(text) {
    return new Promise((resolve, reject) => {
        const failed = (cause) => reject(new OutputError(`standard output: ${cause.message}`, { cause, phase: 'deliver' }));
        process.stdout.once('error', failed);
        process.stdout.write(`${text}\n`, () => resolve());
    });
}
//# sourceMappingURL=cli.js.map

/***/ }),

/***/ 209:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var _cli_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(304);

await (0,_cli_js__WEBPACK_IMPORTED_MODULE_0__/* .run */ .e)(process.argv.slice(2));
//# sourceMappingURL=cli.js.map
__webpack_async_result__();
} catch(e) { __webpack_async_result__(e); } }, 1);

/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/async module */
/******/ (() => {
/******/ 	var webpackQueues = typeof Symbol === "function" ? Symbol("webpack queues") : "__webpack_queues__";
/******/ 	var webpackExports = typeof Symbol === "function" ? Symbol("webpack exports") : "__webpack_exports__";
/******/ 	var webpackError = typeof Symbol === "function" ? Symbol("webpack error") : "__webpack_error__";
/******/ 	var resolveQueue = (queue) => {
/******/ 		if(queue && queue.d < 1) {
/******/ 			queue.d = 1;
/******/ 			queue.forEach((fn) => (fn.r--));
/******/ 			queue.forEach((fn) => (fn.r-- ? fn.r++ : fn()));
/******/ 		}
/******/ 	}
/******/ 	var wrapDeps = (deps) => (deps.map((dep) => {
/******/ 		if(dep !== null && typeof dep === "object") {
/******/ 			if(dep[webpackQueues]) return dep;
/******/ 			if(dep.then) {
/******/ 				var queue = [];
/******/ 				queue.d = 0;
/******/ 				dep.then((r) => {
/******/ 					obj[webpackExports] = r;
/******/ 					resolveQueue(queue);
/******/ 				}, (e) => {
/******/ 					obj[webpackError] = e;
/******/ 					resolveQueue(queue);
/******/ 				});
/******/ 				var obj = {};
/******/ 				obj[webpackQueues] = (fn) => (fn(queue));
/******/ 				return obj;
/******/ 			}
/******/ 		}
/******/ 		var ret = {};
/******/ 		ret[webpackQueues] = x => {};
/******/ 		ret[webpackExports] = dep;
/******/ 		return ret;
/******/ 	}));
/******/ 	__nccwpck_require__.a = (module, body, hasAwait) => {
/******/ 		var queue;
/******/ 		hasAwait && ((queue = []).d = -1);
/******/ 		var depQueues = new Set();
/******/ 		var exports = module.exports;
/******/ 		var currentDeps;
/******/ 		var outerResolve;
/******/ 		var reject;
/******/ 		var promise = new Promise((resolve, rej) => {
/******/ 			reject = rej;
/******/ 			outerResolve = resolve;
/******/ 		});
/******/ 		promise[webpackExports] = exports;
/******/ 		promise[webpackQueues] = (fn) => (queue && fn(queue), depQueues.forEach(fn), promise["catch"](x => {}));
/******/ 		module.exports = promise;
/******/ 		body((deps) => {
/******/ 			currentDeps = wrapDeps(deps);
/******/ 			var fn;
/******/ 			var getResult = () => (currentDeps.map((d) => {
/******/ 				if(d[webpackError]) throw d[webpackError];
/******/ 				return d[webpackExports];
/******/ 			}))
/******/ 			var promise = new Promise((resolve) => {
/******/ 				fn = () => (resolve(getResult));
/******/ 				fn.r = 0;
/******/ 				var fnQueue = (q) => (q !== queue && !depQueues.has(q) && (depQueues.add(q), q && !q.d && (fn.r++, q.push(fn))));
/******/ 				currentDeps.map((dep) => (dep[webpackQueues](fnQueue)));
/******/ 			});
/******/ 			return fn.r ? promise : getResult();
/******/ 		}, (err) => ((err ? reject(promise[webpackError] = err) : outerResolve(exports)), resolveQueue(queue)));
/******/ 		queue && queue.d < 0 && (queue.d = 0);
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/************************************************************************/
/******/ 
/******/ // startup
/******/ // Load entry module and return exports
/******/ // This entry module used 'module' so it can't be inlined
/******/ var __webpack_exports__ = __nccwpck_require__(209);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 
