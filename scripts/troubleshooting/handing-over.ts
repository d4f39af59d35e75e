/** A chapter of docs/TROUBLESHOOTING.md: a valid token that cannot be written or exported. */
import type { Chapter } from './chapter.ts';

export const HANDING_OVER: Chapter = {
  title: 'Delivering the token',
  text: 'The daemon issued a valid token, but it could not be delivered. A new run fetches another one.',
  messages: [
    {
      name: 'cannot be written to',
      means: 'The account of this step may not write there, or the disk is full.',
      theirs: ['Cannot write token to …', "Token name isn't a plain filename"],
    },
    {
      name: 'is a symbolic link, which is not followed',
      means: 'A secret is not written where somebody else points to.',
    },
    {
      name: 'the runner did not accept the outputs',
      means: 'The files in which the runner expects them are not there.',
    },
    { name: 'standard output', says: 'standard output: write EPIPE', means: 'Nobody reads any more.' },
  ],
};
