/** A chapter of docs/TROUBLESHOOTING.md: daemons that the collector does not find. */
import type { Chapter } from './chapter.ts';

export const FINDING_THE_DAEMON: Chapter = {
  title: 'Finding the daemon',
  text: 'The collector responded, but the daemon was not found.',
  messages: [
    {
      name: 'the collector lists no schedd named',
      means: 'The name is wrong, or the daemon does not advertise itself to this collector.',
      theirs: ["ERROR: couldn't locate daemon NAME!"],
    },
    {
      name: 'it may be restarting',
      says: 'the collector lists no …; it may be restarting: …',
      means: 'The daemon or the collector restarted, and the daemon has not advertised itself yet.',
      theirs: ["ERROR: couldn't locate daemon NAME!"],
    },
    {
      name: 'the collector has several daemons of type schedd',
      means: 'Without `name`, the pool must have exactly one daemon of the type.',
      theirs: ["Unable to determine default schedd's name."],
    },
    {
      name: 'on this host',
      says: 'no schedd on this host',
      means: '`pool` is not set, and no daemon runs on this host.',
    },
    { name: 'the collector returned no usable address', means: 'The daemon’s ad in the collector has no address.' },
  ],
};
