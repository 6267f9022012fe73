import type { Terminal } from "./terminal.js";

/** What every command gets of the process that it runs in. */
export interface CliContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Begins to listen for Ctrl-C and its like; gives the signal that they abort. */
  interrupted(): AbortSignal;
}
