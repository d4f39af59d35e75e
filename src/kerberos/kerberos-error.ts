import type { AttemptReason, Details } from '../reasons.ts';

/** Error related to Kerberos, such as a parsing failure or a refusal by the KDC. */
export class KerberosError extends Error {
  readonly kind: AttemptReason;
  /** Values from the error message, for use in hints. */
  readonly details: Details | undefined;

  constructor(message: string, kind: AttemptReason = 'no-ticket', details?: Details) {
    super(message);
    this.kind = kind;
    this.details = details;
  }
}

/** An error that a KDC reported with a KRB-ERROR message (RFC 4120 §5.9.1). */
export class KdcError extends KerberosError {
  readonly code: number;
  /** Content of the e-data field, whose format depends on the error code. Empty if the field is missing. */
  readonly data: Uint8Array;

  constructor(code: number, message: string, data: Uint8Array, kind?: AttemptReason, details?: Details) {
    super(message, kind, details);
    this.code = code;
    this.data = data;
  }
}

export const KDC_ERR = {
  CLIENT_UNKNOWN: 6,
  SERVER_UNKNOWN: 7,
  ETYPE_NOSUPP: 14,
  CLIENT_REVOKED: 18,
  KEY_EXPIRED: 23,
  PREAUTH_FAILED: 24,
  PREAUTH_REQUIRED: 25,
  TICKET_EXPIRED: 32,
  SKEW: 37,
} as const;

/** Relevant fields of a KRB-ERROR. `serverTime` is in seconds since 1970. */
export interface KdcRefusal {
  readonly code: number;
  readonly text: string | undefined;
  readonly serverTime: number;
  readonly data: Uint8Array;
}

/**
 * Returns the error for a refusal by a KDC. `client` and `service` are the principals in the request. `realm` is the
 * KDC's realm, and `now` is the time on this host. `isPassword` is true if the client's key is derived from a password.
 */
export function kdcError(
  { code, text, serverTime, data }: KdcRefusal,
  {
    client,
    service,
    realm,
    now,
    isPassword,
  }: { client: string; service: string; realm: string; now: Date; isPassword: boolean },
): KdcError {
  const words: Readonly<Record<number, readonly [text: string, kind?: AttemptReason]>> = {
    [KDC_ERR.CLIENT_UNKNOWN]: [`does not know the client ${client}`, 'client-unknown'],
    [KDC_ERR.SERVER_UNKNOWN]: [`does not know the service ${service}`, 'service-unknown'],
    [KDC_ERR.ETYPE_NOSUPP]: [`supports none of the encryption types for ${client} and ${service}`, 'encryption-type'],
    [KDC_ERR.CLIENT_REVOKED]: [`reports that the client ${client} is locked, disabled or expired`, 'account-locked'],
    [KDC_ERR.KEY_EXPIRED]: [`requires a new password for ${client}`, 'account-locked'],
    [KDC_ERR.PREAUTH_FAILED]: [`rejected the key of ${client}`, isPassword ? 'password-rejected' : 'key-rejected'],
    [KDC_ERR.TICKET_EXPIRED]: [`reports that the ticket of ${client} expired`],
    [KDC_ERR.SKEW]: [
      `rejects the clock of this host, which shows ${timeOf(now.getTime() / 1000)}; the clock of the KDC shows ${timeOf(serverTime)}`,
      'clock-rejected',
    ],
  };
  const [known, kind] = words[code] ?? [`refused ${service} to ${client} with error ${code}`];
  const detail = text === undefined || text === '' ? '' : ` (${text.slice(0, 100)})`;
  return new KdcError(code, `the KDC of ${realm} ${known}${detail}`, data, kind, { client, service });
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
