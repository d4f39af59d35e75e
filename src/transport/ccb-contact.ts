/**
 * Parses CCB contacts: the parameter CCBID in the address of a daemon behind CCB (CCBServer::CCBIDToContactString).
 *
 * A contact has the format `broker#number`. Several contacts are separated by spaces. The broker is a sinful string
 * without angle brackets. A daemon behind a chain of brokers has a contact `broker#number#number…`, in which each
 * number identifies the next hop at the preceding broker.
 */
import { parseAddress, type Sinful } from './sinful.ts';

export interface CcbContact {
  readonly broker: Sinful;
  /** One or more decimal numbers, with the outermost hop first. */
  readonly ids: readonly string[];
}

/**
 * Maximum number of contacts in an address. The limit bounds the number of hosts that a hostile address can make the
 * client contact.
 */
const MAX_CONTACTS = 8;

/**
 * Matches a broker with up to nine hops: the first hop, and as many further hops as an HTCondor 25.x broker relays
 * (CCB_MAX_INBOUND_HOPS).
 */
const CONTACT = /^([^#]+)((?:#\d{1,20}){1,9})$/;

/** Returns the CCB contacts of an address, in order. Omits malformed contacts. */
export function ccbContacts({ params }: Sinful): readonly CcbContact[] {
  return (params.get('CCBID') ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, MAX_CONTACTS)
    .flatMap((word) => {
      const [, address = '', chain = ''] = CONTACT.exec(word) ?? [];
      const broker = parseAddress(address);
      return broker === undefined ? [] : [{ broker: withoutCcb(broker), ids: chain.slice(1).split('#') }];
    });
}

/** Returns whether the address has CCB contacts, even if all of them are malformed. */
export function isBehindCcb({ params }: Sinful): boolean {
  return (params.get('CCBID') ?? '') !== '';
}

/**
 * Returns the address to use inside the private network `name`: the daemon's PrivAddr or, if the daemon has none, the
 * given address without its CCB contacts. If the daemon is not in that network, returns the address unchanged
 * (Daemon::Set_addr with PRIVATE_NETWORK_NAME in C++).
 */
export function inPrivateNetwork(address: Sinful, name: string | undefined): Sinful {
  if (name === undefined || name === '' || address.params.get('PrivNet') !== name) return address;
  const privateAddress = address.params.get('PrivAddr');
  const direct = privateAddress === undefined ? withoutCcb(address) : parseAddress(privateAddress);
  if (direct === undefined) return address;
  // The certificate names the daemon's host, regardless of the network that the connection uses.
  const alias = address.params.get('alias');
  if (alias === undefined || direct.params.has('alias')) return direct;
  return { ...direct, params: new Map([...direct.params, ['alias', alias]]) };
}

function withoutCcb(address: Sinful): Sinful {
  return { ...address, params: new Map([...address.params].filter(([name]) => name !== 'CCBID')) };
}
