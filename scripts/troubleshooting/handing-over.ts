/** A chapter of docs/TROUBLESHOOTING.md: a valid token that cannot be written or exported. */
import type { Chapter } from './chapter.ts';

export const HANDING_OVER: Chapter = {
  title: 'Delivering the token',
  text: 'The daemon issued a valid token, but it could not be delivered. A new run fetches another one.',
  messages: [
    {
      name: 'cannot be written to',
      means: 'The account of this step cannot write there, or the disk is full.',
      theirs: ['Cannot write token to …', "Token name isn't a plain filename"],
    },
    {
      name: 'is a symbolic link, which is not followed',
      means: 'The client does not follow links, because another account may have created them.',
    },
    {
      name: 'the runner did not accept the outputs',
      means: 'The files in which the runner expects the outputs do not exist.',
    },
    {
      name: 'standard output',
      says: 'standard output: the reader closed the pipe',
      means: 'The command behind the pipe exited before the token was written.',
    },
  ],
};
