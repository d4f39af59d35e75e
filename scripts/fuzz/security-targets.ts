/**
 * Fuzz targets for all messages that a daemon sends before it is authenticated, from the policy ad to the
 * post-authentication ad.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { Secret } from '../../src/runtime/secret.ts';
import { StartOver } from '../../src/security/authenticate.ts';
import { KeyAgreement } from '../../src/security/key-agreement.ts';
import { type Candidate, type Credentials, MethodRefused, type Peer } from '../../src/security/method.ts';
import { getChallenge, keyOfToken } from '../../src/security/methods/akep2.ts';
import { idtokens } from '../../src/security/methods/idtokens.ts';
import { munge } from '../../src/security/methods/munge.ts';
import { password } from '../../src/security/methods/password.ts';
import { readServerPolicy } from '../../src/security/policy.ts';
import { startCommand } from '../../src/security/session.ts';
import { parseIdToken, revealSignature } from '../../src/token/jwt.ts';
import { getClassAd } from '../../src/wire/classad.ts';
import type { Writer } from '../../src/wire/writer.ts';
import { ScriptedChannel } from '../../test/support/scripted-channel.ts';
import { vectors } from '../../test/support/vectors.ts';
import { ENTROPY, fixedHost } from './fixed-host.ts';
import { adInput, inputOf, messagesOf, rawInput, readerOf } from './inputs.ts';
import { SecurableScript } from './scripts.ts';
import type { Target } from './target.ts';

const host = fixedHost();
const token = parseIdToken(new Secret(vectors.jwt.token));
const peer: Peer = { address: '127.0.0.1', port: 9618, sharedPortId: 'schedd_1', serverName: undefined };

const policyLines = Object.entries(vectors.tokenHandshake.serverPolicyAd).map(([name, value]) =>
  typeof value === 'string' ? `${name} = "${value}"` : `${name} = ${value}`,
);

const policy: Target = {
  ...{ name: 'policy', reaches: 'security/policy', weight: 20 },
  seeds: [
    adInput(...policyLines),
    adInput('Encryption = "YES"', 'CryptoMethods = "AES,3DES"', 'ECDHPublicKey = "BA"', 'Authentication = "YES"'),
    adInput('Encryption = "YES"', 'CryptoMethods = "AES"', 'ECDHPublicKey = "BA"', 'Authentication = "NO"'),
  ],
  run(input) {
    const { methods, issuerKeys } = readServerPolicy(getClassAd(readerOf(input)));
    for (const word of [...methods, ...issuerKeys]) assert.doesNotMatch(word, /[\s,]/);
    return `${Math.min(methods.length, 3)} methods, ${Math.min(issuerKeys.length, 3)} keys`;
  },
};

const serverKey = new KeyAgreement((length) => new Uint8Array(length).fill(9)).publicKey;

/** Any public key must result in a 32-byte key or in ERR_MESSAGE. */
const ecdh: Target = {
  ...{ name: 'key-agreement', reaches: 'security/key-agreement', weight: 1 },
  seeds: [Buffer.from(serverKey), Buffer.from('BA=='), Buffer.from(serverKey.slice(0, 44))],
  run(input) {
    const key = new KeyAgreement(host.randomBytes).sessionKey(Buffer.from(input).toString('latin1'));
    assert.equal(key.length, 32);
    return 'a key';
  },
};

const nonce = new Uint8Array(256).fill(ENTROPY);

/** Writes the challenge of a daemon that has the token's signature. */
function putChallenge(message: Writer): Writer {
  const [name, server, serverNonce] = [token.subject, 'condor@vm', new Uint8Array(256).fill(3)];
  const mac = createHmac('sha1', keyOfToken(revealSignature(token), token.signedText));
  mac.update(`${name} ${server}\0`).update(nonce).update(serverNonce);
  message.int(0).int(name.length).string(name).int(server.length).string(server);
  for (const block of [nonce, serverNonce, mac.digest()]) message.int(block.length).bytes(block);
  return message;
}

const refusal = (message: Writer) => message.int(-1).int(0).string('').int(0).string('').int(0).int(0).int(0);

const challenge: Target = {
  ...{ name: 'akep2-challenge', reaches: 'methods/akep2', weight: 20 },
  seeds: [rawInput(putChallenge), rawInput(putChallenge, true), rawInput(refusal)],
  run(input) {
    const { accepted, serverNonce, mac } = getChallenge(readerOf(input));
    assert.ok([0, 256].includes(serverNonce.length) && [0, 20].includes(mac.length));
    return accepted ? 'accepted' : 'refused';
  },
};

const idtoken = idtokens([{ token, source: 'idtoken', chosen: true }], host);
const poolPassword = password(new Secret('secret'), 'password', host);
const munged = munge(async () => new Secret('MUNGE:abc:'));

const servers = (version: string) => ({
  ...{ methods: ['TOKEN'], ecdhPublicKey: '', trustDomain: '', issuerKeys: [], remoteVersion: version },
});

/**
 * Returns a target that runs one candidate against a scripted daemon. The candidate must reject a proof that was not
 * computed with the secret that the candidate uses.
 */
function methodTarget(name: string, candidate: () => Candidate, seeds: readonly Uint8Array[], weight: number): Target {
  return {
    ...{ name, reaches: `methods/${name}`, weight, seeds },
    allows: (error) => error instanceof MethodRefused,
    async run(input) {
      const channel = new ScriptedChannel(messagesOf(input.subarray(1)));
      const used = candidate();
      await used.open(channel);
      const expected = await used.finish(channel, servers('$CondorVersion: 25.0.0 $'), ((input[0] ?? 0) & 1) === 1);
      return `let in, ${expected.length} to come`;
    },
  };
}

const last = (input: Uint8Array, first = 0) => Buffer.concat([Uint8Array.of(first), input]);
const word = (value: number) => rawInput((message) => message.int(value));

const methods: readonly Target[] = [
  methodTarget(
    'idtokens',
    () => idtoken.guessed(peer) ?? assert.fail(),
    [last(rawInput(putChallenge)), last(rawInput(refusal))],
    4,
  ),
  methodTarget('password', () => poolPassword.guessed(peer) ?? assert.fail(), [last(rawInput(putChallenge))], 4),
  methodTarget(
    'munge',
    () => munged.guessed(peer) ?? assert.fail(),
    [last(word(0)), last(word(-1)), last(word(0), 1)],
    10,
  ),
];

/**
 * Selects session options from the bits of the input's first byte. Bit 1 sends a credential before the policy arrives,
 * and bit 2 uses the daemon's order of methods. Bit 4 accepts an unmapped identity. Bit 8 offers PASSWORD and waits for
 * the verdict. Bit 16 offers MUNGE.
 */
function sessionOptions(bits: number) {
  const all = [idtoken, ...((bits & 8) === 0 ? [] : [poolPassword]), ...((bits & 16) === 0 ? [] : [munged])];
  const preference = (bits & 2) === 0 ? 'ours' : 'daemon';
  const credentials: Credentials = { methods: all, preference, unavailable: [] };
  return {
    credentials,
    peer,
    guesses: { credential: (bits & 1) === 1, verdict: (bits & 8) === 0 },
    mayBeUnmapped: (bits & 4) !== 0,
  };
}

const policyInput = adInput(
  ...policyLines.filter((each) => !each.startsWith('ECDH')),
  `ECDHPublicKey = "${serverKey}"`,
);
const letIn = adInput('ReturnCode = "AUTHORIZED"', 'User = "alice@vm"', 'Sid = "vm:1:2:3"');

const session: Target = {
  ...{ name: 'session', reaches: 'security/session, authenticate, policy, methods/*', weight: 2 },
  seeds: [
    last(inputOf(policyInput, word(2048), rawInput(putChallenge), word(0), letIn)),
    last(inputOf(policyInput, word(2048), rawInput(putChallenge), word(0), adInput('ReturnCode = "DENIED"')), 1),
    last(inputOf(policyInput, word(2048), rawInput(refusal), word(512), rawInput(refusal), word(1024), word(0)), 24),
    last(inputOf(policyInput, word(0)), 1),
    last(inputOf(policyInput, word(2048), rawInput(putChallenge), word(0), adInput('User = "x@unmapped"')), 5),
    last(
      inputOf(
        adInput(...policyLines.map((each) => each.replace('TOKEN', 'MUNGE'))),
        word(1024),
        word(0),
        word(0),
        letIn,
      ),
      18,
    ),
  ],
  allows: (error) => error instanceof StartOver,
  async run(input) {
    const channel = new SecurableScript(messagesOf(input.subarray(1)));
    const options = sessionOptions(input[0] ?? 0);
    const { user, method, resumption } = await startCommand(
      channel,
      { command: 60046 },
      (m) => m.int(1),
      options,
      host,
    );
    assert.notEqual(user, '');
    return `${method}${resumption === undefined ? '' : ' with a name'}`;
  },
};

export const securityTargets: readonly Target[] = [policy, ecdh, challenge, ...methods, session];
