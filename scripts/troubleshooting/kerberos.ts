/** A chapter of docs/TROUBLESHOOTING.md: refusals of a KDC, or of a daemon with KERBEROS. */
import type { Chapter } from './chapter.ts';

export const KERBEROS: Chapter = {
  title: 'Kerberos',
  text: 'The client reads a ticket from a cache or requests one from the KDC, and sends it to the daemon. HTCondor’s tools report all of these as `AUTHENTICATE:1004:Failed to authenticate using KERBEROS`; `condor_token_fetch -debug` prints the message of libkrb5.',
  messages: [
    {
      name: 'KERBEROS: credential cache',
      says: 'KERBEROS: credential cache …: it does not exist',
      means: 'KERBEROS was selected, but there is neither a ticket nor a keytab.',
      theirs: ['KERBEROS: No credentials cache found'],
    },
    {
      name: 'a credential cache of the type KCM cannot be read',
      says: 'a credential cache of the type KCM cannot be read …',
      means: 'Caches of the types `KCM`, `KEYRING` and `API` are not files, so the client cannot read them.',
    },
    {
      name: 'kerberos-keytab: its keys have the encryption type arcfour-hmac',
      says: 'kerberos-keytab: its keys have the encryption type …, which is not supported',
      means: 'The keytab has no AES key.',
    },
    { name: 'kerberos-keytab: it is not a keytab', means: 'The value is not a keytab, or only a part of one.' },
    {
      name: 'no KDC of the realm POOL.TEST can be reached',
      says: 'no KDC of the realm … can be reached',
      means: 'None of the KDCs in krb5.conf or DNS accepts a connection. The fetch is retried.',
      theirs: ['KERBEROS: Cannot contact any KDC for realm'],
    },
    {
      name: 'no KDC of the realm POOL.TEST can be found',
      says: 'no KDC of the realm … can be found: DNS does not respond',
      means: 'krb5.conf has no KDC of the realm, and no DNS server responded. The fetch is retried.',
    },
    {
      name: 'its ticket expired at',
      means: 'All tickets in the cache have expired. The client sent none.',
      theirs: ['KERBEROS: Ticket expired'],
    },
    {
      name: 'no KDC of the realm NOWHERE.TEST is known',
      says: 'no KDC of the realm … is known',
      means: 'Neither krb5.conf nor DNS lists a KDC for the realm.',
      theirs: ['KERBEROS: Cannot find KDC for realm'],
    },
    {
      name: 'does not know the client nobody@POOL.TEST',
      says: 'the KDC of … does not know the client …',
      means: 'The realm has no such principal.',
    },
    {
      name: 'does not know the service host/unknown.pool.test@POOL.TEST',
      says: 'the KDC of … does not know the service …',
      means: 'The client derives the principal from `server-name`, or from the host name in the daemon’s address.',
      theirs: ['KERBEROS: Server not found in Kerberos database'],
    },
    {
      name: 'kerberos-password (alice@POOL.TEST): the KDC of POOL.TEST rejected the key',
      says: 'kerberos-password (…): the KDC of … rejected the key of …',
      means: 'The password is wrong.',
    },
    {
      name: 'the KDC of POOL.TEST rejected the key of stale@POOL.TEST',
      says: 'kerberos-keytab (kvno …) (…): the KDC of … rejected the key of …',
      means: 'The key in the keytab is not the current one.',
    },
    {
      name: 'the KDC of POOL.TEST rejects the clock of this host',
      says: 'the KDC of … rejects the clock of this host, which shows …; the clock of the KDC shows …',
      means: 'The two clocks differ by more than the KDC tolerates.',
      theirs: ['KERBEROS: Clock skew too great'],
    },
    {
      name: 'has locked, disabled or expired the client',
      means: 'The principal exists but cannot be used.',
    },
    {
      name: 'supports none of the encryption types',
      means: 'Client and KDC have no encryption type in common.',
      theirs: ['KERBEROS: KDC has no support for encryption type'],
    },
    {
      name: 'the daemon maps the principal to no user',
      means: 'The ticket was accepted, but the daemon has no domain for its realm.',
      theirs: ['Unable to map Kerberos name'],
    },
    {
      name: 'the daemon rejects the ticket for host/ap.pool.test@POOL.TEST',
      says: 'the daemon rejects the ticket for …',
      means: 'The daemon sends no reason, but logs it. Its keytab is unreadable, or lacks the current key.',
      theirs: ['2: Kerberos server authentication error'],
    },
    {
      name: 'the daemon rejects the ticket for host/elsewhere.pool.test@POOL.TEST',
      says: 'the daemon rejects the ticket for …, which is another host',
      means: 'The ticket is for the host in `server-name`, but the daemon runs on a different one.',
    },
    {
      name: 'no host name is known for its Kerberos principal',
      means: 'A ticket is issued for a host name, but only an IP address is known.',
    },
    {
      name: 'the daemon does not have the key of its ticket',
      means: 'The daemon responded, but did not prove that it has the key of this host.',
    },
  ],
};
