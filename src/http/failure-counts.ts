import { codeOf, toWireError } from "../base/errors.js";

/** Counts the requests and streams of a server that ended with an error, by its code. That a client went away is none. */
export class FailureCounts {
  readonly #counts = new Map<string, number>();

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  count(error: unknown): void {
    if (codeOf(error) === "Network") return;
    const { code } = toWireError(error);
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }
}
