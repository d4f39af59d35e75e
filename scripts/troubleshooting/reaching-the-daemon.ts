/** A chapter of docs/TROUBLESHOOTING.md: daemons that cannot be reached. */
import type { Chapter } from './chapter.ts';

export const REACHING_THE_DAEMON: Chapter = {
  title: 'Reaching the daemon',
  text: 'The cause is usually the network. The client retries `retries` times; it retries a daemon that restarts until `timeout`.',
  messages: [
    {
      name: 'the token service returned status 503',
      means: 'The token service works, but cannot issue a token now: too many requests, or an unusable seed.',
    },
    {
      name: 'no response from https://',
      means: 'The service that issues the credential is unreachable, or its certificate is not trusted.',
    },
    {
      name: ': the time limit expired',
      says: 'no response from https://…: the time limit expired',
      means: 'The service does not accept the connection, or does not respond within `timeout`.',
    },
    {
      name: 'did not connect to',
      says: 'the proxy … did not connect to …',
      means: 'The runner’s proxy refuses the connection, requires a password (407), or is unreachable.',
    },
    { name: 'does not resolve', says: 'the host name … does not resolve', means: 'DNS has no record of the host.' },
    {
      name: 'no connection to 10.',
      says: 'no connection to 10.… (172.16.… to 172.31.…, 192.168.…)',
      means: 'The address is private: it is valid only in its own network.',
      theirs: ["DAEMON:1:Failed to connect to remote daemon at '<10.…>'"],
    },
    {
      name: 'connection refused',
      means: 'The host responds, but nothing listens on this port.',
      theirs: ["DAEMON:1:Failed to connect to remote daemon at '<…>'", 'SECMAN:2003:TCP connection to … failed'],
    },
    {
      name: 'no connection to 192.0.2.7:9618: no response',
      says: 'no connection to …: no response',
      means: 'A firewall drops the packets, or the host is down.',
      theirs: ["DAEMON:1:Failed to connect to remote daemon at '<…>'", 'SECMAN:2003:TCP connection to … failed'],
    },
    {
      name: 'the time limit expired',
      means: 'The daemon is slow, or a firewall drops the packets.',
      theirs: [
        'SECMAN:2003:… deadline for … has expired',
        'AUTHENTICATE:1002:Failure performing handshake',
        'AUTHENTICATE:1006:exceeded … deadline during authentication',
      ],
    },
    {
      name: 'was not approved within the time limit',
      says: 'request … was not approved within the time limit',
      means: 'With mode request, the step waits until an administrator approves the request.',
    },
    { name: 'cancelled', means: 'The job was cancelled, or Ctrl-C was pressed.' },
    {
      name: 'the peer closed the connection',
      means:
        'A daemon closes the connection without a reason if the two configurations are incompatible, or if no daemon has the name in `sock=`.',
      theirs: [
        'SECMAN:2007:Read failure during security negotiation.',
        'SECMAN:2007:Failed to received post-auth ClassAd',
        'SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.',
      ],
    },
    {
      name: 'no daemon is currently registered with that id',
      means: 'The CCB broker in the address responds, but the daemon is no longer registered with it.',
    },
    {
      name: 'nor through CCB',
      says: 'the daemon can be reached neither directly (…) nor through CCB (…)',
      means: 'The daemon is behind a firewall, and its CCB broker could not connect the client.',
    },
    { name: 'it responds like a web server (HTTP)', means: 'The host and port belong to a web server.' },
    { name: 'it responds like a TLS server', means: 'The host and port belong to a server that uses TLS.' },
    {
      name: 'the peer does not speak CEDAR (its first byte is',
      also: ['a message is truncated', 'a line is not an attribute'],
      means: 'The peer is not an HTCondor daemon or is a very old one, or this client has a bug.',
      theirs: ['BUG! … malformed ad'],
    },
    {
      name: 'an encrypted frame is not authentic',
      means: 'Data was modified in transit, after both sides had agreed on a key.',
    },
  ],
};
