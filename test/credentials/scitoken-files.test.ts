/** Files with SciTokens in directories to which other accounts can write. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { readSciToken } from '../../src/credentials/scitokens.ts';
import { notingHost } from '../support/noting-host.ts';
import { orReason } from '../support/unavailable.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = `${encode({ alg: 'ES256' })}.${encode({ iss: 'https://issuer.test', sub: 'ci' })}.c2lnbmF0dXJl`;
const { host } = notingHost();

describe('A bearer token file', { skip: process.getuid === undefined && 'only Unix has owners of files' }, () => {
  const uid = process.getuid?.() ?? 0;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'condor-bearer-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (env: Record<string, string>, account = uid) => {
    const found = orReason(readSciToken({ text: undefined, file: undefined, env, uid: account }, host));
    return typeof found === 'string' ? found : found.source;
  };

  test('is used if this account owns it', () => {
    const path = join(folder, `bt_u${uid}`);
    writeFileSync(path, jwt);
    assert.equal(read({ XDG_RUNTIME_DIR: folder }), path);
  });

  test('is not used at its default path if another user owns it', () => {
    const path = join(folder, `bt_u${uid + 1}`);
    writeFileSync(path, jwt);
    assert.equal(
      read({ XDG_RUNTIME_DIR: folder }, uid + 1),
      `${path}: it is owned by user ${uid}, not by this account (${uid + 1})`,
    );
  });

  test('is used if another user owns it and a variable names it', () => {
    const path = join(folder, 'named');
    writeFileSync(path, jwt);
    assert.equal(read({ BEARER_TOKEN_FILE: path }, uid + 1), path);
  });

  test('is not read from a pipe', () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    assert.equal(read({ BEARER_TOKEN_FILE: path }), `${path}: it is not a regular file`);
  });

  test('is not read from a directory', () => {
    const path = join(folder, 'directory');
    mkdirSync(path);
    assert.equal(read({ BEARER_TOKEN_FILE: path }), `${path}: it is not a regular file`);
  });
});
