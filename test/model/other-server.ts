import { OtherProcess } from "./other-process.js";

/** A LiveDist server in a process of its own, which is killed and started again on the same file and port. */
export class OtherServer {
  readonly #args: readonly string[];
  readonly problems: string[] = [];
  #process: OtherProcess | undefined;
  #port = "0";
  url = "";

  /** `options` are those of server-process.ts. */
  constructor(file: string, options: readonly string[]) {
    this.#args = ["--file", file, ...options];
  }

  /** Starts it; resolves when it serves. */
  async start(): Promise<void> {
    this.#process = new OtherProcess("./server-process.ts", [...this.#args, "--port", this.#port]);
    this.url = await this.#process.says("ready");
    this.#port = new URL(this.url).port;
  }

  /** Kills it, ready or not. */
  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    await killed?.kill();
    this.problems.push(...(killed?.all("problem") ?? []));
  }

  /** Tells whether it has said a word since it was started. */
  hasSaid(word: string): boolean {
    return (this.#process?.all(word).length ?? 0) > 0;
  }
}
