import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Told } from "./told.js";

const file = fileURLToPath(new URL("./site-process.ts", import.meta.url));

/** The process that is attacked, as the test talks with it. */
export class AttackedSite {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  static async start(): Promise<AttackedSite> {
    const child = fork(file, [], { execArgv: ["--expose-gc", "--import", import.meta.resolve("tsx")] });
    const [{ url }] = (await once(child, "message")) as [Told];
    return new AttackedSite(child, url!);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Whether it still runs. */
  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async ask(question: "write" | "memory"): Promise<Told> {
    this.#process.send(question);
    const [told] = (await once(this.#process, "message")) as [Told];
    return told;
  }

  /** Gives the number of a metric without labels. */
  async metric(name: string, key: string): Promise<number | undefined> {
    const response = await fetch(`${this.url}/metrics`, { headers: { Authorization: `Bearer ${key}` } });
    const line = (await response.text()).split("\n").find((text) => text.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.disconnect();
    await ended;
  }
}
