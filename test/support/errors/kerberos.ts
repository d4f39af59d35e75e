/** Kerberos errors, caused by credentials, the KDC, or the daemon's keytab. */
import { type AnyHTCondorError, AuthenticationError, ConnectError, CredentialError } from '../../../src/errors.ts';
import type { AttemptReason } from '../../../src/reasons.ts';

const refused = (kind: AttemptReason, reason: string, details = {}) =>
  new AuthenticationError('ERR_METHODS_EXHAUSTED', 'the daemon accepted none of the credentials', [
    { method: 'KERBEROS', reason, kind, details },
  ]);
const KEYTAB = 'kerberos-keytab (kvno 1) (alice@POOL.TEST)';
const PASSWORD = 'kerberos-password (alice@POOL.TEST)';

export const OF_KERBEROS = {
  'KERBEROS: credential cache': new CredentialError(
    'ERR_NO_CREDENTIAL',
    'no credential was found; KERBEROS: credential cache /tmp/krb5cc_1000: it does not exist',
    { reason: 'no-kerberos-credential' },
  ),
  'a credential cache of the type KCM cannot be read': new CredentialError(
    'ERR_NO_CREDENTIAL',
    'no credential was found; KERBEROS: credential cache KCM:1000: a credential cache of the type KCM cannot be read; only FILE and DIR are supported',
    { reason: 'kerberos-cache-type' },
  ),
  'kerberos-keytab: its keys have only unsupported encryption types: arcfour-hmac': new CredentialError(
    'ERR_CREDENTIAL_UNREADABLE',
    'kerberos-keytab: its keys have only unsupported encryption types: arcfour-hmac',
    { reason: 'encryption-type' },
  ),
  'kerberos-keytab: it is not a keytab': new CredentialError(
    'ERR_CREDENTIAL_UNREADABLE',
    'kerberos-keytab: it is not a keytab of format 0x0502',
    { reason: 'kerberos-unreadable', details: { input: 'kerberos-keytab' } },
  ),
  'no KDC of the realm POOL.TEST can be reached': new ConnectError(
    'ERR_CONNECT',
    'no KDC of the realm POOL.TEST can be reached: no connection to 127.0.0.1:88: connection refused',
    { reason: 'kdc-unreachable', details: { realm: 'POOL.TEST' } },
  ),
  'no KDC of the realm POOL.TEST can be found': new ConnectError(
    'ERR_CONNECT',
    'no KDC of the realm POOL.TEST can be found: DNS does not respond (ETIMEOUT)',
    { reason: 'kdc-lookup-failed', details: { realm: 'POOL.TEST' } },
  ),
  'its ticket expired at': refused(
    'ticket-expired',
    '/tmp/krb5cc_1000 (alice@POOL.TEST): its ticket expired at 2026-01-01T00:00:00.000Z',
  ),
  'no KDC of the realm NOWHERE.TEST is known': refused(
    'kdc-unknown',
    'kerberos-password (alice@NOWHERE.TEST): no KDC of the realm NOWHERE.TEST is known: neither krb5.conf nor DNS lists one',
    { realm: 'NOWHERE.TEST' },
  ),
  'does not know the client nobody@POOL.TEST': refused(
    'client-unknown',
    'kerberos-password (nobody@POOL.TEST): the KDC of POOL.TEST does not know the client nobody@POOL.TEST (CLIENT_NOT_FOUND)',
    { client: 'nobody@POOL.TEST' },
  ),
  'does not know the service host/unknown.pool.test@POOL.TEST': refused(
    'service-unknown',
    `${KEYTAB}: the KDC of POOL.TEST does not know the service host/unknown.pool.test@POOL.TEST (SERVER_NOT_FOUND)`,
    { service: 'host/unknown.pool.test@POOL.TEST' },
  ),
  'kerberos-password (alice@POOL.TEST): the KDC of POOL.TEST rejected the key': refused(
    'password-rejected',
    `${PASSWORD}: the KDC of POOL.TEST rejected the key of alice@POOL.TEST (PREAUTH_FAILED)`,
  ),
  'the KDC of POOL.TEST rejected the key of stale@POOL.TEST': refused(
    'key-rejected',
    'kerberos-keytab (kvno 1) (stale@POOL.TEST): the KDC of POOL.TEST rejected the key of stale@POOL.TEST (PREAUTH_FAILED)',
  ),
  'the KDC of POOL.TEST rejects the clock of this host': refused(
    'clock-rejected',
    `${KEYTAB}: the KDC of POOL.TEST rejects the clock of this host, which shows 2026-01-01T01:00:00Z; the clock of the KDC shows 2026-01-01T00:00:00Z`,
  ),
  'is locked, disabled or expired': refused(
    'account-locked',
    'kerberos-password (locked@POOL.TEST): the KDC of POOL.TEST reports that the client locked@POOL.TEST is locked, disabled or expired',
  ),
  'supports none of the encryption types': refused(
    'encryption-type',
    `${KEYTAB}: the KDC of POOL.TEST supports none of the encryption types for alice@POOL.TEST and host/ap.pool.test@POOL.TEST`,
  ),
  'the daemon does not map the principal to a user': refused(
    'principal-unmapped',
    'kerberos-password (alice@STRANGE.TEST): the daemon does not map the principal to a user (KERBEROS_MAP_FILE)',
  ),
  'the daemon rejects the ticket for host/ap.pool.test@POOL.TEST': refused(
    'ticket-rejected',
    `${KEYTAB}: the daemon rejects the ticket for host/ap.pool.test@POOL.TEST without a reason: its keytab is missing, unreadable or has another key, or the clocks differ`,
    { service: 'host/ap.pool.test@POOL.TEST' },
  ),
  'the daemon rejects the ticket for host/elsewhere.pool.test@POOL.TEST': refused(
    'ticket-rejected',
    `${KEYTAB}: the daemon rejects the ticket for host/elsewhere.pool.test@POOL.TEST without a reason: its keytab is missing, unreadable or has another key, or the clocks differ`,
    { service: 'host/elsewhere.pool.test@POOL.TEST' },
  ),
  'no host name is known for its Kerberos principal': refused(
    'no-host-name',
    `${KEYTAB}: no host name is known for its Kerberos principal; set server-name, or use a host name instead of an IP address`,
  ),
  'the daemon does not have the key of its ticket': new AuthenticationError(
    'ERR_SERVER_UNPROVEN',
    'the daemon failed to authenticate itself',
    [
      {
        method: 'KERBEROS',
        reason: `${KEYTAB}: the daemon does not have the key of its ticket`,
        kind: 'no-ticket-key',
      },
    ],
  ),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
