import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A program of this folder in a process of its own, which says line by line what it does. */
export class OtherProcess {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;
  readonly #read: Promise<unknown>;
  #wake: () => void = () => undefined;

  constructor(script: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    this.#child = spawn(process.execPath, ["--import", "tsx", path, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface(this.#child.stdout!);
    lines.on("line", (line) => {
      this.lines.push(line);
      this.#wake();
    });
    this.#read = once(lines, "close").then(() => this.#wake());
    this.#exit = once(this.#child, "exit");
  }

  /** Gives what stands behind a word at the beginning of a line, as soon as there is such a line. */
  async says(word: string): Promise<string> {
    for (;;) {
      const line = this.lines.find((each) => each.startsWith(word));
      if (line !== undefined) return line.slice(word.length).trim();
      if (this.#child.exitCode !== null) throw new Error(`it ended without "${word}": ${this.lines.join("; ")}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Gives the lines that begin with a word. */
  all(word: string): string[] {
    return this.lines.filter((line) => line.startsWith(word));
  }

  /** Ends it with SIGKILL: nothing in it gets to run any more. Resolves when it is gone and all that it said has arrived. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await Promise.all([this.#exit, this.#read]);
  }
}
