/** A chapter of docs/TROUBLESHOOTING.md: daemons that fail to authenticate themselves. */
import type { Chapter } from './chapter.ts';

export const UNPROVEN_DAEMONS: Chapter = {
  title: 'Daemons that cannot authenticate themselves',
  text: 'Take this seriously: the peer may be an impostor.',
  messages: [
    {
      name: 'its certificate is for DNS:ap.pool.test',
      says: 'its certificate is for …, not for …',
      means: 'The daemon has a trusted certificate of another name.',
    },
    {
      name: 'its certificate, or a CA certificate above it, has expired',
      means: 'The host certificate was not renewed.',
    },
    {
      name: 'its certificate is not trusted',
      means: 'This machine does not know who issued it. Many pools have an authority of their own.',
    },
    {
      name: 'password (condor@password): the daemon has a different secret for it',
      means: 'Both sides have a pool password, but not the same.',
    },
    {
      name: 'key POOL): the daemon has a different secret for it',
      says: 'idtoken (…): the daemon has a different secret for it',
      means: 'The daemon has a key of that name, but the token was signed with another one.',
    },
  ],
};
