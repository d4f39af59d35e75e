/** FS: the client always removes the directory that it created. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { instead } from '../../support/broken-messages.ts';
import { withPool } from '../../support/embedded-fetch.ts';
import { assertRefused, by, ways } from '../../support/fs-ways.ts';
import { ABSENT } from '../../support/ways.ts';

describe('The directory of FS is removed', { skip: ABSENT.FS ?? false }, () => {
  test('when the daemon rejects it', async () => {
    const { error } = await by({}, { faults: { 'directory verdict': instead((m) => m.int(-1)) } });
    assertRefused({ error }, /the daemon could not verify the owner of .*: it sees a different file system/);
  });

  for (const fault of ['close', 'reset'] as const) {
    test(`when the daemon hangs up (${fault})`, async () => {
      const { error } = await by({}, { faults: { 'directory verdict': fault } });
      assert.equal((error as { code?: string }).code, 'ERR_CLOSED');
    });
  }

  test('when the daemon sends another message', async () => {
    const { error } = await by({}, { faults: { 'directory verdict': instead((m) => m.string('yes')) } });
    assert.equal((error as { code?: string }).code, 'ERR_MESSAGE');
  });

  test('when the run is aborted', () =>
    withPool(ways.pool({ faults: { 'directory verdict': 'silence' } }), async (pool) => {
      const controller = new AbortController();
      const trying = ways.try(pool, ways.words('FS', pool), { signal: controller.signal });
      await pool.logged(/^FS: the client says 0 of /);
      assert.equal(readdirSync(ways.tmp).length, 1, 'it is there while the daemon looks');
      controller.abort();
      const { error } = await trying;
      assert.equal((error as { code?: string }).code, 'ERR_TIMEOUT');
      assert.deepEqual(readdirSync(ways.tmp), []);
    }));

  test('also by another account without an error', async () => {
    const { error } = await by({ whenMade: (path) => rmdirSync(path) });
    assertRefused({ error }, /could not verify the owner of /);
  });

  test('or left without an error if another account has replaced it', async () => {
    const { error } = await by({
      whenMade: (path) => {
        rmdirSync(path);
        writeFileSync(path, '');
      },
    });
    assertRefused({ error }, /could not verify the owner of /);
    for (const name of readdirSync(ways.tmp)) unlinkSync(join(ways.tmp, name));
  });

  test('before the next message', async () => {
    let path = '';
    const faults = {
      'key exchange': (frame: Uint8Array) => {
        assert.ok(path !== '');
        return frame;
      },
    };
    const whenMade = (made: string) => {
      path = made;
    };
    assert.equal((await by({ whenMade }, { faults })).error, undefined);
    assert.ok(!existsSync(path));
  });
});
