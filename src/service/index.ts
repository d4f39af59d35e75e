#!/usr/bin/env node
import { run } from './main.ts';
import { processWorld } from './world.ts';

process.exitCode = 1; // overwritten when `run` has finished
void run(process.argv.slice(2), processWorld()).then((status) => {
  process.exitCode = status;
});
