/** CA certificates: in a text, in a file, in the files of a directory. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { type PemSource, readAuthorities, readCertificates } from '../../src/credentials/ssl.ts';
import { Authority, type Identity } from '../support/certificates.ts';
import { pemText } from '../support/client-certificate.ts';

let authority: Authority;
let alice: Identity;
before(async () => {
  authority = await Authority.create();
  alice = await authority.issue({ subject: 'CN=alice, O=Test' });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('CA certificates', () => {
  let others: readonly string[];
  before(async () => {
    others = await Promise.all(['CN=One', 'CN=Two'].map(async (name) => (await Authority.create(name)).certificate));
  });
  after(() => {
    others = [];
  });
  const skip = () => {};
  const subjects = (pem: readonly string[]) =>
    pem.flatMap((each) => readCertificates(each, 'x')).map(({ subject }) => subject);

  test('are all read from a text', () =>
    assert.deepEqual(subjects(readAuthorities(pemText('ca-certificate', others.join('\n# two\n')), skip)), [
      'CN=One',
      'CN=Two',
    ]));

  test('are read from a file, or from the files of a directory without those that are bad or dead links', () => {
    const path = join(folder, 'ca.pem');
    writeFileSync(path, others.join(''));
    assert.deepEqual(subjects(readAuthorities({ name: 'ca-certificate', path }, skip)), ['CN=One', 'CN=Two']);
    writeFileSync(join(folder, 'README'), 'no certificate');
    writeFileSync(join(folder, 'key.pem'), alice.key);
    writeFileSync(join(folder, 'bad.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    if (process.platform !== 'win32') symlinkSync('nowhere', join(folder, 'dead-link'));
    const skipped: string[] = [];
    mkdirSync(join(folder, 'below'));
    writeFileSync(join(folder, 'below', 'ca.pem'), authority.certificate);
    if (process.platform !== 'win32') symlinkSync('ca.pem', join(folder, 'b-link'));
    const found = subjects(readAuthorities({ name: 'ca-certificate', path: folder }, (reason) => skipped.push(reason)));
    assert.deepEqual([...new Set(found)], ['CN=One', 'CN=Two']);
    assert.match(skipped.join('\n'), /bad\.pem: .*cannot be parsed/);
    if (process.platform !== 'win32') assert.match(skipped.join('\n'), /dead-link: .*does not exist/);
  });

  test('are an error if there are none', () => {
    const told = (source: PemSource) => () => readAuthorities(source, skip);
    assert.throws(
      told(pemText('ca-certificate', 'hello')),
      /^CredentialError: ca-certificate: it contains no PEM certificate$/,
    );
    assert.throws(told({ name: 'ca-certificate', path: folder }), /it contains no PEM certificate/);
    assert.throws(told({ name: 'ca-certificate', path: join(folder, 'missing') }), /missing: it does not exist/);
  });
});
