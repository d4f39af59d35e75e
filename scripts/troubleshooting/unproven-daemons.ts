/** A chapter of docs/TROUBLESHOOTING.md: daemons that fail to authenticate themselves. */
import type { Chapter } from './chapter.ts';

export const UNPROVEN_DAEMONS: Chapter = {
  title: 'Daemons that cannot authenticate themselves',
  text: 'Take these errors seriously: the peer may be an impostor.',
  messages: [
    {
      name: 'its certificate is for DNS:ap.pool.test',
      says: 'its certificate is for …, not for …',
      means: 'The daemon’s certificate is trusted, but is for a different host name.',
    },
    {
      name: 'its certificate, or a CA certificate above it, has expired',
      means: 'The host certificate was not renewed.',
    },
    {
      name: 'its certificate is not trusted',
      means: 'This host does not trust the CA that issued the certificate. Many pools have their own CA.',
    },
    {
      name: 'password (condor@password): the daemon has a different secret for it',
      means: 'The client and the daemon have different pool passwords.',
    },
    {
      name: 'key POOL): the daemon has a different secret for it',
      says: 'idtoken (…): the daemon has a different secret for it',
      means: 'The daemon has a key with that name, but the token was signed with a different key.',
    },
  ],
};
