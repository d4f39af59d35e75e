/** A chapter of docs/TROUBLESHOOTING.md: commands that a daemon denies to an authenticated client. */
import type { Chapter } from './chapter.ts';

export const PERMISSIONS: Chapter = {
  title: 'Permissions',
  text: 'The daemon knows the identity of the client, or that it has none, and denies the command.',
  messages: [
    {
      name: 'maps it to no identity (ssl@unmapped)',
      says: 'the daemon accepts the credential but maps it to no identity (…@unmapped)',
      means: 'The certificate or SciToken is valid, but no line of the map file maps it to an identity.',
    },
    {
      name: 'while: locate',
      says: 'the daemon replied DENIED to the command; it authenticated the client as … (ERR_DENIED, while: locate …)',
      means: 'The collector does not authorize this identity to query it.',
      theirs: [
        'SECMAN:2010:Received "DENIED" from server for user … using method …',
        "ERROR: couldn't locate daemon NAME!",
      ],
    },
    {
      name: 'it authenticated the client as bob@pool.test',
      says: 'the daemon replied DENIED to the command; it authenticated the client as …',
      means: 'The daemon does not authorize this identity.',
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
      means: 'Daemons of this type or release do not issue tokens.',
      theirs: ['SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.'],
    },
  ],
};
