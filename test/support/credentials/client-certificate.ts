/** Loads client certificates from their sources, and checks that errors do not contain the private key. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import {
  type CertificateSource,
  type ClientCertificate,
  loadCertificate,
  type PemSource,
} from '../../../src/credentials/ssl.ts';
import { CredentialError } from '../../../src/errors.ts';
import { Secret } from '../../../src/runtime/secret.ts';
import { Unavailable } from '../../../src/runtime/unavailable.ts';
import { allOf, assertHidden } from '../faults/broken-messages.ts';
import { notingHost } from '../noting-host.ts';
import type { Identity } from './certificates.ts';

export const pemText = (name: string, pem: string): PemSource => ({ name, text: new Secret(pem) });
export const given = (certificate: string, key: string): CertificateSource => ({
  given: true,
  certificate: pemText('client-certificate', certificate),
  key: pemText('client-key', key),
});

/** Loads a client certificate. Returns it with the log. */
export function loadNoting(source: CertificateSource) {
  const noting = notingHost();
  const loaded: ClientCertificate[] = [];
  const method = loadCertificate(
    source,
    (own) => {
      loaded.push(own);
      return async () => assert.fail('TLS is not needed yet');
    },
    noting.host,
  );
  return { ...noting, own: loaded[0], reason: method instanceof Unavailable ? method.reason : undefined };
}

/** Returns the lines of a PEM key without its first and last line. */
export const keyLines = (key: string) =>
  key.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'));

export function assertUnreadable(source: CertificateSource, reason: RegExp, secrets: readonly string[] = []): void {
  let told: readonly string[] = [];
  assert.throws(
    () => {
      const noting = notingHost();
      told = noting.log;
      loadCertificate(source, () => assert.fail('TLS was loaded for an unusable certificate'), noting.host);
    },
    (error: unknown) => {
      assert.ok(error instanceof CredentialError, allOf(error));
      assert.equal(error.code, 'ERR_CREDENTIAL_UNREADABLE');
      assert.match(error.message, reason);
      assertHidden(secrets, error, ...told);
      return true;
    },
  );
}

/** Converts an identity's private key to another PEM format. */
export const reformedKey = ({ key }: Identity, form: object) =>
  createPrivateKey(key).export({ format: 'pem', ...form } as never) as string;
