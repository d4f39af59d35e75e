/** What is wrong before anything was sent: inputs, and credentials that are none. */
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

  'is empty, and no other credential is given': noCredential('idtoken is empty, and no other credential is given'),
  'others may use it (mode 0644)': noCredential(
    'there is no credential; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci: others may use it (mode 0644); it must be 0600',
  ),
  'HTCondor ignores files of such a name': noCredential(
    'there is no credential; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d/ci~: HTCondor ignores files of such a name',
  ),
  'is another machine': noCredential(
    'there is no credential for this daemon; FS: this account: 192.0.2.7 is another machine',
  ),
  'which is reached through CCB': noCredential(
    'there is no credential for this daemon; FS: it does not prove who the daemon is, which is reached through CCB',
  ),
  'a SciToken is shown only to a daemon that proves itself': noCredential(
    'a SciToken is shown only to a daemon that proves itself: by IDTOKENS, SCITOKENS, SSL or PASSWORD, not by FS or MUNGE',
  ),
  'this job may not have an OIDC token': noCredential('oidc-audience: this job may not have an OIDC token'),
  'the OIDC service of the runner gives no token': noCredential(
    'oidc-audience: the OIDC service of the runner gives no token: 401: unauthorized',
  ),
  'gives no token: 302': noCredential('token-service: the token service gives no token: 302'),
  'gives no token: 404': noCredential('token-service: the token service gives no token: 404: not_found'),
  unauthorized_client: noCredential(
    'token-service: the token service gives no token: 401: unauthorized_client: Invalid client or Invalid client credentials',
  ),
  'aud: expected': noCredential(
    'token-service: the token service gives no token: 400: invalid_grant: aud: expected https://tokens.example.org, got https://other.example.org',
  ),
  'used already': noCredential(
    'token-service: the token service gives no token: 400: invalid_grant: the job token has been used already (reuse)',
  ),
  'the token service gives no token': noCredential(
    'token-service: the token service gives no token: 403: access_denied: no policy for this repository',
  ),
  'there is no token for it': noCredential(
    'token-service: there is no token for it: no SciToken was found: BEARER_TOKEN is not set',
  ),
  'no IDTOKEN was found': noCredential(
    'there is no credential; IDTOKENS: no IDTOKEN was found; ~/.condor/tokens.d: it does not exist',
  ),

  'the certificate of CN=alice expired at': unreadable(
    'client-certificate: the certificate of CN=alice expired at 2026-01-01T00:00:00.000Z',
  ),
  'it holds no PEM certificate': unreadable('client-certificate: it holds no PEM certificate'),
  'SCITOKENS takes at most 16380, mode exchange more': unreadable(
    'scitoken: it has 20000 bytes; SCITOKENS takes at most 16380, mode exchange more',
  ),
  'the token service answers with an IDTOKEN': unreadable(
    'token-service: the token service answers with an IDTOKEN, which does not go with mode exchange',
  ),
  'the token service answers without a token in': unreadable(
    'token-service: the token service answers without a token in access_token or token',
  ),
  'the token service answers with an HTML page': unreadable(
    'token-service: the token service answers with an HTML page instead of JSON',
  ),
  'not a SciToken': unreadable('scitoken: not a SciToken: it has no iss or no sub'),
  'it is not one line of text': unreadable('password: it is not one line of text'),
  'not an IDTOKEN': unreadable('idtoken: not an IDTOKEN: it is not three parts of base64url with dots between them'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
