/**
 * Beside the bundle of the Action: the end of the job is the same program, told so by its first argument, and not by the
 * state that main left, which whoever sets variables for the job could set for main too.
 */
const bundle = './index.js';
process.argv[2] = 'post';
await import(bundle);
