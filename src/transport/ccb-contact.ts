/**
 * Where a daemon behind CCB is asked for (the parameter CCBID of its address; CCBServer::CCBIDToContactString).
 *
 * `broker#number`, several with spaces between them; the broker is a sinful string without its brackets. A daemon
 * behind several brokers in a row has `broker#number#number…`: each number is the next one's name at the one before.
 */
import { parseAddress, type Sinful } from './sinful.ts';

export interface CcbContact {
  readonly broker: Sinful;
  /** At least one: decimal numbers, outermost first. */
  readonly ids: readonly string[];
}

/** An address has a few of them; more would only be a way to send us round the world. */
const MAX_CONTACTS = 8;

/** As many brokers in a row as a broker of 25.x passes on (CCB_MAX_INBOUND_HOPS), and the first. */
const CONTACT = /^([^#]+)((?:#\d{1,20}){1,9})$/;

/** The contacts of an address, in its order; what is not one is left out. */
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

/** Whether CCB is a way to this address, even if its contacts make no sense. */
export function isBehindCcb({ params }: Sinful): boolean {
  return (params.get('CCBID') ?? '') !== '';
}

/**
 * The address as somebody in the private network `name` has it: its PrivAddr, or itself without the way round through
 * CCB; unchanged for everybody else (Daemon::Set_addr with PRIVATE_NETWORK_NAME in C++).
 */
export function inPrivateNetwork(address: Sinful, name: string | undefined): Sinful {
  if (name === undefined || name === '' || address.params.get('PrivNet') !== name) return address;
  const privateAddress = address.params.get('PrivAddr');
  const direct = privateAddress === undefined ? withoutCcb(address) : parseAddress(privateAddress);
  if (direct === undefined) return address;
  // The name for certificate checks is the daemon's, wherever it is.
  const alias = address.params.get('alias');
  if (alias === undefined || direct.params.has('alias')) return direct;
  return { ...direct, params: new Map([...direct.params, ['alias', alias]]) };
}

function withoutCcb(address: Sinful): Sinful {
  return { ...address, params: new Map([...address.params].filter(([name]) => name !== 'CCBID')) };
}
