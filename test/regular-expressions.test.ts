/** Checks that no regular expression in src takes more than linear time on any input. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dynamicExpressions, expressionsOf, expressionsOfSources, pumpsOf } from './support/runner/expressions.ts';

const LENGTH = 4 * 1024;
const TINY = 22;
/**
 * Threshold in microseconds. If the long input takes more CPU time, the test measures again. A linear expression takes
 * about 200; a quadratic one takes 10,000 to 100,000.
 */
const SUSPICIOUS_US = 2000;
/**
 * Ratio between the lengths of the long and the short input. The CPU time may grow by a factor of at most MAX_RATIO.
 * Quadratic time would grow by FACTOR².
 */
const FACTOR = 6;
const MAX_RATIO = 15;

/**
 * Returns the CPU time of `work`, user and system, in microseconds. Wall-clock time would depend on the load of the
 * host.
 */
function cpuTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const best = (work: () => void) => Math.min(cpuTime(work), cpuTime(work), cpuTime(work));

/** Returns the first input whose CPU time grows faster than its length, or undefined if there is none. */
function superlinear(regExp: RegExp): string | undefined {
  const run = (text: string) => {
    regExp.lastIndex = 0;
    if (regExp.global) text.replace(regExp, '');
    else regExp.exec(text);
  };
  for (const pump of pumpsOf(regExp)) {
    // Matching the long input would never end if the expression took exponential time.
    const tiny = pump(TINY);
    if (cpuTime(() => run(tiny)) > SUSPICIOUS_US && best(() => run(tiny)) > SUSPICIOUS_US)
      return `exponential: ${JSON.stringify(tiny)}`;
    const [short, long] = [pump(LENGTH), pump(FACTOR * LENGTH)];
    if (cpuTime(() => run(long)) < SUSPICIOUS_US) continue;
    const [once, more] = [best(() => run(short)), best(() => run(long))];
    if (more > SUSPICIOUS_US && more / once > MAX_RATIO)
      return `${LENGTH} characters ${once} µs, ${FACTOR * LENGTH} characters ${more} µs: ${JSON.stringify(pump(60).slice(0, 120))}`;
  }
  return undefined;
}

describe('the regular expressions of src', () => {
  const all = expressionsOfSources();

  test('are found in literals and templates', () => {
    assert.ok(all.length > 150, String(all.length));
    const template = ['`', '{g(/z/)}', '`'].join('$').replace('$`', '`');
    const text = `const a = b / c; // /x/\nf(/[/"']+/g, 'no /y/', ${template});`;
    assert.deepEqual(expressionsOf(text).map(String), ['/[/"\']+/g', '/z/']);
  });

  test('are not created from strings at run time, except those in the user’s configuration', () => {
    assert.deepEqual(dynamicExpressions(), [
      'src/cli/command-hints.ts', // names of inputs
      'src/daemon/locate.ts', // sent to the collector; the client never runs it
      'src/inputs/credentials.ts', // LOCAL_CONFIG_DIR_EXCLUDE_REGEXP
      'src/policy/json-schema.ts', // patterns from a schema in this repository
    ]);
  });

  test('that take quadratic time are detected', () => {
    for (const bad of [
      /(\d+)\.(\d+)\.\d+/,
      /(a+)+$/,
      /its name is (.+), not (\S+)/,
      /\s+$/,
      /-BEGIN X-[\s\S]+?-END X-/g,
    ])
      assert.ok(superlinear(bad), String(bad));
  });

  for (const { path, regExp } of all)
    test(`${path}: ${String(regExp).slice(0, 100)} takes linear time`, () =>
      assert.equal(superlinear(regExp), undefined));
});
