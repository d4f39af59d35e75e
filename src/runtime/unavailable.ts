import type { MissingReason } from '../reasons.ts';

/** Result of loading credentials if no usable credential was found. */
export class Unavailable {
  /** Explains in a few words why no usable credential was found. */
  readonly reason: string;
  readonly kind: MissingReason | undefined;

  constructor(reason: string, kind?: MissingReason) {
    this.reason = reason;
    this.kind = kind;
  }
}
