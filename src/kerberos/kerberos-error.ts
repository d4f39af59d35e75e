/** A failure of Kerberos: a structure that cannot be parsed, or a refusal by the KDC. */
export class KerberosError extends Error {}

/** KRB-ERROR of a KDC (RFC 4120 §5.9.1). */
export class KdcError extends KerberosError {
  readonly code: number;
  /** Content of e-data, which depends on the code; empty if the error has none. */
  readonly data: Uint8Array;

  constructor(code: number, message: string, data: Uint8Array = new Uint8Array()) {
    super(message);
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

/** The relevant fields of a KRB-ERROR. Times are seconds since 1970. */
export interface KdcRefusal {
  readonly code: number;
  readonly text: string | undefined;
  readonly serverTime: number;
  readonly data: Uint8Array;
}

/**
 * Describes the refusal of a KDC. `client` and `service` are the principals of the request, `realm` is the KDC's, `now`
 * is the time of this host.
 */
export function kdcError(
  { code, text, serverTime, data }: KdcRefusal,
  { client, service, realm, now }: { client: string; service: string; realm: string; now: Date },
): KdcError {
  const kdc = `the KDC of ${realm}`;
  const words: Readonly<Record<number, string>> = {
    [KDC_ERR.CLIENT_UNKNOWN]: `${kdc} does not know the client ${client}`,
    [KDC_ERR.SERVER_UNKNOWN]: `${kdc} does not know the service ${service}`,
    [KDC_ERR.ETYPE_NOSUPP]: `${kdc} supports none of the encryption types for ${client} and ${service}`,
    [KDC_ERR.CLIENT_REVOKED]: `${kdc} has locked, disabled or expired the client ${client}`,
    [KDC_ERR.KEY_EXPIRED]: `${kdc} requires a new password for ${client}`,
    [KDC_ERR.PREAUTH_FAILED]: `${kdc} rejected the key of ${client}`,
    [KDC_ERR.TICKET_EXPIRED]: `${kdc} reports that the ticket of ${client} expired`,
    [KDC_ERR.SKEW]: `${kdc} rejects the clock of this host, which shows ${timeOf(now.getTime() / 1000)}; the clock of the KDC shows ${timeOf(serverTime)}`,
  };
  const other = `${kdc} refused ${service} to ${client} with error ${code}`;
  const detail = text === undefined || text === '' ? '' : ` (${text.slice(0, 100)})`;
  return new KdcError(code, `${words[code] ?? other}${detail}`, data);
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '');
}
