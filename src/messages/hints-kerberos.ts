import { rows } from './hint-rows.ts';

/** Hints for Kerberos, by the text of the error. */
const CACHE_FILE =
  'run kinit -c FILE:/tmp/krb5cc before this step and set KRB5CCNAME=FILE:/tmp/krb5cc: other cache types need the software that stores them.';

export const KERBEROS_MISSING = rows`
/no credential was found; KERBEROS: [^;]*of the type \w+ cannot
Workflow: ${CACHE_FILE}
/no credential was found; KERBEROS:
Workflow: run kinit before this step (klist shows the cache; KRB5CCNAME names another one), or set kerberos-keytab.
`;

export const KERBEROS_UNREADABLE = rows`
/kerberos-cache: [^:]*of the type
Workflow: ${CACHE_FILE}
/kerberos-\w+: .*encryption type
Workflow: provide a keytab with AES keys (klist -ke FILE shows types; ktadd -e aes256-cts creates one): DES, 3DES and RC4 are not supported.
/kerberos-(keytab|cache|principal|password)
Workflow: correct kerberos-$1: klist -k FILE shows the principals of a keytab, klist -c FILE that of a cache. In a secret a keytab is base64: base64 -w0 FILE.
`;

export const KERBEROS_CONNECT = rows`
/no KDC of the realm (\S+) can be found
Network: check that a DNS server responds to this runner: dig SRV _kerberos._tcp.$1 shows the KDCs.
Workflow: or add a kdc line for $1 to [realms] of krb5.conf (KRB5_CONFIG names another file), which needs no DNS.
/no KDC of the realm (\S+) can be reached
Network: check that the KDC is reachable over TCP: nc -zv KDC 88 on this runner. Many sites allow only their own networks.
Workflow: correct the kdc lines of $1 in krb5.conf (KRB5_CONFIG names another file).
`;

/** Reasons of KERBEROS for which the daemon receives no ticket. */
export const KERBEROS_NOT_SENT = 'its ticket expired at|the KDC of |no KDC of |Kerberos principal';

export const KERBEROS_REFUSED = rows`
/^KERBEROS: .*its ticket expired at
Workflow: run kinit again just before this step, or set kerberos-keytab, which does not expire with a ticket.
/^KERBEROS: .*no KDC of the realm (\S+) is known
Workflow: correct the realm $1, in capitals, or add a kdc line for it in [realms] of krb5.conf (KRB5_CONFIG); dig SRV _kerberos._tcp.$1 shows the DNS records.
/^KERBEROS: .*does not know the client (\S+)
Workflow: correct kerberos-principal, which is case-sensitive: klist -k FILE shows the principals of a keytab; the client requested $1.
/^KERBEROS: .*does not know the service (\S+)
Workflow: set server-name to the host name in the daemon's principal; the client requested $1.
Administrator: klist -k on the daemon's host shows its principal. If it has none: kadmin addprinc -randkey $1, then ktadd. A first part other than host: {KERBEROS_SERVER_SERVICE}.
/^KERBEROS: kerberos-password .*rejected the key
Workflow: correct kerberos-password in the secret: kinit PRINCIPAL with it must succeed.
/^KERBEROS: .*rejected the key
Workflow: the keytab is out of date: kvno PRINCIPAL shows the version of the key at the KDC, klist -k FILE that of the keytab. Create a new one with ktadd, and renew the secret.
/^KERBEROS: .*rejects the clock of this host
Runner: synchronize the clock with NTP (timedatectl, chronyc tracking): a KDC tolerates a difference of 5 min.
/^KERBEROS: .*(?:locked, disabled or expired|requires a new password)
Workflow: ask the administrator of the realm to enable the account; kinit PRINCIPAL shows the same until then.
/^KERBEROS: .*encryption type
Workflow: provide a keytab with all AES keys of the principal (klist -ke FILE shows their types): DES, 3DES and RC4 are not supported.
/^KERBEROS: .*maps the principal to no user
Administrator: add a line REALM = domain for the realm to the file of {KERBEROS_MAP_FILE}; restart the daemon, which reads it only at startup.
/^KERBEROS: .*rejects the ticket for (\S+)
Administrator: store the key of $1 in the daemon's keytab, with the version that kvno shows: klist -ke on its host, and {KERBEROS_SERVER_KEYTAB}. Clocks may differ by 5 min.
Workflow: if the daemon is on another host, correct server-name.
/^KERBEROS: .*no host name is known
Workflow: set server-name to the host name in the daemon's principal: klist -k on its host shows it.
/^KERBEROS:
Workflow: kinit -V, then kvno host/DAEMON-HOST on this runner, show whether Kerberos works on this host.
`;

export const KERBEROS_UNPROVEN = rows`
/^KERBEROS:
Administrator: store the key of the ticket on the daemon's host: klist -ke there, and {KERBEROS_SERVER_KEYTAB}.
`;
