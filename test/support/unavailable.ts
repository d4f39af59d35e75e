import { Unavailable } from '../../src/runtime/unavailable.ts';

/** Returns the value, or the reason why it is unavailable. */
export function orReason<T>(value: T | Unavailable): T | string {
  return value instanceof Unavailable ? value.reason : value;
}
