import type { MissingReason } from '../reasons.ts';

/** Result of loading a method's credentials if none of the credentials is usable. */
export class Unavailable {
  /** Explains in a few words why no credential is usable. */
  readonly reason: string;
  readonly kind: MissingReason | undefined;

  constructor(reason: string, kind?: MissingReason) {
    this.reason = reason;
    this.kind = kind;
  }
}
