/**
 * Asks again and again until `check` has nothing to complain about; its last complaint is the error's text.
 *
 * The wait between two questions is for the machine's sake; nothing depends on its length.
 */
export async function until(what: string, seconds: number, check: () => Promise<string | undefined>): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const complaint = await check();
    if (complaint === undefined) return;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s until ${what}; ${complaint}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
