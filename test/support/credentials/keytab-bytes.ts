import type { SessionKey } from '../../../src/kerberos/encryption.ts';

/** Returns a keytab with one key of a principal such as `alice` or `host/NAME`, in the format of ktadd. */
export function keytabBytes(name: string, realm: string, { type, bytes }: SessionKey): Uint8Array {
  const number = (value: number, length: number) => {
    const buffer = Buffer.alloc(length);
    buffer.writeUIntBE(value, 0, length);
    return buffer;
  };
  const counted = (content: string | Uint8Array) => {
    const buffer = Buffer.from(content as string);
    return Buffer.concat([number(buffer.length, 2), buffer]);
  };
  const components = name.split('/');
  const entry = Buffer.concat([
    ...[number(components.length, 2), counted(realm), ...components.map(counted)],
    ...[number(1, 4), number(0, 4), number(1, 1)],
    ...[number(type, 2), counted(bytes), number(1, 4)],
  ]);
  return Buffer.concat([Uint8Array.of(5, 2), number(entry.length, 4), entry]);
}
