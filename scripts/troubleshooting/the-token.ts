/** A chapter of docs/TROUBLESHOOTING.md: issued tokens that fail a check. */
import type { Chapter } from './chapter.ts';

export const THE_TOKEN: Chapter = {
  title: 'The received token',
  text: 'The client checks the token before it uses it.',
  messages: [
    {
      name: 'expected-identity is',
      says: 'the token is for …, but expected-identity is …',
      means: 'The secret is somebody else’s.',
    },
    {
      name: 'expected-trust-domain is',
      says: 'the token was issued by …, but expected-trust-domain is …',
      means: 'The daemon is of another pool.',
    },
    {
      name: "but the daemon's trust domain is",
      says: "the token was issued by …, but the daemon's trust domain is …",
      means: 'With `remote` one daemon is asked and another one issues.',
    },
    {
      name: 'which was not requested',
      says: 'the token allows …, which was not requested',
      means: 'A token that is wider than asked is not delivered.',
    },
    {
      name: 'the daemon granted less than requested',
      means:
        'HTCondor cuts levels and lifetimes without a word. With `on-reduced: warn`, the default, this is a warning.',
    },
    {
      name: 'restricted to READ, which does not include WRITE',
      says: 'the new token is restricted to …, which does not include …',
      means: 'A token never has more authorization levels than the credential that it was fetched with.',
    },
    {
      name: 'the daemon denied ADMINISTRATOR for',
      says: 'the daemon does not allow … to … with the new token',
      means: '`verify` found that the pool does not allow the identity what the token would.',
    },
    {
      name: 'the daemon rejected the new token',
      means: '`verify` found that the token is of no use where it shall be used.',
    },
    {
      name: 'the reply contains no token',
      means: 'An answer that HTCondor never gives.',
      theirs: ['(nothing at all, and exit status 0)'],
    },
    { name: 'the reply contains neither a token nor a request id', means: 'The daemon answers without words.' },
  ],
};
