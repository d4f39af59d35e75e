/** Errors that occur before a session starts: a daemon is unknown or unreachable, or the peer is not a daemon. */
import { type AnyHTCondorError, ConnectError, LocateError, ProtocolError } from '../../../src/errors.ts';
import type { ConnectFacts } from '../../../src/reasons.ts';

const connect = (text: string, facts: ConnectFacts) =>
  new ConnectError('ERR_CONNECT', `no connection to ${text}`, facts);
const timeout = (text: string, facts: ConnectFacts = {}) => new ConnectError('ERR_TIMEOUT', text, facts);
const ccb = (text: string, facts: ConnectFacts = {}) => new ConnectError('ERR_CCB_ONLY', text, facts);
const foreign = (protocol: string) =>
  new ProtocolError('ERR_FRAME', `the peer does not speak CEDAR; it responds like ${protocol}`, {
    reason: 'foreign-protocol',
    details: { protocol },
  });

export const OF_THE_WAY = {
  'on this host': new LocateError('ERR_NOT_FOUND', 'no schedd on this host: there is no address file', [], {
    reason: 'not-on-this-host',
  }),
  'the collector lists no schedd named': new LocateError(
    'ERR_NOT_FOUND',
    'the collector lists no schedd named nobody@nowhere; it lists ci@pool',
    ['ci@pool'],
  ).at('locate'),
  'it may be restarting': new LocateError(
    'ERR_NOT_FOUND',
    'the collector lists no schedd named ci@pool; it lists no daemon of that type; it may be restarting: condor_master on ap reports it as not running',
    [],
    { reason: 'restarting' },
  ).at('locate'),
  'the collector has several daemons of type schedd': new LocateError(
    'ERR_AMBIGUOUS',
    'the collector has several daemons of type schedd: ap1, ap2',
    ['ap1', 'ap2'],
  ).at('locate'),

  'the token service returned status 503': new ConnectError(
    'ERR_CONNECT',
    'token-service: the token service returned status 503: temporarily_unavailable: seed unusable',
    { reason: 'service-busy' },
  ),
  'no response from https://': new ConnectError(
    'ERR_CONNECT',
    'no response from https://tokens.example.org: the CA of its certificate is not trusted',
    { reason: 'service-unreachable' },
  ),
  ': the time limit expired': timeout('no response from https://tokens.example.org: the time limit expired', {
    reason: 'service-silent',
  }),
  'did not connect to': new ConnectError(
    'ERR_CONNECT',
    'no response from https://tokens.example.org: the proxy http://proxy.example.org:3128 did not connect to tokens.example.org:443: it returned status 407',
    { reason: 'proxy-failed' },
  ),
  'does not resolve': connect('cm.invalid:9618: the host name cm.invalid does not resolve', {
    reason: 'name-unknown',
    details: { host: 'cm.invalid' },
    permanent: true,
  }),
  'no connection to 10.': timeout('no connection to 10.1.2.3:9618: no response', { reason: 'private-address' }),
  'connection refused': connect('192.0.2.7:9618: connection refused', { reason: 'connection-refused' }),
  'no connection to 192.0.2.7:9618: no response': timeout('no connection to 192.0.2.7:9618: no response', {
    reason: 'no-response',
  }),
  'was not approved within the time limit': timeout('request 1234567 was not approved within the time limit', {
    requestId: '1234567',
    reason: 'not-approved',
  }),
  cancelled: timeout('cancelled', { reason: 'cancelled' }),
  'the time limit expired': timeout('the time limit expired'),
  'the peer closed the connection': new ConnectError('ERR_CLOSED', 'the peer closed the connection'),
  'no daemon is currently registered with that id': ccb(
    'the daemon can be reached neither directly (no response) nor through CCB (broker 192.0.2.1:9618: it replied "CCB server rejecting request for ccbid 5 because no daemon is currently registered with that id (perhaps it recently disconnected).")',
    { reason: 'not-registered' },
  ),
  'nor through CCB': ccb(
    'the daemon can be reached neither directly (no connection to 10.1.2.3:9618: no response) nor through CCB (broker 192.0.2.1:9618: no response)',
  ),
  'it responds like a web server (HTTP)': foreign('a web server (HTTP)'),
  'it responds like a TLS server': foreign('a TLS server'),
  'the peer does not speak CEDAR (its first byte is': new ProtocolError(
    'ERR_FRAME',
    'the peer does not speak CEDAR (its first byte is 42)',
  ),
  'a message is truncated': new ProtocolError('ERR_MESSAGE', 'a message is truncated'),
  'the collector returned no usable address': new ProtocolError(
    'ERR_CLASSAD',
    'the collector returned no usable address: the ad has none',
    { reason: 'no-address' },
  ).at('locate'),
  'a line is not an attribute': new ProtocolError('ERR_CLASSAD', 'a line is not an attribute'),
  'an encrypted frame is not authentic': new ProtocolError('ERR_DECRYPT', 'an encrypted frame is not authentic'),
} as const satisfies Readonly<Record<string, AnyHTCondorError>>;
