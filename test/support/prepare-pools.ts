/** Part of `npm test`: gets the releases of HTCondor that the tests run on, and act, with progress, or says why not. */
import { findAct } from './act.ts';
import { poolSuites, poolUnavailable, prepareTree, versionOf } from './pool-tree.ts';

const reason = poolUnavailable();
if (reason !== undefined) {
  console.error(
    `\n${'*'.repeat(72)}\n*** Tests on real HTCondor daemons are SKIPPED:\n*** ${reason}\n${'*'.repeat(72)}\n`,
  );
} else {
  try {
    for (const suite of poolSuites()) {
      await prepareTree(suite);
      console.error(`HTCondor ${versionOf(suite)} (${suite}) is ready`);
    }
    findAct(true); // the tests that need it are skipped, loudly, where it cannot be had
  } catch (error) {
    console.error(
      `\n${'*'.repeat(72)}\n*** No real HTCondor to test on:\n*** ${String(error)}\n*** CONDOR_POOL=none runs the other tests.\n${'*'.repeat(72)}\n`,
    );
    process.exitCode = 1;
  }
}
