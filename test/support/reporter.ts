/**
 * A reporter for one test file. It writes one JSON line when a test starts and one line for the test's result. `npm
 * test` runs every file with this reporter and prints its reports (test/run.ts).
 */

import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export type Status = 'pass' | 'fail' | 'cancelled' | 'skipped' | 'todo';

/**
 * A report about a test that has started. Without `status`, the test has not finished. Suites are reported only if they
 * fail or are skipped.
 */
export interface Report {
  /** Titles of the suites and the test, outermost first. */
  readonly path: readonly string[];
  readonly status?: Status;
  readonly suite?: boolean;
  /** The reason why a test was skipped, or the error of a failed test. */
  readonly text?: string;
}

export default async function* reporter(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const titles: string[] = [];
  for await (const event of events) {
    const report = reportOf(event, titles);
    if (report !== undefined) yield `${JSON.stringify(report)}\n`;
  }
}

function reportOf(event: TestEvent, titles: string[]): Report | undefined {
  if (event.type === 'test:diagnostic') {
    // If an error occurs after its test has ended, Node reports the error only as a diagnostic, although the process
    // fails.
    const { message } = event.data;
    return message.startsWith('Error: ')
      ? { path: ['after the end of a test'], status: 'fail', text: message }
      : undefined;
  }
  if (event.type === 'test:start') {
    titles.splice(event.data.nesting, titles.length, event.data.name);
    return { path: [...titles] };
  }
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined;
  const { nesting, name, skip, todo, details } = event.data;
  const path = [...titles.slice(0, nesting), name];
  const suite = details.type === 'suite';
  if (event.type === 'test:fail') {
    const { failureType, cause } = event.data.details.error as Error & { failureType?: string };
    if (suite && failureType === 'subtestsFailed') return undefined;
    const status = failureType === 'cancelledByParent' ? 'cancelled' : 'fail';
    return { path, status, suite, text: cause instanceof Error ? inspect(cause, { depth: 4 }) : String(cause) };
  }
  if (skip !== undefined) return { path, status: 'skipped', suite, text: typeof skip === 'string' ? skip : '' };
  if (suite) return undefined;
  return { path, status: todo === undefined ? 'pass' : 'todo' };
}
