/** Node's `util.inspect.custom`, by its registered name: the library's declarations need no types of Node. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A credential or token. Every way to print it yields `***`; only `reveal()` returns the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the value itself. test/architecture.test.ts lists the callers. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  /** @internal */
  [INSPECT](): string {
    return '***';
  }
}
