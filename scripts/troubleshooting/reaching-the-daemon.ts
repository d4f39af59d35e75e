/** A chapter of docs/TROUBLESHOOTING.md: daemons that cannot be reached. */
import type { Chapter } from './chapter.ts';

export const REACHING_THE_DAEMON: Chapter = {
  title: 'Reaching the daemon',
  text: 'Usually the network. The client retries `retries` times, and retries a daemon that restarts until `timeout`.',
  messages: [
    {
      name: 'the token service returned status 503',
      means: 'The token service works, but cannot issue a token now: too many requests, or an unusable seed.',
    },
    {
      name: 'no response from https://',
      means: 'The service that makes the credential is not reached, or its certificate is not trusted.',
    },
    {
      name: ': the time limit expired',
      says: 'no response from https://…: the time limit expired',
      means: 'The service accepts no connection, or accepts one and sends no response within `timeout`.',
    },
    {
      name: 'did not connect to',
      says: 'the proxy … did not connect to …',
      means: 'The proxy of the runner refuses the connection, needs a password (407), or cannot be reached.',
    },
    { name: 'does not resolve', says: 'the host name … does not resolve', means: 'DNS does not know the host.' },
    {
      name: 'no connection to 10.',
      says: 'no connection to 10.… (172.16.… to 172.31.…, 192.168.…)',
      means: 'The address is private: it means something in its own network only.',
      theirs: ["DAEMON:1:Failed to connect to remote daemon at '<10.…>'"],
    },
    {
      name: 'connection refused',
      means: 'The machine is there, and nothing listens at this port.',
      theirs: ["DAEMON:1:Failed to connect to remote daemon at '<…>'", 'SECMAN:2003:TCP connection to … failed'],
    },
    {
      name: 'no connection to 192.0.2.7:9618: no response',
      says: 'no connection to …: no response',
      means: 'A firewall is in between, or the machine is down.',
      theirs: ["DAEMON:1:Failed to connect to remote daemon at '<…>'", 'SECMAN:2003:TCP connection to … failed'],
    },
    {
      name: 'the time limit expired',
      means: 'The daemon is slow, or something in between is silent.',
      theirs: [
        'SECMAN:2003:… deadline for … has expired',
        'AUTHENTICATE:1002:Failure performing handshake',
        'AUTHENTICATE:1006:exceeded … deadline during authentication',
      ],
    },
    {
      name: 'was not approved within the time limit',
      says: 'request … was not approved within the time limit',
      means: 'Mode request waits until an administrator approves.',
    },
    { name: 'cancelled', means: 'The job was cancelled, or Ctrl-C was pressed.' },
    {
      name: 'the peer closed the connection',
      means:
        'A daemon does not say why it hangs up: because both sides want things that exclude each other, or because behind its port nobody has the name in `sock=`.',
      theirs: [
        'SECMAN:2007:Read failure during security negotiation.',
        'SECMAN:2007:Failed to received post-auth ClassAd',
        'SECMAN:2011:Connection closed during command authorization. Probably due to an unknown command.',
      ],
    },
    {
      name: 'no daemon is currently registered with that id',
      means: 'The broker that the address names is there, and does not know the daemon any more.',
    },
    {
      name: 'nor through CCB',
      says: 'the daemon can be reached neither directly (…) nor through CCB (…)',
      means: 'The daemon is behind a firewall, and its broker could not help.',
    },
    { name: 'it responds like a web server (HTTP)', means: 'Host or port is that of a web server.' },
    { name: 'it responds like a TLS server', means: 'Host or port is that of something that speaks TLS.' },
    {
      name: 'the peer does not speak CEDAR (its first byte is',
      also: ['a message ends too early', 'a line is not an attribute'],
      means: 'It is no daemon of HTCondor, or a very old one; or this client has a bug.',
      theirs: ['BUG! … malformed ad'],
    },
    {
      name: 'an encrypted frame is not authentic',
      means: 'Bytes were changed on the way, after both sides had agreed on a key.',
    },
  ],
};
