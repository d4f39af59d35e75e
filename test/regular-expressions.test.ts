/** No regular expression of src takes more than linear time, for any input. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { dynamicExpressions, expressionsOf, expressionsOfSources, pumpsOf } from './support/runner/expressions.ts';

const LENGTH = 4 * 1024;
const TINY = 22;
/**
 * CPU time of the long input that triggers a second measurement, in microseconds. A linear expression takes about 200, a
 * quadratic one 10,000 to 100,000.
 */
const SUSPICIOUS_US = 2000;
/** Growth of the input. The CPU time may grow by at most MAX_RATIO; the square of this growth would be quadratic. */
const FACTOR = 6;
const MAX_RATIO = 15;

/** CPU time of this process, user and system, in microseconds. Wall-clock time would depend on the load of the host. */
function cpuTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const best = (work: () => void) => Math.min(cpuTime(work), cpuTime(work), cpuTime(work));

/** Returns the first input whose CPU time grows faster than its length; undefined if there is none. */
function superlinear(regExp: RegExp): string | undefined {
  const run = (text: string) => {
    regExp.lastIndex = 0;
    if (regExp.global) text.replace(regExp, '');
    else regExp.exec(text);
  };
  for (const pump of pumpsOf(regExp)) {
    // An expression with exponential growth would never return from the long input.
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

  test('are not made of texts at run time, except of the configuration of the user', () => {
    assert.deepEqual(dynamicExpressions(), [
      'src/cli/command-hints.ts', // names of inputs
      'src/daemon/locate.ts', // sent to the collector, never run by the client
      'src/inputs/credentials.ts', // LOCAL_CONFIG_DIR_EXCLUDE_REGEXP
      'src/policy/json-schema.ts', // patterns of a schema in this repository
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
