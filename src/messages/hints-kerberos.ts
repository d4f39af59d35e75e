import type { CredentialReason, RefusedReason, UnprovenReason, UnsentReason } from '../reasons.ts';

const CACHE_FILE =
  'run kinit -c FILE:/tmp/krb5cc before this step and set KRB5CCNAME=FILE:/tmp/krb5cc: other cache types need the software that stores them.';

const IN_KEYTAB =
  "in the daemon's keytab: on its host, klist -ke shows the keys, and {KERBEROS_SERVER_KEYTAB} the file.";

const HOST_IN_PRINCIPAL = "W: set server-name to the host name in the daemon's principal";

/** Hints for Kerberos credentials. */
export const KERBEROS_CREDENTIALS = {
  'kerberos-cache-type': `W: ${CACHE_FILE}`,
  'no-kerberos-credential': `W: run kinit before this step (klist shows the cache; KRB5CCNAME selects another one), or set kerberos-keytab.`,
  'encryption-type': `W: provide a keytab with AES keys (klist -ke FILE shows the types; ktadd -e aes256-cts creates one): DES, 3DES and RC4 are not supported.`,
  'kerberos-unreadable': `W: correct $input: klist -k FILE shows the principals of a keytab, and klist -c FILE the principal of a cache. In a secret, store the keytab as base64: base64 -w0 FILE.`,
} satisfies Partial<Record<CredentialReason, string>>;

/** Hint for KERBEROS if no more specific reason is known. */
export const KERBEROS = `W: run kinit -V, then kvno host/DAEMON-HOST, on this runner to check whether Kerberos works there.`;

export const KERBEROS_UNSENT = {
  'ticket-expired': `W: run kinit again just before this step, or set kerberos-keytab, from which the client obtains a new ticket.`,
  'kdc-unknown': `W: correct the realm $realm (in capitals), or add a kdc line for it to [realms] in krb5.conf (KRB5_CONFIG); dig SRV _kerberos._tcp.$realm shows the DNS records.`,
  'client-unknown': `W: correct kerberos-principal, which is case-sensitive: klist -k FILE shows the principals of a keytab; the client requested $client.`,
  'service-unknown': `${HOST_IN_PRINCIPAL}; the client requested $service.
A: klist -k on the daemon's host shows its principal. If there is none, run kadmin addprinc -randkey $service, then ktadd. If the first part of the principal is not host, check {KERBEROS_SERVER_SERVICE}.`,
  'password-rejected': `W: correct kerberos-password in the secret: kinit PRINCIPAL must accept it.`,
  'key-rejected': `W: create a new keytab with ktadd, and renew the secret: kvno PRINCIPAL shows the key version at the KDC, and klist -k FILE the version in the old keytab.`,
  'clock-rejected': `R: synchronize the clock with NTP (timedatectl, chronyc tracking): by default, a KDC tolerates a difference of 5 min.`,
  'account-locked': `W: ask the administrator of the realm to enable the account; kinit PRINCIPAL fails with the same error until then.`,
  'encryption-type': `W: provide a keytab with all AES keys of the principal (klist -ke FILE shows their types): DES, 3DES and RC4 are not supported.`,
  'no-host-name': `${HOST_IN_PRINCIPAL}: klist -k on the daemon's host shows it.`,
  'no-ticket': KERBEROS,
} satisfies Partial<Record<UnsentReason, string>>;

export const KERBEROS_REFUSED = {
  'principal-unmapped': `A: add the line REALM = domain to the daemon's Kerberos map file, then restart the daemon, which reads it only at startup: {KERBEROS_MAP_FILE}.`,
  'ticket-rejected': `A: store the key of $service, with the version that kvno shows, ${IN_KEYTAB} The clocks may differ by at most 5 min.
W: if the daemon is on another host, correct server-name.`,
} satisfies Partial<Record<RefusedReason, string>>;

export const KERBEROS_UNPROVEN = {
  'no-ticket-key': `A: store the key of the ticket ${IN_KEYTAB}`,
} satisfies Partial<Record<UnprovenReason, string>>;
