/** A recording made by `npm run record`: all inputs, all outputs, and all bytes on the wire. Binary data is in hex. */
export interface Recording {
  readonly about: string;
  /** Name of the schedd's socket behind the shared port. */
  readonly sock: string;
  readonly idtoken: string;
  readonly authz: string;
  readonly lifetime: string;
  /** Random bytes that the client used, with one entry for each time that it drew random bytes. */
  readonly entropy: readonly string[];
  readonly flights: readonly { readonly from: 'client' | 'server'; readonly bytes: string }[];
  /** The fetched token. */
  readonly token: string;
}
