/** Errors that daemons return instead of a token, with HTCondor’s wording. */
import { daemonError } from '../../../src/daemon/daemon-error.ts';
import type { AnyHTCondorError } from '../../../src/errors.ts';

export const OF_DAEMONS = {
  'Token fetch disabled.': daemonError(44, 'Token fetch disabled.'),
  'Server will not sign with requested key.': daemonError(3, 'Server will not sign with requested key.'),
  'Cannot create new session as original one expired.': daemonError(
    3,
    'Cannot create new session as original one expired.',
  ),
  "Session doesn't allow requested authorization levels.": daemonError(
    4,
    "Session doesn't allow requested authorization levels.",
  ),
  'Server did not successfully authenticate session.': daemonError(
    2,
    'Server did not successfully authenticate session.',
  ),
  'Server does not have access to configured key.': daemonError(1, 'Server does not have access to configured key.'),
  'Server does not have a signing key configured.': daemonError(
    4,
    'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.|TOKEN_UTILS:4:Server does not have a signing key configured.',
  ),
  'Failed to read file': daemonError(1, 'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.'),
  'is not known to the collector.': daemonError(5, 'Schedd ci@pool is not known to the collector.'),
  'No schedd target specified.': daemonError(4, 'No schedd target specified.'),
  'Missing requester identity.': daemonError(1, 'Missing requester identity.'),
  'Request to server was not encrypted.': daemonError(3, 'Request to server was not encrypted.'),
  'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting': daemonError(
    2,
    'SCHEDD:2:All requested authorizations were eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
  ),
  'Failed to receive response from schedd.': daemonError(5, 'DCSCHEDD:5:Failed to receive response from schedd.'),
  'Issuer namespace is not set': daemonError(1, 'PASSWD:1:Issuer namespace is not set'),
  'Issuer namespace may not contain spaces or commas': daemonError(
    1,
    'PASSWD:1:Issuer namespace may not contain spaces or commas',
  ),
  'Token request disabled.': daemonError(44, 'Token request disabled.'),
  'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting': daemonError(
    3,
    'All requested authorizations were eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
  ),
  'Request has expired.': daemonError(5, 'Request has expired.'),
  'Request ID is not known.': daemonError(3, 'Request ID is not known.'),
  'Request failed.': daemonError(4, 'Request failed.'),
  'Request to server was made using ANONYMOUS or no authentication.': daemonError(
    7,
    'Request to server was made using ANONYMOUS or no authentication.',
  ),
  'Request rate limit hit.': daemonError(5, 'Request rate limit hit.'),
  'Too many requests in the system.': daemonError(3, 'Too many requests in the system.'),
  'SciToken exchange disabled.': daemonError(44, 'SciToken exchange disabled.'),
  'Failed to map SciToken to a local identity.': daemonError(5, 'Failed to map SciToken to a local identity.'),
  'Server not built with SciTokens support': daemonError(2, 'Server not built with SciTokens support'),
  'SCITOKENS:2:Failed to verify token': daemonError(
    2,
    'SCITOKENS:2:Failed to verify token and generate ACLs: token verification failed: aud claim',
  ),
  'the daemon reports error': daemonError(17, 'something new'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
