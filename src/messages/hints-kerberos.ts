import type { CredentialReason, RefusedReason, UnprovenReason, UnsentReason } from '../reasons.ts';

const CACHE_FILE =
  'run kinit -c FILE:/tmp/krb5cc before this step and set KRB5CCNAME=FILE:/tmp/krb5cc, because the client can read only caches that are files.';

const IN_KEYTAB =
  "in the daemon's keytab: on the daemon's host, klist -ke shows the keys, and {KERBEROS_SERVER_KEYTAB} shows the path.";

const HOST_IN_PRINCIPAL = "W: set server-name to the host name in the daemon's principal";

/** Hints for Kerberos credentials. */
export const KERBEROS_CREDENTIALS = {
  'kerberos-cache-type': `W: ${CACHE_FILE}`,
  'no-kerberos-credential': `W: run kinit before this step (klist shows the cache; KRB5CCNAME selects another one), or set kerberos-keytab.`,
  'encryption-type': `W: provide a keytab with AES keys (klist -ke FILE shows the key types; ktadd -e aes256-cts creates an AES key): DES, 3DES and RC4 are not supported.`,
  'kerberos-unreadable': `W: correct $input: klist -k FILE shows the principals of a keytab, and klist -c FILE shows the principal of a cache. To store a keytab in a secret, encode it with base64 -w0 FILE.`,
} satisfies Partial<Record<CredentialReason, string>>;

/** Hint for a failure of KERBEROS whose specific reason is unknown. */
export const KERBEROS = `W: run kinit -V, then kvno host/DAEMON-HOST, on this runner to check whether Kerberos works there.`;

export const KERBEROS_UNSENT = {
  'ticket-expired': `W: run kinit again just before this step, or set kerberos-keytab, with which the client obtains a new ticket.`,
  'kdc-unknown': `W: correct the realm $realm (usually in capitals), or add a kdc line for it to [realms] in krb5.conf; dig SRV _kerberos._tcp.$realm shows the DNS records.`,
  'client-unknown': `W: correct kerberos-principal, which is case-sensitive: the client sent $client to the KDC; klist -k FILE shows the principals of a keytab.`,
  'service-unknown': `${HOST_IN_PRINCIPAL}; the client requested a ticket for $service.
A: check the daemon's principal with klist -k on its host. If there is none, run kadmin addprinc -randkey $service, then ktadd. If the first part of the principal is not host, check {KERBEROS_SERVER_SERVICE}.`,
  'password-rejected': `W: correct kerberos-password in the secret: kinit PRINCIPAL must accept it.`,
  'key-rejected': `W: create a new keytab with ktadd, and store it in the secret: kvno PRINCIPAL shows the key version at the KDC, and klist -k FILE shows the version in the old keytab.`,
  'clock-rejected': `R: synchronize the clock with NTP, and check it with timedatectl or chronyc tracking: by default, a KDC tolerates at most 5 min of skew.`,
  'account-locked': `W: ask the realm's administrator to enable the account; until then, kinit PRINCIPAL fails with the same error.`,
  'encryption-type': `W: provide a keytab with all of the principal's AES keys (klist -ke FILE shows their types): DES, 3DES and RC4 are not supported.`,
  'no-host-name': `${HOST_IN_PRINCIPAL}: klist -k on the daemon's host shows it.`,
  'no-ticket': KERBEROS,
} satisfies Partial<Record<UnsentReason, string>>;

export const KERBEROS_REFUSED = {
  'principal-unmapped': `A: add the line REALM = domain to the daemon's Kerberos map file, then restart the daemon, which reads the file only at startup: {KERBEROS_MAP_FILE}.`,
  'ticket-rejected': `A: store the key of $service, with the version that kvno shows, ${IN_KEYTAB} The clocks must not differ by more than 5 min.
W: if the principal names the wrong host, correct server-name.`,
} satisfies Partial<Record<RefusedReason, string>>;

export const KERBEROS_UNPROVEN = {
  'no-ticket-key': `A: store the ticket's key ${IN_KEYTAB}`,
} satisfies Partial<Record<UnprovenReason, string>>;
