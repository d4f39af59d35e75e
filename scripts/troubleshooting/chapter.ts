/** A chapter of docs/TROUBLESHOOTING.md: messages with their explanations. */
import type { ErrorName } from '../../test/support/every-error.ts';

export interface Message {
  readonly name: ErrorName;
  /** Text of the message, if it differs from the name. */
  readonly says?: string;
  /** Names of errors with the same cause and the same advice. */
  readonly also?: readonly ErrorName[];
  readonly means: string;
  /** Related messages in HTCondor's own tools or logs. */
  readonly theirs?: readonly string[];
}

export interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly messages: readonly Message[];
}
