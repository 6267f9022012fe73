import { codeOf } from "../../src/base/errors.js";
import type { Logger } from "../../src/base/logger.js";
import type { SimulatedProcess } from "./simulated-process.js";
import type { Simulation } from "./simulation.js";

/** Makes a logger that tells what a process says while it is alive; an error that it logs fails the run, where it is not expected. */
export function processLogger(
  name: string,
  process: SimulatedProcess,
  { note, bad }: Simulation,
  isExpected: (message: string, error: string) => boolean = () => false,
): Logger {
  const tell = (fields: Record<string, unknown>, message: string): void => {
    const words = Object.values(fields).filter((value) => typeof value === "string");
    if (process.isAlive)
      note(`${name} says: ${message} ${words.join(" ")} ${inBrief(fields["err"] ?? fields["error"])}`);
  };
  const refuse = (fields: Record<string, unknown>, message: string): void => {
    const error = fields["err"] ?? fields["error"];
    if (!process.isAlive) return;
    if (isExpected(message, inFull(error))) tell(fields, message);
    else bad("EXC", `${name}: ${message} ${JSON.stringify(fields)} ${inFull(error)}`);
  };
  return { debug: () => undefined, info: tell, warn: tell, error: refuse };
}

function inBrief(error: unknown): string {
  return error instanceof Error ? `${codeOf(error) ?? ""} ${error.message}` : "";
}

export function inFull(error: unknown): string {
  return error instanceof Error ? `${codeOf(error) ?? ""} ${error.stack ?? error.message}` : "";
}
