/** What a chapter of docs/TROUBLESHOOTING.md has: messages, and what they mean. */
import type { ErrorName } from '../every-error.ts';

export interface Message {
  readonly name: ErrorName;
  /** The words of the message, if they are others than the name. */
  readonly says?: string;
  /** Words with the same cause and the same advice. */
  readonly also?: readonly ErrorName[];
  readonly means: string;
  /** What HTCondor's own tools or logs say of it. */
  readonly theirs?: readonly string[];
}

export interface Chapter {
  readonly title: string;
  readonly text: string;
  readonly messages: readonly Message[];
}
