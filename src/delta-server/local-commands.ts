import type { Clock } from "../base/clock.js";
import type { CommandAnswer } from "./command-answer.js";
import type { CommandExecutor } from "./command-executor.js";
import type { CommandRecord } from "./command-record.js";
import type { CommandCaller, CommandRunner } from "./commands.js";

/**
 * Executes commands at once, at the sequence-number that has been read: for a server that has no log of its own to write them to,
 * a proxy (protocol: proxies). Its registrations are its own, and go with it.
 */
export class LocalCommands implements CommandRunner {
  readonly #executor: CommandExecutor;
  readonly #clock: Clock;
  readonly #sequence: () => number;

  constructor(executor: CommandExecutor, clock: Clock, sequence: () => number) {
    this.#executor = executor;
    this.#clock = clock;
    this.#sequence = sequence;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown is what it rejects with
  async submit(request: CommandRecord["request"], { bitNumber, signal }: CommandCaller): Promise<CommandAnswer> {
    signal.throwIfAborted();
    return this.#executor.execute({ request, bitNumber, nowMs: this.#clock.now(), ticket: "" }, this.#sequence());
  }

  execute(): void {
    // None stands in what a proxy receives.
  }

  stop(): void {
    // Nothing waits.
  }
}
