import { LiveDistError } from "../base/errors.js";

/**
 * Knows which transactions hold the end of the log, where rows get their numbers after their commit: what these append is
 * numbered at once.
 */
export class HeldEnds {
  readonly #held = new WeakMap<object, Promise<number>>();
  readonly #appended = new WeakSet<object>();

  /** Takes note that a transaction appends; tells whether it holds the end of the log. */
  appends(transaction: object): boolean {
    if (this.#held.has(transaction)) return true;
    this.#appended.add(transaction);
    return false;
  }

  /** Gives what `hold` gives, which is called once for a transaction. Rejects with Store where it has appended already. */
  hold(transaction: object, hold: () => Promise<number>): Promise<number> {
    if (this.#appended.has(transaction)) {
      const message = "the end of the log has to be held before the transaction appends";
      return Promise.reject(new LiveDistError("Store", message));
    }
    let held = this.#held.get(transaction);
    if (held === undefined) this.#held.set(transaction, (held = hold()));
    return held;
  }
}
