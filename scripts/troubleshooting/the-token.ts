/** A chapter of docs/TROUBLESHOOTING.md: issued tokens that fail a check. */
import type { Chapter } from './chapter.ts';

export const THE_TOKEN: Chapter = {
  title: 'The received token',
  text: 'The client checks the token before it uses it.',
  messages: [
    {
      name: 'expected-identity is',
      says: 'the token is for …, but expected-identity is …',
      means: 'The secret contains a token for another account.',
    },
    {
      name: 'expected-trust-domain is',
      says: 'the token was issued by …, but expected-trust-domain is …',
      means: 'The daemon belongs to another pool.',
    },
    {
      name: "but the daemon's trust domain is",
      says: "the token was issued by …, but the daemon's trust domain is …",
      means: 'With `remote`, the client queries one daemon and another one issues the token.',
    },
    {
      name: 'which was not requested',
      says: 'the token allows …, which was not requested',
      means: 'The client does not deliver a token with more levels than requested.',
    },
    {
      name: 'the daemon granted less than requested',
      means: 'HTCondor silently reduces levels and lifetimes. With `on-reduced: warn`, the default, this is a warning.',
    },
    {
      name: 'restricted to READ, which does not include WRITE',
      says: 'the new token is restricted to …, which does not include …',
      means: 'A token never has more levels than the credential with which it was fetched.',
    },
    {
      name: 'the daemon denied ADMINISTRATOR for',
      says: 'the daemon denied … for … with the new token',
      means: 'The token has the level, but the pool does not authorize the identity for it (`verify`).',
    },
    {
      name: 'the daemon rejected the new token',
      means: 'The daemon does not accept its new token (`verify`).',
    },
    {
      name: 'the reply contains no token',
      means: 'No release of HTCondor sends such a reply.',
      theirs: ['(nothing at all, and exit status 0)'],
    },
    { name: 'the reply contains neither a token nor a request id', means: 'The daemon sent an empty reply.' },
  ],
};
