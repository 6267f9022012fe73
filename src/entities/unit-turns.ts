import { entityError } from "./entity-error.js";

/** Lets the calls of one transaction follow one another in their order, also those that nobody awaits. */
export class UnitTurns {
  #lastWork: Promise<unknown> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #isEnded = false;

  /** Runs work that writes: where it fails it may be half done, so that nothing of the transaction can stay. */
  write<T>(work: () => Promise<T>): Promise<T> {
    return this.read(async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      try {
        return await work();
      } catch (error) {
        this.#failure = { error };
        throw error;
      }
    });
  }

  /** Runs work that may fail without harm. */
  read<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isEnded) return Promise.reject(entityError("the transaction of this unit has ended"));
    const result = this.#lastWork.then(work);
    this.#lastWork = result.catch(() => undefined);
    return result;
  }

  /** Takes no further calls, waits for those not awaited, and rejects with the first error of a write. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#lastWork;
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
