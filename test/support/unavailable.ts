import { Unavailable } from '../../src/runtime/unavailable.ts';

/** Returns the value, or the reason why there is none. */
export function orReason<T>(value: T | Unavailable): T | string {
  return value instanceof Unavailable ? value.reason : value;
}
