import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { runCli } from "../../src/cli/run-cli.js";

const livedist = fileURLToPath(new URL("../../src/cli/livedist.ts", import.meta.url));

export interface Outcome {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** A program of the project that runs as a process of its own, as a person starts it. */
export class RunningProgram {
  readonly child: ChildProcess;
  out = "";
  err = "";
  readonly #closed: Promise<unknown[]>;

  constructor(file: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), file, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.child.stdout!.on("data", (bytes: Buffer) => (this.out += bytes.toString()));
    this.child.stderr!.on("data", (bytes: Buffer) => (this.err += bytes.toString()));
    this.#closed = once(this.child, "close");
  }

  /** Waits until it has written this. Rejects where it ends before. */
  async says(text: string): Promise<void> {
    while (!this.out.includes(text) && !this.err.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`it ended without saying ${text}: ${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async outcome(): Promise<Outcome> {
    const [exitCode] = (await this.#closed) as [number | null];
    return { exitCode, out: this.out, err: this.err };
  }

  /** Presses Ctrl-C, and waits for its end. */
  interrupt(): Promise<Outcome> {
    this.child.kill("SIGINT");
    return this.outcome();
  }
}

/** Starts a command of `livedist`. */
export function startCommand(...args: string[]): RunningProgram {
  return new RunningProgram(livedist, args);
}

/** Runs a command of `livedist` to its end. */
export function runCommand(...args: string[]): Promise<Outcome> {
  return startCommand(...args).outcome();
}

/** Runs a command of `livedist` in this process, which is faster. It is never interrupted. */
export async function runHere(...args: string[]): Promise<Outcome> {
  let out = "";
  let err = "";
  const terminal = {
    out: (text: string) => void (out += `${text}\n`),
    err: (text: string) => void (err += `${text}\n`),
    isTty: false,
  };
  const exitCode = await runCli(args, { terminal, environment: {}, interrupted: () => new AbortController().signal });
  return { exitCode, out, err };
}
