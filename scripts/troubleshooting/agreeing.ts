/** A chapter of docs/TROUBLESHOOTING.md: incompatible security configurations. */
import type { Chapter } from './chapter.ts';

export const AGREEING: Chapter = {
  title: 'Negotiating the session',
  text: 'The two configurations exclude each other. The client has sent no credential.',
  messages: [
    { name: 'the daemon does not agree to authenticate', means: 'It is set to `NEVER`.' },
    {
      name: 'the daemon accepts KERBEROS',
      says: 'the client has …; the daemon accepts KERBEROS',
      means: 'The daemon takes nothing but Kerberos tickets.',
      theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method'],
    },
    {
      name: 'the daemon accepts none that the client supports',
      says: 'we have …; the daemon accepts none that the client supports',
      means: 'The daemon takes only what HTCondor itself calls insecure, such as `CLAIMTOBE`.',
    },
    {
      name: 'the daemon accepts FS',
      says: 'the client has …; the daemon accepts FS',
      means: 'People on the daemon’s own machine are let in, and nobody else.',
    },
    {
      name: 'the daemon accepts FS, SSL, SCITOKENS, PASSWORD, MUNGE',
      says: 'the client has …; the daemon accepts …',
      means: 'There is no credential for any of these.',
      theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method'],
    },
    {
      name: 'it offers BLOWFISH',
      says: 'the daemon does not agree to AES encryption (it offers BLOWFISH)',
      means: 'The pool is older than HTCondor 9.0, or is set up as if it were.',
      theirs: ["SECMAN:2002:… suggested a crypto method (BLOWFISH) we don't support"],
    },
    {
      name: 'none of the ciphers',
      says: 'the daemon, HTCondor 25.14.1, accepts none of the ciphers that the client offers (AES)',
      means: 'A token is never fetched in clear.',
      theirs: ['SECMAN:2002:… no mutually-compatible methods'],
    },
  ],
};
