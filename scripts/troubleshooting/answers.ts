/** A chapter of docs/TROUBLESHOOTING.md: errors that a daemon returns, in HTCondor’s own words. */
import type { Chapter } from './chapter.ts';

export const ANSWERS: Chapter = {
  title: 'Replies of the daemon',
  text: 'The message quotes HTCondor. One number stands for several errors, so search for the words. HTCondor’s tool prints the same words after `DAEMON:` and the number.',
  messages: [
    { name: 'Token fetch disabled.', means: 'The administrator does not want it, or not from this daemon.' },
    {
      name: 'Server will not sign with requested key.',
      means: '`key` names one that daemons may not use for this.',
    },
    { name: 'Cannot create new session as original one expired.', means: 'It was valid when the session began.' },
    {
      name: "Session doesn't allow requested authorization levels.",
      means: 'A token never allows more than the credential it was fetched with.',
    },
    {
      name: 'Server did not successfully authenticate session.',
      also: ['Missing requester identity.'],
      means: 'For the daemon we are nobody, such as `…@unmapped`.',
    },
    {
      name: 'Server does not have access to configured key.',
      also: ['Server does not have a signing key configured.'],
      means: 'HTCondor makes the key POOL on the machine of the collector only.',
    },
    {
      name: 'Failed to read file',
      says: 'Failed to read file … securely.',
      means: 'The key that was asked for is not there.',
    },
    {
      name: 'is not known to the collector.',
      says: 'Schedd … is not known to the collector.',
      means: '`remote` does not work in most releases of HTCondor.',
    },
    { name: 'No schedd target specified.', means: '`remote` needs the name of the schedd.' },
    {
      name: 'Request to server was not encrypted.',
      means: 'The daemon does not issue tokens in clear, and would not encrypt.',
    },
    {
      name: 'eliminated by the SEC_IMPERSONATION_TOKEN_LIMITS setting',
      means: 'With `remote`, tokens can have these levels at most.',
    },
    {
      name: 'Failed to receive response from schedd.',
      means: 'With `remote`: between collector and schedd something went wrong.',
    },
    {
      name: 'Issuer namespace is not set',
      also: ['Issuer namespace may not contain spaces or commas'],
      means: 'A daemon needs a trust domain to issue tokens.',
      theirs: ['PASSWD:1:Issuer namespace …'],
    },
    { name: 'Token request disabled.', means: 'Mode request is not wanted here.' },
    {
      name: 'eliminated by the SEC_TOKEN_REQUEST_LIMITS setting',
      means: 'Requested tokens can have these levels at most.',
    },
    {
      name: 'Request has expired.',
      also: ['Request ID is not known.'],
      means: 'The daemon has forgotten the request.',
    },
    { name: 'Request failed.', means: 'Somebody approved, and then the token could not be made.' },
    {
      name: 'Request to server was made using ANONYMOUS or no authentication.',
      means: 'Without a certificate of its own the daemon cannot encrypt for somebody whom it does not know.',
    },
    { name: 'Request rate limit hit.', means: 'This is tried again by itself.' },
    { name: 'Too many requests in the system.', means: 'No more can be made until some are gone.' },
    { name: 'SciToken exchange disabled.', means: 'Mode exchange is not wanted here.' },
    {
      name: 'Failed to map SciToken to a local identity.',
      means: 'The SciToken is good, and no line says for whom.',
    },
    { name: 'Server not built with SciTokens support', means: 'Some packages of HTCondor are made without.' },
    {
      name: 'SCITOKENS:2:Failed to verify token',
      means: 'Behind these words stands what is wrong with the SciToken.',
    },
    {
      name: 'the daemon reports error',
      says: 'the daemon reports error …: …',
      means: 'Words that this list does not have.',
    },
  ],
};
