import type { Clock } from "../base/clock.js";
import { LiveDistError } from "../base/errors.js";
import { COMMANDS_WAITING_MAX } from "../base/limits.js";
import type { Logger } from "../base/logger.js";
import { newTechId } from "../base/guid.js";
import type { Store } from "../store/store.js";
import type { CommandAnswer } from "./command-answer.js";
import { type CommandRecord, readCommandRecord, writeCommandRecord } from "./command-record.js";
import type { ExecuteCommand } from "./command-executor.js";

interface Waiting {
  readonly resolve: (answer: CommandAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Where a command comes from. */
export interface CommandCaller {
  /** The client's bit in the masks. */
  readonly bitNumber: number;
  readonly signal: AbortSignal;
}

/** Has commands executed, wherever that is. */
export interface CommandRunner {
  /** Waits until a command was executed. Rejects with what it is refused with, and with the signal's reason. */
  submit(request: CommandRecord["request"], caller: CommandCaller): Promise<CommandAnswer>;
  /** Executes a command that stands in the log. */
  execute(bytes: Uint8Array, sequence: number): void;
  /** Rejects whoever waits. */
  stop(): void;
}

/**
 * Takes commands to the log and, when they come back in it at their sequence-number, has them executed and answers those that
 * wait here (protocol: commands).
 */
export class Commands implements CommandRunner {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #execute: ExecuteCommand;
  readonly #waiting = new Map<string, Waiting>();

  constructor(store: Store, clock: Clock, logger: Logger, execute: ExecuteCommand) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#execute = execute;
  }

  /** Appends a command and waits until it was executed. Rejects with what it is refused with, and with the signal's reason. */
  async submit(request: CommandRecord["request"], { bitNumber, signal }: CommandCaller): Promise<CommandAnswer> {
    signal.throwIfAborted();
    if (this.#waiting.size >= COMMANDS_WAITING_MAX) {
      throw new LiveDistError("Limit", `more than ${COMMANDS_WAITING_MAX} commands wait (COMMANDS_WAITING_MAX)`);
    }
    const ticket = newTechId();
    const record = writeCommandRecord({ request, bitNumber, nowMs: this.#clock.now(), ticket });
    // What cannot be read again is refused here: in the log nobody would be answered.
    readCommandRecord(record);
    let abort: () => void;
    const answer = new Promise<CommandAnswer>((resolve, reject) => {
      this.#waiting.set(ticket, { resolve, reject });
      abort = () => reject(signal.reason as LiveDistError);
      signal.addEventListener("abort", abort, { once: true });
    });
    const appended = this.#append(record);
    try {
      await Promise.all([answer, appended]);
      return await answer;
    } finally {
      signal.removeEventListener("abort", abort!);
      // Who leaves early keeps its place for as long as its row waits for the database.
      const leave = (): void => void this.#waiting.delete(ticket);
      appended.then(leave, leave);
    }
  }

  /** Executes a command that stands in the log. One that is damaged is passed over. */
  execute(bytes: Uint8Array, sequence: number): void {
    let ticket: string | undefined;
    try {
      const record = readCommandRecord(bytes);
      ({ ticket } = record);
      const answer = this.#execute(record, sequence);
      this.#waiting.get(ticket)?.resolve(answer);
    } catch (error) {
      const waiting = ticket === undefined ? undefined : this.#waiting.get(ticket);
      if (waiting) waiting.reject(error);
      // What a client is refused with is told to the client, by the server that it asked.
      if (ticket === undefined || !(error instanceof LiveDistError)) {
        this.#logger.error({ err: error, sequence }, "a command of the log could not be executed; it is passed over");
      }
    }
  }

  /** Rejects whoever waits. */
  stop(): void {
    for (const { reject } of this.#waiting.values()) reject(new LiveDistError("Closed", "the server is closing"));
  }

  async #append(record: Uint8Array): Promise<void> {
    await this.#store.transaction((transaction) => this.#store.log.append(transaction, record));
    this.#store.log.notify();
  }
}
