/** What test/vectors/recorded-kerberos.json has; bytes are hexadecimal. */
export interface KerberosRecording {
  /** Base64. */
  readonly keytab: string;
  readonly now: string;
  readonly exchanges: readonly { readonly request: string; readonly reply: string }[];
  readonly tickets: readonly { readonly service: string; readonly endTime: number; readonly key: string }[];
}

/** Bytes that differ from call to call, and are the same in each run. */
export function countingEntropy(): (length: number) => Uint8Array {
  let calls = 0;
  return (length) => {
    calls += 1;
    return Uint8Array.from({ length }, (_, at) => (calls * 31 + at * 7) & 255);
  };
}
