/**
 * Entry point of the Action's post step. It loads the same bundle with `post` as the first argument. The bundle does
 * not use saved state to select the step, because a program that sets variables for the job could also set that state.
 */
process.argv[2] = 'post';
await import('./index.js');
export {};
