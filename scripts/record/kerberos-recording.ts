/** Content of test/vectors/kerberos-exchanges.json. Binary data is in hex, unless stated otherwise. */
export interface KerberosRecording {
  /** The keytab, in base64. */
  readonly keytab: string;
  readonly now: string;
  readonly exchanges: readonly { readonly request: string; readonly reply: string }[];
  readonly tickets: readonly { readonly service: string; readonly endTime: number; readonly key: string }[];
}

/** Returns a deterministic source of bytes that differ from call to call. */
export function countingEntropy(): (length: number) => Uint8Array {
  let calls = 0;
  return (length) => {
    calls += 1;
    return Uint8Array.from({ length }, (_, at) => (calls * 31 + at * 7) & 255);
  };
}
