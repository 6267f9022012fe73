import { createInterface } from "node:readline";

/** Where a command writes to. */
export interface Terminal {
  /** Writes lines of results; a line end is added. */
  out(text: string): void;
  /** Writes a line for the person at the terminal, beside the results. */
  err(text: string): void;
  /** Whether a person reads the errors. */
  readonly isTty: boolean;
  /** Asks the person at the terminal for a line; gives an empty one where the person breaks off. Absent where nobody is there. */
  readonly ask?: (question: string) => Promise<string>;
}

/**
 * Makes the terminal of this process. A reader that has gone away (`| head`) ends the process in silence, as it ends any
 * other program in a pipe.
 */
export function processTerminal(): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  }
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    isTty: process.stderr.isTTY,
    ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
  };
}

function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    // Ctrl-C and Ctrl-D close it without an answer.
    lines.once("close", () => resolve(""));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}
