/**
 * Tests the hints. Each kind of error has its own hint in docs/TROUBLESHOOTING.md, and a test causes the error with a
 * real daemon.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { goldenHints, namesIn, updated } from '../../scripts/troubleshooting.ts';
import { daemonError } from '../../src/daemon/daemon-error.ts';
import type { AnyHTCondorError } from '../../src/errors.ts';
import {
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  CredentialError,
  DaemonError,
  InputError,
  LocateError,
  type MethodAttempt,
  NegotiationError,
  OutputError,
  ProtocolError,
  TokenError,
} from '../../src/errors.ts';
import { describeError } from '../../src/messages/describe.ts';
import { hintsFor } from '../../src/messages/hints.ts';
import { ERRORS, type ErrorName } from '../support/errors/every-error.ts';
import { filesBelow, projectRoot } from '../support/project.ts';
import { expressionsOf } from '../support/runner/expressions.ts';

const read = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const all: readonly [string, AnyHTCondorError][] = Object.entries(ERRORS);
const advice = goldenHints();
const troubleshooting = read('docs/TROUBLESHOOTING.md');
const REGENERATE =
  'if the change is intended: npm run build && node build/scripts/troubleshooting.js && npm run format';

const NO_DAEMON = 'the error occurs without a daemon';
const NO_HTCONDOR = 'the peer is not HTCondor';
const ATTACK = 'only an attacker does this';
const BROKEN = 'HTCondor sends no malformed messages';
const STOPPED = 'this client stops before the daemon can reply with it';

/**
 * Errors that no test causes with a real daemon, each with the reason. advice.test.ts and the tests of the entry points
 * cover these errors.
 */
const NOT_ON_REAL_DAEMONS: Readonly<Partial<Record<ErrorName, string>>> = {
  'Invalid command line argument: -identity': NO_DAEMON,
  'Invalid command line argument: -frobnicate': NO_DAEMON,
  'is not a lifetime': NO_DAEMON,
  'is empty, and no other credential is provided': NO_DAEMON,
  'is another host': 'the daemons of the tests run on this host',
  'a SciToken is sent only to a daemon that authenticates itself': NO_DAEMON,
  'the certificate of CN=alice expired at': NO_DAEMON,
  'it contains no PEM certificate': NO_DAEMON,
  'SCITOKENS accepts at most 16380; mode exchange accepts more': NO_DAEMON,
  'not a SciToken': NO_DAEMON,
  'the password is not a single line of text': NO_DAEMON,
  'not an IDTOKEN': NO_DAEMON,
  'this job is not permitted to request an OIDC token': NO_DAEMON,
  'no KDC of the realm POOL.TEST can be found': NO_DAEMON,
  'the daemon does not have the key of its ticket': 'a daemon without the key rejects the ticket',
  'the token service issued no token': NO_DAEMON,
  'the OIDC service of the runner issued no token': NO_DAEMON,
  'issued no token: 302': NO_DAEMON,
  'issued no token: 404': NO_DAEMON,
  unauthorized_client: NO_DAEMON,
  'aud: expected': NO_DAEMON,
  'used already': NO_DAEMON,
  'the token service returned status 503': NO_DAEMON,
  'there is no token to exchange': NO_DAEMON,
  'the token service returned an IDTOKEN': NO_DAEMON,
  'the token service returned no token in': NO_DAEMON,
  'no response from https://': NO_DAEMON,
  'the token service returned an HTML page': NO_DAEMON,
  ': the time limit expired': NO_DAEMON,
  'does not resolve': NO_DAEMON,
  'did not connect to': NO_DAEMON,
  'connection refused': NO_DAEMON,
  cancelled: NO_DAEMON,
  'nor through CCB': NO_DAEMON,
  'it responds like a web server (HTTP)': NO_HTCONDOR,
  'it responds like a TLS server': NO_HTCONDOR,
  'the peer does not speak CEDAR (its first byte is': NO_HTCONDOR,
  'a message is truncated': BROKEN,
  'a line is not an attribute': BROKEN,
  'an encrypted frame is not authentic': BROKEN,
  'which binds it: it may be a relay': ATTACK,
  'the daemon does not support TLS 1.3': 'the daemons of the tests support TLS 1.3',
  'the daemon does not agree to authenticate': 'the tested releases close the connection instead',
  'it offers BLOWFISH': 'the tested releases never offer it alone',
  'the daemon does not report its trust domain': 'the tested releases report it',
  'the daemon does not support the command':
    'the tested releases support it, and close the connection for unknown commands',
  'it reported no identity': 'the tested releases report it',
  'it authenticated the client as bob@pool.test': 'every authenticated client is authorized to request a token',
  'Cannot create new session as original one expired.': 'the token would have to expire between two messages',
  'Server did not successfully authenticate session.': STOPPED,
  'Missing requester identity.': STOPPED,
  'No schedd target specified.': STOPPED,
  'Request to server was not encrypted.': STOPPED,
  'Request to server was made using ANONYMOUS or no authentication.': STOPPED,
  'Failed to receive response from schedd.': 'the schedd would have to stop while the collector contacts it',
  'Issuer namespace is not set': 'without TRUST_DOMAIN, the default is the host of the collector',
  'Request has expired.': 'the daemon removes expired requests only from time to time',
  'Request ID is not known.': 'the daemon would have to be restarted',
  'Request rate limit hit.': 'RequestRateLimiter never limits the rate',
  'the reply contains neither a token nor a request id': 'the test would have to make a thousand requests',
  'Server not built with SciTokens support': 'the packages of Debian are built with SciTokens',
  'the daemon reports error': 'it represents all unknown error strings',
  'the reply contains no token': 'HTCondor never does this',
  'which was not requested': 'HTCondor never does this',
  'the runner did not accept the outputs': NO_DAEMON,
  'standard output': NO_DAEMON,
  'is a symbolic link, which is not followed': NO_DAEMON,
};

describe('Hints', () => {
  for (const [name, error] of all) {
    test(`for "${name}" consist of at most four sentences, each of which starts with who should act`, () => {
      assert.ok(describeError(error).join('\n').includes(name), 'the message contains the name');
      const hints = hintsFor(error);
      assert.ok(hints.length > 0 && hints.length <= 4, String(hints.length));
      for (const hint of hints) {
        assert.match(hint, /^(Workflow|Administrator|Runner|Network): [\w“].{20,280}[.?]$/u);
        assert.doesNotMatch(hint, /undefined|\[object|\$\w/);
        assert.doesNotMatch(
          hint,
          /\b(?:to|in|into|of|within|set|writes|or) condor_config_val/,
          'a command is not a setting',
        );
      }
    });
  }

  test('for two errors differ, unless the errors share a heading in the documentation', () => {
    const texts = Object.values(advice).map((hints) => hints.join('\n'));
    const again = Object.keys(advice).filter((_, at) => texts.indexOf(texts[at] ?? '') !== at);
    const shared = troubleshooting.split(/^(?=### )/m).flatMap((section) => namesIn(section).slice(1));
    assert.deepEqual(again.sort(), shared.sort());
  });

  test('for an unknown error string of a daemon name the code and the log', () => {
    assert.match(hintsFor(new DaemonError(17, 'something new')).join(), /log.*SCHEDD_LOG.*error code is 17/);
  });

  test('depend on a daemon’s error string, not on the error number', () => {
    const text = 'Token fetch disabled.';
    assert.deepEqual(hintsFor(daemonError(99, text)), hintsFor(daemonError(44, text)));
    assert.notDeepEqual(hintsFor(daemonError(44, text)), hintsFor(daemonError(44, 'something new')));
  });

  test('for several attempts start with those for the last attempt, number at most four, and end with the log', () => {
    const attempts = ['IDTOKENS', 'SSL', 'SCITOKENS', 'PASSWORD', 'FS'].map((method) => ({ method, reason: 'x' }));
    const hints = hintsFor(new AuthenticationError('ERR_METHODS_EXHAUSTED', 'x', attempts));
    assert.equal(hints.length, 4);
    assert.match(hints[0] ?? '', /^Workflow: set idtoken unless the daemon/);
    assert.match(hints[3] ?? '', /D_SECURITY/);
  });

  test('do not mention the log of a daemon that received nothing', () => {
    const hintsOf = (...kinds: MethodAttempt['kind'][]) => {
      const attempts = kinds.map((kind) => ({ method: 'IDTOKENS', reason: 'x', kind }));
      return hintsFor(new AuthenticationError('ERR_METHODS_EXHAUSTED', 'x', attempts)).join();
    };
    assert.doesNotMatch(hintsOf('idtoken-expired'), /D_SECURITY/);
    assert.match(hintsOf('idtoken-expired', 'unexplained'), /D_SECURITY/);
    assert.match(hintsOf('idtoken-expired', undefined), /D_SECURITY/);
  });

  test('do not depend on the message', () => {
    for (const [name, error] of all) {
      const other: AnyHTCondorError = Object.create(error, { message: { value: 'something else' } });
      assert.deepEqual(hintsFor(Object.assign(other, { ...error })), hintsFor(error), name);
    }
  });

  test('contain values from a peer without control characters', () => {
    const details = { host: 'evil\n::add-mask::x\u001b[2J' };
    const [hint = ''] = hintsFor(new ConnectError('ERR_CONNECT', 'x', { reason: 'name-unknown', details }));
    assert.match(hint, /getent hosts evil\?::add-mask::x\?\[2J\./);
  });

  test('exist for an error with each code, even without details', () => {
    const withoutFacts: readonly AnyHTCondorError[] = [
      new InputError('name', 'x'),
      ...(['ERR_NO_CREDENTIAL', 'ERR_CREDENTIAL_UNREADABLE'] as const).map((code) => new CredentialError(code, 'x')),
      ...(['ERR_NOT_FOUND', 'ERR_AMBIGUOUS'] as const).map((code) => new LocateError(code, 'x', [])),
      ...(['ERR_CONNECT', 'ERR_TIMEOUT', 'ERR_CLOSED', 'ERR_CCB_ONLY'] as const).map(
        (code) => new ConnectError(code, 'x'),
      ),
      ...(['ERR_FRAME', 'ERR_MESSAGE', 'ERR_CLASSAD', 'ERR_DECRYPT'] as const).map(
        (code) => new ProtocolError(code, 'x'),
      ),
      ...(['ERR_NO_COMMON_METHOD', 'ERR_NO_ENCRYPTION'] as const).map((code) => new NegotiationError(code, 'x')),
      ...(['ERR_METHODS_EXHAUSTED', 'ERR_SERVER_UNPROVEN'] as const).map(
        (code) => new AuthenticationError(code, 'x', []),
      ),
      ...(['ERR_DENIED', 'ERR_COMMAND_NOT_REGISTERED'] as const).map((code) => new AuthorizationError(code, 'x')),
      new DaemonError(1, 'x'),
      ...(['ERR_TOKEN_MALFORMED', 'ERR_TOKEN_CLAIM', 'ERR_TOKEN_REDUCED', 'ERR_TOKEN_REFUSED'] as const).map(
        (code) => new TokenError(code, 'x'),
      ),
      new OutputError('x'),
    ];
    const codes = new Set(all.map(([, { code }]) => code));
    assert.deepEqual(new Set(withoutFacts.map(({ code }) => code)), codes);
    for (const error of withoutFacts) assert.ok(hintsFor(error).length > 0, error.code);
  });

  test('are selected by reasons, without a regular expression or access to the message', () => {
    for (const path of filesBelow('src/messages', '.ts').filter((each) => each.includes('hint'))) {
      const text = read(path);
      assert.doesNotMatch(text, /RegExp|\.(?:test|exec|match|message|includes)\b/, path);
      if (!path.endsWith('hint-text.ts')) assert.deepEqual(expressionsOf(text), [], path);
    }
  });

  test('for administrators contain a command that shows or fixes the cause', () => {
    const commands =
      /\bcondor_[a-z]|getent hosts|nc -zv|chmod|ls -ld|openssl|munge -n|curl|journalctl|df -h|klist|kvno|dig SRV|timedatectl|ss -ltnp/;
    const mute = Object.entries(advice).filter(
      ([, hints]) => hints.some((hint) => !hint.startsWith('Workflow:')) && !hints.some((hint) => commands.test(hint)),
    );
    assert.deepEqual(Object.fromEntries(mute), {});
  });

  test('are the ones in test/golden/hints.json', () => {
    const golden: unknown = JSON.parse(read('test/golden/hints.json'));
    assert.deepEqual(advice, golden, REGENERATE);
  });

  test('name the daemon that was contacted', () => {
    const shown = (phase: 'locate' | 'session') =>
      hintsFor(new AuthenticationError('ERR_METHODS_EXHAUSTED', 'x', [{ method: 'PASSWORD', reason: 'x' }]).at(phase));
    assert.match(shown('session').join(), /-schedd SEC_PASSWORD_FILE.*SCHEDD_DEBUG.*-schedd SCHEDD_LOG/);
    assert.match(shown('locate').join(), /-collector SEC_PASSWORD_FILE.*COLLECTOR_DEBUG.*-collector COLLECTOR_LOG/);
  });

  test('are the ones in docs/TROUBLESHOOTING.md, which has each message only once', () => {
    assert.equal(troubleshooting, updated(troubleshooting), REGENERATE);
    assert.deepEqual([...namesIn(troubleshooting)].sort(), Object.keys(ERRORS).sort());
  });

  test('are all caused by a test with real daemons, or have a reason for not being tested with them', () => {
    const using = filesBelow('test', '.test.ts').filter((path) =>
      /\b(advised|assertAdvised|assertAttempts|assertUnproven)\(/.test(read(path)),
    );
    const namedIn = (paths: readonly string[]) => {
      const text = paths.map(read).join('\n');
      return (name: string) => [`'${name}'`, `"${name}"`].some((each) => text.includes(each));
    };
    const [everywhere, real] = [namedIn(using), namedIn(using.filter((path) => path.startsWith('test/real/')))];
    for (const [name] of all) {
      assert.ok(everywhere(name), `no test causes "${name}"`);
      const reason = NOT_ON_REAL_DAEMONS[name as ErrorName];
      assert.notEqual(
        real(name),
        reason !== undefined,
        `${name}: ${reason ?? 'not caused by real daemons, and no reason given'}`,
      );
    }
    assert.ok(using.length > 5);
  });
});
