/**
 * HTCondor with two defects less, so that `condor_token_fetch -remote` succeeds: no release from 9.9.0 on does that.
 *
 * Both are in CollectorDaemon::schedd_token_request, and both are mended in the machine code of the pool's own tree:
 *
 * 1. It looks for a schedd's Capability in the public ad, where CollectorEngine::updateClassAd has just taken all private
 *    attributes away. Here collector and schedd call it by another name, which is not private.
 * 2. It gives a CondorError of its own stack frame to a connection that is opened after it has returned. When the session
 *    with the schedd stands, SecManStartCommand clears that error, and the collector dies. Here clearing does nothing.
 *
 * Everything else is HTCondor as it is.
 */
import type { Pool } from './pool.ts';
import type { Suite } from './pool-tree.ts';

const CLEAR = '_ZN11CondorError5clearEv';
const RETURN = 0xc3;
const [NAME, OTHER_NAME] = ['Capability', 'Xapability'];
const SECTION_DYNSYM = 11;

/** Why it cannot be mended here; undefined: it can. */
export function mendUnavailable(suite: Suite): string | undefined {
  if (suite === 'sid') return 'the release in sid is another one every month, and so is its machine code';
  return process.arch === 'x64' ? undefined : `HTCondor's machine code is known for x64, not for ${process.arch}`;
}

/** For `prepare` of startPool. */
export async function mendRemote(pool: Pool): Promise<void> {
  for (const program of ['/usr/sbin/condor_collector', '/usr/sbin/condor_schedd']) {
    const code = await read(pool, program);
    const places = placesOf(code, NAME);
    if (places.length === 0) throw new Error(`${program} has no ${NAME}: is it another HTCondor than it was?`);
    for (const place of places) await poke(pool, program, place, OTHER_NAME.charCodeAt(0));
  }
  const library = (
    await pool.run('sh', '-c', 'find /usr/lib* -name "libcondor_utils_*.so" -type f | head -n 1')
  ).trim();
  await poke(pool, library, offsetOf(await read(pool, library), CLEAR), RETURN);
}

/** Where a program has a name: as a constant, or in an instruction that moves its first eight characters. */
function placesOf(code: Buffer, name: string): readonly number[] {
  const text = code.toString('latin1');
  const constant = new RegExp(`(?<=\0)${name}\0`, 'g');
  const instruction = new RegExp(`(?<=\x48[\xb8-\xbf])${name.slice(0, 8)}`, 'g');
  return [...text.matchAll(constant), ...text.matchAll(instruction)].map(({ index }) => index);
}

/** Where the code of an exported function lies in an ELF file of 64 bits. */
function offsetOf(file: Buffer, symbol: string): number {
  const long = (at: number) => Number(file.readBigUInt64LE(at));
  const [table, size, count] = [long(0x28), file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
  const sections = Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    const type = file.readUInt32LE(at + 4);
    return {
      type,
      address: long(at + 16),
      offset: long(at + 24),
      size: long(at + 32),
      link: file.readUInt32LE(at + 40),
    };
  });
  const symbols = sections.find(({ type }) => type === SECTION_DYNSYM);
  const names = symbols === undefined ? undefined : sections[symbols.link];
  if (symbols === undefined || names === undefined) throw new Error('no dynamic symbols');
  for (let at = symbols.offset; at < symbols.offset + symbols.size; at += 24) {
    const name = names.offset + file.readUInt32LE(at);
    if (file.toString('latin1', name, file.indexOf(0, name)) !== symbol) continue;
    const value = long(at + 8);
    const section = sections.find(({ address, size }) => address > 0 && address <= value && value < address + size);
    if (section !== undefined) return value - section.address + section.offset;
  }
  throw new Error(`no function ${symbol}`);
}

async function read(pool: Pool, path: string): Promise<Buffer> {
  return Buffer.from(await pool.run('base64', path), 'base64');
}

async function poke(pool: Pool, path: string, offset: number, byte: number): Promise<void> {
  const script = 'printf "\\\\$2" | dd of="$0" seek="$1" bs=1 conv=notrunc status=none';
  await pool.run('sh', '-c', script, path, String(offset), byte.toString(8));
}
