/** The result of a search that found nothing usable. */
export class Unavailable {
  /** Why, in a few words. */
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}
