/** Errors that daemons return instead of a token, in HTCondor’s words. */
import { type AnyHTCondorError, DaemonError } from '../../../src/errors.ts';

export const OF_DAEMONS = {
  'Token fetch disabled.': new DaemonError(44, 'Token fetch disabled.'),
  'Server will not sign with requested key.': new DaemonError(3, 'Server will not sign with requested key.'),
  'Cannot create new session as original one expired.': new DaemonError(
    3,
    'Cannot create new session as original one expired.',
  ),
  "Session doesn't allow requested authorization levels.": new DaemonError(
    4,
    "Session doesn't allow requested authorization levels.",
  ),
  'Server did not successfully authenticate session.': new DaemonError(
    2,
    'Server did not successfully authenticate session.',
  ),
  'Server does not have access to configured key.': new DaemonError(
    1,
    'Server does not have access to configured key.',
  ),
  'Server does not have a signing key configured.': new DaemonError(
    4,
    'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.|TOKEN_UTILS:4:Server does not have a signing key configured.',
  ),
  'Failed to read file': new DaemonError(1, 'TOKEN:1:Failed to read file /etc/condor/passwords.d/CI securely.'),
  'is not known to the collector.': new DaemonError(5, 'Schedd ci@pool is not known to the collector.'),
  'No schedd target specified.': new DaemonError(4, 'No schedd target specified.'),
  'Missing requester identity.': new DaemonError(1, 'Missing requester identity.'),
  'Request to server was not encrypted.': new DaemonError(3, 'Request to server was not encrypted.'),
  'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting': new DaemonError(
    2,
    'SCHEDD:2:All requested authorizations were eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
  ),
  'Failed to receive response from schedd.': new DaemonError(5, 'DCSCHEDD:5:Failed to receive response from schedd.'),
  'Issuer namespace is not set': new DaemonError(1, 'PASSWD:1:Issuer namespace is not set'),
  'Issuer namespace may not contain spaces or commas': new DaemonError(
    1,
    'PASSWD:1:Issuer namespace may not contain spaces or commas',
  ),
  'Token request disabled.': new DaemonError(44, 'Token request disabled.'),
  'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting': new DaemonError(
    3,
    'All requested authorizations were eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
  ),
  'Request has expired.': new DaemonError(5, 'Request has expired.'),
  'Request ID is not known.': new DaemonError(3, 'Request ID is not known.'),
  'Request failed.': new DaemonError(4, 'Request failed.'),
  'Request to server was made using ANONYMOUS or no authentication.': new DaemonError(
    7,
    'Request to server was made using ANONYMOUS or no authentication.',
  ),
  'Request rate limit hit.': new DaemonError(5, 'Request rate limit hit.'),
  'Too many requests in the system.': new DaemonError(3, 'Too many requests in the system.'),
  'SciToken exchange disabled.': new DaemonError(44, 'SciToken exchange disabled.'),
  'Failed to map SciToken to a local identity.': new DaemonError(5, 'Failed to map SciToken to a local identity.'),
  'Server not built with SciTokens support': new DaemonError(2, 'Server not built with SciTokens support'),
  'SCITOKENS:2:Failed to verify token': new DaemonError(
    2,
    'SCITOKENS:2:Failed to verify token and generate ACLs: token verification failed: aud claim',
  ),
  'the daemon reports error': new DaemonError(17, 'something new'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
