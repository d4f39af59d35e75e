/** Replays recorded exchanges with an MIT KDC: the client sends the same bytes and obtains the same tickets. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { countingEntropy, type KerberosRecording } from '../../scripts/record/kerberos-recording.ts';
import { keysOfKeytab, parseKeytab } from '../../src/kerberos/keytab.ts';
import { formatPrincipal, NT_SRV_HST, parsePrincipal, ticketGranting } from '../../src/kerberos/principal.ts';
import { type Kdcs, requestInitialTicket, requestServiceTicket } from '../../src/kerberos/tickets.ts';
import { projectRoot } from '../support/project.ts';

test('the client sends the recorded requests byte for byte, and obtains the same tickets from the recorded replies', async () => {
  const text = readFileSync(join(projectRoot, 'test/vectors/kerberos-exchanges.json'), 'utf8');
  const recording = JSON.parse(text) as KerberosRecording;
  const waiting = [...recording.exchanges];
  const kdcs: Kdcs = {
    now: () => new Date(recording.now),
    randomBytes: countingEntropy(),
    async ask(_, request) {
      const { request: expected, reply } = waiting.shift() ?? assert.fail('one request too many');
      assert.equal(Buffer.from(request).toString('hex'), expected);
      return Buffer.from(reply, 'hex');
    },
  };
  const client = parsePrincipal('alice@POOL.TEST', undefined);
  const keys = keysOfKeytab(parseKeytab(Buffer.from(recording.keytab, 'base64')), client, 'keytab');
  const components = ['host', 'ap.pool.test'];
  const direct = await requestInitialTicket(client, { type: NT_SRV_HST, components, realm: 'POOL.TEST' }, keys, kdcs);
  const granting = await requestInitialTicket(client, ticketGranting('POOL.TEST'), keys, kdcs);
  const service = await requestServiceTicket(granting, { components, realm: undefined }, kdcs);
  assert.deepEqual(
    [direct, granting, service].map((ticket) => ({
      service: formatPrincipal(ticket.service),
      endTime: ticket.endTime,
      key: Buffer.from(ticket.key.bytes).toString('hex'),
    })),
    recording.tickets,
  );
  assert.equal(waiting.length, 0);
});
