/**
 * Records a client's exchanges with the MIT KDC in test/vectors/kerberos-exchanges.json. The recording contains the
 * clock, the entropy, the keys, and all bytes on the wire. The KDC and its keys are deleted afterwards.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keysOfKeytab, parseKeytab } from '../../src/kerberos/keytab.ts';
import { formatPrincipal, NT_SRV_HST, parsePrincipal, ticketGranting } from '../../src/kerberos/principal.ts';
import { type Kdcs, requestInitialTicket, requestServiceTicket } from '../../src/kerberos/tickets.ts';
import { askKdc, parseKdc } from '../../src/transport/kdc.ts';
import { notingHost } from '../../test/support/noting-host.ts';
import { startKerberosPool } from '../../test/support/pool/kerberos-pool.ts';
import { poolSuites } from '../../test/support/pool/pool.ts';
import { projectRoot } from '../../test/support/project.ts';
import { countingEntropy, type KerberosRecording } from './kerberos-recording.ts';

const [suite = 'sid'] = poolSuites().slice(-1);
const realm = await startKerberosPool({ suite });
try {
  const keytab = await realm.base64('/home/alice/alice.keytab');
  const now = new Date();
  const { host } = notingHost();
  const kdc = parseKdc(/^ +kdc = (\S+)/m.exec(await realm.pool.run('cat', '/etc/krb5.conf'))?.[1] ?? '');
  if (kdc === undefined) throw new Error('no KDC');
  const exchanges: { request: string; reply: string }[] = [];
  const kdcs: Kdcs = {
    now: () => now,
    randomBytes: countingEntropy(),
    async ask(name, request) {
      const reply = await askKdc([kdc], name, request, host);
      exchanges.push({ request: Buffer.from(request).toString('hex'), reply: Buffer.from(reply).toString('hex') });
      return reply;
    },
  };
  const client = parsePrincipal('alice@POOL.TEST', undefined);
  const keys = keysOfKeytab(parseKeytab(Buffer.from(keytab, 'base64')), client, 'keytab');
  const components = ['host', 'ap.pool.test'];
  const direct = await requestInitialTicket(client, { type: NT_SRV_HST, components, realm: 'POOL.TEST' }, keys, kdcs);
  const granting = await requestInitialTicket(client, ticketGranting('POOL.TEST'), keys, kdcs);
  const service = await requestServiceTicket(granting, { components, realm: undefined }, kdcs);
  const recording: KerberosRecording = {
    ...{ keytab, now: now.toISOString(), exchanges },
    tickets: [direct, granting, service].map((ticket) => ({
      service: formatPrincipal(ticket.service),
      endTime: ticket.endTime,
      key: Buffer.from(ticket.key.bytes).toString('hex'),
    })),
  };
  const path = join(projectRoot, 'test/vectors/kerberos-exchanges.json');
  writeFileSync(path, `${JSON.stringify(recording, undefined, 2)}\n`);
} finally {
  await realm.stop();
}
