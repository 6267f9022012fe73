import type { SimulatedProcess } from "./simulated-process.js";

/** The lock of a database, which one process has at a time: who waits gets it in the order of the calls; who has ended, never. */
export class DatabaseLock {
  #holder: SimulatedProcess | undefined;
  #waiting: { readonly process: SimulatedProcess; readonly start: () => void }[] = [];

  take(process: SimulatedProcess): Promise<void> {
    if (this.#holder !== undefined)
      return new Promise((resolve) => void this.#waiting.push({ process, start: resolve }));
    this.#holder = process;
    return Promise.resolve();
  }

  isHeldBy(process: SimulatedProcess): boolean {
    return this.#holder === process;
  }

  /** Gives it on; does nothing where another process has it. */
  give(process: SimulatedProcess): void {
    if (this.#holder !== process) return;
    this.#waiting = this.#waiting.filter((one) => one.process.isAlive);
    const next = this.#waiting.shift();
    this.#holder = next?.process;
    next?.start();
  }
}
