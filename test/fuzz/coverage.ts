/** Which parts of src were reached, by V8's own counters: cheap enough to ask after every few hundred executions. */
import { type Profiler, Session } from 'node:inspector';

const OURS = /\/build\/src\/(.*)$/;

export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Blocks of functions that were executed since the last time. */
  take(): ReadonlySet<string> {
    const blocks = new Set<string>();
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      for (const script of result) addBlocks(script, blocks);
    });
    return blocks;
  }

  stop(): void {
    this.#session.post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}

function addBlocks({ url, functions }: Profiler.ScriptCoverage, blocks: Set<string>): void {
  const file = OURS.exec(url)?.[1];
  if (file === undefined) return;
  for (const { ranges } of functions) {
    for (const { startOffset, endOffset, count } of ranges) {
      if (count > 0) blocks.add(`${file}:${startOffset}-${endOffset}`);
    }
  }
}
