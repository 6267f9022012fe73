import { LiveDistError, NotRegisteredError } from "../base/errors.js";

interface Session {
  number: number;
  /** The number of the last command that was executed in it. */
  command: number;
}

/** The newest session of each registered client: it fences those before it (protocol: sessions). */
export class Sessions {
  readonly #sessions = new Map<string, Session>();

  /** Takes note of the session that a call names, which only reads. Throws NotRegistered where a newer one is in force. */
  use(clientId: string, number: number): void {
    this.check(clientId, number);
    this.#session(clientId, number);
  }

  /** Throws NotRegistered where a newer session is in force. */
  check(clientId: string, number: number): void {
    if (number >= (this.#sessions.get(clientId)?.number ?? number)) return;
    throw new NotRegisteredError(`a newer session of the client ${clientId} is in force`);
  }

  /** Tells whether a session is the one that fences those before it. */
  isInForce(clientId: string, number: number): boolean {
    return this.#sessions.get(clientId)?.number === number;
  }

  /** Takes note of a command. Throws StaleCommand where it is a late duplicate, or of a session that is fenced. */
  execute(clientId: string, number: number, command: number): void {
    const session = this.#session(clientId, number);
    if (number < session.number) {
      throw new LiveDistError("StaleCommand", `a newer session of the client ${clientId} is in force`);
    }
    if (command <= session.command) {
      throw new LiveDistError(
        "StaleCommand",
        `command ${command} of the client ${clientId} comes after ${session.command}`,
      );
    }
    session.command = command;
  }

  /** Gives a number above those of a client's sessions so far, and not below `least`. */
  next(clientId: string, least: number): number {
    return Math.max((this.#sessions.get(clientId)?.number ?? -1) + 1, least);
  }

  forget(clientId: string): void {
    this.#sessions.delete(clientId);
  }

  clear(): void {
    this.#sessions.clear();
  }

  #session(clientId: string, number: number): Session {
    const known = this.#sessions.get(clientId);
    if (known && known.number >= number) return known;
    const session = { number, command: 0 };
    this.#sessions.set(clientId, session);
    return session;
  }
}
