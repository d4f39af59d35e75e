/** A chapter of docs/TROUBLESHOOTING.md: commands that a daemon denies to an authenticated client. */
import type { Chapter } from './chapter.ts';

export const PERMISSIONS: Chapter = {
  title: 'Permissions',
  text: 'The daemon knows the identity of the client, or that it has none, and denies the command.',
  messages: [
    {
      name: 'maps it to no identity (ssl@unmapped)',
      says: 'the daemon accepts the credential but maps it to no identity (…@unmapped)',
      means: 'The certificate or SciToken is good, and no line says for whom.',
    },
    {
      name: 'while: locate',
      says: 'the daemon replied DENIED to the command; it authenticated the client as … (ERR_DENIED, while: locate …)',
      means: 'The collector does not let this identity look things up.',
      theirs: [
        'SECMAN:2010:Received "DENIED" from server for user … using method …',
        "ERROR: couldn't locate daemon NAME!",
      ],
    },
    {
      name: 'it authenticated the client as bob@pool.test',
      says: 'the daemon replied DENIED to the command; it authenticated the client as …',
      means: 'The daemon itself refuses.',
      theirs: ['SECMAN:2010:Received "DENIED" from server for user … using method …'],
    },
    {
      name: 'it reported no identity',
      says: 'the daemon replied DENIED to the command; it reported no identity',
      means: 'The session was not authenticated.',
      theirs: ['SECMAN:2010:… using no authentication method'],
    },
    {
      name: 'the daemon does not support the command',
      means: 'It is of a type that issues no tokens, or too old.',
      theirs: ['SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.'],
    },
  ],
};
