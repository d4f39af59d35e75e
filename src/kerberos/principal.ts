/** Kerberos principals and their string form (RFC 4120 §6.2; krb5_parse_name of MIT Kerberos). */
import { type DerReader, der } from './der.ts';
import { KerberosError } from './kerberos-error.ts';

/** Name types (RFC 4120 §6.2). */
const NT_PRINCIPAL = 1;
const NT_SRV_INST = 2;
export const NT_SRV_HST = 3;

/** Maximum length of the string form, in characters. */
const MAX_LENGTH = 1024;

export interface Principal {
  readonly type: number;
  readonly components: readonly string[];
  readonly realm: string;
}

/** Returns the ticket-granting service of `realm`. `issuer` is the realm that issues tickets for this service. */
export function ticketGranting(realm: string, issuer: string = realm): Principal {
  return { type: NT_SRV_INST, components: ['krbtgt', realm], realm: issuer };
}

/** Returns the realm for which a ticket-granting service issues tickets; undefined for any other service. */
export function realmOfTicketGranting({ components: [service, realm, ...more] }: Principal): string | undefined {
  return service === 'krbtgt' && more.length === 0 ? realm : undefined;
}

/** Formats a principal as `primary/instance@REALM`. A backslash escapes special characters in a component. */
export function formatPrincipal({ components, realm }: Principal): string {
  const quote = (text: string) => text.replace(/[\\/@]/g, '\\$&');
  return `${components.map(quote).join('/')}@${realm}`;
}

/**
 * Parses a principal. @throws KerberosError if the text is not a principal, or if neither the text nor the
 * configuration specifies a realm.
 */
export function parsePrincipal(text: string, defaultRealm: string | undefined): Principal {
  if (text.length > MAX_LENGTH) throw new KerberosError(`a principal of more than ${MAX_LENGTH} characters`);
  const { parts, realm } = split(text);
  const found = realm ?? defaultRealm;
  if (found === undefined) throw new KerberosError(`no realm in "${text}", and krb5.conf has no default_realm`);
  if (parts.includes('') || found === '' || /\p{Cc}/u.test(text))
    throw new KerberosError(`"${text}" is not a principal`);
  return { type: NT_PRINCIPAL, components: parts, realm: found };
}

/** Splits a string at slashes, and at the first @. A character after a backslash is always part of the component. */
function split(text: string): { readonly parts: readonly string[]; readonly realm: string | undefined } {
  const parts: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '@') return { parts, realm: text.slice(i + 1) };
    if (character === '\\') i += 1;
    if (character === '/') parts.push('');
    else parts.push(`${parts.pop() ?? ''}${text.charAt(i)}`);
  }
  return { parts, realm: undefined };
}

/** True if both principals have the same name and realm. The name type is ignored (RFC 4120 §6.2). */
export function isSamePrincipal(a: Principal, b: Principal): boolean {
  return a.realm === b.realm && isSameName(a.components, b.components);
}

function isSameName(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

/** Encodes a PrincipalName, which does not contain the realm. */
export function putName({ type, components }: Principal): Uint8Array {
  return der.structure({ 0: der.integer(type), 1: der.list(components.map(der.text)) });
}

export function getName(name: DerReader, realm: string): Principal {
  const fields = name.structure();
  const type = fields.field(0).integer();
  return { type, components: fields.field(1).list((item) => item.text()), realm };
}
