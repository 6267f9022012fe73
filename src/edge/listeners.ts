/** Calls listeners by the name of an event. A listener that throws disturbs neither the others nor the caller. */
export class Listeners<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(value: never) => void>>();

  /** Adds a listener; gives a function that removes it. */
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners);
    // A function of its own, so that a listener added twice is called twice and can be removed once.
    const added = (value: Events[E]): void => listener(value);
    listeners.add(added);
    return () => listeners.delete(added);
  }

  /** Calls the listeners of an event, in the order in which they came, and gives what they threw. */
  call<E extends keyof Events>(event: E, value: Events[E]): readonly unknown[] {
    const listeners = this.#listeners.get(event) as ReadonlySet<(value: Events[E]) => void> | undefined;
    if (!listeners) return nothing;
    const thrown: unknown[] = [];
    for (const listener of listeners) {
      try {
        listener(value);
      } catch (error) {
        thrown.push(error);
      }
    }
    return thrown;
  }
}

const nothing: readonly unknown[] = [];
