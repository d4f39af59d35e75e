/** What `npm run record` prints: all that goes in, all that comes out, and every byte between. Binary is hex. */
export interface Recording {
  readonly about: string;
  /** The schedd's name behind the shared port. */
  readonly sock: string;
  readonly idtoken: string;
  readonly authz: string;
  readonly lifetime: string;
  /** What the client's random generator gave, call by call. */
  readonly entropy: readonly string[];
  readonly flights: readonly { readonly from: 'client' | 'server'; readonly bytes: string }[];
  /** What was fetched. */
  readonly token: string;
}
