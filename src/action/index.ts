import { run } from './main.ts';

process.exitCode = 1; // the exit status remains 1 if the run is interrupted
void run().then((status) => {
  process.exitCode = status;
});
