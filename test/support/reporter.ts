/**
 * Reporter for one test file: a JSON line for each test that starts and for each result. `npm test` starts every file
 * with it and prints what it wrote (test/run.ts).
 */

import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

export type Status = 'pass' | 'fail' | 'cancelled' | 'skipped' | 'todo';

/** A started test. Without `status`, it has not finished. Suites are reported only if they fail or are skipped. */
export interface Report {
  /** Titles of the suites and the test, outermost first. */
  readonly path: readonly string[];
  readonly status?: Status;
  readonly suite?: boolean;
  /** The reason for skipping a test, or the error of a failed test. */
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
    // An error after the end of its test is only a diagnostic, although the process fails.
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
