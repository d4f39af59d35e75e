/**
 * Patches HTCondor so that `condor_token_fetch -remote` succeeds. Without the patch, it fails with every release since
 * 9.9.0.
 *
 * The patch changes the machine code in the pool's own tree. The collector removes an attribute that it needs later, so
 * the patch renames the attribute. The patch also turns one call into a no-op. Nothing else is changed.
 */
import type { Pool } from './pool.ts';
import type { Suite } from './suites.ts';

const CLEAR = '_ZN11CondorError5clearEv';
const RETURN = 0xc3;
const [NAME, OTHER_NAME] = ['Capability', 'Xapability'];
const SECTION_DYNSYM = 11;

/** Returns the reason why this host cannot apply the patch; undefined if it can. */
export function patchUnavailable(suite: Suite): string | undefined {
  if (suite === 'sid') return 'the release in sid, and therefore its machine code, changes every month';
  return process.arch === 'x64' ? undefined : `HTCondor's machine code is known only for x64, not for ${process.arch}`;
}

/** Applies the patch. Tests pass this function to startPool as `prepare`. */
export async function patchRemote(pool: Pool): Promise<void> {
  for (const program of ['/usr/sbin/condor_collector', '/usr/sbin/condor_schedd']) {
    const code = await read(pool, program);
    const places = placesOf(code, NAME);
    if (places.length === 0) throw new Error(`${program} has no ${NAME}: has the release changed?`);
    for (const place of places) await poke(pool, program, place, OTHER_NAME.charCodeAt(0));
  }
  const library = (
    await pool.run('sh', '-c', 'find /usr/lib* -name "libcondor_utils_*.so" -type f | head -n 1')
  ).trim();
  await poke(pool, library, offsetOf(await read(pool, library), CLEAR), RETURN);
}

/**
 * Returns the offsets at which a name occurs in a program: either as a constant, or as an instruction operand that
 * contains its first eight characters.
 */
function placesOf(code: Buffer, name: string): readonly number[] {
  const text = code.toString('latin1');
  const constant = new RegExp(`(?<=\0)${name}\0`, 'g');
  const instruction = new RegExp(`(?<=\x48[\xb8-\xbf])${name.slice(0, 8)}`, 'g');
  return [...text.matchAll(constant), ...text.matchAll(instruction)].map(({ index }) => index);
}

/** Returns the offset of an exported function in a 64-bit ELF file. */
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
