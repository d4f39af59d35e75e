import { run } from './main.ts';

process.exitCode = 1; // until it is known: a run that ends in the middle has failed
void run().then((status) => {
  process.exitCode = status;
});
