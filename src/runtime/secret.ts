/**
 * Node's symbol `util.inspect.custom`, looked up by name so that the library's type declarations do not depend on
 * Node's types.
 */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/**
 * A credential or token that cannot be printed by mistake. Every conversion to text returns `***`; only `reveal()`
 * returns the secret itself.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the secret itself. test/architecture.test.ts lists the files that are allowed to call this method. */
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
