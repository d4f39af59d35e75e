/**
 * The post step of the Action. It starts the same bundle with `post` as first argument. The saved state does not decide
 * which step runs, because a program that sets variables for the job could set state for main too.
 */
process.argv[2] = 'post';
await import('./index.js');
export {};
