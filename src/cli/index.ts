#!/usr/bin/env node
import { basename } from 'node:path';
import { run } from './main.ts';

process.exitCode = 1; // the exit status remains 1 if the run is interrupted
const name = basename(process.argv[1] ?? '').replace(/\.[a-z]+$/, '');
const tool = name === 'condor_token_request' ? name : 'condor_token_fetch';
void run(process.argv.slice(2), tool).then((status) => {
  process.exitCode = status;
});
