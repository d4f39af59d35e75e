/**
 * Tests which credential a step reports. A credential that is not from an input might belong to an unexpected identity,
 * so a notice names the credential.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MethodClients, type MethodName, type Words } from '../support/clients/method-clients.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { Runner } from '../support/runner/runner.ts';

let clients: MethodClients;
let pool: EmbeddedPool;
let runner: Runner;
before(async () => {
  clients = await MethodClients.create();
  pool = await EmbeddedPool.start(clients.pool());
  runner = new Runner();
});
after(async () => {
  runner.close();
  await pool?.stop();
  clients?.close();
});

const environment = () => ({
  KRB5_CONFIG: clients.file('krb5.conf', clients.kdc.configuration),
  SSL_CERT_FILE: join(clients.folder, 'none'),
});
const password = () => ({
  'kerberos-principal': 'alice@POOL.TEST',
  'kerberos-password': 'correct horse',
  'server-name': clients.hostName,
});

const CASES: readonly (readonly [MethodName, string, () => Words])[] = [
  ['IDTOKENS', 'idtoken', () => clients.inputsFor('IDTOKENS', pool)],
  ['SSL', 'client-certificate', () => clients.inputsFor('SSL', pool)],
  ['SCITOKENS', 'scitoken', () => clients.inputsFor('SCITOKENS', pool)],
  ['KERBEROS', 'kerberos-keytab', () => clients.inputsFor('KERBEROS', pool)],
  ['KERBEROS', 'kerberos-password', password],
  ['PASSWORD', 'password', () => clients.inputsFor('PASSWORD', pool)],
];

describe('The reported credential', () => {
  for (const [method, source, words] of CASES) {
    test(`for ${method} is the one from the input ${source}, and causes no notice`, async () => {
      const inputs = { ...words(), 'authentication-methods': '', 'on-reduced': 'ignore', address: pool.schedd() };
      const step = await runner.runAction({ ...inputs, authz: 'READ' }, { env: environment() });
      assert.equal(step.status, 0, step.raw);
      assert.equal(step.outputs['credential-source'], source);
      assert.ok(step.log.includes(`Authenticated with ${method}; credential: ${source}`));
      assert.deepEqual(
        step.annotations.map(({ message }) => message),
        [],
      );
    });
  }
});
