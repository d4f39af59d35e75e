/** Loads the KERBEROS method with a credential cache, a keytab or a password. */
import { encryptionType } from '../kerberos/encryption.ts';
import { KDC_ERR, KdcError, KerberosError } from '../kerberos/kerberos-error.ts';
import { keysOfKeytab } from '../kerberos/keytab.ts';
import type { KerberosConfiguration } from '../kerberos/krb5-conf.ts';
import { keysOfPassword } from '../kerberos/password.ts';
import {
  formatPrincipal,
  NT_SRV_HST,
  type Principal,
  parsePrincipal,
  realmOfTicketGranting,
  ticketGranting,
} from '../kerberos/principal.ts';
import type { Ticket } from '../kerberos/ticket.ts';
import { type ClientKeys, type Kdcs, requestInitialTicket, requestServiceTicket } from '../kerberos/tickets.ts';
import type { MissingReason } from '../reasons.ts';
import type { Host } from '../runtime/host.ts';
import type { Secret } from '../runtime/secret.ts';
import { Unavailable } from '../runtime/unavailable.ts';
import type { AuthMethod } from '../security/method.ts';
import { kerberos, type TicketSource } from '../security/methods/kerberos.ts';
import { askKdc, lookUpKdcs, parseKdc } from '../transport/kdc.ts';
import {
  defaultCache,
  given,
  isEncodedKeytab,
  kindOf,
  readCache,
  readConfiguration,
  readKeytab,
  reasonOfKerberos,
} from './kerberos-files.ts';
import { unreadable } from './private-file.ts';

export interface KerberosSource {
  /** True if the inputs select KERBEROS. If false, the Kerberos files of this host are not read. */
  readonly chosen: boolean;
  /** Values of the inputs. The keytab is either a path or base64-encoded content. */
  readonly cache: string | undefined;
  readonly keytab: Secret | undefined;
  readonly password: Secret | undefined;
  readonly principal: string | undefined;
  /** KERBEROS_SERVER_SERVICE, the first component of the daemons' principals. */
  readonly service: string;
  /** Environment variables, including KRB5CCNAME, KRB5_CLIENT_KTNAME and KRB5_CONFIG. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number | undefined;
  readonly platform: NodeJS.Platform;
}

/** State shared by all Kerberos credentials of a run. */
interface Realm {
  readonly configuration: KerberosConfiguration;
  readonly kdcs: Kdcs;
  readonly service: string;
}

const NOT_CHOSEN =
  'it was not selected: set authentication-methods, kerberos-cache, kerberos-keytab or kerberos-password';

/**
 * Loads the KERBEROS method with the credentials from the inputs, or with the credentials of this host.
 *
 * @throws CredentialError ERR_CREDENTIAL_UNREADABLE if one of the inputs is unusable.
 */
export function loadKerberos(source: KerberosSource, host: Host): AuthMethod | Unavailable {
  if (!source.chosen) return new Unavailable(NOT_CHOSEN, 'no-kerberos-credential');
  const { keytab, password, principal, env, service, platform } = source;
  if (password !== undefined) host.mask(password);
  if (keytab !== undefined && isEncodedKeytab(keytab.reveal())) host.mask(keytab);
  const configuration = readConfiguration(env, platform);
  const realm: Realm = { configuration, kdcs: kdcsOf(configuration, host), service };
  const client = given('kerberos-principal', () => principalOf(principal, configuration));
  const supplied = sourcesOfInputs(source, client, realm);
  const found = supplied.length > 0 ? supplied : sourcesOfHost(source, client, realm);
  if (found instanceof Unavailable) return found;
  for (const each of found) warnOfHostPrincipal(each.client, service, host);
  return kerberos(found, host);
}

function sourcesOfInputs(
  { cache, keytab, password }: KerberosSource,
  client: Principal | undefined,
  realm: Realm,
): ClientSource[] {
  const found: ClientSource[] = [];
  if (cache !== undefined) found.push(given('kerberos-cache', () => fromCache(cache, 'kerberos-cache', client, realm)));
  if (keytab !== undefined)
    found.push(given('kerberos-keytab', () => fromKeytab(keytab.reveal(), 'kerberos-keytab', client, realm)));
  if (password !== undefined) {
    if (client === undefined)
      throw unreadable('kerberos-unreadable', 'kerberos-password', 'kerberos-principal is not set');
    const keys = keysOfPassword(() => password.reveal(), client, 'kerberos-password');
    found.push(fromKeys(client, keys, 'kerberos-password', realm));
  }
  return found;
}

function sourcesOfHost(source: KerberosSource, client: Principal | undefined, realm: Realm) {
  const found: ClientSource[] = [];
  const reasons: string[] = [];
  let kind: MissingReason = 'no-kerberos-credential';
  const attempt = (name: string, make: () => ClientSource) => {
    try {
      found.push(make());
    } catch (error) {
      reasons.push(`${name}: ${reasonOfKerberos(error)}`);
      if (kindOf(error) === 'kerberos-cache-type') kind = 'kerberos-cache-type';
    }
  };
  const { name, owner } = defaultCache(source, realm.configuration);
  if (name === undefined) reasons.push('this system has no default credential cache');
  else attempt(`credential cache ${name}`, () => fromCache(name, name, client, realm, owner));
  const file = source.env['KRB5_CLIENT_KTNAME'];
  if (file) attempt(`keytab ${file}`, () => fromKeytab(file, file, client, realm));
  return found.length > 0 ? found : new Unavailable(reasons.join('; '), kind);
}

function principalOf(text: string | undefined, { defaultRealm }: KerberosConfiguration): Principal | undefined {
  return text === undefined ? undefined : parsePrincipal(text, defaultRealm);
}

interface ClientSource extends TicketSource {
  readonly client: Principal;
}

function fromCache(
  name: string,
  source: string,
  wanted: Principal | undefined,
  realm: Realm,
  owner?: number,
): ClientSource {
  const { client, tickets, path } = readCache(name, wanted && formatPrincipal(wanted), owner);
  if (wanted !== undefined && formatPrincipal(client) !== formatPrincipal(wanted))
    throw new KerberosError(`${path} has tickets for ${formatPrincipal(client)}, not for ${formatPrincipal(wanted)}`);
  const own = tickets.filter((ticket) => formatPrincipal(ticket.client) === formatPrincipal(client));
  const granting = own.filter(({ service }) => realmOfTicketGranting(service) === client.realm);
  const services = own.filter(({ service: { components } }) => components[0] === realm.service);
  const usable = [...granting, ...services];
  const latest = Math.max(0, ...usable.map(({ endTime }) => endTime));
  return {
    client,
    label: `${source} (${formatPrincipal(client)})`,
    source,
    objection(now) {
      if (usable.length === 0)
        return { reason: "it contains no ticket-granting ticket and no ticket for HTCondor's service" };
      return latest * 1000 > now.getTime()
        ? undefined
        : { kind: 'ticket-expired', reason: `its ticket expired at ${new Date(latest * 1000).toISOString()}` };
    },
    ticketFor: once((host) => {
      const now = realm.kdcs.now().getTime() / 1000;
      const wantedRealm = realm.configuration.realmOf(host);
      const ready = services.find(
        ({ service, endTime }) =>
          endTime > now && service.components[1] === host && (wantedRealm ?? service.realm) === service.realm,
      );
      if (ready !== undefined) return supported(ready);
      const [grant] = granting.filter(({ endTime }) => endTime > now);
      if (grant === undefined)
        throw new KerberosError(`it contains no valid ticket-granting ticket, and none for ${realm.service}/${host}`);
      return requestServiceTicket(
        supported(grant),
        { components: [realm.service, host], realm: wantedRealm },
        realm.kdcs,
      );
    }),
  };
}

/** @throws KerberosError if the ticket's session key has an unsupported encryption type. */
function supported(ticket: Ticket): Ticket {
  encryptionType(ticket.key.type);
  return ticket;
}

function fromKeytab(text: string, source: string, wanted: Principal | undefined, realm: Realm): ClientSource {
  const entries = readKeytab(text);
  const client = wanted ?? entries[0]?.principal;
  if (client === undefined) throw new KerberosError('it has no keys');
  return fromKeys(client, keysOfKeytab(entries, client, source), source, realm);
}

/** Returns a ticket source. It uses `keys` in the client's realm, and a ticket-granting ticket in other realms. */
function fromKeys(client: Principal, keys: ClientKeys, source: string, realm: Realm): ClientSource {
  const { configuration, kdcs, service } = realm;
  return {
    client,
    label: `${keys.source} (${formatPrincipal(client)})`,
    source,
    objection: () => undefined,
    ticketFor: once(async (host) => {
      const components = [service, host];
      const realm = configuration.realmOf(host);
      if (realm === undefined || realm === client.realm) {
        const principal = { type: NT_SRV_HST, components, realm: client.realm };
        try {
          return await requestInitialTicket(client, principal, keys, kdcs);
        } catch (error) {
          const elsewhere = error instanceof KdcError && error.code === KDC_ERR.SERVER_UNKNOWN && realm === undefined;
          if (!elsewhere) throw error;
        }
      }
      const granting = await requestInitialTicket(client, ticketGranting(client.realm), keys, kdcs);
      return await requestServiceTicket(granting, { components, realm }, kdcs);
    }),
  };
}

/** Wraps `get` so that each host's ticket is requested only once. Host names are case-insensitive (RFC 4120 §6.2.1). */
function once(get: (host: string) => Ticket | Promise<Ticket>): (host: string) => Promise<Ticket> {
  const tickets = new Map<string, Promise<Ticket>>();
  return (name) => {
    const host = name.toLowerCase().replace(/\.$/, '');
    const found = tickets.get(host) ?? (async () => await get(host))();
    tickets.set(host, found);
    return found;
  };
}

function kdcsOf(configuration: KerberosConfiguration, host: Host): Kdcs {
  return {
    now: host.now,
    randomBytes: host.randomBytes,
    async ask(realm, request) {
      const configured = configuration.kdcsOf(realm).flatMap((text) => parseKdc(text) ?? []);
      const kdcs = configured.length > 0 || !configuration.lookUpKdcs ? configured : await lookUpKdcs(realm, host);
      if (kdcs.length > 0) return await askKdc(kdcs, realm, request, host);
      throw new KerberosError(
        `no KDC of the realm ${realm} is known: neither krb5.conf nor DNS lists one`,
        'kdc-unknown',
        {
          realm,
        },
      );
    },
  };
}

/** Warns if a daemon would treat the client as HTCondor itself (Condor_Auth_Kerberos::map_kerberos_name). */
function warnOfHostPrincipal(client: Principal, service: string, host: Host): void {
  if (client.components[0] !== service) return;
  host.log.warn(
    `${formatPrincipal(client)} is the principal of a host: daemons treat it as HTCondor itself. Use the keytab of a service account instead`,
  );
}
