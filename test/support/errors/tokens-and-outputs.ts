/** Errors about the issued token and its destination. */
import { type AnyHTCondorError, OutputError, TokenError } from '../../../src/errors.ts';

const claim = (name: string, text: string) => new TokenError('ERR_TOKEN_CLAIM', text, name);

export const OF_TOKENS = {
  'the reply has neither a token nor the id of a request': new TokenError(
    'ERR_TOKEN_MALFORMED',
    'the reply has neither a token nor the id of a request',
  ),
  'the reply has no token': new TokenError('ERR_TOKEN_MALFORMED', 'the reply has no token'),
  'expected-identity is': claim('sub', 'the token is for alice@pool.test, expected-identity is ci@pool.test'),
  'expected-trust-domain is': claim('iss', 'the token is for pool.test, expected-trust-domain is other.test'),
  "the token's issuer is": claim('iss', "the token's issuer is other.test, the daemon's trust domain pool.test"),
  'which we did not ask for': claim('scope', 'the token allows WRITE, which we did not ask for'),
  'the daemon granted less than was asked': new TokenError(
    'ERR_TOKEN_REDUCED',
    'the daemon granted less than was asked: authorization: asked for READ WRITE, granted READ',
  ),
  'restricted to READ, which does not include WRITE': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the new token is restricted to READ, which does not include WRITE; so is the credential',
  ),
  'the daemon does not allow ADMINISTRATOR to': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the daemon does not allow ADMINISTRATOR to alice@pool.test with the new token',
  ),
  'the daemon does not accept the new token': new TokenError(
    'ERR_TOKEN_REFUSED',
    'the daemon does not accept the new token of alice@pool.test: the new token: the daemon refused it without a reason',
  ),

  'the runner does not accept the outputs': new OutputError('the runner does not accept the outputs: ENOSPC'),
  'standard output': new OutputError('standard output: write EPIPE'),
  'is a symbolic link, which is not followed': new OutputError('/tmp/ci is a symbolic link, which is not followed'),
  'cannot be written to': new OutputError('/etc/condor cannot be written to: EACCES: permission denied'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
