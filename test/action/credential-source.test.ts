/**
 * Tests which credential a step reports. A credential that is not from an input may belong to another identity, so a
 * notice names it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type WayName, Ways, type Words } from '../support/clients/ways.ts';
import { EmbeddedPool } from '../support/embedded-pool/pool.ts';
import { Runner } from '../support/runner/runner.ts';

let ways: Ways;
let pool: EmbeddedPool;
let runner: Runner;
before(async () => {
  ways = await Ways.create();
  pool = await EmbeddedPool.start(ways.pool());
  runner = new Runner();
});
after(async () => {
  runner.close();
  await pool?.stop();
  ways?.close();
});

const environment = () => ({
  KRB5_CONFIG: ways.file('krb5.conf', ways.kdc.configuration),
  SSL_CERT_FILE: join(ways.folder, 'none'),
});
const password = () => ({
  'kerberos-principal': 'alice@POOL.TEST',
  'kerberos-password': 'correct horse',
  'server-name': ways.hostName,
});

const CASES: readonly (readonly [WayName, string, () => Words])[] = [
  ['IDTOKENS', 'idtoken', () => ways.words('IDTOKENS', pool)],
  ['SSL', 'client-certificate', () => ways.words('SSL', pool)],
  ['SCITOKENS', 'scitoken', () => ways.words('SCITOKENS', pool)],
  ['KERBEROS', 'kerberos-keytab', () => ways.words('KERBEROS', pool)],
  ['KERBEROS', 'kerberos-password', password],
  ['PASSWORD', 'password', () => ways.words('PASSWORD', pool)],
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
