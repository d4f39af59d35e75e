/** Errors that occur before any connection is opened: invalid inputs, and missing or unusable credentials. */
import { type AnyHTCondorError, CredentialError, InputError } from '../../../src/errors.ts';
import type { CredentialReason } from '../../../src/reasons.ts';

const noCredential = (reason: CredentialReason, text: string, details = {}) =>
  new CredentialError('ERR_NO_CREDENTIAL', text, { reason, details });
const unreadable = (reason: CredentialReason, text: string) =>
  new CredentialError('ERR_CREDENTIAL_UNREADABLE', text, { reason });

export const OF_INPUTS = {
  'Invalid command line argument: -identity': new InputError('arguments', 'Invalid command line argument: -identity', {
    reason: 'identity-flag',
  }),
  'Invalid command line argument: -frobnicate': new InputError(
    'arguments',
    'Invalid command line argument: -frobnicate',
    { reason: 'unknown-flag' },
  ),
  'configuration cannot be read': new InputError(
    'TRUST_DOMAIN',
    "HTCondor's configuration cannot be read: condor_config_val: cannot read /etc/condor/condor_config",
    { reason: 'configuration' },
  ),
  'is not a lifetime': new InputError('lifetime', 'lifetime: "soon" is not a lifetime'),

  'is empty, and no other credential is provided': noCredential(
    'secret-empty',
    'idtoken is empty, and no other credential is provided',
  ),
  'other accounts can access it (mode 0644)': noCredential(
    'file-exposed',
    'no credential was found; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci: other accounts can access it (mode 0644); the mode must be 0600',
  ),
  'HTCondor ignores files with such a name': noCredential(
    'file-name-ignored',
    'no credential was found; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci~: HTCondor ignores files with such a name',
  ),
  'is another host': noCredential(
    'fs-elsewhere',
    'no credential is usable for this daemon; FS: this account: 192.0.2.7 is another host',
  ),
  'which a connection through CCB requires': noCredential(
    'ccb-needs-proof',
    'no credential is usable for this daemon; FS: it does not authenticate the daemon, which a connection through CCB requires',
  ),
  'a SciToken is sent only to a daemon that authenticates itself': noCredential(
    'scitoken-needs-proof',
    'a SciToken is sent only to a daemon that authenticates itself: with IDTOKENS, SCITOKENS, SSL or PASSWORD, not with FS or MUNGE',
  ),
  'the OIDC service of the runner issued no token': noCredential(
    'job-token-refused',
    'oidc-audience: the OIDC service of the runner issued no token: 401: unauthorized',
  ),
  'issued no token: 302': noCredential('service-redirects', 'token-service: the token service issued no token: 302', {
    status: '302',
  }),
  'issued no token: 404': noCredential(
    'service-not-found',
    'token-service: the token service issued no token: 404: not_found',
  ),
  unauthorized_client: noCredential(
    'unauthorized-client',
    'token-service: the token service issued no token: 401: unauthorized_client: Invalid client or Invalid client credentials',
  ),
  'aud: expected': noCredential(
    'aud-expected',
    'token-service: the token service issued no token: 400: invalid_grant: aud: expected https://tokens.example.org, got https://other.example.org',
  ),
  'used already': noCredential(
    'used-already',
    'token-service: the token service issued no token: 400: invalid_grant: the job token has been used already (reuse)',
  ),
  'the token service issued no token': noCredential(
    'service-refused',
    'token-service: the token service issued no token: 403: access_denied: no policy for this repository',
  ),
  'this job is not permitted to request an OIDC token': noCredential(
    'no-job-token',
    'oidc-audience: this job is not permitted to request an OIDC token',
  ),
  'there is no token to exchange': noCredential(
    'no-token-to-exchange',
    'token-service: there is no token to exchange: no SciToken was found: BEARER_TOKEN is not set',
  ),
  'no IDTOKEN was found': noCredential(
    'no-credential',
    'no credential was found; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d: it does not exist',
  ),

  'the certificate of CN=alice expired at': unreadable(
    'certificate-expired',
    'client-certificate: the certificate of CN=alice expired at 2026-01-01T00:00:00.000Z',
  ),
  'it contains no PEM certificate': unreadable(
    'certificate-unreadable',
    'client-certificate: it contains no PEM certificate',
  ),
  'SCITOKENS accepts at most 16380; mode exchange accepts more': unreadable(
    'scitoken-too-long',
    'scitoken: it has 20000 bytes; SCITOKENS accepts at most 16380; mode exchange accepts more',
  ),
  'the token service returned an IDTOKEN': unreadable(
    'service-idtoken',
    'token-service: the token service returned an IDTOKEN, which is not supported with mode exchange',
  ),
  'the token service returned no token in': unreadable(
    'service-no-token',
    'token-service: the token service returned no token in access_token or token',
  ),
  'the token service returned an HTML page': unreadable(
    'service-html',
    'token-service: the token service returned an HTML page instead of JSON',
  ),
  'not a SciToken': unreadable('scitoken-malformed', 'scitoken: not a SciToken: it lacks iss or sub'),
  'the password is not a single line of text': unreadable(
    'password-malformed',
    'password: the password is not a single line of text',
  ),
  'not an IDTOKEN': unreadable(
    'credential-unreadable',
    'idtoken: not an IDTOKEN: it is not three parts of base64url with dots between them',
  ),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
