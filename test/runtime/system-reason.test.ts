/** Tests that messages describe errors of the operating system, TLS and Node's HTTP parser in plain words. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemReason } from '../../src/runtime/system-reason.ts';
import { sources } from '../support/sources.ts';

/** Text that Node produces: an error code, the name of a system call, or a message of a parser. */
const RAW = /\bE[A-Z]{3,}\b|\b(?:open|connect|listen|read|write) [A-Z/]|Parse Error|\bHPE_/;

describe('A failure of the system is described in plain words', () => {
  const reasonOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return systemReason(error);
    }
    throw new Error('the work did not fail');
  };

  test('for a missing file and for a directory', () => {
    assert.equal(
      reasonOf(() => readFileSync(join(tmpdir(), 'does/not/exist'))),
      'it does not exist',
    );
    assert.equal(
      reasonOf(() => writeFileSync(tmpdir(), '')),
      'it is a directory',
    );
  });

  test('for every code in the table and for other system errors', () => {
    const codes = ['ENOENT', 'ECONNRESET', 'EPIPE', 'CERT_HAS_EXPIRED', 'HPE_INVALID_CONSTANT'];
    for (const code of codes) {
      const error = Object.assign(new Error(`read ${code}: Parse Error`), { code, errno: -1 });
      assert.doesNotMatch(systemReason(error), RAW, code);
    }
    const unknown = Object.assign(new Error('open EUNKNOWN /x'), { code: 'EUNKNOWN', errno: -1 });
    assert.equal(systemReason(unknown), 'the system reports EUNKNOWN');
  });

  test('for a refused connection', async () => {
    const error = await new Promise((resolve) => request({ host: '127.0.0.1', port: 1 }).on('error', resolve).end());
    assert.equal(systemReason(error), 'connection refused');
  });

  test('and no message contains the text of a caught error unless the code checks its type', () => {
    const raw = /\(\w+ as Error\)\.message|\$\{String\((?:error|cause)\)\}/;
    assert.deepEqual(
      sources.filter(({ code }) => raw.test(code)).map(({ path }) => path),
      [],
    );
  });
});
