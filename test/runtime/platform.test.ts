/** Tests behavior that differs on Windows. The tests run on all systems. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { workingDirectoryFor } from '../../src/action/renewal.ts';
import { configurationFiles } from '../../src/credentials/kerberos-files.ts';
import { loadCertificate } from '../../src/credentials/ssl.ts';
import { systemFiles } from '../../src/credentials/trust.ts';
import { readCredentials } from '../../src/inputs/credentials.ts';
import { interruptSignal } from '../../src/inputs/process-host.ts';
import { environmentSettings } from '../../src/inputs/settings.ts';
import { environmentOf, homeOf, isDeniedByNode, isLinkOfSystem, renameOver } from '../../src/runtime/platform.ts';
import { distinguishedName } from '../../src/runtime/printable.ts';
import { Secret } from '../../src/runtime/secret.ts';
import { selfSigned } from '../support/credentials/certificates.ts';
import { notingHost } from '../support/noting-host.ts';
import { surroundings } from '../support/surroundings.ts';
import { orReason } from '../support/unavailable.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

describe('The environment', () => {
  const copy = { ...{ Path: 'C:\\Windows' }, BEARER_TOKEN: 'x' };

  test('has case-insensitive names in a copy on Windows', () => {
    const env = environmentOf(copy, 'win32');
    assert.deepEqual(
      [env['PATH'], env['Path'], env['bearer_token'], env['NONE']],
      ['C:\\Windows', 'C:\\Windows', 'x', undefined],
    );
    assert.deepEqual({ ...env }, copy);
  });

  test('is unchanged on other systems', () => {
    assert.equal(environmentOf(copy, 'linux'), copy);
    assert.equal(environmentOf(copy, 'linux')['PATH'], undefined);
  });
});

describe('The home directory', () => {
  test('is %USERPROFILE% on Windows', () => {
    assert.equal(homeOf({ UserProfile: 'D:\\alice' }, 'win32', 'C:\\users\\alice'), 'D:\\alice');
    assert.equal(homeOf({ USERPROFILE: '' }, 'win32', 'C:\\users\\alice'), 'C:\\users\\alice');
  });

  test('is that of the account on other systems', () =>
    assert.equal(homeOf({ USERPROFILE: '/else', HOME: '/home/x' }, 'linux', '/home/alice'), '/home/alice'));
});

describe('The CA certificates of the system', () => {
  test('are not read from files on Windows, where every account may create /etc on the current drive', () =>
    assert.deepEqual(systemFiles({ certificateFile: undefined, platform: 'win32' }), []));

  test('are in SSL_CERT_FILE on every system', () => {
    for (const platform of ['win32', 'linux'] as const)
      assert.deepEqual(systemFiles({ certificateFile: 'ca.pem', platform }), ['ca.pem']);
  });

  test('are read from files on other systems', () => {
    for (const platform of ['linux', 'darwin'] as const)
      assert.ok(systemFiles({ certificateFile: undefined, platform }).includes('/etc/ssl/cert.pem'), platform);
  });
});

describe('The configuration of Kerberos', () => {
  test('is a list of files, whose paths contain colons on Windows', () => {
    const KRB5_CONFIG = 'C:\\krb5.ini;D:\\more.ini';
    assert.deepEqual(configurationFiles({ KRB5_CONFIG }, 'win32'), ['C:\\krb5.ini', 'D:\\more.ini']);
    assert.deepEqual(configurationFiles({ KRB5_CONFIG: '/a:/b' }, 'linux'), ['/a', '/b']);
  });

  test('has no default on Windows, where every account may create /etc on the current drive', () => {
    assert.deepEqual(configurationFiles({}, 'win32'), []);
    assert.deepEqual(configurationFiles({}, 'linux'), ['/etc/krb5.conf']);
  });
});

describe('A symbolic link', () => {
  test('that root owns belongs to the system, except on Windows, where every file has user 0', () => {
    assert.deepEqual(
      [isLinkOfSystem({ uid: 0 }, 'linux'), isLinkOfSystem({ uid: 1 }, 'linux'), isLinkOfSystem({ uid: 0 }, 'win32')],
      [true, false, false],
    );
  });
});

describe('Renaming over a file', () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
    test(`is repeated after ${code} on Windows, with growing pauses`, () => {
      const pauses: number[] = [];
      let attempts = 0;
      const rename = () => {
        attempts += 1;
        if (attempts < 4) throw failure(code);
      };
      renameOver(rename, 'win32', (milliseconds) => pauses.push(milliseconds));
      assert.deepEqual([attempts, pauses], [4, [5, 10, 20]]);
    });
  }

  test('fails on Windows if the file stays open', () => {
    const pauses: number[] = [];
    const rename = () => {
      throw failure('EPERM');
    };
    assert.throws(() => renameOver(rename, 'win32', (milliseconds) => pauses.push(milliseconds)), {
      code: 'EPERM',
    });
    assert.equal(
      pauses.reduce((sum, each) => sum + each),
      635,
    );
  });

  test('is not repeated after other errors or on other systems', () => {
    const never = () => assert.fail('a pause');
    for (const [code, platform] of [
      ['ENOENT', 'win32'],
      ['EPERM', 'linux'],
    ] as const) {
      const rename = () => {
        throw failure(code);
      };
      assert.throws(() => renameOver(rename, platform, never), { code });
    }
  });
});

test('the renewal process does not run in its directory on Windows, because the directory could then not be removed', () => {
  assert.equal(workingDirectoryFor('C:\\temp\\condor-token-1', 'win32'), 'C:\\');
  assert.equal(workingDirectoryFor('/tmp/condor-token-1', 'linux'), '/tmp/condor-token-1');
});

describe('A certificate', () => {
  test('without a subject is described on every version of Node; the subject may be undefined or an empty string', () => {
    assert.deepEqual(
      [undefined, '', 'CN=alice\nO=Test'].map((name) => distinguishedName(name, 'an empty subject')),
      ['an empty subject', 'an empty subject', 'CN=alice, O=Test'],
    );
  });

  test('without a subject is loaded as the client certificate', async () => {
    const { certificate, key } = await selfSigned({ subject: '' });
    const source = {
      given: true,
      certificate: { name: 'client-certificate', text: new Secret(certificate) },
      key: { name: 'client-key', text: new Secret(key) },
    } as const;
    const tls = () => async () => assert.fail('no connection is made');
    const method = orReason(loadCertificate(source, tls, notingHost().host));
    assert.ok(typeof method === 'object');
    assert.deepEqual(method.sources, ['client-certificate (an empty subject)']);
  });
});

test('SIGBREAK, which Ctrl+Break sends on Windows, interrupts the run', () => {
  const signal = interruptSignal();
  process.emit('SIGBREAK');
  assert.ok(signal.aborted);
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.removeAllListeners(name);
});

test('HTCondor’s file lists are separated by commas, so that a path may contain blanks', () => {
  const env = {
    _CONDOR_AUTH_SSL_CLIENT_CAFILE: 'C:\\Program Files\\ca.pem, D:\\b.pem',
    _CONDOR_AUTH_SSL_CLIENT_CERTFILE: 'C:\\Program Files\\cert.pem',
    _CONDOR_AUTH_SSL_CLIENT_KEYFILE: 'C:\\Program Files\\key.pem',
  };
  const { trust, certificate } = readCredentials(
    () => undefined,
    surroundings(env, { setting: environmentSettings(env) }),
    'fetch',
    false,
  );
  assert.deepEqual(trust.files, ['C:\\Program Files\\ca.pem', 'D:\\b.pem']);
  const pairs = [{ certificate: 'C:\\Program Files\\cert.pem', key: 'C:\\Program Files\\key.pem' }];
  assert.deepEqual(certificate, { given: false, pairs });
});

test('a denial by Node’s permission model differs from one by the system', () =>
  assert.deepEqual(
    ['ERR_ACCESS_DENIED', 'EACCES'].map((code) => isDeniedByNode(failure(code))),
    [true, false],
  ));
