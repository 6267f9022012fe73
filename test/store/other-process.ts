import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Another process that works on the file of a store. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown[]>;

  /** "hold": a transaction until `go`. "append": 50 rows. "crash": one row, and one in a transaction that stays open. */
  constructor(command: "hold" | "append" | "crash", path: string) {
    const script = fileURLToPath(new URL("child.ts", import.meta.url));
    this.#child = spawn(process.execPath, ["--import", "tsx", script, command, path], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#exit = once(this.#child, "exit");
    this.#lines = createInterface(this.#child.stdout!)[Symbol.asyncIterator]();
  }

  /** Gives the next line that it says. */
  async says(): Promise<string | undefined> {
    const line = await this.#lines.next();
    return line.done ? undefined : line.value;
  }

  go(): void {
    this.#child.stdin!.write("go\n");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Gives its exit code when it has ended; null where it was killed. */
  async exitCode(): Promise<number | null> {
    const [code] = await this.#exit;
    return code as number | null;
  }

  close(): void {
    this.kill();
  }
}
