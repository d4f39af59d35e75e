/** Errors that concern the issued token or the file that stores it. */
import { type AnyHTCondorError, OutputError, TokenError } from '../../../src/errors.ts';
import type { TokenReason } from '../../../src/reasons.ts';

const claim = (name: string, text: string, reason?: TokenReason) =>
  new TokenError('ERR_TOKEN_CLAIM', text, name, { reason });

export const OF_TOKENS = {
  'the reply contains neither a token nor a request id': new TokenError(
    'ERR_TOKEN_MALFORMED',
    'the reply contains neither a token nor a request id',
    undefined,
    { reason: 'no-request-id' },
  ),
  'the reply contains no token': new TokenError('ERR_TOKEN_MALFORMED', 'the reply contains no token'),
  'expected-identity is': claim(
    'sub',
    'the token is for alice@pool.test, but expected-identity is ci@pool.test',
    'other-identity',
  ),
  'expected-trust-domain is': claim(
    'iss',
    'the token was issued by pool.test, but expected-trust-domain is other.test',
    'other-trust-domain',
  ),
  "but the daemon's trust domain is": claim(
    'iss',
    "the token was issued by other.test, but the daemon's trust domain is pool.test",
    'other-issuer',
  ),
  'which was not requested': claim('scope', 'the token allows WRITE, which was not requested'),
  'the daemon granted less than requested': new TokenError(
    'ERR_TOKEN_REDUCED',
    'the daemon granted less than requested: authorization: requested READ WRITE, granted READ',
  ),
  'restricted to READ, which does not include WRITE': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the new token is restricted to READ, which does not include WRITE; the credential has the same restriction',
    undefined,
    { reason: 'level-missing', details: { levels: 'READ', missing: 'WRITE' } },
  ),
  'the daemon denied ADMINISTRATOR for': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the daemon denied ADMINISTRATOR for alice@pool.test with the new token',
    undefined,
    { reason: 'level-denied', details: { level: 'ADMINISTRATOR', subject: 'alice@pool.test' } },
  ),
  'the daemon rejected the new token': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the daemon rejected the new token of alice@pool.test: the new token: the daemon refused it without a reason',
  ),

  'the runner did not accept the outputs': new OutputError('the runner did not accept the outputs: ENOSPC', {
    reason: 'runner-refused',
  }),
  'standard output': new OutputError('standard output: the reader closed the pipe', { reason: 'output-closed' }),
  'is a symbolic link, which is not followed': new OutputError('/tmp/ci is a symbolic link, which is not followed', {
    reason: 'path-occupied',
  }),
  'cannot be written to': new OutputError('/etc/condor cannot be written to: permission denied'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
