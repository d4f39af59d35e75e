/** A chapter of docs/TROUBLESHOOTING.md: incompatible security configurations. */
import type { Chapter } from './chapter.ts';

export const AGREEING: Chapter = {
  title: 'Negotiating the session',
  text: 'The two configurations exclude each other. The client has sent no credential.',
  messages: [
    { name: 'the daemon does not agree to authenticate', means: 'The daemon’s setting for authentication is `NEVER`.' },
    {
      name: 'the daemon accepts KERBEROS',
      says: 'the client has …; the daemon accepts KERBEROS',
      means: 'The daemon accepts only Kerberos tickets.',
      theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method'],
    },
    {
      name: 'the daemon accepts none that the client supports',
      says: 'the client has …; the daemon accepts none that the client supports',
      means: 'The daemon accepts only methods that HTCondor itself calls insecure, such as `CLAIMTOBE`.',
    },
    {
      name: 'the daemon accepts FS',
      says: 'the client has …; the daemon accepts FS',
      means: 'The daemon accepts only accounts of its own host.',
    },
    {
      name: 'the daemon accepts FS, SSL, SCITOKENS, PASSWORD, MUNGE',
      says: 'the client has …; the daemon accepts …',
      means: 'The step has no credential for any of these methods.',
      theirs: ['AUTHENTICATE:1003:Failed to authenticate with any method'],
    },
    {
      name: 'it offers BLOWFISH',
      says: 'the daemon does not agree to AES encryption (it offers BLOWFISH)',
      means: 'The pool runs a release before HTCondor 9.0, or is configured like one.',
      theirs: ["SECMAN:2002:… suggested a crypto method (BLOWFISH) we don't support"],
    },
    {
      name: 'none of the ciphers',
      says: 'the daemon, HTCondor 25.14.1, accepts none of the ciphers that the client offers (AES)',
      means: 'The client never fetches a token in cleartext.',
      theirs: ['SECMAN:2002:… no mutually-compatible methods'],
    },
  ],
};
