import { LiveDistError } from "livedist";
import type { CleanUp } from "./clean-up.js";
import { ExampleError } from "./example-error.js";
import { runExample } from "./example.js";
import { interrupted } from "./interrupted.js";
import { readOptions } from "./options.js";
import { say } from "./say.js";

const EXIT_CODE_DIFFERENT = 1;
/** With --once: it was stopped before anything was checked. */
const EXIT_CODE_INTERRUPTED = 130;

// Somebody has seen enough (`| head`): as good as Ctrl-C.
process.stdout.on("error", () => process.kill(process.pid, "SIGTERM"));

const options = readOptions(process.argv.slice(2));
const signal = interrupted();
const cleanUp: CleanUp = [];
const exitCode = await run();
process.stdout.write("", () => process.exit(exitCode));

async function run(): Promise<number> {
  try {
    const running = runExample(options, signal, cleanUp);
    const isWell = await Promise.race([running, aborted()]);
    return isWell ? 0 : EXIT_CODE_DIFFERENT;
  } catch (error) {
    if (!signal.aborted) return tell(error);
    say("\nStopped");
    return options.once ? EXIT_CODE_INTERRUPTED : 0;
  } finally {
    for (const step of cleanUp.reverse()) await step();
  }
}

function aborted(): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new ExampleError("stopped"))));
}

function tell(error: unknown): number {
  const isExplained = error instanceof ExampleError || error instanceof LiveDistError;
  process.stderr.write(`cities: ${isExplained ? error.message : String((error as Error).stack)}\n`);
  return EXIT_CODE_DIFFERENT;
}
