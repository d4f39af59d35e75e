#!/usr/bin/env node
import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 841:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __nccwpck_require__) => {


// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  e: () => (/* binding */ run)
});

;// CONCATENATED MODULE: ./build/bundle/src/printable.js
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const MAX_LENGTH = 2000;
function printable(text) {
    const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
    return cut
        .replace(UNPRINTABLE, '?')
        .replaceAll('##[', '# #[')
        .replace(/^(\s*):(?=:)/, '$1: ');
}

;// CONCATENATED MODULE: ./build/bundle/src/errors.js

class HTCondorError extends Error {
    phase;
    peer;
    constructor(message, facts = {}) {
        super(printable(message), facts.cause === undefined ? undefined : { cause: facts.cause });
        this.name = new.target.name;
        this.phase = facts.phase;
        this.peer = facts.peer;
    }
    at(phase, peer) {
        this.phase ??= phase;
        this.peer ??= peer;
        return this;
    }
}
class errors_InputError extends HTCondorError {
    code = 'ERR_INPUT';
    exitStatus = 2;
    input;
    constructor(input, message, facts) {
        super(message, facts);
        this.input = input;
    }
}
class CredentialError extends HTCondorError {
    exitStatus = 2;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
class LocateError extends HTCondorError {
    exitStatus = 3;
    code;
    names;
    constructor(code, message, names, facts) {
        super(message, facts);
        this.code = code;
        this.names = names.map(printable);
    }
}
class ConnectError extends HTCondorError {
    exitStatus = 3;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
class ProtocolError extends HTCondorError {
    exitStatus = 4;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
class NegotiationError extends HTCondorError {
    exitStatus = 5;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}
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
class AuthorizationError extends HTCondorError {
    exitStatus = 6;
    code;
    user;
    constructor(code, message, user, facts) {
        super(message, facts);
        this.code = code;
        this.user = user === undefined ? undefined : printable(user);
    }
}
class DaemonError extends HTCondorError {
    code = 'ERR_DAEMON';
    exitStatus = 6;
    errorCode;
    errorString;
    constructor(errorCode, errorString, facts) {
        super(`the daemon reports error ${errorCode}: ${errorString}`, facts);
        this.errorCode = errorCode;
        this.errorString = printable(errorString);
    }
}
class TokenError extends HTCondorError {
    exitStatus = 7;
    code;
    claim;
    constructor(code, message, claim, facts) {
        super(message, facts);
        this.code = code;
        this.claim = claim;
    }
}
class OutputError extends HTCondorError {
    code = 'ERR_OUTPUT';
    exitStatus = 8;
}

;// CONCATENATED MODULE: ./build/bundle/src/argv.js

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
function parseArguments(args) {
    const found = new Map();
    for (let i = 0; i < args.length; i++) {
        const argument = args[i] ?? '';
        const flag = FLAGS.find((each) => matches(argument, each));
        if (flag === undefined)
            throw new errors_InputError('arguments', `Invalid command line argument: ${argument}`);
        let value = '';
        if (flag.value !== undefined) {
            i += 1;
            value = args[i];
            if (value === undefined)
                throw new errors_InputError(flag.name, `-${flag.name} requires an argument: ${flag.value}`);
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
;// CONCATENATED MODULE: ./build/bundle/src/secret.js

class Secret {
    #value;
    constructor(value) {
        this.#value = value;
    }
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

;// CONCATENATED MODULE: ./build/bundle/src/token/jwt.js




const jwt_MAX_LENGTH = 64 * 1024;
const LEVEL_PREFIX = 'condor:/';
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
function revealSignature({ jwt }) {
    return new Uint8Array(Buffer.from(signaturePart(jwt).reveal(), 'base64url'));
}
function signaturePart(jwt) {
    return new Secret(jwt.reveal().split('.')[2] ?? '');
}
function jwt_decode(text) {
    try {
        return { header: decodeProtectedHeader(text), claims: decodeJwt(text) };
    }
    catch {
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

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");
;// CONCATENATED MODULE: ./build/bundle/src/credentials/idtoken-directory.js



const EXCLUDED_NAME = /^((\..*)|(.*~)|(#.*)|(.*\.rpmsave)|(.*\.rpmnew)|(.*\.dpkg-.*))$/;
const MAX_FILE_LENGTH = 1024 * 1024;
function readTokenDirectory(directory) {
    let names;
    try {
        names = (0,external_node_fs_namespaceObject.readdirSync)(directory).sort();
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
            const found = tokenLines(readPrivateFile(path), path);
            if (found.length === 0)
                skipped.push(`${path}: it holds no token, only blank lines and comments`);
            lines.push(...found);
        }
        catch (error) {
            skipped.push(`${path}: ${reasonOf(error)}`);
        }
    }
    if (names.length === 0)
        skipped.push(`${directory}: it is empty`);
    return { lines, skipped };
}
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
function readPrivateFile(path) {
    const file = (0,external_node_fs_namespaceObject.openSync)(path, external_node_fs_namespaceObject.constants.O_RDONLY | (external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0));
    try {
        const { uid, mode, size } = (0,external_node_fs_namespaceObject.fstatSync)(file);
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
        return (0,external_node_fs_namespaceObject.readFileSync)(file, 'utf8');
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(file);
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

;// CONCATENATED MODULE: ./build/bundle/src/credentials/idtoken-sources.js



function loadIdTokens(source, host) {
    if ('text' in source) {
        host.mask(source.text);
        const lines = tokenLines(source.text.reveal(), 'idtoken');
        if (lines.length === 0)
            throw new CredentialError('ERR_NO_CREDENTIAL', 'idtoken holds no token, only blank lines and comments');
        return lines.map((line) => parseLine(line, true, host));
    }
    const { lines, skipped } = readTokenDirectory(source.directory);
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

;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");
;// CONCATENATED MODULE: ./build/bundle/src/wire/writer.js
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
    finish() {
        return writer_concat(this.#parts);
    }
}
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

;// CONCATENATED MODULE: ./build/bundle/src/wire/frame.js


const HEADER_LENGTH = 5;
const MAX_BODY_LENGTH = 1024 * 1024;
const MAX_END_FLAG = 10;
function putHeader(bodyLength) {
    if (bodyLength < 1 || bodyLength > MAX_BODY_LENGTH)
        throw new RangeError(`a frame of ${bodyLength} bytes`);
    const header = new Uint8Array(HEADER_LENGTH);
    header[0] = 1;
    new DataView(header.buffer).setUint32(1, bodyLength);
    return header;
}
class Deframer {
    #chunks = [];
    #buffered = 0;
    #header;
    #bodyLength = 0;
    push(chunk) {
        this.#chunks.push(chunk);
        this.#buffered += chunk.length;
    }
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

;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
;// CONCATENATED MODULE: ./build/bundle/src/wire/frame-protection.js




const KEY_LENGTH = 32;
const IV_LENGTH = 16;
const TAG_LENGTH = 16;
const MAX_FRAMES = 0xffff_ffff;
class FrameProtection {
    #key;
    #digests;
    #sendIv;
    #receiveIv;
    #sealed = 0;
    #opened = 0;
    constructor(key, digests, sendIv) {
        if (key.length !== KEY_LENGTH || sendIv.length !== IV_LENGTH)
            throw new RangeError('key or IV length');
        this.#key = key;
        this.#digests = digests;
        this.#sendIv = sendIv;
    }
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
    open(frame) {
        const first = this.#receiveIv === undefined;
        if (frame.body.length < TAG_LENGTH + (first ? IV_LENGTH : 0)) {
            throw new ProtocolError('ERR_DECRYPT', 'an encrypted frame is too short');
        }
        this.#receiveIv ??= Uint8Array.from(frame.body.subarray(0, IV_LENGTH));
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
function nonce(baseIv, count) {
    if (count >= MAX_FRAMES)
        throw new ProtocolError('ERR_FRAME', 'too many frames on one connection');
    const iv = Uint8Array.from(baseIv);
    const view = new DataView(iv.buffer);
    view.setUint32(0, (view.getUint32(0) + count) % 2 ** 32);
    return iv;
}

;// CONCATENATED MODULE: ./build/bundle/src/wire/reader.js

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NULL_STRING = 0xad;
class Reader {
    #bytes;
    #view;
    #encrypted;
    #at = 0;
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
        if (!Number.isSafeInteger(value))
            throw new ProtocolError('ERR_MESSAGE', 'an integer is out of range');
        return value;
    }
    bytes(length) {
        if (!Number.isInteger(length) || length < 0)
            throw new ProtocolError('ERR_MESSAGE', `a length of ${length}`);
        const start = this.#take(length);
        return this.#bytes.subarray(start, start + length);
    }
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

;// CONCATENATED MODULE: ./build/bundle/src/wire/transcript.js

class Transcript {
    #hash;
    add(...parts) {
        this.#hash ??= (0,external_node_crypto_namespaceObject.createHash)('sha256');
        for (const part of parts)
            this.#hash.update(part);
    }
    digest() {
        return this.#hash === undefined ? new Uint8Array(32) : new Uint8Array(this.#hash.copy().digest());
    }
}

;// CONCATENATED MODULE: ./build/bundle/src/transport/channel.js






const MAX_CLEAR_MESSAGE = MAX_BODY_LENGTH;
const MAX_PROTECTED_MESSAGE = 16 * 1024 * 1024;
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
    #roundTrips = 1;
    #onAbort = () => this.close();
    constructor(socket, options) {
        this.#socket = socket;
        this.#options = options;
        this.#outgoing = options.preamble === undefined ? [] : [options.preamble];
        this.#chunks = socket[Symbol.asyncIterator]();
        socket.on('error', () => { });
        options.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
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
    flush() {
        if (this.#outgoing.length === 0)
            return;
        this.#socket.write(writer_concat(this.#outgoing));
        this.#outgoing = [];
        this.#roundTrips += 1;
    }
    close() {
        this.#options.signal.removeEventListener('abort', this.#onAbort);
        this.#socket.destroySoon();
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
function abortedError(signal) {
    const reason = signal.reason;
    const timedOut = reason instanceof Error && reason.name === 'TimeoutError';
    return new ConnectError('ERR_TIMEOUT', timedOut ? 'the time allowed is over' : 'cancelled', { cause: reason });
}
function clearFrame(plaintext) {
    return writer_concat([putHeader(plaintext.length), plaintext]);
}

;// CONCATENATED MODULE: ./build/bundle/src/transport/sinful.js

const DEFAULT_PORT = 9618;
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
function parseSinful(text) {
    return text.startsWith('<') && text.endsWith('>') ? parseAddress(text) : undefined;
}
function formatSinful({ host, port, params }) {
    const query = [...params].map(([key, value]) => value === '' ? urlEncode(key) : `${urlEncode(key)}=${urlEncode(value)}`);
    return `<${formatEndpoint({ host, port })}${query.length > 0 ? `?${query.join('&')}` : ''}>`;
}
function formatEndpoint({ host, port }) {
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
function sharedPortId({ params }) {
    return params.get('sock');
}
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
    if (/:.*:/.test(text) && (0,external_node_net_namespaceObject.isIP)(text) === 6)
        return defaultPort === undefined ? undefined : { host: text, port: defaultPort };
    const [, v6, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
    const port = digits === undefined ? defaultPort : Number(digits);
    if (port === undefined || port < 1 || port > 65535)
        return undefined;
    if (v6 !== undefined)
        return (0,external_node_net_namespaceObject.isIP)(v6) === 6 ? { host: v6, port } : undefined;
    return name !== undefined && /^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$/.test(name) ? { host: name, port } : undefined;
}
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
function urlEncode(text) {
    return encodeURIComponent(text).replace(/%(3A|2B|5B|5D|23|2F)/g, (code) => decodeURIComponent(code));
}
function splitOnce(text, separator) {
    const at = text.indexOf(separator);
    return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

;// CONCATENATED MODULE: ./build/bundle/src/transport/connect.js






const SHARED_PORT_CONNECT = 75;
const ATTEMPT_DELAY_MS = 250;
const ATTEMPT_TIMEOUT_MS = 10_000;
async function connect(address, host) {
    const socket = await dial(address, host.signal);
    const id = sharedPortId(address);
    return new Channel(socket, { ...host, ...(id === undefined ? {} : { preamble: sharedPortConnect(id) }) });
}
function sharedPortConnect(id) {
    const message = new Writer().int(SHARED_PORT_CONNECT).string(id).string('condor-token-fetch').int(-1).int(0).finish();
    return writer_concat([putHeader(message.length), message]);
}
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
    if (error instanceof AggregateError)
        return error.errors.map((each) => each.message).join(', ');
    return error.message;
}

;// CONCATENATED MODULE: ./build/bundle/src/wire/classad.js

class Expression {
    source;
    constructor(source) {
        this.source = source;
    }
}
const SECRET_MARKER = 'ZKM';
const ATTRIBUTE = /^\s*([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/s;
class ClassAd {
    #values;
    constructor(values) {
        this.#values = values;
    }
    get size() {
        return this.#values.size;
    }
    string(name) {
        const source = this.#literal(name);
        if (source === undefined)
            return undefined;
        const inner = /^"(.*)"$/s.exec(source)?.[1];
        if (inner === undefined || /(^|[^\\])"/.test(inner))
            throw wrongType(name, 'a string');
        return inner.replaceAll('\\"', '"');
    }
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
function getClassAd(message) {
    const count = message.int();
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
    message.string();
    message.string();
    return new ClassAd(values);
}
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

;// CONCATENATED MODULE: ./build/bundle/src/daemon/commands.js
const DC_GET_SESSION_TOKEN = 60046;
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
const COLLECTOR_TYPES = ['collector', 'view_collector'];

;// CONCATENATED MODULE: ./build/bundle/src/security/method.js
const METHOD_BIT = {
    FS: 4,
    SSL: 256,
    PASSWORD: 512,
    MUNGE: 1024,
    TOKEN: 2048,
    SCITOKENS: 4096,
};
function displayName(method) {
    return method === 'TOKEN' ? 'IDTOKENS' : method;
}
class MethodRefused extends Error {
}

;// CONCATENATED MODULE: ./build/bundle/src/security/authenticate.js


class PresumptionFailed extends Error {
    attempts;
    constructor(attempts) {
        super('the presumed credential does not fit');
        this.attempts = attempts;
    }
}
function offer(channel, { method, candidate }) {
    channel.send((message) => message.int(METHOD_BIT[method]));
    candidate.open(channel);
}
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
            break;
        }
        try {
            await next.candidate.finish(channel, server);
            return next.method;
        }
        catch (error) {
            if (!(error instanceof MethodRefused))
                throw error;
            attempts.push({ method: displayName(next.method), reason: `${next.candidate.label}: ${error.message}` });
        }
    }
    throw exhausted(attempts);
}
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

;// CONCATENATED MODULE: ./build/bundle/src/security/key-agreement.js



class KeyAgreement {
    #ecdh = (0,external_node_crypto_namespaceObject.createECDH)('prime256v1');
    publicKey;
    constructor(randomBytes) {
        for (;;) {
            try {
                this.#ecdh.setPrivateKey(randomBytes(KEY_LENGTH));
                break;
            }
            catch {
            }
        }
        this.publicKey = this.#ecdh.getPublicKey('base64');
    }
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

;// CONCATENATED MODULE: ./build/bundle/src/security/policy.js

const REMOTE_VERSION = '$CondorVersion: 25.0.0 2025-01-01 BuildID: 0 $';
const SESSION_DURATION_SECONDS = 60;
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
        Enact: 'NO',
        NewSession: 'YES',
        SessionDuration: String(SESSION_DURATION_SECONDS),
        Subsystem: 'TOOL',
        ECDHPublicKey: ecdhPublicKey,
        RemoteVersion: REMOTE_VERSION,
    };
}
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

;// CONCATENATED MODULE: ./build/bundle/src/security/session.js





const DC_AUTHENTICATE = 60010;
const putKeyExchangeDone = (message) => message.int(0);
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
function presumptionOf(methods) {
    const [method, ...others] = methods;
    const candidate = others.length === 0 ? method?.presumed() : undefined;
    return method === undefined || candidate === undefined ? undefined : { method: method.name, candidate };
}
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

;// CONCATENATED MODULE: ./build/bundle/src/daemon/open-session.js





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
async function attempt({ address, command, request, methods, phase }, read, presume, host) {
    const channel = await inPhase(phase ?? 'connect', address, () => connect(address, host));
    try {
        const session = await inPhase(phase ?? 'session', address, () => startCommand(channel, command, request, { methods, presume }, host));
        const value = await read(session);
        return { value, session, roundTrips: channel.roundTrips };
    }
    finally {
        channel.flush();
        channel.close();
    }
}
async function inPhase(phase, peer, work) {
    try {
        return await work();
    }
    catch (error) {
        throw error instanceof HTCondorError ? error.at(phase, peer && formatSinful(peer)) : error;
    }
}

;// CONCATENATED MODULE: ./build/bundle/src/daemon/locate.js






const MAX_NAMES = 10;
function locate(collector, wanted, methods, host) {
    return inPhase('locate', collector, () => find(wanted, (query) => queryFirstAnswer(collector, query, methods, host)));
}
async function find(wanted, ask) {
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
async function queryFirstAnswer(collector, query, methods, host) {
    const plain = queryInClear(collector, query, host);
    const authenticated = queryInSession(collector, query, methods, host);
    try {
        return await Promise.any([plain, authenticated]);
    }
    catch {
        return await plain.catch((error) => {
            const hungUp = error instanceof ConnectError && error.code === 'ERR_CLOSED';
            if (!hungUp)
                throw error;
            return authenticated;
        });
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
    const call = { address, command, request: putAd, methods, phase: 'locate' };
    const { value, roundTrips } = await callCommand(call, ({ channel }) => channel.receive(getAds), host);
    return { ads: value, roundTrips };
}
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
        throw new ProtocolError('ERR_CLASSAD', `the collector gives no usable address: ${text ?? 'none at all'}`);
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

;// CONCATENATED MODULE: ./build/bundle/src/daemon/session-token.js





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

;// CONCATENATED MODULE: ./build/bundle/src/output/token-file.js




const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
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
        if ((0,external_node_fs_namespaceObject.statSync)(directory).isDirectory())
            return;
    }
    catch (cause) {
        throw new OutputError(`${directory} cannot be written to: ${messageOf(cause)}`, { cause });
    }
    throw new OutputError(`${directory} is no directory`);
}
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

;// CONCATENATED MODULE: ./build/bundle/src/security/methods/akep2-seeds.js
const akep2_seeds_decode = (base64) => new Uint8Array(Buffer.from(base64, 'base64'));
const SEED_A = akep2_seeds_decode('PkpQIEfV9OXcfGm7UhDLthZ63YCE992e860synHSg90RSk+7ex7pCt+oYsRDBN5Uc6MXL3NcLLtud1tdQNOfrOhzGCUj+SUr' +
    'Yjvg1LFno6gEDKz+6e49oCwKu/TZ2LEfiQBMlDkjzl2VCLs/BLxmo/ogoTpBbF5vTg0xh9Rfx4M1xeSF2yxaNxeXDMJue2ud' +
    'GWW0emffd6MfIvCKbAulcJeiGpynxgQk9yc5q1y5FaQYW9EJgo415CEIq4UcCKPf/eDjsG89OTjNrW3275pvbcLLdPAihRLr' +
    'ej1oIwEGhLAVwSrDAUxPn5OOOE2tHjvXRf+MFB/XC0ZbqK9dG5i0sQ==');

;// CONCATENATED MODULE: ./build/bundle/src/security/methods/akep2.js




const NONCE_LENGTH = 256;
const MAC_LENGTH = 20;
const STATUS_OK = 0;
const STATUS_ERROR = -1;
const utf8 = new TextEncoder();
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
function serverIsProven(key, opening, challenge) {
    const { serverName, clientNonce, serverNonce, mac } = challenge;
    if (serverNonce.length !== NONCE_LENGTH || mac.length !== MAC_LENGTH)
        return false;
    if (challenge.clientName !== opening.name || !equal(clientNonce, opening.nonce))
        return false;
    const names = utf8.encode(`${opening.name} ${serverName}\0`);
    return equal(mac, hmac(key, names, opening.nonce, serverNonce));
}
function putProof(message, key, opening, challenge) {
    const mac = hmac(key, utf8.encode(`${opening.name}\0`), challenge.serverNonce);
    putName(message.int(STATUS_OK), opening.name);
    putBlock(putBlock(message, challenge.serverNonce), mac);
}
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

;// CONCATENATED MODULE: ./build/bundle/src/security/methods/idtokens.js




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

;// CONCATENATED MODULE: ./build/bundle/src/token/levels.js
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
function covers(granted, level) {
    return granted.some((each) => {
        for (let implied = each; implied !== undefined; implied = IMPLIED[implied]) {
            if (implied === level)
                return true;
        }
        return false;
    });
}

;// CONCATENATED MODULE: ./build/bundle/src/token/check.js


function checkToken(token, expected) {
    claim(token.issuer === expected.issuer, 'iss', `the token's issuer is ${token.issuer}, the daemon's trust domain ${expected.issuer || 'unknown'}`);
    claim(token.subject === expected.subject, 'sub', `the token is for ${token.subject}, the daemon authenticated ${expected.subject}`);
    claim(expected.key === undefined || token.keyId === expected.key, 'kid', `the token is signed with the key ${token.keyId}, not ${expected.key}`);
    return [...checkLevels(token, expected.authz), ...checkLifetime(token, expected.lifetimeSeconds)];
}
function checkLevels({ authz }, asked) {
    if (asked.length === 0)
        return [];
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

;// CONCATENATED MODULE: ./build/bundle/src/fetch.js












async function fetchToken(request, host) {
    const finished = new AbortController();
    try {
        return await fetchStepByStep(request, { ...host, signal: AbortSignal.any([host.signal, finished.signal]) });
    }
    finally {
        finished.abort();
    }
}
async function fetchStepByStep(request, host) {
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

;// CONCATENATED MODULE: ./build/bundle/src/inputs.js






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
const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;
const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;
const SECONDS = { '': 1, s: 1, m: 60, h: 60 * 60, d: 24 * 60 * 60 };
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
function readTimeout(input) {
    const text = input('timeout') ?? INPUTS.timeout;
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
        throw new errors_InputError('timeout', `timeout: ${quote(text)} is not a time between 1s and 1d, such as 90s or 5m`);
    }
    return seconds * 1000;
}
function checkTimeout(timeoutMs) {
    if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_SECONDS * 1000)
        return Math.ceil(timeoutMs);
    throw new InputError('timeout', `timeoutMs: ${timeoutMs} is not a number of milliseconds between 1 and a day's`);
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
            throw new errors_InputError('address', `address: ${quote(address)} is neither a sinful string nor host:port`);
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
            throw new errors_InputError('name', `name: a ${type} is found by pool alone; leave name out`);
        }
        const collector = parseAddress(name ?? '', DEFAULT_PORT);
        if (collector !== undefined)
            return { address: [collector] };
    }
    if (pool === undefined) {
        throw new errors_InputError('pool', 'pool: give the host of the collector (host or host:port), or address for a daemon without one');
    }
    return { collectors: pool, type, name };
}
function addressInName(name) {
    return name.startsWith('<') || /:\d+$/.test(name) ? parseAddress(name) : undefined;
}
function readPool(text) {
    if (text === undefined)
        return undefined;
    const words = splitList(text);
    if (words.length === 0)
        throw new errors_InputError('pool', 'pool: it is empty');
    return words.map((word) => {
        const address = parseAddress(word, DEFAULT_PORT);
        if (address === undefined)
            throw new errors_InputError('pool', `pool: ${quote(word)} is not a host, host:port or sinful string`);
        return address;
    });
}
function readCredentials(input, surroundings) {
    const text = input('idtoken');
    if (text !== undefined)
        return { text: new Secret(text) };
    const named = surroundings.env['_CONDOR_SEC_TOKEN_DIRECTORY'];
    return named ? { directory: named, named: true } : { directory: defaultDirectory(surroundings), named: false };
}
function defaultDirectory({ env, home, isRoot }) {
    return isRoot
        ? env['_CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY'] || '/etc/condor/tokens.d'
        : (0,external_node_path_namespaceObject.join)(home, '.condor', 'tokens.d');
}
function readLevels(text) {
    if (text === undefined)
        return [];
    const levels = [...new Set(splitList(text).map((word) => word.toUpperCase()))];
    const unknown = levels.find((level) => !AUTHORIZATION_LEVELS.includes(level));
    if (unknown !== undefined) {
        const known = AUTHORIZATION_LEVELS.join(' ');
        throw new errors_InputError('authz', `authz: ${quote(unknown)} is not an authorization level; HTCondor has ${known}`);
    }
    if (levels.length === 0)
        throw new errors_InputError('authz', 'authz: it names no level; leave it out to ask for no restriction');
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
        throw new errors_InputError('lifetime', `lifetime: ${quote(text)} is not a lifetime: ${allowed}`);
    }
    return seconds;
}
function readPath(input, surroundings) {
    const [token, file, directory] = [input('token'), input('file'), input('token-directory')];
    if (token !== undefined && file !== undefined) {
        throw new errors_InputError('token', 'token and file exclude each other: the token is written to one place');
    }
    if (directory !== undefined && token === undefined) {
        throw new errors_InputError('token-directory', 'token-directory: give token too, the name of the file in that directory');
    }
    if (file !== undefined)
        return plainPath('file', file);
    if (token === undefined)
        return undefined;
    if (token.trim() === '' || /[/\\\p{Cc}]/u.test(token) || token === '.' || token === '..') {
        throw new errors_InputError('token', `token: ${quote(token)} is not a plain file name; use file for a path`);
    }
    const preset = surroundings.env['_CONDOR_SEC_TOKEN_DIRECTORY'] || defaultDirectory(surroundings);
    return (0,external_node_path_namespaceObject.join)(directory === undefined ? preset : plainPath('token-directory', directory), token);
}
function plainPath(input, text) {
    if (text.trim() === '' || text.includes('\0'))
        throw new errors_InputError(input, `${input}: ${quote(text)} is not a path`);
    return (0,external_node_path_namespaceObject.isAbsolute)(text) ? text : (0,external_node_path_namespaceObject.join)(process.cwd(), text);
}
function plainText(input, text) {
    if (text === undefined)
        return undefined;
    const word = text.trim();
    if (word === '')
        throw new errors_InputError(input, `${input}: it is empty`);
    if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
        throw new errors_InputError(input, `${input}: ${quote(word)} has characters that no ${input} has`);
    }
    return word;
}
function oneOf(input, text, allowed) {
    const found = allowed.find((each) => each === text.trim());
    if (found !== undefined)
        return found;
    throw new errors_InputError(input, `${input}: ${quote(text)} is unknown; possible are ${allowed.join(' ')}`);
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

;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: ./build/bundle/src/process-host.js


function processHost(timeoutMs, signal, sinks) {
    return {
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        now: () => new Date(),
        randomBytes: external_node_crypto_namespaceObject.randomBytes,
        ...sinks,
    };
}
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

;// CONCATENATED MODULE: ./build/bundle/src/hints.js
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
function unknownCode(error) {
    return [String(error)];
}
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

;// CONCATENATED MODULE: ./build/bundle/src/report.js



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
function describeToken(fetched) {
    const { identity, authz, lifetime } = factsOf(fetched);
    const until = lifetime === '' ? 'never expires' : `lasts ${lifetime} s`;
    const where = fetched.path === undefined ? '' : `; written to ${fetched.path}`;
    return printable(`A token for ${identity}, ${authz === '' ? 'not limited to any levels' : authz}, ${until}${where}`);
}
function iso(seconds) {
    return seconds === undefined ? '' : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

;// CONCATENATED MODULE: ./build/bundle/src/version.js
const VERSION = '0.1.0';

;// CONCATENATED MODULE: ./build/bundle/src/cli.js








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
        process.exitCode = 1;
        return;
    }
    if (given.has('version'))
        return print(`condor_token_fetch ${VERSION}`);
    const input = (name) => (name === 'authz' ? given.get(name)?.join(',') : given.get(name)?.at(-1));
    const host = processHost(readTimeout(input), interruptSignal(), {
        mask: () => { },
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
function print(text) {
    return new Promise((resolve, reject) => {
        const failed = (cause) => reject(new OutputError(`standard output: ${cause.message}`, { cause, phase: 'deliver' }));
        process.stdout.once('error', failed);
        process.stdout.write(`${text}\n`, (error) => (error ? failed(error) : resolve()));
    });
}


/***/ }),

/***/ 166:
/***/ ((__webpack_module__, __unused_webpack___webpack_exports__, __nccwpck_require__) => {

__nccwpck_require__.a(__webpack_module__, async (__webpack_handle_async_dependencies__, __webpack_async_result__) => { try {
/* harmony import */ var _cli_js__WEBPACK_IMPORTED_MODULE_0__ = __nccwpck_require__(841);

await (0,_cli_js__WEBPACK_IMPORTED_MODULE_0__/* .run */ .e)(process.argv.slice(2));

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
/******/ var __webpack_exports__ = __nccwpck_require__(166);
/******/ __webpack_exports__ = await __webpack_exports__;
/******/ 
