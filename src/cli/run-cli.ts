import { CommanderError } from "commander";
import { TopicsSliceError } from "../base/errors.js";
import type { CliContext } from "./cli-context.js";
import { makeProgram } from "./make-program.js";
import { tellError } from "./tell-error.js";

const EXIT_CODE_FAILED = 1;
const EXIT_CODE_USAGE = 2;

/** Runs the command that the arguments name. Gives the exit code: 0, 1 where it failed, 2 where it was called wrongly. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  try {
    await makeProgram(context).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has said already what there is to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_CODE_USAGE;
    report(error, context);
    return EXIT_CODE_FAILED;
  }
}

function report(error: unknown, { terminal, environment }: CliContext): void {
  terminal.err(`livedist: ${tellError(error)}`);
  if (terminal.isTty && error instanceof TopicsSliceError && typeof error.cause === "string") {
    terminal.err(caretAt(error.cause, error.line, error.column));
  }
  if (environment["LIVEDIST_DEBUG"] && error instanceof Error) terminal.err(error.stack ?? "");
}

/** Shows the place of an error in a text: its line, and a caret below. */
function caretAt(text: string, line: number, column: number): string {
  return `  ${text.split("\n")[line - 1] ?? ""}\n  ${" ".repeat(column - 1)}^`;
}
