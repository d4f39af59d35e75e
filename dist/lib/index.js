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
    u7: () => errors_OutputError,
    bd: () => ProtocolError,
    gz: () => TokenError,
    vL: () => bundle_checkFetch,
    eY: () => bundle_fetchToken,
    uK: () => bundle_hintsFor,
    _f: () => isHTCondorError
});

const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const MAX_LENGTH = 2e3;

function printable(text) {
    const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
    return cut.replace(UNPRINTABLE, "?").replaceAll("##[", "# #[").replace(/^(\s*):(?=:)/, "$1: ");
}

function printable_messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}

class HTCondorError extends Error {
    phase;
    peer;
    tries;
    constructor(message, facts = {}) {
        super(printable(message), facts.cause === undefined ? undefined : {
            cause: facts.cause
        });
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

class InputError extends HTCondorError {
    code="ERR_INPUT";
    exitStatus=2;
    input;
    constructor(input, message, facts) {
        super(message, facts);
        this.input = input;
    }
}

class CredentialError extends HTCondorError {
    exitStatus=2;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}

class LocateError extends HTCondorError {
    exitStatus=3;
    code;
    names;
    constructor(code, message, names, facts) {
        super(message, facts);
        this.code = code;
        this.names = names.map(printable);
    }
}

class ConnectError extends HTCondorError {
    exitStatus=3;
    code;
    requestId;
    permanent;
    constructor(code, message, facts = {}) {
        super(message, facts);
        this.code = code;
        this.requestId = facts.requestId;
        this.permanent = facts.permanent ?? false;
    }
}

class ProtocolError extends HTCondorError {
    exitStatus=4;
    code;
    constructor(code, message, facts) {
        super(message, facts);
        this.code = code;
    }
}

class NegotiationError extends HTCondorError {
    exitStatus=5;
    code;
    methods;
    constructor(code, message, methods = [], facts) {
        super(message, facts);
        this.code = code;
        this.methods = methods.map(printable);
    }
}

class AuthenticationError extends HTCondorError {
    exitStatus=5;
    code;
    attempts;
    constructor(code, message, attempts, facts) {
        super(message, facts);
        this.code = code;
        this.attempts = attempts.map(({method, reason}) => ({
            method: printable(method),
            reason: printable(reason)
        }));
    }
}

class AuthorizationError extends HTCondorError {
    exitStatus=6;
    code;
    user;
    constructor(code, message, user, facts) {
        super(message, facts);
        this.code = code;
        this.user = user === undefined ? undefined : printable(user);
    }
}

class DaemonError extends HTCondorError {
    code="ERR_DAEMON";
    exitStatus=6;
    errorCode;
    errorString;
    constructor(errorCode, errorString, facts) {
        super(`the daemon reports error ${errorCode}: ${errorString}`, facts);
        this.errorCode = errorCode;
        this.errorString = printable(errorString);
    }
}

class TokenError extends HTCondorError {
    exitStatus=7;
    code;
    claim;
    constructor(code, message, claim, facts) {
        super(message, facts);
        this.code = code;
        this.claim = claim;
    }
}

class errors_OutputError extends HTCondorError {
    code="ERR_OUTPUT";
    exitStatus=8;
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
    clientCertificate: "client-certificate",
    clientKey: "client-key",
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

function inputsOf(options, fixed) {
    const entries = Object.entries(INPUT_OF);
    const all = {
        ...options,
        lifetime: options.lifetime ?? DEFAULT_LIFETIME_SECONDS
    };
    const words = new Map(entries.filter(([option]) => option !== "timeoutMs").map(([option, name]) => [ name, all[option] ]));
    return name => {
        const value = fixed[name] ?? words.get(name);
        return typeof value === "object" ? value.join(",") : value?.toString();
    };
}

function withOptionName(error) {
    const entries = Object.entries(INPUT_OF);
    const option = entries.find(([, name]) => name === error.input)?.[0];
    if (option === undefined || option === error.input) return error;
    const {message, input, cause} = error;
    const renamed = message.startsWith(`${input}:`) ? `${option}${message.slice(input.length)}` : message;
    return new InputError(option, renamed, {
        cause,
        phase: "inputs"
    });
}

const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");

const crypto_crypto = () => process.getBuiltinModule("node:crypto");

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

function commandOf(level) {
    return DC_NOP_OF_LEVEL[level];
}

const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");

const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");

function findProgram(name, path) {
    const file = process.platform === "win32" ? `${name}.exe` : name;
    return path.split(external_node_path_namespaceObject.delimiter).filter(external_node_path_namespaceObject.isAbsolute).map(folder => (0, 
    external_node_path_namespaceObject.join)(folder, file)).find(isProgram);
}

const SECRET = /^(INPUT_.*|STATE_.*|ACTIONS_.*|BEARER_TOKEN|GITHUB_TOKEN)$/i;

function withoutSecrets(env) {
    return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET.test(name)));
}

function isProgram(path) {
    try {
        (0, external_node_fs_namespaceObject.accessSync)(path, external_node_fs_namespaceObject.constants.X_OK);
        return (0, external_node_fs_namespaceObject.statSync)(path).isFile();
    } catch {
        return false;
    }
}

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
        if (value.includes("\0")) throw new RangeError("a CEDAR string cannot carry NUL");
        const bytes = (new TextEncoder).encode(`${value}\0`);
        if (this.#encrypted) this.int(bytes.length);
        return this.bytes(bytes);
    }
    finish() {
        return concat(this.#parts);
    }
}

function concat(parts) {
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
        const all = concat(this.#chunks);
        const rest = all.subarray(length);
        this.#chunks = rest.length > 0 ? [ rest ] : [];
        this.#buffered = rest.length;
        return all.subarray(0, length);
    }
}

function bodyLengthOf(header) {
    const length = new DataView(header.buffer, header.byteOffset).getUint32(1);
    if (length === 0) throw new ProtocolError("ERR_FRAME", "a frame of length 0");
    if (length > MAX_BODY_LENGTH) {
        throw new ProtocolError("ERR_FRAME", `a frame of ${length} bytes; at most ${MAX_BODY_LENGTH} are allowed`);
    }
    return length;
}

function refuseForeign(chunks) {
    const start = chunks.find(chunk => chunk.length > 0) ?? new Uint8Array;
    const flag = start[0] ?? 0;
    if (flag <= MAX_END_FLAG) return;
    throw new ProtocolError("ERR_FRAME", `the peer does not speak CEDAR${foreignProtocol(start)}`);
}

function foreignProtocol(start) {
    const text = String.fromCharCode(...start.subarray(0, 4));
    if (text.startsWith("HTTP".slice(0, text.length))) return "; it answers like a web server (HTTP)";
    if (text.startsWith("SSH-".slice(0, text.length))) return "; it answers like an SSH server";
    if (start[0] === 21 || start[0] === 22) return "; it answers like a TLS server";
    return ` (its first byte is ${start[0]})`;
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
        if (key.length !== KEY_LENGTH || sendIv.length !== IV_LENGTH) throw new RangeError("key or IV length");
        this.#key = key;
        this.#digests = digests;
        this.#sendIv = sendIv;
    }
    seal(plaintext) {
        const first = this.#sealed === 0;
        const header = putHeader(plaintext.length + TAG_LENGTH + (first ? IV_LENGTH : 0));
        const {sent, received} = this.#digests;
        const cipher = crypto_crypto().createCipheriv("aes-256-gcm", this.#key, nonce(this.#sendIv, this.#sealed++));
        cipher.setAAD(first ? concat([ sent, received, header ]) : header);
        const text = cipher.update(plaintext);
        cipher.final();
        return concat([ header, first ? this.#sendIv : new Uint8Array, text, cipher.getAuthTag() ]);
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
        decipher.setAAD(first ? concat([ received, sent, frame.header ]) : frame.header);
        decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
        try {
            return concat([ decipher.update(sealed.subarray(0, -TAG_LENGTH)), decipher.final() ]);
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
        if (!Number.isInteger(length) || length < 0) throw new ProtocolError("ERR_MESSAGE", `a length of ${length}`);
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
        if (length < 1) throw new ProtocolError("ERR_MESSAGE", `a string of length ${length}`);
        const bytes = this.bytes(length);
        const nul = bytes.indexOf(0);
        if (nul === -1 && length === 1 && bytes[0] === NULL_STRING) return bytes;
        if (nul !== length - 1) throw new ProtocolError("ERR_MESSAGE", "a string does not end where its length says");
        return bytes.subarray(0, nul);
    }
    #take(length) {
        const start = this.#at;
        if (length > this.remaining) throw new ProtocolError("ERR_MESSAGE", "a message ends too early");
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

const MAX_CLEAR_MESSAGE = MAX_BODY_LENGTH;

const MAX_PROTECTED_MESSAGE = 16 * 1024 * 1024;

const MAX_FRAMES_OF_MESSAGE = 65536;

class Channel {
    #socket;
    #options;
    #incoming;
    #sent=new Transcript;
    #received=new Transcript;
    #outgoing;
    #clearToCome=[];
    #protection;
    #roundTrips;
    #heard=false;
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
        this.#outgoing.push(this.#protection?.seal(plaintext) ?? clearFrame(plaintext));
        if (this.#protection === undefined) this.#sent.add(...this.#outgoing.slice(-1));
    }
    async receive(read) {
        this.flush();
        while (this.#clearToCome.length > 0) await this.#receiveExpected();
        const limit = this.#protection === undefined ? MAX_CLEAR_MESSAGE : MAX_PROTECTED_MESSAGE;
        const parts = [];
        let length = 0;
        for (let ended = false; !ended; ) {
            const frame = await this.#frame();
            const part = this.#open(frame);
            length += part.length;
            if (length > limit) throw new ProtocolError("ERR_FRAME", `a message of more than ${limit} bytes`);
            if (parts.push(part) > MAX_FRAMES_OF_MESSAGE) throw new ProtocolError("ERR_FRAME", `a message of more than ${MAX_FRAMES_OF_MESSAGE} frames`);
            ended = frame.endOfMessage;
        }
        const encrypted = this.#protection === undefined ? "" : ", encrypted";
        this.#options.log?.debug(`wire: received ${length} bytes${encrypted} (port ${this.#socket.localPort})`);
        const message = new Reader(concat(parts), this.#protection !== undefined);
        const value = read(message);
        if (message.remaining > 0) throw new ProtocolError("ERR_MESSAGE", `a message is ${message.remaining} bytes too long`);
        return value;
    }
    protect(key, clearToCome = []) {
        this.#clearToCome = clearToCome.map(({write, otherwise}) => {
            const message = new Writer;
            write(message);
            return {
                frame: clearFrame(message.finish()),
                otherwise
            };
        });
        this.#received.add(...this.#clearToCome.map(({frame}) => frame));
        const digests = {
            sent: this.#sent.digest(),
            received: this.#received.digest()
        };
        this.#protection = new FrameProtection(key, digests, this.#options.randomBytes(16));
    }
    flush() {
        if (this.#outgoing.length === 0) return;
        const bytes = concat(this.#outgoing);
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
                throw new ConnectError("ERR_CLOSED", `the connection broke: ${String(chunk.failure)}`, {
                    cause: chunk.failure
                });
            }
            if (chunk.done === true) {
                const first = this.#heard ? "" : " before it had said anything";
                throw new ConnectError("ERR_CLOSED", `the peer closed the connection${first}`);
            }
            this.#heard = true;
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
        const expected = this.#clearToCome.shift();
        if (expected !== undefined && Buffer.compare(concat([ header, body ]), expected.frame) === 0) return;
        throw expected?.otherwise?.() ?? new ProtocolError("ERR_MESSAGE", "the peer sent something else than the protocol has at this point");
    }
}

function abortedError(signal) {
    const reason = signal.reason;
    const timedOut = reason instanceof Error && reason.name === "TimeoutError";
    return new ConnectError("ERR_TIMEOUT", timedOut ? reason.message : "cancelled", {
        cause: reason
    });
}

function clearFrame(plaintext) {
    return concat([ putHeader(plaintext.length), plaintext ]);
}

const PROGRAM = "condor_config_val";

const PROGRAM_TIMEOUT_MS = 2e4;

const GENERAL = [ ...[ "AUTH_SSL_CLIENT_CADIR", "AUTH_SSL_CLIENT_CAFILE", "AUTH_SSL_CLIENT_CERTFILE", "AUTH_SSL_CLIENT_KEYFILE" ], ...[ "AUTH_SSL_CLIENT_USE_DEFAULT_CAS", "AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR", "COLLECTOR_PORT", "CONDOR_IDS" ], ...[ "FS_LOCAL_DIR", "FULL_HOSTNAME", "LOCAL_CONFIG_DIR_EXCLUDE_REGEXP", "PRIVATE_NETWORK_NAME", "SCITOKENS_FILE" ], ...[ "SEC_CLIENT_AUTHENTICATION_METHODS", "SEC_DEFAULT_AUTHENTICATION_METHODS", "SEC_FS_ENFORCE_CHANNEL_BINDING", "SEC_KNOWN_HOSTS" ], ...[ "SEC_PASSWORD_DIRECTORY", "SEC_PASSWORD_FILE", "SEC_SYSTEM_KNOWN_HOSTS", "SEC_TOKEN_DIRECTORY" ], ...[ "SEC_TOKEN_POOL_SIGNING_KEY_FILE", "SEC_TOKEN_SYSTEM_DIRECTORY", "TRUST_DOMAIN", "UID_DOMAIN" ] ];

const OF_A_TYPE = [ "HOST", "NAME", "ADDRESS_FILE", "DAEMON_AD_FILE" ];

async function loadSettings(env, signal) {
    const program = findProgram(PROGRAM, env["PATH"] ?? "");
    return program === undefined ? environmentSettings(env) : await askProgram(program, env, signal);
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
            throw new InputError(name, `_CONDOR_${name}: ${value} refers to other settings, and there is no HTCondor here to resolve them`);
        }
        return value;
    };
}

async function askProgram(program, env, signal) {
    const {execFile} = process.getBuiltinModule("node:child_process");
    const types = Object.keys(DAEMON_TYPES).map(type => type.toUpperCase());
    const names = [ ...GENERAL, ...types.flatMap(type => OF_A_TYPE.map(each => `${type}_${each}`)) ];
    const marker = "=condor-token-fetch=";
    const args = [ "-macro", ...names.map(name => `${marker}${name}=$(${name})`) ];
    const {failure, output} = await new Promise(resolve => {
        const options = {
            env: withoutSecrets(env),
            signal,
            timeout: PROGRAM_TIMEOUT_MS,
            maxBuffer: 4 * 1024 * 1024
        };
        const child = execFile(program, args, options, (error, stdout, stderr) => {
            child.kill("SIGKILL");
            resolve({
                failure: error === null ? undefined : stderr.trim() || error.message,
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
    return name => {
        if (failure !== undefined) throw new InputError(name, `HTCondor's configuration cannot be read: ${PROGRAM}: ${failure}`);
        if (!names.includes(name)) throw new RangeError(`${name} is not in the list`);
        return values.get(name);
    };
}

function processHost(timeoutMs, signal, sinks) {
    const end = performance.now() + timeoutMs;
    return {
        ...endOf(timeoutMs, signal),
        timeLeftMs: () => end - performance.now(),
        now: () => new Date,
        randomBytes: length => crypto_crypto().randomBytes(length),
        ...sinks
    };
}

function endOf(timeoutMs, signal) {
    const controller = new AbortController;
    const over = () => controller.abort(new DOMException("the time allowed is over", "TimeoutError"));
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
    for (const name of [ "SIGINT", "SIGTERM" ]) process.once(name, () => interrupted.abort(new Error(name)));
    return interrupted.signal;
}

async function processSurroundings(signal, env = process.env) {
    const setting = await loadSettings(env, signal);
    return {
        env,
        setting,
        ...account()
    };
}

function account() {
    try {
        const {homedir, uid} = (0, external_node_os_namespaceObject.userInfo)();
        return {
            home: homedir,
            uid: uid === -1 ? undefined : uid
        };
    } catch {
        return {
            home: process.env["HOME"] ?? "/",
            uid: process.getuid?.()
        };
    }
}

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

const MAX_FILE_LENGTH = 1024 * 1024;

class ExposedFile extends Error {}

function readPrivateFile(path) {
    const file = (0, external_node_fs_namespaceObject.openSync)(path, external_node_fs_namespaceObject.constants.O_RDONLY | (external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0));
    try {
        const {uid, mode, size} = (0, external_node_fs_namespaceObject.fstatSync)(file);
        if ((mode & external_node_fs_namespaceObject.constants.S_IFMT) !== external_node_fs_namespaceObject.constants.S_IFREG) throw new Error("it is no regular file");
        if (size > MAX_FILE_LENGTH) throw new Error("it is too large");
        if (process.getuid !== undefined) {
            if (uid !== process.getuid()) throw new ExposedFile(`it belongs to user ${uid}, not to us (${process.getuid()})`);
            const open = mode & 63;
            if (open !== 0) throw new ExposedFile(`others may use it (mode ${(mode & 511).toString(8).padStart(4, "0")}); it must be 0600`);
        }
        return (0, external_node_fs_namespaceObject.readFileSync)(file);
    } finally {
        (0, external_node_fs_namespaceObject.closeSync)(file);
    }
}

function unreadable(source, what) {
    return new CredentialError("ERR_CREDENTIAL_UNREADABLE", `${source}: ${what}`);
}

function reasonOf(error) {
    const {code, message} = error;
    if (code === "ENOENT") return "it does not exist";
    if (code === "EACCES" || code === "EPERM") return "it cannot be read by this user";
    return message.replace(/, \w+ '[\s\S]*$/, "");
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
            exposed: []
        };
    }
    const lines = [];
    const skipped = [];
    const exposed = [];
    for (const name of names) {
        const path = (0, external_node_path_namespaceObject.join)(directory, name);
        if (excluded.test(name)) {
            skipped.push(`${path}: HTCondor ignores files of such a name`);
            continue;
        }
        try {
            const found = tokenLines(readPrivateFile(path).toString("utf8"), path);
            if (found.length === 0) skipped.push(`${path}: it holds no token, only blank lines and comments`);
            lines.push(...found);
        } catch (error) {
            skipped.push(`${path}: ${reasonOf(error)}`);
            if (error instanceof ExposedFile) exposed.push(`${path}: ${error.message}`);
        }
    }
    if (names.length === 0) skipped.push(`${directory}: it is empty`);
    return {
        lines,
        skipped,
        exposed
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

function covers(granted, level) {
    return granted.some(each => {
        for (let implied = each; implied !== undefined; implied = IMPLIED[implied]) {
            if (implied === level) return true;
        }
        return false;
    });
}

const SECONDS = {
    "": 1,
    s: 1,
    m: 60,
    h: 60 * 60,
    d: 24 * 60 * 60
};

function oneOf(input, text, allowed) {
    const found = allowed.find(each => each === text.trim());
    if (found !== undefined) return found;
    throw new InputError(input, `${input}: ${quote(text)} is unknown; possible are ${allowed.join(" ")}`);
}

function parseDuration(text) {
    const [, digits, unit = ""] = /^(\d{1,12})([smhd]?)$/.exec(text.trim()) ?? [];
    return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? Number.NaN);
}

function splitList(text) {
    return text.split(/[\s,]+/).filter(word => word !== "");
}

function quote(text) {
    return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}

function plainText(input, text) {
    if (text === undefined) return undefined;
    const word = text.trim();
    if (word === "") throw new InputError(input, `${input}: it is empty`);
    if (word.length > 1024 || /["\\\p{Cc}]/u.test(word)) {
        throw new InputError(input, `${input}: ${quote(word)} has characters that no ${input} has`);
    }
    return word;
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

const METHOD_OF_INPUT = [ [ "idtoken", "TOKEN" ], [ "scitoken", "SCITOKENS" ], [ "oidc-audience", "SCITOKENS" ], [ "token-service", "SCITOKENS" ], [ "client-certificate", "SSL" ], [ "password", "PASSWORD" ] ];

function readCredentials(input, surroundings, mode) {
    const {setting, env, uid} = surroundings;
    const given = [ ...new Set(METHOD_OF_INPUT.filter(([name]) => input(name) !== undefined).map(([, method]) => method)) ];
    const named = input("authentication-methods");
    const configured = setting("SEC_CLIENT_AUTHENTICATION_METHODS") ?? setting("SEC_DEFAULT_AUTHENTICATION_METHODS");
    const methods = named !== undefined ? readMethods(named) : given.length > 0 ? given : configuredMethods(configured ?? DEFAULT_METHODS);
    if (methods.length === 0) throw new InputError("authentication-methods", "authentication-methods: it names none");
    const secret = name => {
        const text = input(name);
        return text === undefined ? undefined : new Secret(text);
    };
    return {
        methods,
        preference: named !== undefined || given.length > 0 ? "ours" : "daemon",
        idtoken: readIdTokenSource(secret("idtoken"), surroundings),
        scitoken: {
            text: secret("scitoken"),
            file: setting("SCITOKENS_FILE"),
            env,
            uid
        },
        certificate: readCertificate(input, surroundings),
        anonymousSsl: mode === "request",
        trust: {
            authorities: pemSource("ca-certificate", input("ca-certificate")),
            files: splitList(setting("AUTH_SSL_CLIENT_CAFILE") ?? ""),
            directory: setting("AUTH_SSL_CLIENT_CADIR"),
            system: (setting("AUTH_SSL_CLIENT_USE_DEFAULT_CAS") ?? "true").toLowerCase() !== "false",
            knownHosts: setting("SEC_KNOWN_HOSTS") ?? knownHosts(surroundings),
            certificateFile: env["SSL_CERT_FILE"]
        },
        password: {
            text: secret("password"),
            file: setting("SEC_PASSWORD_FILE")
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

function readMethods(text) {
    const methods = splitList(text).map(word => {
        const name = word.toUpperCase();
        if (NEVER.includes(name)) throw new InputError("authentication-methods", `authentication-methods: ${name} proves nothing, and is never used`);
        const method = METHODS[name];
        if (method !== undefined) return method;
        const known = "IDTOKENS SCITOKENS SSL PASSWORD FS MUNGE";
        throw new InputError("authentication-methods", `authentication-methods: ${quote(word)} is unknown; possible are ${known}`);
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
        throw new InputError("idtoken", `idtoken: LOCAL_CONFIG_DIR_EXCLUDE_REGEXP: ${printable_messageOf(cause)}`, {
            cause
        });
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

function readCertificate(input, {setting, env}) {
    const certificate = pemSource("client-certificate", input("client-certificate"));
    const key = pemSource("client-key", input("client-key"));
    if (certificate !== undefined) return {
        given: true,
        certificate,
        key: key ?? certificate
    };
    if (key !== undefined) throw new InputError("client-key", "client-key: give client-certificate too");
    const proxy = setting("AUTH_SSL_USE_CLIENT_PROXY_ENV_VAR")?.toLowerCase() === "true" ? env["X509_USER_PROXY"] : undefined;
    if (proxy) return {
        given: false,
        pairs: [ {
            certificate: proxy,
            key: proxy
        } ]
    };
    const files = splitList(setting("AUTH_SSL_CLIENT_CERTFILE") ?? "");
    const keys = splitList(setting("AUTH_SSL_CLIENT_KEYFILE") ?? "");
    return {
        given: false,
        pairs: files.flatMap((file, at) => keys[at] === undefined ? [] : [ {
            certificate: file,
            key: keys[at]
        } ])
    };
}

function pemSource(name, text) {
    if (text === undefined) return undefined;
    if (text.includes("-----BEGIN")) return {
        name,
        text: new Secret(text)
    };
    const path = text.trim();
    if (path === "" || path.length > MAX_PATH_LENGTH || /[\0\n]/.test(path)) throw new InputError(name, `${name}: it is neither PEM nor a path`);
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
    return params.get("alias") || (/^[\d.]+$|:/.test(host) ? undefined : host);
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
    return [ ...all ].sort((a, b) => reach(a.host) - reach(b.host));
}

function reach(host) {
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

const LEFT_ALONE = [ ...":+[]#/" ].map(char => [ encodeURIComponent(char), char ]);

function urlEncode(text) {
    return LEFT_ALONE.reduce((done, [code, char]) => done.replaceAll(code, char), encodeURIComponent(text));
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
        if (typeof found !== "string") return found;
        reasons.push(`${file}: ${found}`);
    }
    return reasons.join("; ");
}

function readDaemonFile(file, type) {
    let text;
    try {
        text = (0, external_node_fs_namespaceObject.readFileSync)(file, "utf8");
    } catch (error) {
        return error.code === "ENOENT" ? "it does not exist" : error.message;
    }
    if (text.length > local_MAX_FILE_LENGTH) return "it is too large";
    const attributes = new Map;
    for (const line of text.split(/\r?\n/)) {
        const [, name = "", value = ""] = /^\s*(\w+)\s*=\s*"(.*)"\s*$/.exec(line) ?? [];
        if (name !== "") attributes.set(name.toLowerCase(), value);
    }
    const {addressAttribute = "MyAddress"} = DAEMON_TYPES[type] ?? {};
    const [first = ""] = text.split(/\r?\n/).filter(line => line.trim() !== "" && !line.startsWith("#"));
    const written = attributes.get(addressAttribute.toLowerCase()) ?? attributes.get("myaddress") ?? first.trim();
    const address = parseSinful(written);
    return address === undefined ? "it has no address" : {
        address,
        name: attributes.get("name") ?? ""
    };
}

const table_INPUTS = {
    pool: "",
    name: "",
    type: "schedd",
    address: "",
    authz: "",
    lifetime: "1h",
    key: "",
    remote: "false",
    mode: "fetch",
    identity: "",
    "authentication-methods": "",
    idtoken: "",
    scitoken: "",
    "oidc-audience": "",
    "token-service": "",
    "client-certificate": "",
    "client-key": "",
    "ca-certificate": "",
    "server-name": "",
    password: "",
    "expected-identity": "",
    "expected-trust-domain": "",
    "on-reduced": "warn",
    verify: "false",
    token: "",
    "token-directory": "",
    file: "",
    "export-environment": "false",
    cleanup: "true",
    renew: "false",
    summary: "true",
    timeout: "60s",
    retries: "3"
};

const SECRET_INPUTS = null && [ "idtoken", "scitoken", "client-key", "password" ];

function readCollectors(input, surroundings) {
    const given = readPool(input("pool"), surroundings);
    if (given !== undefined) return given;
    const address = readAddress(input("address"));
    const isCollector = COLLECTOR_TYPES.includes((input("type") ?? INPUTS.type).trim().toLowerCase());
    return isCollector && address !== undefined ? [ address ] : configuredPool(surroundings) ?? [];
}

function readDaemon(input, surroundings, {localFirst, remote}) {
    const type = oneOf("type", (input("type") ?? table_INPUTS.type).toLowerCase(), Object.keys(DAEMON_TYPES));
    const pool = readPool(input("pool"), surroundings);
    const name = plainText("name", input("name")) ?? (pool === undefined ? hostOf(type, surroundings) : undefined);
    if (remote) checkRemote(input, type);
    const address = readAddress(input("address"));
    const tunnel = address !== undefined && address.params.size === 0 && (name !== undefined || pool !== undefined);
    if (address !== undefined && !tunnel) return {
        address: [ address ]
    };
    const named = name === undefined || remote ? undefined : addressInName(name);
    if (named !== undefined) return {
        address: [ address ?? named ]
    };
    if (commands_COLLECTOR_TYPES.includes(type)) return {
        address: readCollector(type, pool, name, address, surroundings)
    };
    const local = readLocal(type, name, pool, surroundings, localFirst);
    const collectors = pool ?? configuredPool(surroundings);
    if (collectors === undefined && (local === undefined || remote)) {
        throw new InputError("pool", "pool: give the host of the collector (host or host:port), or address for a daemon without one");
    }
    const through = tunnel ? {
        host: address.host,
        port: address.port
    } : undefined;
    return {
        collectors: collectors ?? [],
        type,
        name,
        local,
        through
    };
}

function checkRemote(input, type) {
    if (type !== "schedd") throw new InputError("remote", "remote: the collector fetches tokens of a schedd only");
    if (input("address") !== undefined) {
        throw new InputError("address", "address: with remote the collector is asked; give pool and name");
    }
    if (input("key") !== undefined) {
        throw new InputError("key", "key: with remote the schedd signs with its own key; leave key out");
    }
}

function readCollector(type, pool, name, address, surroundings) {
    if (address !== undefined) return [ address ];
    if (pool !== undefined && name !== undefined) {
        throw new InputError("name", `name: a ${type} is found by pool alone; leave name out`);
    }
    const found = pool ?? readPool(name, surroundings) ?? configuredPool(surroundings);
    if (found !== undefined) return found;
    throw new InputError("pool", "pool: give the host of the collector (host or host:port)");
}

function readAddress(text) {
    if (text === undefined) return undefined;
    const parsed = parseAddress(text.trim(), DEFAULT_PORT);
    if (parsed !== undefined) return parsed;
    throw new InputError("address", `address: ${quote(text)} is neither a sinful string nor host:port`);
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
    if (words.length === 0) throw new InputError("pool", "pool: it is empty");
    return words.map(word => {
        const address = parseAddress(word, Number(setting("COLLECTOR_PORT")) || DEFAULT_PORT);
        if (address === undefined) throw new InputError("pool", `pool: ${quote(word)} is not a host, host:port or sinful string`);
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
    if (typeof found !== "string") return [ found.address ];
    throw new InputError("pool", `pool: COLLECTOR_HOST is ${text}, and there is no collector here (${found})`);
}

const URL_VARIABLE = "ACTIONS_ID_TOKEN_REQUEST_URL";

const TOKEN_VARIABLE = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

function readKeyless(input, {env}) {
    const audience = plainText("oidc-audience", input("oidc-audience"));
    const service = input("token-service");
    if (audience === undefined && service === undefined) return undefined;
    if (audience !== undefined && input("scitoken") !== undefined) throw new InputError("scitoken", "scitoken: with oidc-audience the job has its own; leave scitoken out");
    return {
        job: audience === undefined ? undefined : readJob(audience, env),
        service: service === undefined ? undefined : serviceUrl("token-service", service)
    };
}

function readJob(audience, env) {
    const [address, bearer] = [ env[URL_VARIABLE] ?? "", env[TOKEN_VARIABLE] ?? "" ];
    if (address === "" || bearer === "") return {
        audience,
        runner: undefined
    };
    return {
        audience,
        runner: {
            url: serviceUrl("oidc-audience", address),
            bearer: new Secret(bearer)
        }
    };
}

const HERE = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function serviceUrl(name, text) {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
    const isSafe = url?.protocol === "https:" || url?.protocol === "http:" && HERE.test(url.hostname);
    if (isSafe && url.username === "" && url.password === "" && url.hash === "") return url;
    const shown = text.includes("@") ? "it" : quote(text);
    throw new InputError(name, `${name}: ${shown} is not the URL of a service, https://HOST/PATH`);
}

const MAX_LIFETIME_SECONDS = 2 ** 31 - 1;

const MAX_TIMEOUT_SECONDS = 24 * 60 * 60;

const MAX_RETRIES = 100;

const DEFAULT_USER = "condor";

const POLL_INTERVAL_MS = 5e3;

function readRequest(input, surroundings, localFirst = false) {
    const path = readPath(input, surroundings);
    const said = oneOf("mode", input("mode") ?? table_INPUTS.mode, [ "fetch", "request", "exchange", "check" ]);
    const mode = said === "check" ? "fetch" : said;
    const key = plainText("key", input("key"));
    if (mode === "request" && key !== undefined) throw new InputError("key", "key: whoever approves a request cannot choose the signing key; leave key out");
    const remote = readBoolean("remote", input("remote") ?? table_INPUTS.remote);
    if (remote && mode !== "fetch") throw new InputError("remote", `remote: it goes with mode fetch, not with ${mode}`);
    if (remote && said === "check") throw new InputError("mode", "mode: check asks the schedd itself; leave remote out");
    const lifetime = readLifetime(input("lifetime"));
    if (readBoolean("renew", input("renew") ?? table_INPUTS.renew)) checkRenewal(said, path, lifetime, surroundings.env);
    const verify = readBoolean("verify", input("verify") ?? table_INPUTS.verify);
    if (remote && verify) throw new InputError("verify", "verify: with remote the schedd is not talked to, which alone could say; leave it out");
    return {
        mode,
        checkOnly: said === "check",
        daemon: readDaemon(input, surroundings, {
            localFirst,
            remote
        }),
        remote,
        serverName: plainText("server-name", input("server-name")),
        privateNetworkName: surroundings.setting("PRIVATE_NETWORK_NAME"),
        credentials: readCredentials(input, surroundings, mode),
        keyless: readKeyless(input, surroundings),
        authz: readLevels(input("authz")),
        lifetime,
        key,
        identity: readIdentity(input("identity"), mode, surroundings),
        pollIntervalMs: POLL_INTERVAL_MS,
        expectedIdentity: plainText("expected-identity", input("expected-identity")),
        expectedTrustDomain: plainText("expected-trust-domain", input("expected-trust-domain")),
        verify,
        retries: readRetries(input("retries") ?? table_INPUTS.retries),
        onReduced: oneOf("on-reduced", input("on-reduced") ?? "warn", [ "warn", "fail", "ignore" ]),
        path
    };
}

function readTimeout(input) {
    const text = input("timeout") ?? table_INPUTS.timeout;
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < 1 || seconds > MAX_TIMEOUT_SECONDS) {
        throw new InputError("timeout", `timeout: ${quote(text)} is not a time between 1s and 1d, such as 90s or 5m`);
    }
    return seconds * 1e3;
}

function checkTimeout(timeoutMs) {
    if (timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_SECONDS * 1e3) return Math.ceil(timeoutMs);
    throw new InputError("timeout", `timeoutMs: ${timeoutMs} is not a number of milliseconds between 1 and a day's`);
}

function readBoolean(name, text) {
    return oneOf(name, text.toLowerCase(), [ "true", "false" ]) === "true";
}

function readRetries(text) {
    if (/^\d{1,3}$/.test(text.trim()) && Number(text) <= MAX_RETRIES) return Number(text);
    throw new InputError("retries", `retries: ${quote(text)} is not a number from 0 to ${MAX_RETRIES}`);
}

function readIdentity(text, mode, {setting}) {
    if (mode !== "request") {
        if (text === undefined) return "";
        throw new InputError("identity", "identity: only with mode request can it be chosen; else it is whom the credential is for");
    }
    const name = plainText("identity", text) ?? DEFAULT_USER;
    const domain = setting("UID_DOMAIN");
    if (name.includes("@")) return name;
    if (domain === undefined) throw new InputError("identity", "identity: give whom the token is to be for, as user@domain");
    return `${name}@${domain}`;
}

function readLevels(text) {
    if (text === undefined) return [];
    const levels = [ ...new Set(splitList(text).map(word => word.toUpperCase())) ];
    const unknown = levels.find(level => !AUTHORIZATION_LEVELS.includes(level));
    if (unknown !== undefined) {
        const known = AUTHORIZATION_LEVELS.join(" ");
        throw new InputError("authz", `authz: ${quote(unknown)} is not an authorization level; HTCondor has ${known}`);
    }
    if (levels.length === 0) throw new InputError("authz", "authz: it names no level; leave it out to ask for no restriction");
    return levels;
}

function readLifetime(text) {
    if (text === undefined) return undefined;
    if (text.trim() === "unlimited") return "unlimited";
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < 1 || seconds > MAX_LIFETIME_SECONDS) {
        const allowed = `seconds, or a number with s, m, h or d, from 1 to ${MAX_LIFETIME_SECONDS} s; or unlimited`;
        throw new InputError("lifetime", `lifetime: ${quote(text)} is not a lifetime: ${allowed}`);
    }
    return seconds;
}

function readPath(input, surroundings) {
    const [token, file, directory] = [ input("token"), input("file"), input("token-directory") ];
    if (readBoolean("export-environment", input("export-environment") ?? table_INPUTS["export-environment"])) {
        const other = token !== undefined ? "token" : file !== undefined ? "file" : undefined;
        return privatePath(other, surroundings);
    }
    if (token !== undefined && file !== undefined) {
        throw new InputError("token", "token and file exclude each other: the token is written to one place");
    }
    if (directory !== undefined && token === undefined) {
        throw new InputError("token-directory", "token-directory: give token too, the name of the file in that directory");
    }
    if (file !== undefined) return plainPath("file", file);
    if (token === undefined) return undefined;
    if (token.trim() === "" || /[/\\\p{Cc}]/u.test(token) || token === "." || token === "..") {
        throw new InputError("token", `token: ${quote(token)} is not a plain file name; use file for a path`);
    }
    if (EXCLUDED_NAME.test(token)) throw new InputError("token", `token: HTCondor ignores files of a name such as ${quote(token)}`);
    const preset = directory === undefined ? tokenDirectory(surroundings).directory : directory;
    return (0, external_node_path_namespaceObject.join)(plainPath("token-directory", preset), token);
}

function privatePath(other, {env}) {
    const name = "export-environment";
    if (other === undefined) return (0, external_node_path_namespaceObject.join)(privateDirectory(name, env), "token");
    throw new InputError(name, `${name}: it has a directory of its own; leave ${other} out, or set the variables yourself`);
}

function privateDirectory(input, env) {
    const temporary = env["RUNNER_TEMP"];
    if (temporary === undefined || !(0, external_node_path_namespaceObject.isAbsolute)(temporary)) throw new InputError(input, `${input}: RUNNER_TEMP, the directory for it, is not set by this runner`);
    return (0, external_node_path_namespaceObject.join)(temporary, `condor-token-${crypto_crypto().randomUUID()}`);
}

function checkRenewal(said, path, lifetime, env) {
    if (path === undefined) throw new InputError("renew", "renew: give export-environment, token or file, for a file to renew");
    if (said !== "fetch" && said !== "exchange") throw new InputError("renew", `renew: it does not go with mode ${said}`);
    if (lifetime === "unlimited") throw new InputError("renew", "renew: a token that never expires needs none");
    privateDirectory("renew", env);
}

function plainPath(input, text) {
    if (text.trim() === "" || text.includes("\0")) throw new InputError(input, `${input}: ${quote(text)} is not a path`);
    return (0, external_node_path_namespaceObject.resolve)(text);
}

function rows(text, ...shared) {
    const [, ...found] = `\n${String.raw(text, ...shared).trim()}`.split("\n/");
    return found.map(each => {
        const [pattern = "", ...hints] = each.split("\n");
        return {
            facts: new RegExp(pattern),
            hints
        };
    });
}

function firstOf(rows, text, side) {
    for (const {facts, hints} of rows) {
        const found = facts.exec(text);
        if (found !== null) {
            return hints.map(hint => hint.replace(/\{(.*?)\}/g, `condor_config_val -${side} $1`).replaceAll("%", side.toUpperCase()).replace(/\$(\d)/g, (_, group) => found[group] ?? ""));
        }
    }
    return [];
}

const METHOD_USES = {
    IDTOKENS: "idtoken",
    SCITOKENS: "scitoken",
    SSL: "client-certificate",
    PASSWORD: "password",
    FS: "authentication-methods: FS, on the daemon’s own machine",
    MUNGE: "authentication-methods: MUNGE, where a munged with the pool’s key runs"
};

const NOT_SENT = /it expired at|was issued by|is signed with the key|does not offer it|no IDTOKEN was found|no host name is known|munge failed|FS before/;

const MAX_HINTS = 4;

const NAME_THERE = "openssl x509 -noout -ext subjectAltName -in AUTH_SSL_SERVER_CERTFILE on the daemon's machine shows it.";

const FRESH = "condor_token_fetch on the access point";

const REFUSED = rows`
/^(\w+): (?:the daemon does not offer it|.*the daemon declined the method)
Administrator: to let in by $1, add it to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
/^IDTOKENS: .*was issued by (\S+); the daemon's trust domain is (\S+)
Workflow: the token is of $1, the daemon of $2: store a token of this pool in the secret (${FRESH}), or correct pool and name.
Administrator: if both are this pool, its name has changed: {TRUST_DOMAIN}; set it back, or have all tokens made anew.
/^IDTOKENS: .*signed with the key (\S+); the daemon has (.+)
Workflow: the daemon has no key $1 any more, or never had: renew the secret (${FRESH}; -key chooses another).
Administrator: or put the file $1 into {SEC_PASSWORD_DIRECTORY}, mode 0600, owned by root.
/^IDTOKENS: .*it expired at
Workflow: renew the secret (${FRESH}, with a longer -lifetime); condor_token_list shows exp.
/^IDTOKENS: .*refused it without a reason
Workflow: renew the secret: ${FRESH} prints a token that is neither old nor revoked.
Administrator: {SEC_TOKEN_MAX_AGE SEC_TOKEN_REVOCATION_EXPR SEC_PASSWORD_DIRECTORY} shows how old tokens may be, which are revoked, and where keys must be. An identity should end in UID_DOMAIN, not in TRUST_DOMAIN.
/^IDTOKENS: .*does not say which trust domain
Workflow: give in idtoken the one token of this pool; condor_token_list shows issuers.
Administrator: or set {TRUST_DOMAIN}.
/^IDTOKENS: .*(others may use it|belongs to user|be read by this user)
Runner: a token file must be of this account, and nobody else may read it: ls -ln FILE, chmod 600 FILE, chown USER FILE.
/^IDTOKENS:
Workflow: give a token of this pool in idtoken: ${FRESH} prints one.
/no host name is known|the collector alone says
Workflow: give in server-name the name in the daemon's certificate: ${NAME_THERE}
/^SSL: .*AUTH_SSL_ALLOW_CLIENT_PROXY
Administrator: to let X.509 proxies in, set AUTH_SSL_ALLOW_CLIENT_PROXY = True: {AUTH_SSL_ALLOW_CLIENT_PROXY}. Other certificates need it not.
/^SSL: .*AUTH_SSL_REQUIRE_CLIENT_MAPPING
Administrator: the subject of the certificate needs a line SSL in {CERTIFICATE_MAPFILE}, as AUTH_SSL_REQUIRE_CLIENT_MAPPING wants it; then condor_reconfig.
/^SSL: .*cannot use TLS
Administrator: the daemon needs a host certificate that it can read: {AUTH_SSL_SERVER_CERTFILE AUTH_SSL_SERVER_KEYFILE AUTH_SSL_SERVER_CAFILE}.
/^SSL:
Administrator: the daemon must trust who issued the client certificate, and have its subject in its map file: {AUTH_SSL_SERVER_CAFILE CERTIFICATE_MAPFILE}.
Workflow: openssl x509 -noout -subject -issuer -in CERTIFICATE shows whose client-certificate it is.
/^SCITOKENS: .*it expired at
Workflow: get a new SciToken just before this step (httokensh, oidc-token or htgettoken).
/^SCITOKENS:
Administrator: the daemon must have the token's audience, reach its issuer (curl ISSUER/.well-known/openid-configuration), and have a line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN in its map file: {SCITOKENS_SERVER_AUDIENCE CERTIFICATE_MAPFILE}.
Workflow: or get a token with that audience, and a scope. Mode exchange with an idtoken beside it tells the daemon's reason.
/^PASSWORD:
Administrator: the daemon needs the same pool password: condor_store_cred add -c there writes {SEC_PASSWORD_FILE}.
/^FS: .*FS before HTCondor 24
Workflow: name FS in authentication-methods if you trust the daemon's machine: an HTCondor before 24 asks for what is not bound to its address.
/^FS:
Workflow: FS works only where the daemon and this step see one /tmp or {FS_LOCAL_DIR}: on one machine, in no container. Else give idtoken; if another method follows, this is harmless.
/^MUNGE:
Runner: both machines need a munged with the same key, and clocks that agree: munge -n | ssh DAEMON-HOST unmunge.
`;

const UNPROVEN = rows`
/its certificate is for (.+), not for (\S+)
Workflow: if $2 is the right machine all the same, give in server-name the name in its certificate: ${NAME_THERE}
/its certificate.* has expired|not valid yet
Administrator: the daemon needs a new host certificate: {AUTH_SSL_SERVER_CERTFILE}, and openssl x509 -noout -dates -in FILE.
/^(SSL|SCITOKENS):
Workflow: give in ca-certificate (AUTH_SSL_CLIENT_CAFILE for the command) the authority that issued the daemon's certificate: openssl x509 -noout -issuer -in AUTH_SSL_SERVER_CERTFILE there shows it. In server-name give its name, if the address has another one.
/^PASSWORD:
Workflow: give in password what condor_store_cred add -c was given on the daemon's machine ({SEC_PASSWORD_FILE}).
/
Workflow: most often the token is of another pool whose key has the same name (POOL), or the key was replaced: store a new token of this pool in the secret (${FRESH}).
`;

const LOG = rows`
/
Administrator: the daemon's log has its reason, with %_DEBUG = D_SECURITY and condor_reconfig: {%_LOG}.
`;

const FALSE_DAEMON = "Network: if all of that is right, this is not the daemon that it claims to be. No other credential was shown to it.";

function exhaustedHints(attempts, side) {
    const found = new Set(attempts.toReversed().flatMap(each => firstOf(REFUSED, textOf(each), side)));
    const log = attempts.length > 0 && attempts.every(({reason}) => NOT_SENT.test(reason)) ? [] : firstOf(LOG, "", side);
    return [ ...[ ...found ].slice(0, MAX_HINTS - log.length), ...log ];
}

function unprovenHints(attempts, side) {
    return [ ...firstOf(UNPROVEN, attempts.map(textOf).join("\n"), side), FALSE_DAEMON ];
}

function textOf({method, reason}) {
    return `${method}: ${reason}`;
}

const ELSEWHERE = "use a self-hosted one, a VPN, or an SSH tunnel with address.";

const STALE = "use pool and name instead of address (condor_status -schedd -pool POOL -af MyAddress shows the new one)";

const OWNED = "must belong to the account of this step, and nobody else may read it: ls -ln FILE, chmod 600 FILE, chown USER FILE.";

const THREE_PARTS = "one line, three parts with dots between them.";

const WRONG_PEER = rows`
/
Workflow: is this HTCondor 9.0 or later? Check host and port: condor_ping -address "<HOST:PORT>" READ in the pool.
Workflow: if HTCondor's own condor_token_fetch gets along with it, report a bug, with the output of -debug (ACTIONS_STEP_DEBUG).
`;

const REACHING = {
    ERR_INPUT: rows`
/argument: --?id
Workflow: leave it out: HTCondor's condor_token_fetch has no such flag either, whatever its manual page shows. condor_token_list shows whom a credential, and so its token, is for.
/^arguments
Workflow: correct the flag; condor_token_fetch -help lists them all.
/configuration cannot be read
Runner: mend the files that condor_config_val -config shows, or have CONDOR_CONFIG name one that can be read.
/^(\S+)
Workflow: correct $1; the README says what it may be.
`,
    ERR_NO_CREDENTIAL: rows`
/others may use it|belongs to user|be read by this user
Runner: the file ${OWNED}
/ignores files of such a name
Runner: rename the file: condor_config_val LOCAL_CONFIG_DIR_EXCLUDE_REGEXP shows which names are passed over.
/is another machine
Workflow: FS works only on the daemon's own machine: run this step there, or give idtoken (condor_token_fetch on the access point prints one).
/reached through CCB
Workflow: a daemon behind CCB has to prove itself, which FS and MUNGE cannot do: give idtoken, scitoken, client-certificate or password.
/may not have an OIDC token
Workflow: give the job permissions: id-token: write. A pull request from a fork gets none.
/token service gives no token
Workflow: the service says why: most often the job's token has another audience (oidc-audience), or is of another repository, branch or environment, than it takes.
Administrator: the log of the service tells which iss, sub and aud came (journalctl -u SERVICE there), and its rules which it takes.
/token-service: there is no token
Workflow: give oidc-audience, and the job permissions: id-token: write, or give scitoken: of that the service makes another one.
/SciToken (to exchange|is shown)
Workflow: mode exchange needs scitoken, and a daemon that proves itself: leave authentication-methods out, or name SCITOKENS, SSL, IDTOKENS or PASSWORD.
/
Workflow: give idtoken, from a secret (condor_token_fetch on the access point prints one), or scitoken, or client-certificate.
Runner: or put a token into condor_config_val SEC_TOKEN_DIRECTORY, in a file of this user, mode 0600; condor_token_list shows what is found.
`,
    ERR_CREDENTIAL_UNREADABLE: rows`
/certificate .*expired at|not valid before
Workflow: renew client-certificate: openssl x509 -noout -dates -in CERTIFICATE shows how long it is valid.
/passphrase|PEM|private key|certificate
Workflow: give PEM with all of its lines, and a key without a passphrase: openssl x509 -noout -subject -in CERTIFICATE, openssl pkey -noout -in KEY.
/mode exchange more
Workflow: ask the issuer for a shorter token, or use mode exchange with another credential beside scitoken.
/answers with an IDTOKEN
Workflow: leave mode and remote out, for it is the result already; or give the URL at which the service makes a SciToken.
/answers without a token in
Workflow: correct token-service: it is to be the URL of a token endpoint (RFC 8693, its answer has access_token), or of a broker (its answer has token).
/SciToken|scitoken
Workflow: give scitoken as its issuer gave it: ${THREE_PARTS}
/^\S* ?password:
Workflow: password is the line that condor_store_cred add -c was given on the daemon's machine.
/
Workflow: give idtoken as condor_token_fetch prints it: ${THREE_PARTS}
`,
    ERR_NOT_FOUND: rows`
/on this machine
Workflow: give pool and name, or run this step where HTCondor runs: condor_config_val COLLECTOR_HOST DAEMON_LIST shows what is configured here.
/
Workflow: correct pool or name (condor_status -any -pool POOL -af MyType Name lists all), or give address.
Administrator: a daemon that is missing there has another COLLECTOR_HOST, or may not advertise itself: {ALLOW_ADVERTISE_SCHEDD}.
`,
    ERR_AMBIGUOUS: rows`
/
Workflow: give name, one of those listed (condor_status -any -pool POOL -af MyType Name).
`,
    ERR_CONNECT: rows`
/the host name (\S+) does not resolve
Runner: is it spelled right, and known here? getent hosts $1. Hosted runners know public names only: ${ELSEWHERE}
/no connection to (?:.*, )?(?:10\.\d|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)
Network: only that private network reaches this address: run this step there, or use a VPN or an SSH tunnel with address.
Administrator: or open a way in with CCB_ADDRESS = $(COLLECTOR_HOST) or TCP_FORWARDING_HOST: {CCB_ADDRESS TCP_FORWARDING_HOST}.
/no answer from (\S+):|service \S*.*answers \d
Network: curl -v on this runner shows whether the service is reached, and its certificate: give that of the site's own authority in ca-certificate.
/connection refused
Workflow: nothing listens there: correct pool (9618, or what condor_config_val COLLECTOR_HOST in the pool shows) or address (condor_status -schedd -pool POOL -af MyAddress).
/
Network: does nc -zv HOST 9618 on this runner reach it? Hosted runners are outside your network: ${ELSEWHERE}
`,
    ERR_TIMEOUT: rows`
/request (\w+) was not approved
Administrator: approve it while this step waits: condor_token_request_approve -reqid $1; condor_token_request_list shows all.
Workflow: a new run makes a new request: raise timeout, and tell the administrator first.
/cancelled
Workflow: it was cancelled from outside, and nothing was delivered: run it again.
/
Network: a firewall that drops packets looks like this: nc -zv HOST 9618 on the runner.
Workflow: for a slow network or a busy daemon raise timeout.
`,
    ERR_CLOSED: rows`
/
Administrator: a daemon hangs up if it will not authenticate or encrypt with AES, or is from before HTCondor 9.0: {SEC_DEFAULT_AUTHENTICATION SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_CRYPTO_METHODS}; lines with DC_AUTHENTICATE in {%_LOG} tell.
Workflow: or the sock= in address is stale: ${STALE}; or something else listens there, such as a TLS server: check host and port.
`,
    ERR_CCB_ONLY: rows`
/no daemon is currently registered
Workflow: the address is out of date: ${STALE}, or try again in a minute.
Administrator: if it stays so, the daemon has lost its broker: {CCB_ADDRESS}, and lines with CCBListener in its log.
/
Network: this daemon is reached through its CCB broker, most often the collector, whose port must be open to this runner: nc -zv BROKER 9618.
Administrator: a broker of HTCondor 25.12 or later passes all on (condor_config_val -collector CCB_SERVER_STREAMING); any other makes the daemon connect to this runner, which hosted runners do not let in.
Workflow: or run this step within reach of the daemon, or use an SSH tunnel with address.
`,
    ERR_FRAME: [ ...rows`
/it answers like (an? [\w ]+\w)
Workflow: $1 answers here, not HTCondor: correct host and port; condor_config_val COLLECTOR_HOST in the pool shows them, 9618 by default.
`, ...WRONG_PEER ],
    ERR_MESSAGE: WRONG_PEER,
    ERR_CLASSAD: [ ...rows`
/no usable address
Administrator: this daemon's ad has no address (condor_status -any -pool POOL -af Name MyAddress): restart it, or give address in the workflow.
`, ...WRONG_PEER ],
    ERR_DECRYPT: rows`
/
Network: something on the way changes the data, or this is not the daemon that it claims to be: find out before you try again. Compare condor_ping -address "<HOST:PORT>" READ in the pool and from here.
`
};

const ITSELF = "leave remote out, so that the schedd itself is asked.";

const DAEMON_TEXTS = rows`
/Token fetch disabled
Administrator: set SEC_ENABLE_TOKEN_FETCH = True there, then condor_reconfig: {SEC_ENABLE_TOKEN_FETCH}.
Workflow: or ask another daemon of the pool (type: collector), or use mode request.
/will not sign with requested key
Workflow: leave key out, or ask for one that the daemon signs with; the administrator can add it: {SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS}.
/original one expired
Workflow: your credential expired while in use: renew the secret with condor_token_fetch on the access point, with a longer -lifetime.
/doesn't allow requested authorization
Workflow: your credential is limited to other levels (condor_token_list shows its scope): ask for one of them in authz, or use a credential with more.
/did not successfully authenticate|Missing requester identity
Administrator: the daemon maps the credential to nobody: the sub of a token must be user@domain (condor_token_list), and a certificate or SciToken needs a line in {CERTIFICATE_MAPFILE}.
/does not have (access to configured key|a signing key configured)
Administrator: this daemon cannot read its signing key: copy the file from the collector's machine, mode 0600, owned by root: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
Workflow: or ask the collector, with type: collector.
/Failed to (read file|fetch key)
Administrator: the key is allowed, but its file is missing there, or not of root with mode 0600: ls -l of {SEC_PASSWORD_DIRECTORY}.
Workflow: or leave key out, so that the daemon signs with its own.
/is not known to the collector
Workflow: HTCondor from 9.9 to at least 25.14 answers this to everybody, to its own condor_token_fetch -remote too: ${ITSELF}
Administrator: where that is mended, a schedd of exactly this name (condor_status -schedd -af Name) needs SEC_ENABLE_IMPERSONATION_TOKENS = True: {SEC_ENABLE_IMPERSONATION_TOKENS}.
/No schedd target specified
Workflow: give name, as condor_status -schedd -af Name shows it.
/Request to server was not encrypted
Administrator: the daemon must not be set to NEVER encrypt: {SEC_DAEMON_ENCRYPTION SEC_DEFAULT_ENCRYPTION}.
/eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS
Workflow: ask in authz for levels of {SEC_IMPERSONATION_TOKEN_LIMITS}, or leave remote out.
/\b(DCSCHEDD|SECMAN):\d
Workflow: the collector could not fetch the token from the schedd: try again, or ${ITSELF}
Administrator: condor_ping -type schedd -name NAME DAEMON on the collector's machine shows whether the two can talk.
/Issuer namespace
Administrator: set one name, without spaces and commas, then condor_reconfig: {TRUST_DOMAIN}.
/Token request disabled
Administrator: set SEC_ENABLE_TOKEN_REQUEST = True there, then condor_reconfig: {SEC_ENABLE_TOKEN_REQUEST}.
Workflow: or ask another daemon of the pool (type: collector).
/SEC_TOKEN_REQUEST_LIMITS
Workflow: ask in authz for levels of {SEC_TOKEN_REQUEST_LIMITS}.
/Request has expired|Request ID is not known
Administrator: nobody approved it within {SEC_TOKEN_REQUEST_LIFETIME}, or the daemon was restarted.
Workflow: run this step again, and have it approved while it waits: condor_token_request_approve -reqid ID.
/Request failed
Administrator: the daemon could not make the token, most often for want of a key or a trust domain: {SEC_TOKEN_ISSUER_KEY TRUST_DOMAIN}; its log at this time tells.
/ANONYMOUS or no authentication
Administrator: for requests without a credential the daemon needs a host certificate, and SSL among its methods: {AUTH_SSL_SERVER_CERTFILE SEC_DEFAULT_AUTHENTICATION_METHODS}.
/rate limit
Workflow: too many ask this daemon at once: try again later.
Administrator: condor_token_request_list shows who; they stay for {SEC_TOKEN_REQUEST_LIFETIME}.
/Too many requests in the system
Administrator: the daemon has a thousand requests that nobody approved: condor_token_request_list shows them.
/SciToken exchange disabled
Administrator: set SEC_ENABLE_SCITOKEN_EXCHANGE = True there, then condor_reconfig: {SEC_ENABLE_SCITOKEN_EXCHANGE}.
Workflow: or use mode fetch, with the same scitoken.
/Failed to map SciToken
Administrator: the daemon's map file needs a line SCITOKENS ISSUER,SUBJECT USER@UID_DOMAIN, then condor_reconfig: {CERTIFICATE_MAPFILE}.
/not built with SciTokens
Workflow: this HTCondor (condor_version there shows which) has no SciTokens: use another credential, such as idtoken.
/SCITOKENS:
Administrator: the daemon gives its reason: audience ({SCITOKENS_SERVER_AUDIENCE}), expiry, signature, or an issuer that it cannot reach: curl ISSUER/.well-known/openid-configuration there.
/error (-?\d+):
Administrator: the daemon's log has more, with %_DEBUG = D_SECURITY: {%_LOG}; HTCondor's error code is $1.
/
Administrator: the daemon's log at this time has more: {%_LOG}.
`;

const KNOWN = `Administrator: the daemon knows $1 but does not let it in: {ALLOW_READ ALLOW_WRITE ALLOW_DAEMON}, and DENY_*. Where they have *@$(UID_DOMAIN), an identity must end in that, not in TRUST_DOMAIN.\nWorkflow: a credential limited to other levels is refused like this too (“limited authorization” in the daemon's log): condor_token_list shows its scope.`;

const IN_CLEAR = "Nothing was sent in clear.";

const GRANTING = {
    ERR_NO_COMMON_METHOD: rows`
/does not agree to authenticate
Administrator: the daemon must not be set to NEVER authenticate: {SEC_DEFAULT_AUTHENTICATION}.
/the daemon takes KERBEROS$
Administrator: KERBEROS is not spoken here: add IDTOKENS, SSL or SCITOKENS to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
Workflow: or use HTCondor's own condor_token_fetch, after kinit.
/
Administrator: or add a method that there is a credential for to {SEC_DEFAULT_AUTHENTICATION_METHODS}.
`,
    ERR_NO_ENCRYPTION: rows`
/it offers ((?:BLOWFISH|3DES|TRIPLEDES)\b.*)\)
Administrator: the daemon encrypts with $1, as before HTCondor 9.0, and this client with AES only: put AES first in {SEC_DEFAULT_CRYPTO_METHODS}. ${IN_CLEAR}
/
Administrator: the daemon must encrypt, with AES, which needs HTCondor 9.0: {SEC_DEFAULT_ENCRYPTION SEC_DEFAULT_CRYPTO_METHODS}. ${IN_CLEAR}
`,
    ERR_DENIED: rows`
/@unmapped
Administrator: the daemon's map file needs a line SSL or SCITOKENS for this credential, then condor_reconfig: {CERTIFICATE_MAPFILE}.
/^locate .*we are (\S+)
${KNOWN}
Workflow: with address no collector is asked.
/we are (\S+)
${KNOWN}
/
Administrator: the daemon names nobody: it must authenticate ({SEC_DEFAULT_AUTHENTICATION}); lines with DC_AUTHENTICATE in {%_LOG} tell whom it took this for.
`,
    ERR_COMMAND_NOT_REGISTERED: rows`
/
Administrator: only HTCondor 9.0 or later issues tokens, and not every type of daemon: condor_status -any -pool POOL -af Name CondorVersion.
`,
    ERR_TOKEN_MALFORMED: rows`
/nor the id of a request
Administrator: so answers a daemon with a thousand requests that nobody approved (condor_token_request_list); they go after {SEC_TOKEN_REQUEST_LIFETIME}.
/
Administrator: the daemon answered without an IDTOKEN; its log at this time tells why ({%_LOG}). Nothing was delivered.
`,
    ERR_TOKEN_CLAIM: rows`
/^sub .*expected-identity
Workflow: store the credential of that account in the secret (condor_token_list shows whom tokens are for), or correct expected-identity.
Administrator: for SSL and SCITOKENS the map file decides; an identity should end in UID_DOMAIN, not in TRUST_DOMAIN: {CERTIFICATE_MAPFILE UID_DOMAIN TRUST_DOMAIN}.
/^iss .*expected-
Workflow: another pool answered: correct pool and name, or expected-trust-domain.
Administrator: a pool is known by its TRUST_DOMAIN, not by its UID_DOMAIN: {TRUST_DOMAIN}.
/^iss
Administrator: with remote, schedd and collector must have one TRUST_DOMAIN: {TRUST_DOMAIN}, condor_config_val -collector TRUST_DOMAIN. Nothing was delivered.
Workflow: or leave remote out, so that the schedd itself is asked.
/
Administrator: the daemon issued something else than was asked for, and nothing was delivered: {TRUST_DOMAIN SEC_TOKEN_ISSUER_KEY}.
`,
    ERR_TOKEN_REDUCED: rows`
/
Workflow: ask for less (authz, lifetime), give a credential that has more (condor_token_list shows scope and exp), or set on-reduced to warn.
Administrator: lifetimes are cut to the rest of the credential's own, and to {SEC_ISSUED_TOKEN_EXPIRATION}.
`,
    ERR_TOKEN_REFUSED: rows`
/does not allow (\w+) to (\S+)
Administrator: $2 must be in ALLOW_$1, and not in DENY_$1: {ALLOW_$1 DENY_$1}.
Administrator: where that has *@$(UID_DOMAIN), $2 must end in {UID_DOMAIN}, and may need an account: condor_token_create -identity USER@UID_DOMAIN makes a credential that fits.
Workflow: or leave $1 out of authz.
/
Administrator: where the token was issued and where it is used, key and clock must be the same: {SEC_TOKEN_ISSUER_KEY SEC_PASSWORD_DIRECTORY}.
`,
    ERR_OUTPUT: rows`
/runner does not take
Runner: its own file for this cannot be written to: is the disk full (df -h), or the step in a container without it?
/standard output
Workflow: the command behind the pipe has gone: see why, or write with -file.
/symbolic link|no regular file
Workflow: choose another token-directory or file: ls -ld PATH shows what is there.
/
Runner: this account must be able to write there (ls -ld DIRECTORY, df -h DIRECTORY); or choose another token-directory or file.
`
};

const HINTS = {
    ...REACHING,
    ...GRANTING,
    ERR_DAEMON: DAEMON_TEXTS
};

function hintsFor(error) {
    const side = error.phase === "locate" ? "collector" : "schedd";
    switch (error.code) {
      case "ERR_METHODS_EXHAUSTED":
        return exhaustedHints(error.attempts, side);

      case "ERR_SERVER_UNPROVEN":
        return unprovenHints(error.attempts, side);

      case "ERR_NO_COMMON_METHOD":
        return [ ...usesOf(error), ...firstOf(HINTS[error.code], factsOf(error), side) ];

      default:
        return firstOf(HINTS[error.code], factsOf(error), side);
    }
}

function factsOf(error) {
    const about = "input" in error ? error.input : "claim" in error ? error.claim : error.phase;
    return `${about ?? "-"} ${error.message}`;
}

function usesOf({methods}) {
    const uses = methods.flatMap(method => METHOD_USES[method] ?? []);
    return uses.length === 0 ? [] : [ `Workflow: give what this daemon takes: ${uses.join("; or ")}.` ];
}

const METHOD_BIT = {
    FS: 4,
    SSL: 256,
    PASSWORD: 512,
    MUNGE: 1024,
    TOKEN: 2048,
    SCITOKENS: 4096
};

function displayName(method) {
    return method === "TOKEN" ? "IDTOKENS" : method;
}

const ONE_SIDED = [ "FS", "MUNGE" ];

class MethodRefused extends Error {
    outOfStep;
    constructor(message, outOfStep = false) {
        super(message);
        this.outOfStep = outOfStep;
    }
}

class StartOver extends Error {
    credentials;
    roundTrips=0;
    constructor(message, credentials) {
        super(message);
        this.credentials = credentials;
    }
}

async function makeOffer(channel, {method, candidate}) {
    channel.send(message => message.int(METHOD_BIT[method]));
    await candidate.open(channel);
}

function presume({methods, preference}, peer) {
    const [first, ...others] = methods;
    if (first === undefined || preference === "daemon" && others.length > 0) return undefined;
    const candidate = first.presumed(peer);
    return candidate && {
        method: first.name,
        candidate
    };
}

async function authenticate(channel, credentials, peer, server, presumed) {
    const {queue, attempts} = plan(credentials, peer, server);
    if (queue.length === 0 && credentials.methods.every(({name}) => name === "FS")) {
        const reasons = attempts.map(({method, reason}) => `${method}: ${reason}`);
        throw new CredentialError("ERR_NO_CREDENTIAL", `there is no credential for this daemon; ${reasons.join(". ")}`);
    }
    if (presumed !== undefined) {
        const first = queue.findIndex(({method, candidate}) => method === presumed.method && candidate.label === presumed.candidate.label);
        if (first === -1) throw queue.length > 0 ? new StartOver("it does not fit", credentials) : exhausted(attempts);
        queue.splice(first, 1);
        queue.unshift(presumed);
    }
    for (const [index, next] of queue.entries()) {
        const {method, candidate} = next;
        const failed = reason => attempts.push({
            method: displayName(method),
            reason: `${candidate.label}: ${reason}`
        });
        if (next !== presumed) await makeOffer(channel, next);
        const chosen = await channel.receive(message => message.int());
        if (chosen === 0) {
            failed("the daemon declined the method");
            break;
        }
        if (chosen !== METHOD_BIT[method]) throw new ProtocolError("ERR_MESSAGE", `the daemon chose method ${chosen}, which was not offered`);
        try {
            const expected = await candidate.finish(channel, server, index === queue.length - 1);
            const clearToCome = expected.map(({write, otherwise}) => ({
                write,
                otherwise: () => {
                    failed(otherwise?.().message ?? "the daemon refused it");
                    return exhausted(attempts);
                }
            }));
            return {
                method,
                clearToCome
            };
        } catch (error) {
            if (!(error instanceof MethodRefused)) throw error;
            failed(error.message);
            if (error.outOfStep && index < queue.length - 1) {
                const methods = credentials.methods.filter(({name}) => name !== method);
                throw new StartOver(error.message, {
                    ...credentials,
                    methods,
                    unavailable: attempts
                });
            }
        }
    }
    throw exhausted(attempts);
}

function plan({methods, preference, unavailable}, peer, server) {
    const common = methods.filter(({name}) => server.methods.includes(name));
    if (common.length === 0) {
        const ours = methods.map(({name}) => displayName(name)).join(", ");
        const theirs = server.methods.map(displayName);
        throw new NegotiationError("ERR_NO_COMMON_METHOD", `no authentication method in common: we have ${ours}; the daemon takes ${theirs.join(", ") || "none of them"}`, theirs);
    }
    if (preference === "daemon") {
        const rank = name => server.methods.indexOf(name);
        common.sort((a, b) => rank(a.name) - rank(b.name));
    }
    const queue = [];
    const attempts = [ ...unavailable ];
    for (const {name} of methods.filter(method => !common.includes(method))) attempts.push({
        method: displayName(name),
        reason: "the daemon does not offer it"
    });
    for (const method of common) {
        const {fit, unfit} = method.candidatesFor(server, peer);
        for (const candidate of fit) queue.push({
            method: method.name,
            candidate
        });
        for (const {label, reason} of unfit) attempts.push({
            method: displayName(method.name),
            reason: `${label}: ${reason}`
        });
    }
    return {
        queue,
        attempts
    };
}

function exhausted(attempts) {
    const text = "the daemon accepted none of our credentials";
    return new AuthenticationError("ERR_METHODS_EXHAUSTED", text, attempts);
}

class Expression {
    source;
    constructor(source) {
        this.source = source;
    }
}

const SECRET_MARKER = "ZKM";

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
        if (source === undefined) return undefined;
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
    if (count < 0 || count > message.remaining) throw new ProtocolError("ERR_CLASSAD", `an ad of ${count} attributes`);
    const values = new Map;
    for (let i = 0; i < count; i++) {
        const line = message.string();
        const [, name, source] = ATTRIBUTE.exec(line === SECRET_MARKER ? message.string() : line) ?? [];
        if (name === undefined || source === undefined) throw new ProtocolError("ERR_CLASSAD", "a line is no attribute");
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
            throw new ProtocolError("ERR_MESSAGE", "the peer's ECDHPublicKey is not a point of P-256", {
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
    const ciphers = list(ad.string("CryptoMethods"));
    if (ad.string("Encryption") !== "YES" || ciphers[0] !== "AES") {
        const offer = ciphers.length > 0 ? ciphers.join(", ") : "none";
        throw new NegotiationError("ERR_NO_ENCRYPTION", `the daemon does not agree to AES encryption (it offers ${offer})`);
    }
    const ecdhPublicKey = ad.string("ECDHPublicKey");
    if (ecdhPublicKey === undefined) {
        throw new NegotiationError("ERR_NO_ENCRYPTION", "the daemon sends no ECDHPublicKey, so no secret key can be agreed on");
    }
    if (ad.string("Authentication") !== "YES") {
        throw new NegotiationError("ERR_NO_COMMON_METHOD", "the daemon does not agree to authenticate");
    }
    return {
        methods: list(ad.string("AuthMethodsList") ?? ad.string("AuthMethods")),
        ecdhPublicKey,
        trustDomain: ad.string("TrustDomain") ?? "",
        issuerKeys: list(ad.string("IssuerKeys")),
        remoteVersion: ad.string("RemoteVersion") ?? ""
    };
}

function list(text = "") {
    return text.split(/[\s,]+/).filter(word => word !== "");
}

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

const NONCE_LENGTH = 33;

const KEY_EXCHANGE_DONE = {
    write: message => message.int(0)
};

const UNMAPPED = "@unmapped";

function isResumable(session) {
    return session?.resumption !== undefined;
}

async function startCommand(channel, purpose, request, options, host) {
    const {credentials, peer, mayPresume} = options;
    const presumed = mayPresume ? presume(credentials, peer) : undefined;
    try {
        return await handshake(channel, purpose, request, options, presumed, host);
    } catch (error) {
        const hungUp = error instanceof ConnectError && error.code === "ERR_CLOSED";
        throw hungUp && presumed !== undefined ? new StartOver(error.message, credentials) : error;
    }
}

async function handshake(channel, purpose, request, {credentials, peer, mayBeUnmapped}, presumed, host) {
    const agreement = new KeyAgreement(host.randomBytes);
    const names = credentials.methods.map(({name}) => name);
    channel.send(message => putClassAd(message.int(DC_AUTHENTICATE), clientPolicyAd(purpose, names, agreement.publicKey)));
    if (presumed !== undefined) await makeOffer(channel, presumed);
    const server = readServerPolicy(await channel.receive(getClassAd));
    host.log.debug(`session: ${describeOffer(server)}`);
    const {method, clearToCome} = await authenticate(channel, credentials, peer, server, presumed);
    const key = agreement.sessionKey(server.ecdhPublicKey);
    channel.protect(key, [ ...clearToCome, KEY_EXCHANGE_DONE ]);
    channel.send(request);
    const verdict = await channel.receive(getClassAd);
    const user = readPostAuth(verdict, mayBeUnmapped);
    const sid = verdict.string("Sid");
    host.log.debug(`session: ${displayName(method)} makes you ${user}, at ${server.remoteVersion}`);
    return {
        channel,
        method,
        user,
        server,
        resumption: sid === undefined ? undefined : new Resumption(sid, key)
    };
}

function describeOffer({methods, trustDomain, issuerKeys}) {
    const keys = issuerKeys.length > 0 ? `; signing keys ${issuerKeys.join(", ")}` : "";
    return `the daemon takes ${methods.map(displayName).join(", ")}; trust domain ${trustDomain}${keys}`;
}

function resumeCommand(channel, purpose, request, session, host) {
    const nonce = Buffer.from(host.randomBytes(NONCE_LENGTH)).toString("base64");
    channel.send(message => putClassAd(message.int(DC_AUTHENTICATE), resumptionAd(purpose, session.resumption.sid, nonce)));
    session.resumption.protect(channel);
    channel.send(request);
    host.log.debug(`session: resumed as ${session.user}`);
    return {
        ...session,
        channel
    };
}

function readPostAuth(ad, mayBeUnmapped) {
    const code = ad.string("ReturnCode");
    const user = ad.string("User");
    if (!mayBeUnmapped && user?.endsWith(UNMAPPED) === true) {
        throw new AuthorizationError("ERR_DENIED", `the daemon accepts our credential but maps it to nobody (${user})`, user);
    }
    if (code === "AUTHORIZED" && user !== undefined && user !== "") return user;
    if (code === "CMD_NOT_FOUND") {
        throw new AuthorizationError("ERR_COMMAND_NOT_REGISTERED", "the daemon does not know the command", user);
    }
    const who = user === undefined ? "it names no identity" : `for it, we are ${user}`;
    throw new AuthorizationError("ERR_DENIED", `the daemon answers ${code ?? "nothing"} to our command; ${who}`, user);
}

const SHARED_PORT_CONNECT = 75;

const ATTEMPT_DELAY_MS = 250;

const ATTEMPT_TIMEOUT_MS = 1e4;

async function connect(address, host, ahead) {
    const early = ahead?.take(address);
    const socket = early ?? await dial(address, host);
    const id = sharedPortId(address);
    if (early !== undefined) host.log.debug("connect: a connection to the daemon is there already");
    if (id !== undefined) host.log.debug(`connect: the shared port there is told to pass us on to ${id}`);
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
    return concat([ putHeader(message.length), message ]);
}

function dial(address, {signal, log, timeLeftMs}) {
    const started = timeLeftMs();
    const waiting = [ ...endpoints(address) ];
    const sockets = new Set;
    const failures = [];
    return new Promise((resolve, reject) => {
        let timer;
        const finish = winner => {
            clearTimeout(timer);
            signal.removeEventListener("abort", abort);
            for (const socket of sockets) if (socket !== winner) socket.destroy();
        };
        const abort = () => {
            finish();
            reject(abortedError(signal));
        };
        const tryNext = () => {
            clearTimeout(timer);
            const endpoint = waiting.shift();
            if (endpoint === undefined) {
                if (sockets.size > 0) return;
                finish();
                reject(unreachable(address, failures));
                return;
            }
            timer = setTimeout(tryNext, ATTEMPT_DELAY_MS);
            const socket = (0, external_node_net_namespaceObject.connect)({
                ...endpoint,
                noDelay: true
            });
            sockets.add(socket);
            socket.setTimeout(ATTEMPT_TIMEOUT_MS, () => socket.destroy(new Error("no answer")));
            socket.on("lookup", (_, ip) => log.debug(`connect: the host name ${endpoint.host} resolves to ${ip}`));
            socket.once("connect", () => {
                log.debug(`connect: TCP to ${formatEndpoint(endpoint)} in ${Math.round(started - timeLeftMs())} ms`);
                socket.setTimeout(0);
                socket.removeAllListeners("error");
                finish(socket);
                resolve(socket);
            });
            socket.once("error", error => {
                sockets.delete(socket);
                failures.push({
                    text: `${formatEndpoint(endpoint)}: ${connect_reasonOf(error, endpoint)}`,
                    error
                });
                tryNext();
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

function unreachable(address, failures) {
    const text = `no connection to ${failures.map(each => each.text).join(", ")}`;
    const permanent = failures.every(({error}) => error.code === "ENOTFOUND");
    return new ConnectError("ERR_CONNECT", text, {
        peer: formatSinful(address),
        permanent
    });
}

function connect_reasonOf(error, {host}) {
    if (error.code === "ENOTFOUND" || error.code === "EAI_AGAIN") return `the host name ${host} does not resolve`;
    if (error.code === "ECONNREFUSED") return "connection refused";
    if (error instanceof AggregateError) return error.errors.map(each => each.message).join(", ");
    return error.message;
}

const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:timers/promises");

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

const GREETING_TIMEOUT_MS = 5e3;

const MAX_STRANGERS = 16;

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
                void this.#listenTo(channel, isGreeting).then(right => right && resolve(channel));
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
    async #listenTo(channel, isGreeting) {
        if (!this.#server.listening) {
            channel.close();
            return false;
        }
        if (this.#channels.size >= MAX_STRANGERS) this.#dismiss([ ...this.#channels ][0]);
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

const BROKER_TIMEOUT_MS = 2e4;

const CLAIM_ID_LENGTH = 20;

async function connectThroughCcb(address, ask, host) {
    const failures = [];
    for (const contact of rotated(ccbContacts(address), host)) {
        const broker = formatEndpoint(contact.broker);
        try {
            return await throughBroker(contact, ask, host);
        } catch (error) {
            if (host.signal.aborted || !(error instanceof HTCondorError)) throw error;
            host.log.debug(`ccb: broker ${broker}: ${error.message}`);
            failures.push(`broker ${broker}: ${error.message}`);
        }
    }
    const text = failures.length > 0 ? failures.join("; ") : "its address names no broker that could be asked";
    throw new ConnectError("ERR_CCB_ONLY", text, {
        peer: formatSinful(address)
    });
}

function rotated(list, host) {
    if (list.length < 2) return list;
    const start = (host.randomBytes(1)[0] ?? 0) % list.length;
    return [ ...list.slice(start), ...list.slice(0, start) ];
}

async function throughBroker(contact, ask, host) {
    let answer = await request(contact, true, ask, host);
    if ("refusal" in answer && /stream/i.test(answer.refusal)) answer = await request(contact, false, ask, host);
    if ("refusal" in answer) throw new ConnectError("ERR_CCB_ONLY", `it says "${answer.refusal}"`);
    host.log.debug(`ccb: broker ${formatEndpoint(contact.broker)}: ${answer.way}`);
    return answer.channel;
}

async function request({broker, ids}, streaming, ask, host) {
    const late = new AbortController;
    const limited = {
        ...host,
        signal: AbortSignal.any([ host.signal, late.signal ])
    };
    const timer = setTimeout(() => late.abort(), BROKER_TIMEOUT_MS);
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
            listener ??= await listen(channel, isGreeting, limited);
            return channel;
        }
    };
    try {
        return await ask(call, channel => answerOf(channel, listener, isGreeting), limited);
    } catch (error) {
        if (!late.signal.aborted || host.signal.aborted) throw error;
        const where = listener === undefined ? "" : `; the daemon did not connect to ${formatEndpoint(listener.endpoint)}`;
        throw new ConnectError("ERR_CCB_ONLY", `nothing came of it within ${BROKER_TIMEOUT_MS / 1e3} s${where}`);
    } finally {
        clearTimeout(timer);
        listener?.close();
    }
}

const NOWHERE_TO_COME = {
    refusal: "the daemon was told to connect to us, and there is no port of ours"
};

async function listen({localAddress}, isGreeting, host) {
    if (localAddress === undefined) return undefined;
    try {
        return await ReverseListener.open(localAddress, isGreeting, host);
    } catch (error) {
        host.log.debug(`ccb: no port to wait at: ${printable(String(error))}`);
        return undefined;
    }
}

async function answerOf(broker, listener, isGreeting) {
    const atOurPort = listener?.connected;
    const replied = replyOf(broker, isGreeting).then(reply => reply ?? atOurPort ?? NOWHERE_TO_COME);
    const came = await Promise.race(atOurPort === undefined ? [ replied ] : [ atOurPort, replied ]);
    if ("refusal" in came) return came;
    const way = came === broker ? "it passes on what we and the daemon say" : "the daemon has connected to us";
    return {
        channel: came.handOver(broker.roundTrips),
        way
    };
}

async function replyOf(broker, isGreeting) {
    const reply = await broker.receive(getClassAd).catch(error => {
        if (!(error instanceof ConnectError) || error.code !== "ERR_CLOSED") throw error;
        throw new ConnectError("ERR_CCB_ONLY", `it gives no answer: ${error.message}`, {
            cause: error
        });
    });
    if (reply.boolean("Result") !== true) return {
        refusal: reply.string("ErrorString") ?? "no"
    };
    if (reply.boolean("ProxyMode") !== true) return undefined;
    if (await broker.receive(isGreeting)) return broker;
    throw new ProtocolError("ERR_MESSAGE", "it puts us through to somebody whom we did not ask for");
}

function isReverseConnect(message, claimId) {
    const command = message.int();
    const given = Buffer.from(getClassAd(message).string("ClaimId") ?? "");
    const wanted = Buffer.from(claimId);
    return command === CCB_REVERSE_CONNECT && given.length === wanted.length && crypto_crypto().timingSafeEqual(given, wanted);
}

const HEAD_START_MS = 250;

async function reach_reach({address, ahead}, ask, host, failed) {
    if (!isBehindCcb(address)) return {
        channel: await connect(address, host, ahead),
        way: "direct"
    };
    const [straight, round] = [ branchOf(host), branchOf(host) ];
    const direct = failed === undefined ? connect(address, straight.host, ahead) : Promise.reject(failed);
    if (await worksSoon(direct)) return {
        channel: await direct,
        way: "direct, else ccb"
    };
    const indirect = connectThroughCcb(address, ask, round.host);
    let won = false;
    const win = (channel, way, loser) => {
        if (won) channel.close(); else loser.cancel();
        won = true;
        return {
            channel,
            way
        };
    };
    try {
        return await Promise.any([ direct.then(channel => win(channel, "direct, else ccb", round)), indirect.then(channel => win(channel, "ccb", straight)) ]);
    } catch (failures) {
        if (host.signal.aborted) throw abortedError(host.signal);
        throw reach_unreachable(address, failures);
    }
}

function branchOf(host) {
    const cancelled = new AbortController;
    const signal = AbortSignal.any([ host.signal, cancelled.signal ]);
    return {
        host: {
            ...host,
            signal
        },
        cancel: () => cancelled.abort()
    };
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

function reach_unreachable(address, failures) {
    const [direct, indirect] = failures instanceof AggregateError ? failures.errors : [ failures ];
    for (const each of [ direct, indirect ]) if (!(each instanceof HTCondorError)) return each;
    const [straight, round] = [ direct, indirect ].map(each => each.message);
    const text = `the daemon can be reached neither directly (${straight}) nor through CCB (${round})`;
    return new ConnectError("ERR_CCB_ONLY", text, {
        peer: formatSinful(address),
        cause: indirect
    });
}

async function callCommand(call, read, host) {
    let {credentials, target} = call;
    for (let spent = 0, mayPresume = true; ;) {
        try {
            const result = await attempt({
                ...call,
                credentials,
                target
            }, read, mayPresume, host);
            return {
                ...result,
                roundTrips: result.roundTrips + spent
            };
        } catch (error) {
            if (!(error instanceof StartOver)) throw error;
            const resumed = isResumable(target.resume);
            const how = resumed ? "anew" : "waiting for the daemon's policy first";
            host.log.debug(`session: once more, ${how} (${error.message})`);
            credentials = error.credentials;
            target = {
                ...target,
                resume: undefined
            };
            mayPresume &&= resumed;
            spent += error.roundTrips;
        }
    }
}

async function attempt(call, read, mayPresume, host, failed) {
    const {target, command, about, request, phase, mayBeUnmapped = false} = call;
    const {address, serverName, claimedName} = target;
    const {channel, way} = await inPhase(phase ?? "connect", address, () => routeTo(call, host, failed));
    const earlier = isResumable(target.resume) ? target.resume : undefined;
    let session;
    try {
        const credentials = way === "ccb" ? mutualOnly(call.credentials) : call.credentials;
        const peer = {
            ...channel.remote,
            sharedPortId: sharedPortId(address),
            serverName,
            claimedName
        };
        const purpose = {
            command,
            about
        };
        session = await inPhase(phase ?? "session", address, () => earlier !== undefined ? resumeCommand(channel, purpose, request, earlier, host) : startCommand(channel, purpose, request, {
            credentials,
            peer,
            mayPresume,
            mayBeUnmapped
        }, host));
        const value = await read(session, channel).catch(error => {
            throw earlier !== undefined && isHangUp(error) ? new StartOver(error.message, call.credentials) : error;
        });
        return {
            value,
            session,
            roundTrips: channel.roundTrips
        };
    } catch (error) {
        if (error instanceof StartOver) error.roundTrips = channel.roundTrips;
        const mute = error instanceof ConnectError || error instanceof ProtocolError;
        if (!mute || session !== undefined || way !== "direct, else ccb" || host.signal.aborted) throw error;
        host.log.debug(`ccb: who answers directly may not be the daemon (${error.message})`);
        failed = error;
    } finally {
        channel.flush();
        channel.close();
    }
    return await attempt(call, read, mayPresume, host, failed);
}

async function routeTo(call, host, failed) {
    if (call.connect !== undefined) return {
        channel: await call.connect(host),
        way: "direct"
    };
    const {target, credentials} = call;
    return await reach_reach(target, (broker, read, within) => askBroker(broker, credentials, read, within), host, failed);
}

function mutualOnly(credentials) {
    const methods = credentials.methods.filter(({name}) => !ONE_SIDED.includes(name));
    const reason = "it does not prove who the daemon is, which is reached through CCB";
    const left = credentials.methods.filter(({name}) => ONE_SIDED.includes(name)).map(({name}) => ({
        method: displayName(name),
        reason
    }));
    if (methods.length === 0) {
        const all = left.map(({method}) => method).join(", ");
        throw new CredentialError("ERR_NO_CREDENTIAL", `there is no credential for this daemon; ${all}: ${reason}`);
    }
    return {
        ...credentials,
        methods,
        unavailable: [ ...credentials.unavailable, ...left ]
    };
}

async function askBroker({address, ...broker}, credentials, read, host) {
    try {
        const target = {
            address,
            serverName: undefined
        };
        const call = {
            ...broker,
            target,
            credentials: mutualOnly(credentials),
            phase: "connect"
        };
        return (await callCommand(call, (_, channel) => read(channel), host)).value;
    } catch (error) {
        const refused = error instanceof CredentialError || error instanceof NegotiationError || error instanceof AuthenticationError || error instanceof AuthorizationError || isHangUp(error);
        if (!refused || host.signal.aborted) throw error;
        host.log.debug(`ccb: once more, without a session (${error.message})`);
        return await callInClear({
            address,
            ...broker
        }, read, host);
    }
}

function isHangUp(error) {
    return error instanceof ConnectError && error.code === "ERR_CLOSED";
}

async function callInClear({address, command, request, connect: getThere}, read, host) {
    const channel = await (getThere?.(host) ?? connect(address, host));
    try {
        channel.send(message => request(message.int(command)));
        return await read(channel);
    } finally {
        channel.close();
    }
}

async function inPhase(phase, peer, work) {
    try {
        return await work();
    } catch (error) {
        throw error instanceof HTCondorError ? error.at(phase, peer && formatSinful(peer)) : error;
    }
}

function askAllowed(target, about, credentials, host) {
    const call = {
        target,
        command: DC_SEC_QUERY,
        about,
        request: () => {},
        credentials
    };
    const read = async ({channel, user}) => {
        const reply = await inPhase("session", target.address, () => channel.receive(getClassAd));
        if (reply.boolean("AuthorizationSucceeded") === true) return undefined;
        const text = `the daemon does not say that our command is allowed; for it, we are ${user}`;
        throw new AuthorizationError("ERR_DENIED", text, user);
    };
    return callCommand(call, read, host);
}

function getSessionToken(target, limits, credentials, host) {
    const ad = {
        LimitAuthorization: limits.authz.length > 0 ? limits.authz.join(",") : undefined,
        TokenLifetime: limits.lifetimeSeconds,
        RequestedKey: limits.key
    };
    const call = {
        target,
        command: DC_GET_SESSION_TOKEN,
        request: putRequest,
        credentials
    };
    return callCommand(call, ({channel}) => inPhase("token", target.address, async () => readTokenReply(await channel.receive(getClassAd))), host);
    function putRequest(message) {
        putClassAd(message, ad);
    }
}

function readTokenReply(reply) {
    const token = refuseError(reply).string("Token");
    if (token === undefined || token === "") throw new TokenError("ERR_TOKEN_MALFORMED", "the reply has no token");
    return new Secret(token);
}

function refuseError(reply) {
    const error = reply.string("ErrorString");
    const code = reply.integer("ErrorCode") ?? 0;
    if (error !== undefined || code !== 0) throw new DaemonError(code === 0 ? -1 : code, error ?? "no text");
    return reply;
}

function checkToken(token, expected) {
    claim(token.issuer === expected.issuer, "iss", `the token's issuer is ${token.issuer}, the daemon's trust domain ${expected.issuer || "unknown"}`);
    claim(token.subject === expected.subject, "sub", `the token is for ${token.subject}, the daemon authenticated ${expected.subject}`);
    checkExpected(token, expected);
    claim(expected.key === undefined || token.keyId === expected.key, "kid", `the token is signed with the key ${token.keyId}, not ${expected.key}`);
    return [ ...checkLevels(token, expected.authz), ...checkLifetime(token, expected.lifetimeSeconds) ];
}

function checkExpected({issuer, subject}, {expectedIssuer = issuer, expectedSubject = subject}) {
    claim(issuer === expectedIssuer, "iss", `the token was issued by ${issuer}, expected-trust-domain is ${expectedIssuer}`);
    claim(subject === expectedSubject, "sub", `the token is for ${subject}, expected-identity is ${expectedSubject}`);
}

function checkLevels({authz}, asked) {
    if (asked.length === 0) return [];
    const granted = authz ?? [];
    claim(granted.length > 0, "scope", "the token is not limited to any authorization levels, though we asked for it");
    const extra = granted.filter(level => !covers(asked, level));
    claim(extra.length === 0, "scope", `the token allows ${extra.join(", ")}, which we did not ask for`);
    const missing = asked.filter(level => !covers(granted, level));
    return missing.length === 0 ? [] : [ `authorization: asked for ${asked.join(" ")}, granted ${granted.join(" ")}` ];
}

function checkLifetime({issuedAt, expiresAt}, asked) {
    claim(issuedAt !== undefined, "iat", "the token does not say when it was issued");
    if (expiresAt === undefined) {
        claim(typeof asked !== "number", "exp", "the token never expires, though we asked for a lifetime");
        return [];
    }
    const granted = expiresAt - issuedAt;
    claim(granted > 0, "exp", "the token had expired when it was issued");
    if (asked === undefined) return [];
    claim(asked === "unlimited" || granted <= asked, "exp", `the token lasts ${granted} s, longer than the ${asked} s that we asked for`);
    if (granted === asked) return [];
    return [ `lifetime: asked for ${asked === "unlimited" ? asked : `${asked} s`}, granted ${granted} s` ];
}

function claim(holds, name, text) {
    if (!holds) throw new TokenError("ERR_TOKEN_CLAIM", text, name);
}

const buffer_utils_encoder = new TextEncoder, decoder = new TextDecoder, strictDecoder = new TextDecoder("utf-8", {
    fatal: !0
}), UINT32_RANGE = null && 2 ** 32;

function buffer_utils_concat(...buffers) {
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

const MIN_SIGNATURE = 20;

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const LEVEL_PREFIX = "condor:/";

function parseIdToken(jwt) {
    const text = jwt.reveal();
    if (text.length > jwt_MAX_LENGTH) throw malformed(`it has ${text.length} characters`);
    if (!JWT.test(text)) {
        throw malformed("it is not three parts of base64url with dots between them");
    }
    const {header, claims} = jwt_decode(text);
    const {alg, kid} = header;
    const {iss, sub, iat, exp, jti, scope} = claims;
    if (typeof alg !== "string" || alg.toLowerCase() === "none") throw malformed("it is not signed", "alg");
    return {
        jwt,
        signedText: text.slice(0, text.lastIndexOf(".")),
        algorithm: alg,
        keyId: word(kid, "kid"),
        issuer: word(iss, "iss"),
        subject: word(sub, "sub"),
        issuedAt: time(iat, "iat"),
        expiresAt: time(exp, "exp"),
        tokenId: jti === undefined ? undefined : word(jti, "jti"),
        authz: levels(scope)
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
    return signature.reveal().length < MIN_SIGNATURE ? [ jwt ] : [ jwt, signature ];
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

function word(value, claim) {
    if (typeof value !== "string" || value === "") throw malformed(`it has no ${claim}`, claim);
    if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) throw malformed(`its ${claim} has control characters`, claim);
    return value;
}

function time(value, claim) {
    if (value === undefined) return undefined;
    if (typeof value !== "number" || value < 0 || value > 864e10) throw malformed(`its ${claim} is no time`, claim);
    return Math.floor(value);
}

function levels(scope) {
    if (scope === undefined) return undefined;
    const words = typeof scope === "string" ? scope.split(/\s+/) : Array.isArray(scope) ? scope : [];
    const found = words.filter(each => typeof each === "string").filter(each => each.startsWith(LEVEL_PREFIX)).map(each => each.slice(LEVEL_PREFIX.length));
    return found.length > 0 ? found : undefined;
}

function malformed(what, claim) {
    return new TokenError("ERR_TOKEN_MALFORMED", `not an IDTOKEN: ${what}`, claim);
}

const MAX_ANSWER = 64 * 1024;

async function sendHttp(request, signal) {
    const {url, method, headers, body = "", authorities} = request;
    const {request: begin} = url.protocol === "http:" ? process.getBuiltinModule("node:http") : process.getBuiltinModule("node:https");
    const options = {
        method,
        headers,
        signal,
        agent: false,
        ca: [ ...authorities ],
        rejectUnauthorized: true
    };
    try {
        return await new Promise((resolve, reject) => {
            const sent = begin(url, options, response => {
                const {statusCode: status = 0} = response;
                const chunks = [];
                let length = 0;
                response.on("data", chunk => {
                    length += chunk.length;
                    if (length > MAX_ANSWER) sent.destroy(new Error(`it answers with more than ${MAX_ANSWER} bytes`)); else chunks.push(chunk);
                });
                response.on("end", () => resolve({
                    status,
                    text: Buffer.concat(chunks).toString("utf8")
                }));
                response.on("error", reject);
                response.on("aborted", () => reject(new Error("it hung up in the middle of its answer")));
            });
            sent.on("error", reject);
            sent.on("close", () => reject(new Error("it hung up without an answer")));
            sent.end(body);
        });
    } catch (cause) {
        if (signal.aborted) throw abortedError(signal);
        throw new ConnectError("ERR_CONNECT", `no answer from ${url.origin}: ${printable_messageOf(cause)}`, {
            peer: url.origin
        });
    }
}

const NO_WORD = /\S{40,}/g;

const LONGEST_REASON = 300;

async function askForToken({who, members, tlsFor, ...request}, host) {
    const {authorities} = await tlsFor(request.url.hostname);
    const response = await sendHttp({
        ...request,
        authorities
    }, host.signal);
    const answer = readAnswer({
        who,
        members,
        url: request.url
    }, response);
    for (const secret of secretsOf(answer.token)) host.mask(secret);
    return answer;
}

function readAnswer({who, members, url}, {status, text}) {
    const facts = {
        peer: url.origin
    };
    const answer = parse(text);
    if (status === 429 || status >= 500) throw new ConnectError("ERR_CONNECT", `${who} answers ${status}`, facts);
    if (status < 200 || status > 299) {
        const reason = [ "error", "error_description", "detail", "message" ].flatMap(name => answer(name) ?? []);
        const told = printable([ String(status), ...reason ].join(": ")).replace(NO_WORD, "***").slice(0, LONGEST_REASON);
        throw new CredentialError("ERR_NO_CREDENTIAL", `${who} gives no token: ${told}`, facts);
    }
    const token = new Secret(members.flatMap(name => answer(name) ?? [])[0] ?? "");
    if (algorithmOf(token) === undefined) {
        const what = `${who} answers without a token in ${members.join(" or ")}`;
        throw new CredentialError("ERR_CREDENTIAL_UNREADABLE", what, facts);
    }
    return {
        token,
        text: answer
    };
}

function parse(text) {
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

async function jobToken({audience, runner}, tlsFor, host) {
    if (runner === undefined) throw new CredentialError("ERR_NO_CREDENTIAL", "oidc-audience: this job may not have an OIDC token");
    const url = new URL(runner.url);
    url.searchParams.set("audience", audience);
    host.mask(runner.bearer);
    const headers = {
        authorization: `Bearer ${runner.bearer.reveal()}`,
        accept: "application/json"
    };
    const who = "oidc-audience: the OIDC service of the runner";
    const {token} = await askForToken({
        who,
        members: [ "value" ],
        url,
        method: "GET",
        headers,
        tlsFor
    }, host);
    return token;
}

const external_node_stream_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");

const IP_ADDRESS = /^[\d.]+$|:/;

class TlsFailure extends Error {}

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
            throw new TlsFailure(printable_messageOf(cause), {
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
            ...serverName === undefined || IP_ADDRESS.test(serverName) ? {} : {
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
        return concat(this.#outgoing.splice(0));
    }
    async handshake() {
        await this.#until(() => this.#established);
    }
    async failure() {
        for (let turn = 0; turn < SETTLING_TURNS && this.#failure === undefined; turn++) await nextTurn();
        return this.#failure?.message;
    }
    async read(length) {
        await this.#until(() => this.#plaintext.reduce((sum, {length}) => sum + length, 0) >= length);
        const all = concat(this.#plaintext);
        this.#plaintext = [ all.subarray(length) ];
        return all.subarray(0, length);
    }
    write(plaintext) {
        this.#socket.write(plaintext);
        return this.output();
    }
    distrust(serverName) {
        if (!HOST_NAME.test(serverName)) return `${serverName} is no host name`;
        const certificate = this.#certificate;
        if (certificate === undefined) return "it has no certificate";
        if (!this.#socket.authorized) return untrusted(String(this.#socket.authorizationError), certificate.issuer);
        if (certificate.checkHost(serverName, {
            subject: "always"
        }) !== undefined) return undefined;
        const names = [ certificate.subjectAltName, certificate.subject ].filter(each => each !== undefined).join("; ");
        return `its certificate is for ${names.replaceAll("\n", ", ") || "nobody"}, not for ${serverName}`;
    }
    close() {
        this.#socket.destroy();
        this.#pipe.destroy();
    }
    async #until(condition) {
        for (let turn = 0; !condition(); turn++) {
            this.#throwFailure();
            if (turn === MAX_TURNS) throw new TlsFailure("the daemon leaves out what belongs here");
            await nextTurn();
        }
    }
    #throwFailure() {
        if (this.#failure !== undefined) throw new TlsFailure(this.#failure.message, {
            cause: this.#failure
        });
    }
}

const nextTurn = () => new Promise(resolve => setImmediate(resolve));

function untrusted(code, issuer) {
    const by = `issued by ${issuer?.replaceAll("\n", ", ") ?? "nobody by name"}`;
    switch (code) {
      case "CERT_HAS_EXPIRED":
        return `its certificate, or one above it, has expired (${by})`;

      case "CERT_NOT_YET_VALID":
        return `its certificate is not valid yet, or our clock is wrong (${by})`;

      default:
        return `its certificate is not trusted (${code}; ${by})`;
    }
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
    #failure;
    constructor(credential) {
        this.#credential = credential;
    }
    async open(channel) {
        const options = await this.#credential.tls();
        try {
            this.#tunnel = await TlsTunnel.start(options);
            const records = await this.#tunnel.output();
            channel.send(message => message.int(OK));
            putRecords(channel, RECEIVING, records);
        } catch (error) {
            if (!(error instanceof TlsFailure)) throw error;
            this.#failure = `TLS cannot begin: ${error.message}`;
            channel.send(message => message.int(ERROR));
        }
    }
    async prove(channel) {
        const hello = await channel.receive(message => message.int());
        if (this.#failure !== undefined) throw new MethodRefused(this.#failure);
        if (hello !== OK) {
            throw new MethodRefused("the daemon cannot use TLS: see AUTH_SSL_SERVER_CERTFILE, _KEYFILE and _CAFILE there", true);
        }
        const tunnel = this.#started;
        try {
            await this.#handshake(channel, tunnel);
            await this.#receiveKey(channel, tunnel);
        } catch (error) {
            if (!(error instanceof TlsFailure)) throw error;
            putRecords(channel, QUITTING, tunnel.pending());
            throw new MethodRefused(`TLS failed: ${error.message}`);
        }
    }
    hold(channel) {
        putRecords(channel, HOLDING, NOTHING);
    }
    async say(channel, plaintext) {
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
            const answer = await tunnel.output();
            if (tunnel.established) this.#verify(channel, tunnel);
            putRecords(channel, HOLDING, answer);
            holding = true;
        }
        throw new ProtocolError("ERR_MESSAGE", "the TLS handshake does not end");
    }
    #verify(channel, tunnel) {
        const {label, method, serverName} = this.#credential;
        const reason = tunnel.distrust(serverName);
        if (reason === undefined) return;
        putRecords(channel, QUITTING, NOTHING);
        throw new AuthenticationError("ERR_SERVER_UNPROVEN", `the daemon could not prove that it is ${serverName}: ${reason}`, [ {
            method: displayName(method),
            reason: `${label}: ${reason}`
        } ]);
    }
    async #receiveKey(channel, tunnel) {
        for (let round = 0; round < MAX_ROUNDS; round++) {
            if (await this.#receive(channel, tunnel) === HOLDING) {
                await tunnel.read(ssl_exchange_KEY_LENGTH);
                return;
            }
            const failure = await tunnel.failure();
            if (failure !== undefined) throw new TlsFailure(failure);
            putRecords(channel, RECEIVING, tunnel.pending());
        }
        throw new ProtocolError("ERR_MESSAGE", "the key does not come");
    }
    async #receive(channel, tunnel) {
        const {status, records} = await channel.receive(getRecords);
        tunnel.feed(records);
        if (status === OK || status === SENDING || status === RECEIVING || status === HOLDING) return status;
        const [, digits] = /alert number (\d+)/.exec(await tunnel.failure() ?? "") ?? [];
        const alert = digits === undefined ? "" : `, TLS alert ${digits} ${ALERTS[Number(digits)] ?? ""}`.trimEnd();
        const why = alert === "" && tunnel.established ? UNEXPLAINED : alert;
        throw new MethodRefused(`the daemon gives up${why}`);
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

const UNEXPLAINED = ": it demands a client certificate (AUTH_SSL_REQUIRE_CLIENT_CERTIFICATE), or one that its map file knows (AUTH_SSL_REQUIRE_CLIENT_MAPPING)";

const ALERTS = {
    40: "handshake_failure: it has no certificate of its own (AUTH_SSL_SERVER_CERTFILE there)",
    42: "bad_certificate: it cannot read ours",
    43: "unsupported_certificate: it does not take ours",
    44: "certificate_revoked: ours is revoked",
    45: "certificate_expired: ours has expired",
    46: "certificate_unknown: it does not take ours; for an X.509 proxy it needs AUTH_SSL_ALLOW_CLIENT_PROXY = True",
    48: "unknown_ca: it does not trust who issued ours (AUTH_SSL_SERVER_CAFILE there)",
    70: "protocol_version: it has no TLS version in common with us"
};

const NO_SERVER_NAME = "no host name is known that its certificate must carry: give server-name, or the host by its name and not by its number";

function ssl(label, tlsFor) {
    const candidate = serverName => {
        const exchange = new SslExchange({
            method: "SSL",
            label,
            serverName,
            tls: () => tlsFor(serverName)
        });
        return {
            label,
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
    const presumed = ({serverName, claimedName}) => {
        const name = serverName ?? claimedName;
        return name === undefined ? undefined : candidate(name);
    };
    return {
        name: "SSL",
        sources: [ label ],
        candidatesFor(_, peer) {
            const fit = presumed(peer);
            return fit === undefined ? {
                fit: [],
                unfit: [ {
                    label,
                    reason: NO_SERVER_NAME
                } ]
            } : {
                fit: [ fit ],
                unfit: []
            };
        },
        presumed
    };
}

const MAX_SCITOKEN_LENGTH = 16380;

function scitokens(token, tlsFor, host) {
    const {source} = token;
    const label = `${source} (${token.subject}, issuer ${token.issuer})`;
    const candidate = serverName => {
        const exchange = new SslExchange({
            method: "SCITOKENS",
            label,
            serverName,
            tls: () => tlsFor(serverName)
        });
        return {
            label,
            open: channel => exchange.open(channel),
            async finish(channel, _, last) {
                try {
                    await exchange.prove(channel);
                    exchange.hold(channel);
                    await exchange.say(channel, lengthAndToken(token));
                } finally {
                    exchange.close();
                }
                const refused = new MethodRefused(refusal(token, host.now()));
                if (last) return [ {
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
        sources: [ source ],
        candidatesFor(_, {serverName, claimedName}) {
            const unfit = reason => ({
                fit: [],
                unfit: [ {
                    label,
                    reason
                } ]
            });
            const reason = objection(token, host.now());
            if (reason !== undefined) return unfit(reason);
            if (serverName !== undefined) return {
                fit: [ candidate(serverName) ],
                unfit: []
            };
            return unfit(claimedName === undefined ? NO_SERVER_NAME : onlyClaimed(claimedName));
        },
        presumed: ({serverName}) => serverName === undefined || objection(token, host.now()) !== undefined ? undefined : candidate(serverName)
    };
}

function onlyClaimed(name) {
    return `the collector alone says that the daemon's host is ${name}; if that is right, give it as server-name`;
}

function lengthAndToken({jwt}) {
    const text = (new TextEncoder).encode(jwt.reveal());
    const bytes = new Uint8Array(4 + text.length);
    new DataView(bytes.buffer).setUint32(0, text.length);
    bytes.set(text, 4);
    return bytes;
}

function objection({expiresAt}, now) {
    if (expiresAt === undefined || expiresAt * 1e3 > now.getTime()) return undefined;
    return `it expired at ${new Date(expiresAt * 1e3).toISOString()}`;
}

function refusal({issuer, subject, audience, scope, profile, expiresAt, notBefore}, now) {
    const seconds = now.getTime() / 1e3;
    const likely = [];
    const possible = [];
    if (notBefore !== undefined && notBefore > seconds) likely.push(`it is not valid before ${new Date(notBefore * 1e3).toISOString()}`);
    if (scope === undefined) likely.push(`it has no scope, which only issuers in SEC_SCITOKENS_FOREIGN_TOKEN_ISSUERS may leave out`);
    if (!issuer.startsWith("https://")) likely.push(`its issuer ${issuer} is no https address`);
    if (audience.length === 0 && profile === "scitoken:2.0") likely.push("it has no audience, which scitoken:2.0 demands");
    if (audience.length > 0) likely.push(`its audience is ${audience.join(", ")}, and SCITOKENS_SERVER_AUDIENCE of the daemon is another`); else if (profile !== "scitoken:2.0") possible.push("it has no audience, and the daemon has SCITOKENS_SERVER_AUDIENCE");
    possible.push(`no line of the daemon's map file (CERTIFICATE_MAPFILE, method SCITOKENS) is for ${issuer},${subject}`, `the daemon cannot fetch the keys of ${issuer}, or they did not sign this token`);
    if (expiresAt !== undefined && expiresAt - seconds < 300) possible.push(`it expires in ${Math.floor(expiresAt - seconds)} s, and the daemon's clock may be ahead`);
    return `the daemon refused it without a reason; one of: ${[ ...likely, ...possible ].join("; ")}`;
}

const MAX_TIME = 864e10;

function parseBearerToken(jwt, source) {
    const claims = bearer_decode(jwt, source);
    const text = name => typeof claims[name] === "string" ? claims[name] : undefined;
    const time = name => {
        const value = claims[name];
        if (typeof value !== "number") return undefined;
        if (value < 0 || value > MAX_TIME) throw bearer_unreadable(source, `its ${name} is no time`);
        return value;
    };
    const {aud} = claims;
    const issuer = text("iss");
    const subject = text("sub");
    if (issuer === undefined || subject === undefined) throw bearer_unreadable(source, "it has no iss or no sub");
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
    return new CredentialError("ERR_CREDENTIAL_UNREADABLE", `${source}: not a SciToken: ${what}`);
}

const scitokens_MAX_FILE_LENGTH = 64 * 1024;

function loadSciToken(source, tlsFor, host) {
    const token = readSciToken(source, host);
    if (typeof token === "string") return token;
    const {length} = (new TextEncoder).encode(token.jwt.reveal());
    if (length <= MAX_SCITOKEN_LENGTH) return scitokens(token, tlsFor, host);
    const reason = `it has ${length} bytes; SCITOKENS takes at most ${MAX_SCITOKEN_LENGTH}, mode exchange more`;
    if (source.text === undefined) return `${token.source}: ${reason}`;
    throw unreadable(token.source, reason);
}

function readSciToken(source, host) {
    const given = source.text !== undefined;
    const found = given ? {
        text: source.text.reveal(),
        source: "scitoken"
    } : discover(source);
    if (typeof found === "string") return found;
    const jwt = new Secret(found.text.trim());
    if (jwt.reveal() !== "") host.mask(jwt);
    try {
        if (jwt.reveal() === "") throw unreadable(found.source, "it is empty");
        if (/\s/.test(jwt.reveal())) throw unreadable(found.source, "it has blanks or line ends in the middle");
        return parseBearerToken(jwt, found.source);
    } catch (error) {
        if (!(error instanceof CredentialError) || given) throw error;
        return error.message;
    }
}

function discover({file, env, uid}) {
    if (file !== undefined) {
        const text = readStart(file);
        if (text instanceof Error) return `SCITOKENS_FILE ${file}: ${reasonOf(text)}`;
        const [line = ""] = text.split("\n").filter(each => each.trim() !== "" && !each.trim().startsWith("#"));
        return {
            text: line,
            source: file
        };
    }
    const variable = env["BEARER_TOKEN"];
    if (variable !== undefined && variable.trim() !== "") return {
        text: variable,
        source: "BEARER_TOKEN"
    };
    const name = `bt_u${uid}`;
    const folders = uid === undefined ? [] : [ env["XDG_RUNTIME_DIR"] ?? "", "/tmp" ].filter(each => each !== "");
    const named = env["BEARER_TOKEN_FILE"] ?? "";
    const files = [ ...named === "" ? [] : [ named ], ...folders.map(folder => (0, external_node_path_namespaceObject.join)(folder, name)) ];
    for (const path of files) {
        const text = readStart(path, path === named ? undefined : uid);
        if (!(text instanceof Error)) {
            if (text.trim() !== "") return {
                text,
                source: path
            };
        } else if (text.code !== "ENOENT") return `${path}: ${reasonOf(text)}`;
    }
    return `no SciToken was found: BEARER_TOKEN is not set, and there is none in ${files.join(", ") || "any file"}`;
}

function readStart(path, owner) {
    try {
        const ours = owner === undefined ? 0 : external_node_fs_namespaceObject.constants.O_NOFOLLOW ?? 0;
        const file = (0, external_node_fs_namespaceObject.openSync)(path, external_node_fs_namespaceObject.constants.O_RDONLY | (external_node_fs_namespaceObject.constants.O_NONBLOCK ?? 0) | ours);
        try {
            const {uid, mode} = (0, external_node_fs_namespaceObject.fstatSync)(file);
            if ((mode & external_node_fs_namespaceObject.constants.S_IFMT) !== external_node_fs_namespaceObject.constants.S_IFREG) return new Error("it is no regular file");
            if (owner !== undefined && uid !== owner) return new Error(`it belongs to user ${uid}, not to us (${owner})`);
            const bytes = Buffer.alloc(scitokens_MAX_FILE_LENGTH);
            return bytes.toString("utf8", 0, (0, external_node_fs_namespaceObject.readSync)(file, bytes));
        } finally {
            (0, external_node_fs_namespaceObject.closeSync)(file);
        }
    } catch (error) {
        return error;
    }
}

function askTokenService({url, bearer, authz, tlsFor}, host) {
    const jwt = bearer.reveal();
    const body = new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: jwt,
        subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
        ...authz.length === 0 ? {} : {
            scope: authz.map(level => `condor:/${level}`).join(" ")
        }
    });
    const headers = {
        authorization: `Bearer ${jwt}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json"
    };
    const members = [ "access_token", "token" ];
    const who = "token-service: the token service";
    return askForToken({
        who,
        members,
        url,
        method: "POST",
        headers,
        body: body.toString(),
        tlsFor
    }, host);
}

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

const PRIVATE_KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/;

function loadCertificate(source, tlsFor, host) {
    const method = own => ssl(own.label, tlsFor(own));
    if (source.given) return method(readPair(source.certificate, source.key, host));
    const reasons = [];
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
        }
    }
    return reasons.join("; ") || "no client certificate was given, and without one SSL gives no identity";
}

function readPair(certificateSource, keySource, host) {
    const certificates = readPem(certificateSource);
    const chain = readCertificates(certificates, certificateSource.name);
    const key = readKey(keySource, host);
    const [own] = chain;
    if (own === undefined) throw unreadable(certificateSource.name, "it holds no PEM certificate");
    const subject = own.subject.replaceAll("\n", ", ");
    if (!own.checkPrivateKey(key.object)) throw unreadable(keySource.name, `it is not the key of the certificate of ${subject}`);
    const [from, to] = [ new Date(own.validFrom), new Date(own.validTo) ];
    if (to <= host.now()) throw unreadable(certificateSource.name, `the certificate of ${subject} expired at ${to.toISOString()}`);
    if (from > host.now()) throw unreadable(certificateSource.name, `the certificate of ${subject} is not valid before ${from.toISOString()}`);
    return {
        chain: chain.map(each => each.toString()).join("\n"),
        key: key.pem,
        label: `${certificateSource.name} (${subject})`
    };
}

function readKey(source, host) {
    const [pem, kind = ""] = PRIVATE_KEY.exec(readPem(source)) ?? [];
    if (pem === undefined) throw unreadable(source.name, "it holds no PEM private key");
    const secret = new Secret(pem);
    host.mask(secret);
    if (kind.includes("ENCRYPTED") || pem.includes("Proc-Type: 4,ENCRYPTED")) {
        throw unreadable(source.name, "the key is encrypted with a passphrase; give one that is not: openssl pkey -in KEY -out PLAIN");
    }
    try {
        return {
            pem: secret,
            object: crypto_crypto().createPrivateKey(pem)
        };
    } catch {
        throw unreadable(source.name, "the private key cannot be read");
    }
}

function readCertificates(text, name) {
    return (text.match(CERTIFICATE) ?? []).map(pem => {
        try {
            return new (crypto_crypto().X509Certificate)(pem);
        } catch {
            throw unreadable(name, "a certificate in it cannot be read");
        }
    });
}

function readPem(source) {
    if ("text" in source) return source.text.reveal();
    try {
        return (0, external_node_fs_namespaceObject.readFileSync)(pathOf(source), "latin1");
    } catch (error) {
        const what = typeof source.path === "string" ? source.path : "it is not PEM, and as the path of a file";
        throw unreadable(source.name, `${what}: ${reasonOf(error)}`);
    }
}

function pathOf({path}) {
    return typeof path === "string" ? path : path.reveal();
}

function readAuthorities(source) {
    const pem = text => readCertificates(text, source.name).map(each => each.toString());
    const found = "text" in source ? pem(readPem(source)) : filesOf(pathOf(source)).flatMap(path => pem(readPem({
        name: source.name,
        path
    })));
    if (found.length > 0) return found;
    throw unreadable(source.name, "it holds no PEM certificate");
}

function filesOf(path) {
    try {
        return (0, external_node_fs_namespaceObject.readdirSync)(path, {
            withFileTypes: true
        }).filter(each => each.isFile() || each.isSymbolicLink()).map(({name}) => (0, external_node_path_namespaceObject.join)(path, name));
    } catch {
        return [ path ];
    }
}

const SYSTEM_FILES = [ "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" ];

function loadTrust(source, host) {
    const given = source.authorities === undefined ? [] : readAuthorities(source.authorities);
    const configured = () => [ ...source.files, ...source.directory === undefined ? [] : filesOf(source.directory) ].flatMap(path => {
        try {
            return readAuthorities({
                name: path,
                path
            });
        } catch (error) {
            host.log.debug(`credentials: passed over ${printable_messageOf(error)}`);
            return [];
        }
    });
    return own => async serverName => {
        const known = knownCertificate(source.knownHosts, serverName, host);
        const system = source.system ? await systemAuthorities(source.certificateFile) : [];
        return {
            authorities: [ ...given, ...configured(), ...system, ...known === undefined ? [] : [ known ] ],
            partialChain: known !== undefined,
            certificate: own,
            serverName
        };
    };
}

async function systemAuthorities(certificateFile) {
    for (const path of certificateFile === undefined ? SYSTEM_FILES : [ certificateFile ]) {
        try {
            return [ (0, external_node_fs_namespaceObject.readFileSync)(path, "latin1") ];
        } catch {}
    }
    const tls = process.getBuiltinModule("node:tls");
    const system = tls.getCACertificates?.("system") ?? [];
    return system.length > 0 ? system : tls.rootCertificates;
}

function knownCertificate(file, serverName, host) {
    let text;
    try {
        text = (0, external_node_fs_namespaceObject.readFileSync)(file, "utf8");
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
            host.log.debug(`credentials: the line for ${serverName} in ${file} has no certificate`);
            return undefined;
        }
    }
    return undefined;
}

const SHARED_KEY = /^HS/i;

async function resolveBearer({job, service: url}, credentials, authz, host) {
    const tlsFor = loadTrust(credentials.trust, host)(undefined);
    const bearer = job === undefined ? given(credentials, host) : await jobToken(job, tlsFor, host);
    if (url === undefined) return {
        kind: "scitoken",
        token: bearer
    };
    const answer = await askTokenService({
        url,
        bearer,
        authz,
        tlsFor
    }, host);
    host.log.debug(`credentials: ${url.origin} has made a token for us`);
    const {token} = answer;
    if (!SHARED_KEY.test(algorithmOf(token) ?? "")) return {
        kind: "scitoken",
        token
    };
    return {
        kind: "idtoken",
        token,
        identity: answer.text("identity"),
        service: url.origin
    };
}

function given(credentials, host) {
    const found = readSciToken(credentials.scitoken, host);
    if (typeof found !== "string") return found.jwt;
    throw new CredentialError("ERR_NO_CREDENTIAL", `token-service: there is no token for it: ${found}`);
}

async function withBearer(request, host) {
    const {keyless, credentials, authz, checkOnly, mode, remote} = request;
    if (keyless === undefined) return request;
    const bearer = await resolveBearer(keyless, credentials, authz, host);
    if (bearer.kind === "scitoken") return {
        ...request,
        credentials: {
            ...credentials,
            scitoken: {
                ...credentials.scitoken,
                text: bearer.token
            }
        }
    };
    if (mode !== "fetch" || remote) {
        const instead = remote ? "remote" : `mode ${mode}`;
        const text = `token-service: the token service answers with an IDTOKEN, which does not go with ${instead}`;
        throw new CredentialError("ERR_CREDENTIAL_UNREADABLE", text, {
            peer: bearer.service
        });
    }
    if (checkOnly) host.log.warn("The token service has made an IDTOKEN, which is thrown away after the check");
    return {
        ...request,
        issued: {
            jwt: bearer.token,
            identity: bearer.identity
        }
    };
}

class NotVouched extends Error {
    answer;
    constructor(answer) {
        super("the collector has not proven itself");
        this.answer = answer;
    }
}

async function queryCollector(collector, query, credentials, trusted, host) {
    const plain = queryInClear(collector, query, host).then(answer => {
        if (!trusted(answer)) throw new NotVouched(answer);
        return answer;
    });
    const authenticated = queryInSession(collector, query, credentials, host);
    authenticated.catch(error => {
        if (error instanceof AuthenticationError && error.code === "ERR_SERVER_UNPROVEN") host.log.warn(`The collector did not prove itself, and is believed no more than anybody. ${error.message}`);
    });
    try {
        return await Promise.any([ plain, authenticated ]);
    } catch {
        return await plain.catch(error => {
            if (error instanceof NotVouched) return error.answer;
            const hungUp = error instanceof ConnectError && error.code === "ERR_CLOSED";
            if (!hungUp) throw error;
            return authenticated;
        });
    }
}

function queryInClear({address}, query, host) {
    const call = {
        address,
        command: query.command,
        request: message => putQuery(message, query)
    };
    const read = async channel => {
        const ads = await channel.receive(getAds);
        return {
            ads,
            roundTrips: channel.roundTrips,
            vouched: false
        };
    };
    return callInClear(call, read, host);
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
        vouched: !ONE_SIDED.includes(session.method)
    };
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
        if (more !== 1) throw new ProtocolError("ERR_MESSAGE", `${more} where 1 or 0 says whether an ad follows`);
        ads.push(getClassAd(message));
    }
    return ads;
}

const MAX_NAMES = 10;

function locate(collector, wanted, credentials, host) {
    const trusted = ({ads, vouched}) => vouched || !wanted.needsServerName || ads.every(ad => wasTyped(locate_readAddress(ad, wanted.type).params.get("alias"), wanted, collector));
    return inPhase("locate", collector.address, () => find(wanted, collector, query => queryCollector(collector, query, credentials, trusted, host)));
}

async function find(wanted, collector, ask) {
    const read = (ad, {vouched}, roundTrips) => {
        const address = locate_readAddress(ad, wanted.type);
        const alias = address.params.get("alias");
        const names = wasTyped(alias, wanted, collector) ? {
            serverName: alias
        } : {
            serverName: undefined,
            claimedName: vouched ? alias : undefined
        };
        return {
            address,
            ...names,
            name: readName(ad, wanted),
            roundTrips
        };
    };
    const {type, name} = wanted;
    if (name === undefined) {
        const answer = await ask(queryFor(type, undefined, MAX_NAMES + 1));
        const [only, ...others] = answer.ads;
        if (only === undefined || others.length > 0) throw notFound(wanted, namesOf(answer.ads));
        return read(only, answer, answer.roundTrips);
    }
    const answer = await ask(queryFor(type, name, 1));
    const [found] = answer.ads;
    if (found !== undefined) return read(found, answer, answer.roundTrips);
    if (/^[A-Za-z0-9-]+$/.test(name)) {
        const guess = await ask(queryFor(type, new RegExp(`^([^@]*@)?${name}[.]`, "i"), 2));
        const [only, ...others] = guess.ads;
        if (only !== undefined && others.length === 0) return read(only, guess, answer.roundTrips + guess.roundTrips);
    }
    throw notFound(wanted, namesOf((await ask(queryFor(type, undefined, MAX_NAMES + 1))).ads));
}

function queryFor(type, name, limit) {
    const {query, adType, addressAttribute, byMachine = false} = typeOf(type);
    const projection = [ "CondorVersion", "CondorPlatform", "MyAddress", "AddressV1", "Name", "Machine", addressAttribute ];
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

const NAME = /^[\w.@:+~-]{1,255}$/;

function readName(ad, {type, name: asked}) {
    const name = ad.string("Name") ?? asked ?? "";
    const {byMachine = false} = typeOf(type);
    const [said, wanted] = [ name.toLowerCase(), asked?.toLowerCase() ];
    const host = said.slice(said.lastIndexOf("@") + 1);
    const fits = wanted === undefined || said === wanted || host.startsWith(`${wanted}.`) || byMachine && host === wanted;
    if (fits && NAME.test(name)) return name;
    throw new ProtocolError("ERR_CLASSAD", `the collector names another daemon than was asked for: ${name}`);
}

function locate_readAddress(ad, type) {
    const {addressAttribute = "MyAddress"} = typeOf(type);
    const text = ad.string(addressAttribute) ?? ad.string("MyAddress");
    const address = text === undefined ? undefined : parseSinful(text);
    if (address !== undefined) return address;
    throw new ProtocolError("ERR_CLASSAD", `the collector gives no usable address: ${text ?? "none at all"}`);
}

function wasTyped(alias, {name}, {serverName}) {
    const typed = [ name?.slice(name.lastIndexOf("@") + 1), serverName ].map(each => each?.toLowerCase());
    return alias !== undefined && typed.includes(alias.toLowerCase());
}

function namesOf(ads) {
    return [ ...new Set(ads.map(ad => ad.string("Name") ?? "").filter(name => name !== "")) ].sort();
}

function notFound({type, name}, all) {
    const names = all.slice(0, MAX_NAMES);
    const listed = `${names.join(", ")}${all.length > MAX_NAMES ? " and more" : ""}`;
    if (name === undefined && names.length > 0) {
        return new LocateError("ERR_AMBIGUOUS", `the collector has several daemons of type ${type}: ${listed}`, names);
    }
    const others = names.length === 0 ? "it has none of that type" : `it has ${listed}`;
    const what = name === undefined ? `no daemon of type ${type}` : `no ${type} named ${name}`;
    return new LocateError("ERR_NOT_FOUND", `the collector knows ${what}; ${others}`, names);
}

class ConnectionAhead {
    #guess;
    #socket;
    #onAbort=() => this.close();
    #signal;
    #taken=false;
    constructor(guess, signal) {
        this.#guess = guess;
        this.#signal = signal;
        this.#socket = (0, external_node_net_namespaceObject.connect)({
            ...guess,
            noDelay: true
        });
        this.#socket.on("error", () => {});
        signal.addEventListener("abort", this.#onAbort, {
            once: true
        });
    }
    get isOpen() {
        return this.#socket.readyState === "open";
    }
    take(address) {
        if (this.#taken) return undefined;
        this.#taken = true;
        const {remoteAddress: host = "", remotePort: port = 0} = this.#socket;
        const [first] = endpoints(address).map(formatEndpoint);
        const leadsThere = first === formatEndpoint(this.#guess) || first === formatEndpoint({
            host,
            port
        });
        const isFresh = this.isOpen && this.#socket.readableLength === 0;
        if (isFresh && leadsThere && !this.#signal.aborted) {
            this.#signal.removeEventListener("abort", this.#onAbort);
            this.#socket.removeAllListeners("error");
            return this.#socket;
        }
        this.close();
        return undefined;
    }
    close() {
        this.#signal.removeEventListener("abort", this.#onAbort);
        this.#socket.destroy();
    }
}

async function findDaemon({daemon, remote, serverName, privateNetworkName, issued, verify, checkOnly}, credentials, host) {
    const asWeSee = address => inPrivateNetwork(address, privateNetworkName);
    if ("address" in daemon) {
        const targets = daemon.address.map(asWeSee).map(address => ({
            address,
            serverName: serverName ?? hostNameOf(address)
        }));
        return {
            targets,
            name: "",
            roundTrips: 0
        };
    }
    const {name, through} = daemon;
    if (issued !== undefined && name !== undefined && through === undefined && !verify && !checkOnly) return {
        targets: [],
        name,
        roundTrips: 0
    };
    if (remote) return await findByName(daemon, serverName, credentials, host);
    const here = findHere(daemon, host);
    const ahead = here === undefined ? new ConnectionAhead(guessOf(daemon), host.signal) : undefined;
    const found = here ?? await askCollectors(daemon, serverName, credentials, host).catch(error => {
        ahead?.close();
        throw error;
    });
    host.log.debug(`locate: ${found.name} is at ${formatSinful(found.address)}`);
    const address = daemon.through === undefined ? asWeSee(found.address) : throughEndpoint(found.address, daemon.through);
    return {
        ...found,
        targets: [ {
            ...found,
            address,
            ahead,
            serverName: serverName ?? found.serverName
        } ]
    };
}

function guessOf({name = "", collectors, through}) {
    if (through !== undefined) return through;
    const host = name.slice(name.lastIndexOf("@") + 1);
    const {port = DEFAULT_PORT, host: collector = host} = collectors[0] ?? {};
    return {
        host: host.includes(".") ? host : collector,
        port
    };
}

async function findByName(daemon, serverName, credentials, host) {
    const targets = daemon.collectors.map(address => ({
        address,
        serverName: serverName ?? hostNameOf(address)
    }));
    if (daemon.name !== undefined) return {
        targets,
        name: daemon.name,
        roundTrips: 0
    };
    const {name, roundTrips} = findHere(daemon, host) ?? await askCollectors(daemon, serverName, credentials, host);
    return {
        targets,
        name,
        roundTrips
    };
}

function findHere({type, name = "", local, collectors}, host) {
    if (local === undefined) return undefined;
    const here = findLocal(local, type);
    if (typeof here !== "string") return {
        serverName: hostNameOf(here.address),
        roundTrips: 0,
        ...here,
        name: here.name || name || local.name
    };
    if (collectors.length === 0) throw new LocateError("ERR_NOT_FOUND", `no ${type} on this machine: ${here}`, []);
    host.log.debug(`locate: not on this machine: ${here}`);
    return undefined;
}

function askCollectors({collectors, type, name}, serverName, credentials, host) {
    const needsServerName = serverName === undefined && credentials.methods.some(({name}) => name === "SSL" || name === "SCITOKENS");
    return inTurn(collectors, (address, patient) => {
        host.log.debug(`locate: the collector ${formatSinful(address)} is asked for the ${type} ${name ?? "(the only one)"}`);
        const collector = {
            address,
            serverName: hostNameOf(address) ?? serverName
        };
        return locate(collector, {
            type,
            name,
            needsServerName
        }, credentials, patient);
    }, host);
}

const PATIENCE_MS = 1e4;

async function inTurn(addresses, talk, host) {
    for (const [index, address] of addresses.entries()) {
        const last = index === addresses.length - 1;
        const patience = new AbortController;
        const timer = last ? undefined : setTimeout(() => patience.abort(new Error("no answer")), PATIENCE_MS);
        try {
            const signal = last ? host.signal : AbortSignal.any([ host.signal, patience.signal ]);
            return await talk(address, {
                ...host,
                signal
            });
        } catch (error) {
            const mute = error instanceof ConnectError || error instanceof ProtocolError;
            if (!mute || host.signal.aborted || last) throw error;
            host.log.warn(`${patience.signal.aborted ? "no answer in time" : error.message}; trying the next address`);
        } finally {
            clearTimeout(timer);
        }
    }
    throw new RangeError("no address");
}

const DONE = 0;

const NOT_DONE = -1;

const OURS = "this account";

function fs(options) {
    const candidate = peer => ({
        label: OURS,
        open: () => {},
        finish: channel => proveBy(channel, peer, options)
    });
    return {
        name: "FS",
        sources: [ OURS ],
        candidatesFor: (_, peer) => isThisMachine(peer.address) ? {
            fit: [ candidate(peer) ],
            unfit: []
        } : {
            fit: [],
            unfit: [ {
                label: OURS,
                reason: `${peer.address} is another machine`
            } ]
        },
        presumed: peer => isThisMachine(peer.address) ? candidate(peer) : undefined
    };
}

async function proveBy(channel, peer, options) {
    const wanted = await channel.receive(message => message.string());
    const {path, extension, objection} = bind(wanted, peer, options);
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
    if (verdict !== DONE) throw new MethodRefused(`the daemon does not see ${path} as ours: it has another file system`);
    return [];
}

function bind(wanted, {address, port, sharedPortId}, {parents, mayBeUnbound}) {
    const host = address.includes(":") ? `[${address}]` : address;
    const extension = wanted.endsWith("_") ? `${host}:${port}${sharedPortId === undefined ? "" : `?sock=${sharedPortId}`}` : "";
    const path = `${wanted}${extension}`;
    const refuse = objection => ({
        path,
        extension,
        objection
    });
    if (wanted === "") return refuse("the daemon could not choose a directory (FS_LOCAL_DIR there)");
    const {dir, base} = external_node_path_namespaceObject.posix.parse(wanted);
    if (`${dir}/${base}` !== wanted || !parents.includes(dir) || !/^FS_[\w.:-]+$/.test(base)) {
        return refuse(`the daemon asks for the directory ${wanted}, which is none of FS`);
    }
    const bound = /^FS_(.+)_(\d+)_[^_]+_?$/.exec(base);
    if (bound !== null && extension === "" && (bound[1] !== address || bound[2] !== String(port))) {
        return refuse(`the daemon asks for ${wanted}, which is bound to another address than ${host}:${port}`);
    }
    if (bound === null && extension === "" && !mayBeUnbound) {
        return refuse(`the daemon asks for ${wanted}, which is not bound to its address: FS before HTCondor 24, only used if it is named`);
    }
    return {
        path,
        extension
    };
}

function makeDirectory(path, owner) {
    try {
        const parent = external_node_path_namespaceObject.posix.dirname(path);
        const entry = (0, external_node_fs_namespaceObject.lstatSync)(parent);
        if (entry.isSymbolicLink() && entry.uid !== 0) return `${parent} is a symbolic link, and not the system's own`;
        (0, external_node_fs_namespaceObject.mkdirSync)(path, 448);
    } catch (error) {
        return `${path} could not be made: ${error.message}`;
    }
    try {
        (0, external_node_fs_namespaceObject.chmodSync)(path, 448);
        if (owner !== undefined) (0, external_node_fs_namespaceObject.lchownSync)(path, owner.uid, owner.gid);
        return undefined;
    } catch (error) {
        remove(path);
        return `${path} could not be made ours: ${error.message}`;
    }
}

function remove(path) {
    try {
        (0, external_node_fs_namespaceObject.rmdirSync)(path);
    } catch {}
}

function isThisMachine(address) {
    return Object.values((0, external_node_os_namespaceObject.networkInterfaces)()).some(all => all?.some(each => each.address === address) === true) || /^(127\.|::1$)/.test(address);
}

const akep2_seeds_decode = base64 => new Uint8Array(Buffer.from(base64, "base64"));

const SEED_A = akep2_seeds_decode("PkpQIEfV9OXcfGm7UhDLthZ63YCE992e860synHSg90RSk+7ex7pCt+oYsRDBN5Uc6MXL3NcLLtud1tdQNOfrOhzGCUj+SUr" + "Yjvg1LFno6gEDKz+6e49oCwKu/TZ2LEfiQBMlDkjzl2VCLs/BLxmo/ogoTpBbF5vTg0xh9Rfx4M1xeSF2yxaNxeXDMJue2ud" + "GWW0emffd6MfIvCKbAulcJeiGpynxgQk9yc5q1y5FaQYW9EJgo415CEIq4UcCKPf/eDjsG89OTjNrW3275pvbcLLdPAihRLr" + "ej1oIwEGhLAVwSrDAUxPn5OOOE2tHjvXRf+MFB/XC0ZbqK9dG5i0sQ==");

const akep2_NONCE_LENGTH = 256;

const MAC_LENGTH = 20;

const STATUS_OK = 0;

const STATUS_ERROR = -1;

const utf8 = new TextEncoder;

function keyOfToken(signature, signedText) {
    const salt = concat([ SEED_A, utf8.encode(signedText) ]);
    return new Uint8Array(crypto_crypto().hkdfSync("sha256", signature, salt, "master ka", 32));
}

function keyOfPassword(password) {
    return hmac(SEED_A, password, password);
}

function akep2({method, label, opening, key, refusal}) {
    return {
        label,
        open: channel => channel.send(message => putOpening(message, opening)),
        async finish(channel) {
            const challenge = await channel.receive(getChallenge);
            if (challenge.accepted && serverIsProven(key(), opening, challenge)) {
                channel.send(message => putProof(message, key(), opening, challenge));
                return [];
            }
            channel.send(putNoProof);
            if (!challenge.accepted) throw new MethodRefused(refusal());
            const reason = `${label}: the daemon has another secret for it`;
            throw new AuthenticationError("ERR_SERVER_UNPROVEN", "the daemon could not prove that it knows our secret", [ {
                method: displayName(method),
                reason
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
    const clientNonce = getBlock(message, akep2_NONCE_LENGTH);
    const serverNonce = getBlock(message, akep2_NONCE_LENGTH);
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
    if (serverNonce.length !== akep2_NONCE_LENGTH || mac.length !== MAC_LENGTH) return false;
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
    if (utf8.encode(name).length !== length) throw new ProtocolError("ERR_MESSAGE", "a name has another length than it says");
    return name;
}

function putBlock(message, bytes) {
    return message.int(bytes.length).bytes(bytes);
}

function getBlock(message, length) {
    const actual = message.int();
    if (actual !== 0 && actual !== length) {
        throw new ProtocolError("ERR_MESSAGE", `a block of ${actual} bytes where ${length} belong`);
    }
    return message.bytes(actual);
}

function hmac(key, ...parts) {
    return crypto_crypto().createHmac("sha1", key).update(concat(parts)).digest();
}

function equal(a, b) {
    return a.length === b.length && crypto_crypto().timingSafeEqual(a, b);
}

function idtokens(credentials, host, mint) {
    return {
        name: "TOKEN",
        sources: [ ...credentials.map(({source}) => source), ...mint === undefined ? [] : [ "a signing key of this machine" ] ],
        candidatesFor(server) {
            const judged = credentials.map(credential => ({
                credential,
                reason: idtokens_objection(credential.token, server, host.now(), credentials.length > 1)
            }));
            const fit = judged.filter(({reason}) => reason === undefined).map(({credential}) => credential);
            const minted = fit.length === 0 ? mint?.(server) : undefined;
            return {
                fit: [ ...fit, ...minted === undefined ? [] : [ minted ] ].map(each => candidate(each, host)),
                unfit: judged.flatMap(({credential, reason}) => reason === undefined ? [] : [ {
                    label: labelOf(credential),
                    reason
                } ])
            };
        },
        presumed() {
            const [only, ...others] = credentials.filter(({token}) => expiry(token, host.now()) === undefined);
            return only?.chosen === true && others.length === 0 ? candidate(only, host) : undefined;
        }
    };
}

function candidate(credential, host) {
    const {token} = credential;
    return akep2({
        method: "TOKEN",
        label: labelOf(credential),
        opening: {
            name: token.subject,
            signedText: token.signedText,
            nonce: host.randomBytes(akep2_NONCE_LENGTH)
        },
        key: () => keyOfToken(revealSignature(token), token.signedText),
        refusal: () => idtokens_refusal(token, host.now())
    });
}

function labelOf({source, token}) {
    return `${source} (${token.subject}, issuer ${token.issuer}, key ${token.keyId})`;
}

function idtokens_objection(token, server, now, oneOfSeveral) {
    if (server.trustDomain === "" && oneOfSeveral) {
        return "the daemon does not say which trust domain it is of, and none of several tokens is shown just so";
    }
    if (server.trustDomain !== "" && token.issuer !== server.trustDomain) {
        return `it was issued by ${token.issuer}; the daemon's trust domain is ${server.trustDomain}`;
    }
    if (server.issuerKeys.length > 0 && !server.issuerKeys.includes(token.keyId)) {
        return `it is signed with the key ${token.keyId}; the daemon has ${server.issuerKeys.join(", ")}`;
    }
    return expiry(token, now);
}

function expiry({expiresAt}, now) {
    if (expiresAt === undefined || expiresAt * 1e3 > now.getTime()) return undefined;
    return `it expired at ${new Date(expiresAt * 1e3).toISOString()}`;
}

function idtokens_refusal({issuedAt, tokenId, keyId}, now) {
    const age = issuedAt === undefined ? "of unknown age" : `${Math.round(now.getTime() / 1e3 - issuedAt)} s old`;
    const tells = [ `its key ${keyId} cannot be read by the daemon`, "it is revoked (SEC_TOKEN_REVOCATION_EXPR)", `it is older than SEC_TOKEN_MAX_AGE (it is ${age})`, ...tokenId === undefined ? [ "it has no jti, which HTCondor 25 requires" ] : [] ];
    return `the daemon refused it without a reason; one of: ${tells.join("; ")}`;
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
                host.mask(jwt);
                return {
                    token: parseIdToken(jwt),
                    source: `a token made with the key ${path}`,
                    chosen: true
                };
            } catch (error) {
                host.log.debug(`credentials: passed over the key ${path}: ${reasonOf(error)}`);
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

function loadIdTokens(source, host) {
    const {found, reasons} = readIdTokens(source, host);
    const mint = "signing" in source && source.signing !== undefined ? mintWith(source.signing, host) : undefined;
    return found.length > 0 || mint !== undefined ? idtokens(found, host, mint) : `no IDTOKEN was found; ${reasons.join("; ")}`;
}

function readIdTokens(source, host) {
    if ("text" in source) {
        host.mask(source.text);
        const lines = tokenLines(source.text.reveal(), "idtoken");
        if (lines.length === 0) return {
            found: [],
            reasons: [ "idtoken holds only blank lines and comments" ]
        };
        return {
            found: lines.map(line => parseLine(line, true, host)),
            reasons: []
        };
    }
    const {lines, skipped, exposed} = readTokenDirectory(source.directory, source.excluded);
    for (const reason of exposed) host.log.warn(`Passed over ${reason}`);
    const found = [];
    const reasons = [ ...skipped ];
    for (const line of lines) {
        try {
            found.push(parseLine(line, source.named, host));
        } catch (error) {
            if (!(error instanceof CredentialError)) throw error;
            reasons.push(error.message);
        }
    }
    for (const reason of reasons) host.log.debug(`credentials: passed over ${reason}`);
    return {
        found,
        reasons
    };
}

function parseLine({text, source}, chosen, host) {
    host.mask(text);
    const signature = signaturePart(text);
    if (signature.reveal() !== "") host.mask(signature);
    try {
        return {
            token: parseIdToken(text),
            source,
            chosen
        };
    } catch (error) {
        if (!(error instanceof TokenError)) throw error;
        throw unreadable(source, error.message);
    }
}

const munge_DONE = 0;

const munge_NOT_DONE = -1;

const munge_OURS = "this account";

function munge(encode) {
    const candidate = () => {
        let failure;
        return {
            label: munge_OURS,
            async open(channel) {
                try {
                    const credential = await encode();
                    channel.send(message => message.int(munge_DONE).string(credential.reveal()));
                } catch (error) {
                    failure = printable_messageOf(error);
                    channel.send(message => message.int(munge_NOT_DONE).string("no credential"));
                }
            },
            async finish(channel, _, last) {
                if (failure !== undefined) throw new MethodRefused(failure);
                const refused = new MethodRefused("the daemon does not take it: munged there has another key, or a clock far from ours, or does not know our account");
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
        sources: [ munge_OURS ],
        candidatesFor: () => ({
            fit: [ candidate() ],
            unfit: []
        }),
        presumed: candidate
    };
}

const PAYLOAD_LENGTH = 24;

function loadMunge(path, owner, host) {
    const program = findProgram("munge", path);
    if (program === undefined) return "there is no program munge on the PATH";
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
                if (error !== null) return reject(new Error(`munge failed: ${stderr.trim() || error.message}`));
                const credential = new Secret(stdout.trim());
                host.mask(credential);
                resolve(credential);
            });
            child.stdin?.on("error", () => {});
            child.stdin?.end(host.randomBytes(PAYLOAD_LENGTH));
        });
    });
}

const password_NAME = "condor@password";

const OLD_NAME = "condor_pool@";

function password_password(secret, source, host) {
    const candidate = name => akep2({
        method: "PASSWORD",
        label: `${source} (${name})`,
        opening: {
            name,
            signedText: undefined,
            nonce: host.randomBytes(akep2_NONCE_LENGTH)
        },
        key: () => keyOfPassword(Uint8Array.from(Buffer.from(secret.reveal(), "latin1"))),
        refusal: () => "the daemon has no pool password of its own (SEC_PASSWORD_FILE there)"
    });
    return {
        name: "PASSWORD",
        sources: [ source ],
        candidatesFor: server => ({
            fit: [ candidate(nameFor(server)) ],
            unfit: []
        }),
        presumed: () => candidate(password_NAME)
    };
}

function nameFor({remoteVersion, trustDomain}) {
    const [major = 0, minor = 0] = /(\d+)\.(\d+)\.\d+/.exec(remoteVersion)?.slice(1).map(Number) ?? [];
    return major > 23 || major === 23 && minor >= 9 ? password_NAME : `${OLD_NAME}${trustDomain}`;
}

function loadPassword({text, file}, host) {
    if (text !== undefined) {
        host.mask(text);
        const line = text.reveal().replace(/\r?\n$/, "");
        if (line === "" || /[\r\n\0]/.test(line)) throw unreadable("password", "it is not one line of text");
        return password_password(new Secret(Buffer.from(line).toString("latin1")), "password", host);
    }
    if (file === undefined) return "no pool password was given";
    try {
        const all = Buffer.from(descramble(readPrivateFile(file)));
        const end = all.indexOf(0);
        const bytes = end === -1 ? all : all.subarray(0, end);
        if (bytes.length === 0) return `${file}: it is empty`;
        host.mask(new Secret(bytes.toString()));
        return password_password(new Secret(bytes.toString("latin1")), file, host);
    } catch (error) {
        return `${file}: ${reasonOf(error)}`;
    }
}

function loadCredentials(sources, host) {
    const methods = [];
    const unavailable = [];
    for (const method of sources.methods) {
        const loaded = load(method, sources, host);
        if (typeof loaded !== "string") methods.push(loaded); else unavailable.push({
            method: displayName(method),
            reason: loaded
        });
    }
    if (methods.length > 0) return {
        methods,
        preference: sources.preference,
        unavailable
    };
    const reasons = unavailable.map(({method, reason}) => `${method}: ${reason}`);
    throw new CredentialError("ERR_NO_CREDENTIAL", `there is no credential; ${reasons.join(". ")}`);
}

function load(method, sources, host) {
    const {trust, certificate, scitoken} = sources;
    switch (method) {
      case "TOKEN":
        return loadIdTokens(sources.idtoken, host);

      case "SCITOKENS":
        return loadSciToken(scitoken, loadTrust(trust, host)(undefined), host);

      case "SSL":
        {
            const tlsFor = loadTrust(trust, host);
            const loaded = loadCertificate(certificate, tlsFor, host);
            const anonymous = typeof loaded === "string" && sources.anonymousSsl;
            return anonymous ? ssl("no certificate", tlsFor(undefined)) : loaded;
        }

      case "PASSWORD":
        return loadPassword(sources.password, host);

      case "FS":
        return loadFs(sources.fs);

      case "MUNGE":
        return loadMunge(sources.path, accountOfDaemons(sources.fs), host);

      case "KERBEROS":
      case "NTSSPI":
      case "FS_REMOTE":
      case "GSI":
        return "it is not spoken here; IDTOKENS, SCITOKENS, SSL, PASSWORD, FS and MUNGE are";
    }
}

function loadFs(source) {
    if (source.uid === undefined) return "it needs accounts as Unix has them";
    const parents = [ "/tmp", ...source.directory === undefined ? [] : [ source.directory.replace(/\/+$/, "") ] ];
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

function getImpersonationToken(collector, {schedd, authz, lifetimeSeconds}, credentials, host) {
    const ad = {
        Name: schedd,
        LimitAuthorization: authz.length > 0 ? authz.join(",") : undefined,
        TokenLifetime: lifetimeSeconds
    };
    const request = message => putClassAd(message, ad);
    return callCommand({
        target: collector,
        command: IMPERSONATION_TOKEN_REQUEST,
        request,
        credentials
    }, ({channel}) => inPhase("token", collector.address, async () => readTokenReply(await channel.receive(getClassAd))), host);
}

async function exchangeSciToken(target, scitoken, credentials, host) {
    const proving = credentials.methods.filter(({name}) => !ONE_SIDED.includes(name));
    if (proving.length === 0) {
        const text = "a SciToken is shown only to a daemon that proves itself: by IDTOKENS, SCITOKENS, SSL or PASSWORD, not by FS or MUNGE";
        throw new CredentialError("ERR_NO_CREDENTIAL", text, {
            phase: "credentials"
        });
    }
    return await callCommand({
        target,
        command: DC_EXCHANGE_SCITOKEN,
        credentials: {
            ...credentials,
            methods: proving
        },
        request: message => putClassAd(message, {
            Token: scitoken.reveal()
        })
    }, ({channel}) => inPhase("token", target.address, async () => readTokenReply(await channel.receive(getClassAd))), host);
}

const MAX_SILENT_POLLS = 5;

const RATE_LIMIT = /rate limit/i;

async function requestToken(target, {identity, authz, lifetimeSeconds, pollIntervalMs}, credentials, announce, host) {
    const ask = (command, ad) => callCommand({
        target,
        command,
        request: message => putClassAd(message, ad),
        credentials,
        mayBeUnmapped: true
    }, ({channel}) => inPhase("token", target.address, async () => refuseError(await channel.receive(getClassAd))), host);
    const clientId = `condor-token-fetch-${Buffer.from(host.randomBytes(16)).toString("hex")}`;
    const limits = {
        LimitAuthorization: authz.length > 0 ? authz.join(",") : undefined,
        TokenLifetime: lifetimeSeconds
    };
    const started = await ask(DC_START_TOKEN_REQUEST, {
        ClientId: clientId,
        User: identity,
        ...limits
    });
    const at = tokenOf(started.value);
    if (at !== undefined) return {
        ...started,
        value: at
    };
    const requestId = requestIdOf(started.value);
    announce(requestId);
    for (let silent = 0, roundTrips = started.roundTrips; ;) {
        try {
            await (0, promises_namespaceObject.setTimeout)(pollIntervalMs, undefined, {
                signal: host.signal
            });
            const polled = await ask(DC_FINISH_TOKEN_REQUEST, {
                ClientId: clientId,
                RequestId: requestId
            });
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
            const passing = error instanceof ConnectError || error instanceof DaemonError && RATE_LIMIT.test(error.errorString);
            if (!passing || ++silent > MAX_SILENT_POLLS) throw error;
            host.log.debug(`token: asked in vain whether request ${requestId} is approved (${error.message})`);
        }
    }
}

function requestIdOf(ad) {
    const requestId = ad.string("RequestId") ?? "";
    if (/^\w{1,64}$/.test(requestId)) return requestId;
    throw new TokenError("ERR_TOKEN_MALFORMED", "the reply has neither a token nor the id of a request");
}

function tokenOf(ad) {
    const token = ad.string("Token");
    return token === undefined || token === "" ? undefined : new Secret(token);
}

function notApproved(requestId, signal) {
    const text = `request ${requestId} was not approved in the time allowed`;
    return new ConnectError("ERR_TIMEOUT", text, {
        cause: signal.reason,
        phase: "token",
        requestId
    });
}

function onlyWith(token, source, host) {
    const own = idtokens([ {
        token,
        source,
        chosen: true
    } ], host);
    return {
        methods: [ own ],
        preference: "ours",
        unavailable: []
    };
}

function questions(levels) {
    return levels.flatMap(level => {
        const command = commandOf(level);
        return command === undefined ? [] : [ [ level, command ] ];
    });
}

async function verifyToken(token, levels, target, host) {
    const credentials = onlyWith(token, "the new token", host);
    const asked = questions(levels);
    const results = await Promise.all((asked.length > 0 ? asked : questions([ "ALLOW" ])).map(async ([level, command]) => {
        try {
            const {session, roundTrips} = await askAllowed(target, command, credentials, host);
            if (session.user === token.subject) return roundTrips;
            throw refused(`the daemon takes the new token, which is for ${token.subject}, for ${session.user}`);
        } catch (error) {
            if (error instanceof AuthorizationError && error.code === "ERR_DENIED") throw refused(`the daemon does not allow ${level} to ${token.subject} with the new token`);
            if (error instanceof AuthenticationError && error.code === "ERR_METHODS_EXHAUSTED") throw refused(`the daemon does not accept the new token of ${token.subject}: ${error.attempts[0]?.reason ?? error.message}`);
            throw error;
        }
    }));
    host.log.debug(`verify: the daemon allows ${asked.map(([level]) => level).join(" ") || "a session"} with the new token`);
    return Math.max(...results);
}

function refused(text) {
    return new TokenError("ERR_TOKEN_REFUSED", text);
}

const TOKEN_SERVICE = "token-service";

const MAX_SKEW_SECONDS = 600;

function credentialsOf({issued, credentials}, host) {
    return issued === undefined ? loadCredentials(credentials, host) : onlyWith(parseIdToken(issued.jwt), TOKEN_SERVICE, host);
}

function askedAlready({issued, lifetime}, {targets: [target]}, host) {
    if (issued === undefined) return undefined;
    const {jwt, identity} = issued;
    const {subject, issuer, expiresAt = Number.POSITIVE_INFINITY} = parseIdToken(jwt);
    const left = expiresAt - host.now().getTime() / 1e3;
    if (identity !== undefined && identity !== subject) throw wrong(`is for ${subject}, and it says ${identity}`, "sub");
    if (left <= 0) throw wrong("has expired", "exp");
    if (typeof lifetime === "number" && left > lifetime + MAX_SKEW_SECONDS) throw wrong(`lasts longer than the ${lifetime} s that we asked for`, "exp");
    const server = {
        trustDomain: issuer,
        remoteVersion: ""
    };
    const session = {
        address: target?.address,
        server,
        user: subject,
        method: TOKEN_SERVICE
    };
    return {
        value: jwt,
        roundTrips: 0,
        session
    };
}

function wrong(how, claim) {
    return new TokenError("ERR_TOKEN_CLAIM", `the token of the ${TOKEN_SERVICE} ${how}`, claim, {
        phase: "check"
    });
}

function issuerOf({issued}) {
    return issued === undefined ? "daemon" : "token service";
}

function checkAsked(request, {value: jwt, session}, host) {
    const token = parseIdToken(jwt);
    for (const secret of secretsOf(jwt)) host.mask(secret);
    const {authz, lifetime, key, expectedIdentity, expectedTrustDomain} = request;
    const reductions = checkToken(token, {
        issuer: session.server.trustDomain,
        subject: request.mode === "request" ? request.identity : session.user,
        key,
        authz,
        lifetimeSeconds: lifetime,
        expectedIssuer: expectedTrustDomain,
        expectedSubject: expectedIdentity
    });
    if (reductions.length > 0 && request.onReduced === "fail") {
        const text = `the ${issuerOf(request)} granted less than was asked: ${reductions.join("; ")}`;
        throw new TokenError("ERR_TOKEN_REDUCED", text);
    }
    return {
        token,
        reductions
    };
}

async function askFor(request, target, credentials, host) {
    const {mode, authz, lifetime, key, identity, pollIntervalMs} = request;
    const limits = {
        authz,
        key,
        lifetimeSeconds: lifetime === "unlimited" ? undefined : lifetime
    };
    const at = result => ({
        ...result,
        session: {
            ...result.session,
            address: target.address
        }
    });
    switch (mode) {
      case "fetch":
        if (request.remote) {
            return at(await getImpersonationToken(target, {
                ...limits,
                schedd: target.name
            }, credentials, host));
        }
        return at(await getSessionToken(target, limits, credentials, host));

      case "request":
        {
            const wish = {
                identity,
                authz,
                lifetimeSeconds: limits.lifetimeSeconds,
                pollIntervalMs
            };
            const announce = id => host.log.notice(approvalOf(id, request, target));
            return at(await requestToken(target, wish, credentials, announce, host));
        }

      case "exchange":
        {
            const exchanged = await exchangeSciToken(target, sciTokenOf(request, host), credentials, host);
            const token = await inPhase("check", target.address, () => parseIdToken(exchanged.value));
            for (const secret of secretsOf(exchanged.value)) host.mask(secret);
            const proven = onlyWith(token, "the SciToken exchanged", host);
            const narrowed = await getSessionToken(target, limits, proven, host);
            return at({
                ...narrowed,
                roundTrips: exchanged.roundTrips + narrowed.roundTrips
            });
        }
    }
}

function sciTokenOf({credentials}, host) {
    const found = readSciToken(credentials.scitoken, host);
    if (typeof found !== "string") return found.jwt;
    throw new CredentialError("ERR_NO_CREDENTIAL", `there is no SciToken to exchange: ${found}`, {
        phase: "credentials"
    });
}

function approvalOf(requestId, {daemon, identity}, {address}) {
    const where = "address" in daemon ? `-name '${formatSinful(address)}'` : [ "-type", daemon.type, ...daemon.name === undefined ? [] : [ "-name", daemon.name ], ...daemon.collectors.slice(0, 1).flatMap(collector => [ "-pool", formatEndpoint(collector) ]) ].join(" ");
    return `Request ${requestId} for a token of ${identity} waits for its approval: condor_token_request_approve -reqid ${requestId} ${where}`;
}

const USUAL_LEVELS = [ "READ", "WRITE", "DAEMON", "ADMINISTRATOR" ];

const NO_KEY = "condor-token-fetch-makes-no-token";

async function checkFetch(request, host) {
    const finished = new AbortController;
    try {
        return await checkStepByStep(request, {
            ...host,
            signal: AbortSignal.any([ host.signal, finished.signal ])
        });
    } finally {
        finished.abort();
    }
}

async function checkStepByStep(wanted, host) {
    const request = await inPhase("credentials", undefined, () => withBearer(wanted, host));
    const credentials = await inPhase("credentials", undefined, () => credentialsOf(request, host));
    for (const {name, sources} of credentials.methods) host.log.info(`credentials: ${displayName(name)} from ${sources.join(", ")}`);
    for (const {method, reason} of credentials.unavailable) host.log.info(`credentials: no ${method}: ${reason}`);
    const daemon = await findDaemon(request, credentials, telling(host, [ "locate", "connect", "ccb" ]));
    return await inTurn(daemon.targets, async (target, patient) => ({
        ...await checkDaemon(request, target, credentials, patient),
        daemonName: daemon.name
    }), host);
}

function telling(host, phases) {
    const told = new Set;
    const debug = line => {
        const gist = line.replace(/ in \d+ ms$/, "");
        const isNew = phases.some(phase => line.startsWith(`${phase}: `)) && !told.has(gist);
        told.add(gist);
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

async function checkDaemon(request, target, credentials, host) {
    const {authz, verify, expectedIdentity, expectedTrustDomain} = request;
    host.log.info(`connect: to the daemon, ${formatSinful(target.address)}`);
    const [, mayAsk = 0] = questions([ "ALLOW" ])[0] ?? [];
    const {session} = await askAllowed(target, mayAsk, credentials, telling(host, [ "connect", "ccb", "session" ]));
    const {server, user} = session;
    for (const {name} of credentials.methods.filter(({name}) => !server.methods.includes(name))) host.log.info(`session: no ${displayName(name)}: the daemon does not offer it`);
    await inPhase("check", target.address, () => checkExpected({
        issuer: server.trustDomain,
        subject: user
    }, {
        expectedIssuer: expectedTrustDomain,
        expectedSubject: expectedIdentity
    }));
    const again = {
        ...target,
        resume: session
    };
    const asked = askedAlready(request, {
        targets: [ target ]
    }, host);
    if (asked === undefined) await checkFetching(again, authz, credentials, host); else {
        await inPhase("check", undefined, () => checkAsked(request, asked, host));
        host.log.info("token: the token service has made it");
    }
    const levels = authz.length > 0 ? authz : USUAL_LEVELS;
    const verdicts = await Promise.all(questions(levels).map(async ([level, command]) => ({
        level,
        allowed: await isAllowed(again, command, credentials, host)
    })));
    for (const {level, allowed} of verdicts) host.log.info(`levels: ${level} is ${allowed ? "allowed" : "refused"}`);
    const named = which => verdicts.filter(({allowed}) => allowed === which).map(({level}) => level);
    const [allowed, refused] = [ named(true), named(false) ];
    if (authz.length > 0 && refused.length > 0 && (allowed.length === 0 || verify)) {
        const text = `the daemon does not allow ${refused.join(" ")} to ${user} with this credential`;
        throw new TokenError("ERR_TOKEN_REFUSED", text, undefined, {
            phase: "verify",
            peer: formatSinful(target.address)
        });
    }
    return {
        identity: user,
        trustDomain: server.trustDomain,
        daemonAddress: formatSinful(target.address),
        daemonVersion: /\d+\.\d+\.\d+/.exec(server.remoteVersion)?.[0] ?? "",
        authenticationMethod: displayName(session.method),
        allowed,
        refused
    };
}

async function checkFetching(target, authz, credentials, host) {
    try {
        await getSessionToken(target, {
            authz,
            lifetimeSeconds: 1,
            key: NO_KEY
        }, credentials, host);
        host.log.warn("The daemon signed with a key that it should not have; the token, of one second, is thrown away");
    } catch (error) {
        const noKey = /will not sign with requested key|Failed to (read file|fetch key)/;
        if (!(error instanceof DaemonError && noKey.test(error.errorString))) throw error;
    }
    host.log.info("token: the daemon issues tokens");
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

const PRIVATE_FILE = 384;

const PRIVATE_DIRECTORY = 448;

function checkTokenPath(path) {
    const target = stat(path);
    if (target?.isSymbolicLink() === true) throw new errors_OutputError(`${path} is a symbolic link, which is not followed`);
    if (target !== undefined && !target.isFile()) throw new errors_OutputError(`${path} exists and is no regular file`);
    let directory = (0, external_node_path_namespaceObject.dirname)((0, external_node_path_namespaceObject.resolve)(path));
    const parent = stat(directory);
    if (parent?.isSymbolicLink() === true && parent.uid !== 0) {
        throw new errors_OutputError(`${directory} is a symbolic link that is not the system's own, and is not followed`);
    }
    while (stat(directory) === undefined && (0, external_node_path_namespaceObject.dirname)(directory) !== directory) directory = (0, 
    external_node_path_namespaceObject.dirname)(directory);
    try {
        (0, external_node_fs_namespaceObject.accessSync)(directory, external_node_fs_namespaceObject.constants.W_OK);
        if ((0, external_node_fs_namespaceObject.statSync)(directory).isDirectory()) return;
    } catch (cause) {
        throw new errors_OutputError(`${directory} cannot be written to: ${printable_messageOf(cause)}`, {
            cause
        });
    }
    throw new errors_OutputError(`${directory} is no directory`);
}

function writeTokenFile(path, token, mayMakeDirectory = true) {
    const directory = (0, external_node_path_namespaceObject.dirname)((0, external_node_path_namespaceObject.resolve)(path));
    const temporary = (0, external_node_path_namespaceObject.join)(directory, `.${(0, 
    external_node_path_namespaceObject.basename)(path)}.${crypto_crypto().randomUUID()}`);
    try {
        const directoryMade = mayMakeDirectory ? (0, external_node_fs_namespaceObject.mkdirSync)(directory, {
            recursive: true,
            mode: PRIVATE_DIRECTORY
        }) : undefined;
        checkTokenPath(path);
        try {
            writeWhole(temporary, `${token.reveal()}\n`);
            (0, external_node_fs_namespaceObject.renameSync)(temporary, path);
        } catch (error) {
            (0, external_node_fs_namespaceObject.rmSync)(temporary, {
                force: true
            });
            throw error;
        }
        return directoryMade;
    } catch (cause) {
        if (cause instanceof errors_OutputError) throw cause;
        throw new errors_OutputError(`the token could not be written to ${path}: ${printable_messageOf(cause)}`, {
            cause
        });
    }
}

function writeAddressFile(path, sinful, version) {
    const known = /^\$CondorVersion: \d+\.\d+\.\d+ [\w .:~+-]+ \$$/.test(version);
    try {
        writeWhole(path, `${sinful}\n${known ? `${version}\n` : ""}`);
    } catch (cause) {
        throw new OutputError(`the address could not be written to ${path}: ${messageOf(cause)}`, {
            cause
        });
    }
}

function writeWhole(path, text) {
    const {O_WRONLY, O_CREAT, O_EXCL} = external_node_fs_namespaceObject.constants;
    const file = (0, external_node_fs_namespaceObject.openSync)(path, O_WRONLY | O_CREAT | O_EXCL | (external_node_fs_namespaceObject.constants.O_NOFOLLOW ?? 0), PRIVATE_FILE);
    try {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; ) at += (0, external_node_fs_namespaceObject.writeSync)(file, bytes, at);
        (0, external_node_fs_namespaceObject.fsyncSync)(file);
    } finally {
        (0, external_node_fs_namespaceObject.closeSync)(file);
    }
}

function stat(path) {
    try {
        return (0, external_node_fs_namespaceObject.lstatSync)(path, {
            throwIfNoEntry: false
        });
    } catch (cause) {
        throw new errors_OutputError(`${path} cannot be looked at: ${printable_messageOf(cause)}`, {
            cause
        });
    }
}

const FIRST_DELAY_MS = 500;

const MAX_DELAY_MS = 1e4;

async function withRetries({retries, patient}, work, host) {
    for (let tries = 1; ;tries++) {
        const last = tries > retries;
        try {
            return last || patient ? await work(host) : await within(host.timeLeftMs() / 2, work, host);
        } catch (error) {
            if (error instanceof HTCondorError) error.tries = tries;
            const delayMs = delayBefore(tries, host);
            if (last || host.signal.aborted || !canHeal(error) || delayMs >= host.timeLeftMs()) throw error;
            const wait = (delayMs / 1e3).toFixed(1);
            host.log.info(`Try ${tries} of ${retries + 1} failed: ${error.message} (${error.code}); the next one in ${wait} s`);
            await (0, promises_namespaceObject.setTimeout)(delayMs, undefined, {
                signal: host.signal
            }).catch(() => {
                throw abortedError(host.signal);
            });
        }
    }
}

function canHeal(error) {
    if (error instanceof ConnectError) {
        return error.code !== "ERR_CCB_ONLY" && error.requestId === undefined && !error.permanent;
    }
    return error instanceof DaemonError && /rate limit/i.test(error.errorString);
}

function delayBefore(tries, host) {
    const whole = Math.min(FIRST_DELAY_MS * 2 ** (tries - 1), MAX_DELAY_MS);
    const [random = 0] = host.randomBytes(1);
    return whole * (1 - random / 512);
}

async function within(limitMs, work, host) {
    const over = new AbortController;
    const text = `no answer within ${Math.max(1, Math.round(limitMs / 1e3))} s`;
    const timer = setTimeout(() => over.abort(new DOMException(text, "TimeoutError")), limitMs);
    try {
        return await work({
            ...host,
            signal: AbortSignal.any([ host.signal, over.signal ])
        });
    } finally {
        clearTimeout(timer);
    }
}

async function fetchToken(request, host) {
    const finished = new AbortController;
    try {
        const signal = AbortSignal.any([ host.signal, finished.signal ]);
        const persistence = {
            retries: request.retries,
            patient: request.mode === "request"
        };
        return await withRetries(persistence, within => fetchStepByStep(request, within), {
            ...host,
            signal
        });
    } finally {
        finished.abort();
    }
}

async function fetchStepByStep(wanted, host) {
    const {path, onReduced} = wanted;
    if (path !== undefined) await inPhase("deliver", undefined, () => checkTokenPath(path));
    const request = await inPhase("credentials", undefined, () => withBearer(wanted, host));
    const credentials = await inPhase("credentials", undefined, () => credentialsOf(request, host));
    for (const {method, reason} of credentials.unavailable) host.log.debug(`credentials: no ${method}: ${reason}`);
    const ours = credentials.methods.map(({name, sources}) => `${displayName(name)} from ${sources.join(", ")}`);
    host.log.debug(`credentials: ${ours.join("; ")}`);
    const daemon = await findDaemon(request, credentials, host);
    const asked = askedAlready(request, daemon, host) ?? await inTurn(daemon.targets, (target, patient) => askFor(request, {
        ...target,
        name: daemon.name
    }, credentials, request.mode === "request" ? host : patient), host);
    const {value: jwt, session, roundTrips} = asked;
    const {token, reductions} = await inPhase("check", session.address, () => checkAsked(request, asked, host));
    if (onReduced === "warn") for (const reduction of reductions) host.log.warn(`The ${issuerOf(request)} granted less than was asked. ${reduction}`);
    const clockSkewSeconds = Math.round((token.issuedAt ?? 0) - host.now().getTime() / 1e3);
    if (request.issued === undefined) tellSkew(clockSkewSeconds, token, host);
    const {address} = session;
    const verified = request.verify ? await inPhase("verify", address, () => verifyAt(address, token, request, host)) : 0;
    const directoryMade = path === undefined ? undefined : await inPhase("deliver", undefined, () => writeTokenFile(path, jwt));
    return {
        token,
        reductions,
        daemonName: printable(daemon.name),
        daemonAddress: address === undefined ? "" : formatSinful(address),
        daemonVersion: /\d+\.\d+\.\d+/.exec(session.server.remoteVersion)?.[0] ?? "",
        daemonVersionText: printable(session.server.remoteVersion),
        authenticationMethod: displayName(session.method),
        clockSkewSeconds,
        roundTrips: daemon.roundTrips + roundTrips + verified,
        path,
        directoryMade
    };
}

function verifyAt(address, token, {authz}, host) {
    if (address === undefined) throw new RangeError("nobody to verify the token");
    return verifyToken(token, authz, {
        address,
        serverName: undefined
    }, host);
}

const SKEW_THAT_MATTERS_SECONDS = 60;

const NO_SKEW_SECONDS = 10;

function tellSkew(seconds, {issuedAt = 0, expiresAt}, host) {
    const tenth = expiresAt === undefined ? SKEW_THAT_MATTERS_SECONDS : (expiresAt - issuedAt) / 10;
    if (Math.abs(seconds) < Math.max(NO_SKEW_SECONDS, Math.min(tenth, SKEW_THAT_MATTERS_SECONDS))) return;
    const how = seconds > 0 ? "ahead of" : "behind";
    host.log.warn(`The daemon's clock is ${Math.abs(seconds)} s ${how} the clock here, so the token begins and ends that much ${seconds > 0 ? "later" : "earlier"} than it seems. Set both by NTP (timedatectl, chronyc tracking)`);
}

async function bundle_fetchToken(options) {
    return await run(options, {}, fetchToken);
}

async function bundle_checkFetch(options) {
    return await run(options, {
        mode: "check"
    }, checkFetch);
}

function bundle_hintsFor(error) {
    return hintsFor(error);
}

function isHTCondorError(error) {
    return error instanceof HTCondorError;
}

async function run(options, fixed, work) {
    const {timeoutMs, signal, onSecret, onLog} = options;
    const input = inputsOf(options, fixed);
    try {
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
            if (request.checkOnly && fixed.mode === undefined) throw new InputError("mode", "mode: call checkFetch instead of mode check");
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
