/** A chapter of docs/TROUBLESHOOTING.md: errors that a daemon returns, in HTCondor’s own words. */
import type { Chapter } from './chapter.ts';

export const ANSWERS: Chapter = {
  title: 'Replies of the daemon',
  text: 'The message quotes HTCondor. One error number has several meanings, so search for the text. HTCondor’s tool prints the same text after `DAEMON:` and the number.',
  messages: [
    { name: 'Token fetch disabled.', means: 'The administrator has disabled token fetches, at least for this daemon.' },
    {
      name: 'Server will not sign with requested key.',
      means: 'The daemon may not sign fetched tokens with the key in `key`.',
    },
    {
      name: 'Cannot create new session as original one expired.',
      means: 'The credential was valid when the session began, and has expired since.',
    },
    {
      name: "Session doesn't allow requested authorization levels.",
      means: 'A token never has more levels than the credential with which it is fetched.',
    },
    {
      name: 'Server did not successfully authenticate session.',
      also: ['Missing requester identity.'],
      means: 'The daemon maps the credential to no identity, but to `…@unmapped`.',
    },
    {
      name: 'Server does not have access to configured key.',
      also: ['Server does not have a signing key configured.'],
      means: 'HTCondor creates the key POOL only on the collector’s host.',
    },
    {
      name: 'Failed to read file',
      says: 'Failed to read file … securely.',
      means: 'The requested key does not exist on the daemon’s host.',
    },
    {
      name: 'is not known to the collector.',
      says: 'Schedd … is not known to the collector.',
      means: '`remote` does not work with most releases of HTCondor.',
    },
    { name: 'No schedd target specified.', means: '`remote` requires the name of the schedd.' },
    {
      name: 'Request to server was not encrypted.',
      means: 'The daemon issues tokens only over an encrypted session, and refuses to encrypt.',
    },
    {
      name: 'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
      means: 'With `remote`, a token has at most these levels.',
    },
    {
      name: 'Failed to receive response from schedd.',
      means: 'With `remote`, the collector could not reach the schedd.',
    },
    {
      name: 'Issuer namespace is not set',
      also: ['Issuer namespace may not contain spaces or commas'],
      means: 'A daemon requires a trust domain to issue tokens.',
      theirs: ['PASSWD:1:Issuer namespace …'],
    },
    { name: 'Token request disabled.', means: 'The administrator has disabled token requests.' },
    {
      name: 'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
      means: 'A requested token has at most these levels.',
    },
    {
      name: 'Request has expired.',
      also: ['Request ID is not known.'],
      means: 'The daemon no longer has the request.',
    },
    { name: 'Request failed.', means: 'The request was approved, but the daemon could not issue the token.' },
    {
      name: 'Request to server was made using ANONYMOUS or no authentication.',
      means: 'Without a host certificate, the daemon cannot encrypt a session with an unauthenticated client.',
    },
    { name: 'Request rate limit hit.', means: 'The client retries automatically.' },
    {
      name: 'Too many requests in the system.',
      means: 'The daemon accepts no new requests until pending ones are approved or expire.',
    },
    { name: 'SciToken exchange disabled.', means: 'The administrator has disabled the exchange of SciTokens.' },
    {
      name: 'Failed to map SciToken to a local identity.',
      means: 'The SciToken is valid, but no line of the map file maps it to an identity.',
    },
    {
      name: 'Server not built with SciTokens support',
      means: 'Some packages of HTCondor are built without SciTokens.',
    },
    {
      name: 'SCITOKENS:2:Failed to verify token',
      means: 'The rest of the message is the reason why the daemon rejects the SciToken.',
    },
    {
      name: 'the daemon reports error',
      says: 'the daemon reports error …: …',
      means: 'An error that this page does not list.',
    },
  ],
};
