import { run } from './main.ts';

process.exitCode = 1; // until the run ends: an interrupted run has failed
void run().then((status) => {
  process.exitCode = status;
});
