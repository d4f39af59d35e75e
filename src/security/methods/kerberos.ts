import { AuthenticationError, ConnectError, messageOf, ProtocolError } from '../../errors.ts';
import { KerberosError } from '../../kerberos/kerberos-error.ts';
import { formatPrincipal } from '../../kerberos/principal.ts';
import { verifyApplicationReply } from '../../kerberos/replies.ts';
import { type ApRequest, applicationRequest } from '../../kerberos/requests.ts';
import type { Ticket } from '../../kerberos/ticket.ts';
import type { Refusal } from '../../reasons.ts';
import type { Host } from '../../runtime/host.ts';
import type { Reader } from '../../wire/reader.ts';
import { type AuthMethod, type Candidate, MethodRefused, type Peer, SET_SERVER_NAME } from '../method.ts';

/** Status codes that are exchanged in addition to the Kerberos messages (condor_auth_kerberos.cpp). */
const ABORT = -1;
const GRANT = 1;
const MUTUAL = 3;
const PROCEED = 4;

/** A Kerberos credential: a credential cache, a keytab or a password. */
export interface TicketSource {
  /** Credential source and client principal, as shown in messages. */
  readonly label: string;
  /** Credential source, such as `kerberos-keytab` or the name of a credential cache. */
  readonly source: string;
  /** Returns the reason for not using the credential at this time, or undefined if it is usable. */
  readonly objection: (now: Date) => Refusal | undefined;
  /** Returns a ticket for HTCondor's service on a host. Later calls in a run return the same ticket. */
  readonly ticketFor: (host: string) => Promise<Ticket>;
}

/** Reason for not using KERBEROS if no host name is known. Tickets are issued for host names. */
const NO_SERVER_NAME: Refusal = {
  kind: 'no-host-name',
  reason: `no host name is known for its Kerberos principal; ${SET_SERVER_NAME}`,
};

/**
 * Returns the KERBEROS method: AP-REQ and AP-REP of Kerberos 5 in CEDAR messages, without GSSAPI
 * (condor_auth_kerberos.cpp; RFC 4120 §3.2).
 *
 * Both sides are authenticated. The Kerberos session key is not used as the CEDAR session key. As with all other
 * methods, the CEDAR session key comes from ECDH.
 */
export function kerberos(sources: readonly TicketSource[], host: Host): AuthMethod {
  const valid = () => sources.filter(({ objection }) => objection(host.now()) === undefined);
  return {
    name: 'KERBEROS',
    authenticatesServer: true,
    sources: sources.map(({ label }) => label),
    candidatesFor(_, { serverName, claimedName }) {
      const name = serverName ?? claimedName;
      const reasonOf = ({ objection }: TicketSource) =>
        objection(host.now()) ?? (name === undefined ? NO_SERVER_NAME : undefined);
      return {
        usable: name === undefined ? [] : valid().map((source) => candidate(source, name, host)),
        rejected: sources.flatMap((source) => {
          const reason = reasonOf(source);
          return reason === undefined ? [] : [{ label: source.label, ...reason }];
        }),
      };
    },
    guessed({ serverName, claimedName }: Peer) {
      const [only, ...others] = valid();
      const name = serverName ?? claimedName;
      return only === undefined || others.length > 0 || name === undefined ? undefined : candidate(only, name, host);
    },
    prepare({ serverName, claimedName }) {
      const [first] = valid();
      const name = serverName ?? claimedName;
      if (name !== undefined) first?.ticketFor(name).catch(() => {}); // `open` reports the error
    },
  };
}

interface Opened extends ApRequest {
  readonly ticket: Ticket;
}

function candidate({ label, source, ticketFor }: TicketSource, serverName: string, host: Host): Candidate {
  let opened: Opened | Error | undefined;
  return {
    label,
    source,
    async open(channel) {
      try {
        const ticket = await ticketFor(serverName);
        const request = applicationRequest(ticket, host);
        opened = { ticket, ...request };
        channel.send((message) => message.int(PROCEED));
        channel.send((message) => message.int(PROCEED).int(request.message.length).bytes(request.message));
      } catch (error) {
        if (!(error instanceof KerberosError || error instanceof ConnectError) || host.signal.aborted) throw error;
        opened = error;
        channel.send((message) => message.int(ABORT)); // the daemon sends no reply and waits for the next method
      }
    },
    async finish(channel, _, last) {
      if (opened === undefined) throw new RangeError('finish before open');
      // An unreachable KDC is reported as a transient failure, unless another credential can be tried.
      if (opened instanceof Error)
        throw last && opened instanceof ConnectError ? opened : new MethodRefused(refusalOf(opened));
      if ((await channel.receive((message) => message.int())) !== MUTUAL)
        throw rejected(formatPrincipal(opened.ticket.service));
      const reply = await channel.receive(getReply);
      verifyReply(reply, opened, label);
      channel.send((message) => message.int(GRANT));
      const unmapped = new MethodRefused({
        kind: 'principal-unmapped',
        reason: 'the daemon does not map the principal to a user (KERBEROS_MAP_FILE)',
      });
      if (last) return [{ write: (message) => message.int(GRANT), otherwise: () => unmapped }];
      if ((await channel.receive((message) => message.int())) !== GRANT) throw unmapped;
      return [];
    },
  };
}

/** Verifies the daemon's reply. @throws AuthenticationError ERR_SERVER_UNPROVEN if the reply is invalid. */
function verifyReply(reply: Uint8Array, opened: Opened, label: string): void {
  try {
    verifyApplicationReply(reply, opened.ticket, opened);
  } catch (error) {
    const reason = `${label}: the daemon does not have the key of its ticket (${messageOf(error)})`;
    throw new AuthenticationError('ERR_SERVER_UNPROVEN', 'the daemon failed to authenticate itself', [
      { method: 'KERBEROS', reason, kind: 'no-ticket-key' },
    ]);
  }
}

function rejected(service: string): MethodRefused {
  const reason = `the daemon rejects the ticket for ${service} without a reason: its keytab is missing, unreadable or has another key, or the clocks differ`;
  return new MethodRefused({ kind: 'ticket-rejected', reason, details: { service } });
}

/** Converts an error to a refusal. An unreachable KDC is treated like a KDC that issues no ticket. */
function refusalOf(error: Error): Refusal {
  const { kind, details } = error instanceof KerberosError ? error : { kind: 'no-ticket' as const, details: undefined };
  return { reason: error.message, kind, details };
}

function getReply(message: Reader): Uint8Array {
  const status = message.int();
  if (status !== PROCEED)
    throw new ProtocolError('ERR_MESSAGE', `the daemon sent ${status} instead of its Kerberos reply`);
  return message.bytes(message.int());
}
