/** What to try next: there is something for every error, and something of its own for every text of a daemon. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  type AnyHTCondorError,
  AuthenticationError,
  AuthorizationError,
  ConnectError,
  DaemonError,
  InputError,
  NegotiationError,
  TokenError,
} from '../src/errors.ts';
import { hintsFor } from '../src/hints.ts';
import { everyError } from './support/every-error.ts';
import { projectRoot } from './support/project.ts';

/** Texts of handle_dc_session_token, schedd_token_request and others, each with HTCondor's code, and what its hint names. */
const DAEMON_TEXTS: readonly [number, string, RegExp][] = [
  [44, 'Token fetch disabled.', /SEC_ENABLE_TOKEN_FETCH/],
  [3, 'Server will not sign with requested key.', /SEC_TOKEN_FETCH_ALLOWED_SIGNING_KEYS/],
  [3, 'Cannot create new session as original one expired.', /expired.*Renew/],
  [4, "Session doesn't allow requested authorization levels.", /authz/],
  [2, 'Server did not successfully authenticate session.', /identity/],
  [1, 'Server does not have access to configured key.', /SEC_TOKEN_ISSUER_KEY/],
  [4, 'SCHEDD:4:TOKEN_UTILS:4:Server does not have a signing key configured.', /SEC_TOKEN_ISSUER_KEY/],
  [1, 'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.', /SEC_PASSWORD_DIRECTORY/],
  [1, 'Failed to fetch key named CI: TOKEN:1:no such key', /SEC_PASSWORD_DIRECTORY/],
  [5, 'Schedd ci@pool is not known to the collector.', /SEC_ENABLE_IMPERSONATION_TOKENS/],
  [4, 'No schedd target specified.', /name/],
  [1, 'Missing requester identity.', /identity/],
  [3, 'Request to server was not encrypted.', /SEC_DAEMON_ENCRYPTION/],
  [
    2,
    'SCHEDD:2:All requested authorizations were eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
    /SEC_IMPERSONATION_TOKEN_LIMITS/,
  ],
  [5, 'DCSCHEDD:5:Failed to receive response from schedd.', /could not fetch/],
  [1, 'Issuer namespace is not set.', /TRUST_DOMAIN/],
  [1, 'Issuer namespace may not contain spaces or commas.', /TRUST_DOMAIN/],
  [44, 'Token request disabled.', /SEC_ENABLE_TOKEN_REQUEST/],
  [
    3,
    'All requested authorizations were eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
    /condor_config_val SEC_TOKEN_REQUEST_LIMITS/,
  ],
  [5, 'Request has expired.', /SEC_TOKEN_REQUEST_LIFETIME/],
  [3, 'Request ID is not known.', /SEC_TOKEN_REQUEST_LIFETIME/],
  [4, 'Request failed.', /log/],
  [7, 'Request to server was made using ANONYMOUS or no authentication.', /AUTH_SSL_SERVER_CERTFILE/],
  [5, 'Request rate limit hit.', /later/],
  [3, 'Too many requests in the system.', /condor_token_request_list/],
  [44, 'SciToken exchange disabled.', /SEC_ENABLE_SCITOKEN_EXCHANGE/],
  [5, 'Failed to map SciToken to a local identity.', /CERTIFICATE_MAPFILE/],
  [2, 'Server not built with SciTokens support', /another credential/],
  [2, 'SCITOKENS:2:Failed to verify token and generate ACLs: token verification failed', /SCITOKENS_SERVER_AUDIENCE/],
];

/** A code may have several kinds of advice: then what it depends on stands behind it. */
function nameOf(error: AnyHTCondorError): string {
  if (error instanceof AuthenticationError)
    return [error.code, ...error.attempts.map(({ method }) => method)].join(' ');
  if (error instanceof NegotiationError) return [error.code, ...error.methods].join(' ');
  if (error instanceof AuthorizationError) return [error.code, error.user?.split('@')[1] ?? ''].join(' ');
  if (error instanceof ConnectError && error.requestId !== undefined) return `${error.code} with a request`;
  return error.code;
}

describe('hints', () => {
  for (const error of everyError()) {
    test(`for ${error.code} are sentences`, () => {
      const hints = hintsFor(error);
      assert.ok(hints.length > 0);
      for (const hint of hints) {
        assert.match(hint, /^[A-Z].{20,}[.?]$/);
        assert.doesNotMatch(hint, /undefined|\[object/);
      }
    });
  }

  for (const [code, text, names] of DAEMON_TEXTS) {
    test(`for "${text}" are its own`, () => {
      const hints = hintsFor(new DaemonError(code, text));
      assert.equal(hints.length, 1);
      assert.match(hints[0] ?? '', names);
      assert.notDeepEqual(hints, hintsFor(new DaemonError(code, 'something new')));
    });
  }

  test('for texts with different causes differ', () => {
    const hints = DAEMON_TEXTS.map(([code, text]) => hintsFor(new DaemonError(code, text))[0]);
    assert.equal(new Set(hints).size, DAEMON_TEXTS.length - 4, 'four pairs of texts share a cause');
  });

  test('for an unknown text of a daemon name the code and the log', () => {
    assert.match(hintsFor(new DaemonError(17, 'something new')).join(), /log of the daemon.*error code is 17/);
  });

  test('depend on the text, not on the number', () => {
    assert.deepEqual(
      hintsFor(new DaemonError(99, 'Token fetch disabled.')),
      hintsFor(new DaemonError(44, 'Token fetch disabled.')),
    );
  });

  test('name the input, and the identity', () => {
    assert.match(hintsFor(new InputError('lifetime', 'x')).join(), /\blifetime\b/);
    assert.match(hintsFor(new AuthorizationError('ERR_DENIED', 'x', 'alice@pool')).join(), /alice@pool/);
    assert.match(hintsFor(new AuthorizationError('ERR_DENIED', 'x')).join(), /\byou\b/);
    assert.match(hintsFor(new TokenError('ERR_TOKEN_CLAIM', 'x', 'iss')).join(), /^With remote, .*TRUST_DOMAIN/);
  });

  test('are those of test/golden/hints.json', () => {
    const errors = [...everyError(), ...DAEMON_TEXTS.map(([code, text]) => new DaemonError(code, text))];
    const advice = Object.fromEntries(
      errors.map((error) => [error.code === 'ERR_DAEMON' ? error.message : nameOf(error), hintsFor(error)]),
    );
    const golden: unknown = JSON.parse(readFileSync(join(projectRoot, 'test/golden/hints.json'), 'utf8'));
    assert.deepEqual(
      advice,
      golden,
      `if the change is meant, put this there:\n${JSON.stringify(advice, undefined, 2)}`,
    );
  });
});
