/**
 * The registered symbol of Node's `util.inspect.custom`. With it, the library's declarations do not need Node's types.
 */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A credential or token. Every conversion to text returns `***`; only `reveal()` returns the value. */
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
