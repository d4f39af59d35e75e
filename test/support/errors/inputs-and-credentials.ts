/** Errors before any connection: invalid inputs, and missing or unusable credentials. */
import { type AnyHTCondorError, CredentialError, InputError } from '../../../src/errors.ts';

const noCredential = (text: string) => new CredentialError('ERR_NO_CREDENTIAL', text);
const unreadable = (text: string) => new CredentialError('ERR_CREDENTIAL_UNREADABLE', text);

export const OF_INPUTS = {
  'Invalid command line argument: -identity': new InputError('arguments', 'Invalid command line argument: -identity'),
  'Invalid command line argument: -frobnicate': new InputError(
    'arguments',
    'Invalid command line argument: -frobnicate',
  ),
  'configuration cannot be read': new InputError(
    'TRUST_DOMAIN',
    "HTCondor's configuration cannot be read: condor_config_val: cannot read /etc/condor/condor_config",
  ),
  'is not a lifetime': new InputError('lifetime', 'lifetime: "soon" is not a lifetime'),

  'is empty, and no other credential is provided': noCredential(
    'idtoken is empty, and no other credential is provided',
  ),
  'other accounts can access it (mode 0644)': noCredential(
    'no credential was found; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci: other accounts can access it (mode 0644); the mode must be 0600',
  ),
  'HTCondor ignores files with such a name': noCredential(
    'no credential was found; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci~: HTCondor ignores files with such a name',
  ),
  'is another host': noCredential(
    'no credential is usable for this daemon; FS: this account: 192.0.2.7 is another host',
  ),
  'which a connection through CCB requires': noCredential(
    'no credential is usable for this daemon; FS: it does not authenticate the daemon, which a connection through CCB requires',
  ),
  'a SciToken is sent only to a daemon that authenticates itself': noCredential(
    'a SciToken is sent only to a daemon that authenticates itself: with IDTOKENS, SCITOKENS, SSL or PASSWORD, not with FS or MUNGE',
  ),
  'the OIDC service of the runner issued no token': noCredential(
    'oidc-audience: the OIDC service of the runner issued no token: 401: unauthorized',
  ),
  'issued no token: 302': noCredential('token-service: the token service issued no token: 302'),
  'issued no token: 404': noCredential('token-service: the token service issued no token: 404: not_found'),
  unauthorized_client: noCredential(
    'token-service: the token service issued no token: 401: unauthorized_client: Invalid client or Invalid client credentials',
  ),
  'aud: expected': noCredential(
    'token-service: the token service issued no token: 400: invalid_grant: aud: expected https://tokens.example.org, got https://other.example.org',
  ),
  'used already': noCredential(
    'token-service: the token service issued no token: 400: invalid_grant: the job token has been used already (reuse)',
  ),
  'the token service issued no token': noCredential(
    'token-service: the token service issued no token: 403: access_denied: no policy for this repository',
  ),
  'this job is not permitted to request an OIDC token': noCredential(
    'oidc-audience: this job is not permitted to request an OIDC token',
  ),
  'there is no token to exchange': noCredential(
    'token-service: there is no token to exchange: no SciToken was found: BEARER_TOKEN is not set',
  ),
  'no IDTOKEN was found': noCredential(
    'no credential was found; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d: it does not exist',
  ),

  'the certificate of CN=alice expired at': unreadable(
    'client-certificate: the certificate of CN=alice expired at 2026-01-01T00:00:00.000Z',
  ),
  'it contains no PEM certificate': unreadable('client-certificate: it contains no PEM certificate'),
  'SCITOKENS accepts at most 16380, mode exchange accepts more': unreadable(
    'scitoken: it has 20000 bytes; SCITOKENS accepts at most 16380, mode exchange accepts more',
  ),
  'the token service returned an IDTOKEN': unreadable(
    'token-service: the token service returned an IDTOKEN, which is not supported with mode exchange',
  ),
  'the token service returned no token in': unreadable(
    'token-service: the token service returned no token in access_token or token',
  ),
  'the token service returned an HTML page': unreadable(
    'token-service: the token service returned an HTML page instead of JSON',
  ),
  'not a SciToken': unreadable('scitoken: not a SciToken: it lacks iss or sub'),
  'the password is not a single line of text': unreadable('password: the password is not a single line of text'),
  'not an IDTOKEN': unreadable('idtoken: not an IDTOKEN: it is not three parts of base64url with dots between them'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
