/** A chapter of docs/TROUBLESHOOTING.md: daemons that the collector does not find. */
import type { Chapter } from './chapter.ts';

export const FINDING_THE_DAEMON: Chapter = {
  title: 'Finding the daemon',
  text: 'The collector responded, but the daemon was not found.',
  messages: [
    {
      name: 'the collector knows no schedd named',
      means: 'The name is another one, or the daemon has not told this collector of itself.',
      theirs: ["ERROR: couldn't locate daemon NAME!"],
    },
    {
      name: 'it may be restarting',
      says: 'the collector knows no …; it may be restarting: …',
      means: 'The daemon or the collector restarted, and the daemon is not in the collector yet.',
      theirs: ["ERROR: couldn't locate daemon NAME!"],
    },
    {
      name: 'the collector has several daemons of type schedd',
      means: 'Without `name` there must be one daemon of the type only.',
      theirs: ["Unable to determine default schedd's name."],
    },
    {
      name: 'on this host',
      says: 'no schedd on this host',
      means: 'No pool was given, and no daemon runs here.',
    },
    { name: 'the collector returned no usable address', means: 'The daemon is in the collector, without its address.' },
  ],
};
