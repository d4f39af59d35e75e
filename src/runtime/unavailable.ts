import type { MissingReason } from '../reasons.ts';

/** The result of a search that found nothing usable. */
export class Unavailable {
  /** The reason, in a few words. */
  readonly reason: string;
  readonly kind: MissingReason | undefined;

  constructor(reason: string, kind?: MissingReason) {
    this.reason = reason;
    this.kind = kind;
  }
}
