import { rows } from './hint-rows.ts';

/** Fragments of rows for hint-rows.ts: what to do about Kerberos, by the text of the error. */
const CACHE_FILE =
  'run kinit -c FILE:/tmp/krb5cc before this step and set KRB5CCNAME=FILE:/tmp/krb5cc: other types of caches need the software that keeps them.';

export const KERBEROS_MISSING = rows`
/no credential; KERBEROS: .*of the type \w+ cannot
Workflow: ${CACHE_FILE}
/no credential; KERBEROS:
Workflow: run kinit before this step (klist shows the cache; KRB5CCNAME names another one), or give kerberos-keytab.
`;

export const KERBEROS_UNREADABLE = rows`
/kerberos-cache: .*of the type
Workflow: ${CACHE_FILE}
/kerberos-\w+: .*encryption type
Workflow: give a keytab with AES keys (klist -ke FILE shows types; ktadd -e aes256-cts makes one): DES, 3DES and RC4 are not supported.
/kerberos-(keytab|cache|principal|password)
Workflow: correct kerberos-$1: klist -k FILE shows the principals of a keytab, klist -c FILE that of a cache. In a secret a keytab is base64: base64 -w0 FILE.
`;

export const KERBEROS_CONNECT = rows`
/no KDC of the realm (\S+) can be reached
Network: the KDC must be reachable over TCP: nc -zv KDC 88 on this runner. A site often allows its own networks only.
Workflow: correct the kdc lines of $1 in krb5.conf (KRB5_CONFIG names another file).
`;

/** Reasons of KERBEROS that end before the daemon gets a ticket. */
export const KERBEROS_NOT_SENT = 'its ticket expired at|the KDC of |no KDC of |Kerberos principal';

export const KERBEROS_REFUSED = rows`
/^KERBEROS: .*its ticket expired at
Workflow: run kinit again just before this step, or give kerberos-keytab, which does not expire with a ticket.
/^KERBEROS: .*no KDC of the realm (\S+) is known
Workflow: correct the realm $1, in capitals, or give it a kdc line in [realms] of krb5.conf (KRB5_CONFIG); dig SRV _kerberos._tcp.$1 shows what DNS has.
/^KERBEROS: .*does not know the client (\S+)
Workflow: correct kerberos-principal, which is case-sensitive: klist -k FILE shows the principals of a keytab; $1 was tried.
/^KERBEROS: .*does not know the service (\S+)
Workflow: give in server-name the host name in the daemon's principal; $1 was tried.
Administrator: klist -k on the daemon's host shows its principal. If it has none: kadmin addprinc -randkey $1, then ktadd. A first part other than host: {KERBEROS_SERVER_SERVICE}.
/^KERBEROS: kerberos-password .*rejected the key
Workflow: correct kerberos-password in the secret: kinit PRINCIPAL with it must succeed.
/^KERBEROS: .*rejected the key
Workflow: the keytab is out of date: kvno PRINCIPAL shows the version of the key at the KDC, klist -k FILE that of the keytab. Make a new one with ktadd, and renew the secret.
/^KERBEROS: .*rejects the clock of this host
Runner: set the clock by NTP (timedatectl, chronyc tracking): a KDC tolerates 5 min.
/^KERBEROS: .*(?:locked, disabled or expired|requires a new password)
Workflow: ask the administrator of the realm to enable the account; kinit PRINCIPAL shows the same until then.
/^KERBEROS: .*encryption type
Workflow: give a keytab with all AES keys of the principal (klist -ke FILE shows their types): DES, 3DES and RC4 are not supported.
/^KERBEROS: .*maps the principal to no user
Administrator: the realm needs a line REALM = domain in the file of {KERBEROS_MAP_FILE}; restart the daemon, which reads it once.
/^KERBEROS: .*rejects the ticket for (\S+)
Administrator: the daemon's keytab must have the key of $1, with the version that kvno shows: klist -ke on its host, and {KERBEROS_SERVER_KEYTAB}. Clocks may differ by 5 min.
Workflow: if the daemon is on another host, correct server-name.
/^KERBEROS: .*no host name is known
Workflow: give in server-name the host name in the daemon's principal: klist -k on its host shows it.
/^KERBEROS:
Workflow: kinit -V, then kvno host/DAEMON-HOST on this runner, show whether Kerberos works here.
`;

export const KERBEROS_UNPROVEN = rows`
/^KERBEROS:
Administrator: the daemon's host must have the key of the ticket: klist -ke there, and {KERBEROS_SERVER_KEYTAB}.
`;
