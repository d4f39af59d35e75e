/** Obtains tickets from KDCs with the AS exchange and the TGS exchange (RFC 4120 §3.1 and §3.3). */
import { ENCRYPTION_TYPES, encryptionName, type SessionKey } from './encryption.ts';
import { KDC_ERR, KdcError, KerberosError, kdcError } from './kerberos-error.ts';
import {
  formatPrincipal,
  isSamePrincipal,
  NT_SRV_HST,
  type Principal,
  realmOfTicketGranting,
  ticketGranting,
} from './principal.ts';
import {
  isRefusal,
  type KdcReply,
  type KeyInformation,
  openKdcReply,
  REPLY_USAGE,
  readKdcReply,
  readKeyInformation,
} from './replies.ts';
import { authenticationRequest, type ClockAndEntropy, drawNonce, serviceRequest } from './requests.ts';
import type { Ticket, TicketRequest } from './ticket.ts';

/** Sends requests to the KDCs, and provides the clock and the random bytes for those requests. */
export interface Kdcs extends ClockAndEntropy {
  /** Sends a request to a KDC of a realm and returns its reply. */
  ask(realm: string, request: Uint8Array): Promise<Uint8Array>;
}

/** The long-term keys of a client, from a keytab or a password. */
export interface ClientKeys {
  /** Source of the keys, for use in error messages. */
  readonly source: string;
  /** Encryption types of the keys, in order of preference. */
  readonly types: readonly number[];
  /**
   * True if the keys depend on information from the KDC, which is the case for keys that are derived from a password.
   */
  readonly needInformation: boolean;
  /** Returns the key that has the encryption type in `information`. */
  key(information: KeyInformation): Promise<SessionKey>;
}

/** Maximum number of referrals to other realms. */
const MAX_REFERRALS = 5;

/**
 * Maximum number of requests: one without pre-authentication, one with it, and a third one if the KDC requires a key of
 * a different type.
 */
const MAX_ATTEMPTS = 3;

/**
 * Requests a ticket for `service` in the client's realm with the client's own key. If that key is derived from a
 * password, the KDC first returns an error that describes the required key and its derivation. If the key is from a
 * keytab, the first request already uses the key.
 *
 * @throws KdcError if the KDC refuses; KerberosError if the reply is invalid.
 */
export async function requestInitialTicket(
  client: Principal,
  service: Principal,
  keys: ClientKeys,
  kdcs: Kdcs,
): Promise<Ticket> {
  let information = keys.needInformation ? undefined : defaultsOf(bestOf(keys));
  for (let attempt = 1; ; attempt++) {
    const request = { client, service, nonce: drawNonce(kdcs), encryptionTypes: keys.types };
    const key = information === undefined ? undefined : await keys.key(information);
    try {
      const reply = await exchange(authenticationRequest(request, key, kdcs), request, kdcs, keys.needInformation);
      const { type } = reply.sealed;
      const known = [...reply.keyInformation, ...(information === undefined ? [] : [information])];
      const own = await keys.key(known.find((each) => each.type === type) ?? defaultsOf(type));
      return openReply(reply, request, own, client);
    } catch (error) {
      if (!requiresKey(error) || attempt === MAX_ATTEMPTS) throw error;
      information = nextKey(error, information, keys);
    }
  }
}

/** True if an error means that the KDC requires pre-authentication, or a different key for pre-authentication. */
function requiresKey(error: unknown): error is KdcError {
  return (
    error instanceof KdcError && (error.code === KDC_ERR.PREAUTH_REQUIRED || error.code === KDC_ERR.PREAUTH_FAILED)
  );
}

/**
 * Returns the parameters of the key for the next request. @throws `error` if the KDC rejected the previous key and does
 * not offer a key of another type.
 */
function nextKey(error: KdcError, previous: KeyInformation | undefined, keys: ClientKeys): KeyInformation {
  const next = chooseKey(readKeyInformation(error.data), keys);
  if (previous !== undefined && (next === undefined || next.type === previous.type)) throw error;
  return next ?? defaultsOf(bestOf(keys));
}

const bestOf = ({ types: [best = 0] }: ClientKeys): number => best;

function defaultsOf(type: number): KeyInformation {
  return { type, salt: undefined, iterations: undefined };
}

/**
 * Returns the parameters of the first key that the KDC offers and the client has; undefined if the KDC offers none.
 *
 * @throws KerberosError if the client has none of the keys that the KDC offers.
 */
function chooseKey(offered: readonly KeyInformation[], { types, source }: ClientKeys): KeyInformation | undefined {
  const found = offered.find(({ type }) => types.includes(type));
  if (found !== undefined || offered.length === 0) return found;
  const [theirs, own] = [offered.map(({ type }) => type), types].map((all) => all.map(encryptionName).join(', '));
  throw new KerberosError(
    `the KDC has only keys of type ${theirs}, but ${source} has only keys of type ${own}`,
    'encryption-type',
  );
}

/** Decrypts a reply. Success authenticates the KDC, because only the client and the KDC have the key. */
function openReply(reply: KdcReply, request: TicketRequest, key: SessionKey, client: Principal): Ticket {
  try {
    return openKdcReply(reply, request, key, REPLY_USAGE.AS_REPLY, () => false);
  } catch (error) {
    if (!(error instanceof KerberosError)) throw error;
    throw new KerberosError(`the reply of the KDC of ${client.realm} is not usable: ${error.message}`);
  }
}

/**
 * Uses a ticket-granting ticket to request a ticket for a service on a host. `realm` is the realm of the service. If
 * `realm` is undefined, the KDC of the client's realm determines the realm, and can refer the client to another realm
 * (RFC 6806 §8).
 *
 * @throws KdcError if a KDC refuses; KerberosError if a reply is invalid or there are too many referrals.
 */
export async function requestServiceTicket(
  granting: Ticket,
  name: { readonly components: readonly string[]; readonly realm: string | undefined },
  kdcs: Kdcs,
): Promise<Ticket> {
  const { client } = granting;
  let current = granting;
  for (let referrals = 0; referrals <= MAX_REFERRALS; referrals++) {
    const realm = realmOfTicketGranting(current.service);
    if (realm === undefined)
      throw new KerberosError(`${formatPrincipal(current.service)} is not a ticket-granting service`);
    const service =
      name.realm === undefined || name.realm === realm
        ? { type: NT_SRV_HST, components: name.components, realm }
        : ticketGranting(name.realm, realm);
    const request = { client, service, nonce: drawNonce(kdcs), encryptionTypes: ENCRYPTION_TYPES };
    const reply = await exchange(serviceRequest(request, current, kdcs), request, kdcs);
    const isReferral = (other: Principal) => other.realm === realm && realmOfTicketGranting(other) !== undefined;
    const ticket = openKdcReply(reply, request, current.key, REPLY_USAGE.TGS_REPLY, isReferral);
    const found = isSamePrincipal(ticket.service, service) && service.type === NT_SRV_HST;
    if (found) return ticket;
    current = ticket;
  }
  throw new KerberosError(`KDCs returned more than ${MAX_REFERRALS} referrals for ${name.components.join('/')}`);
}

async function exchange(
  message: Uint8Array,
  { client, service }: TicketRequest,
  kdcs: Kdcs,
  isPassword = false,
): Promise<KdcReply> {
  const reply = readKdcReply(await kdcs.ask(service.realm, message));
  if (!isRefusal(reply)) return reply;
  const names = { client: formatPrincipal(client), service: formatPrincipal(service) };
  throw kdcError(reply, { ...names, realm: service.realm, now: kdcs.now(), isPassword });
}
