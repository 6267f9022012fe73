/** Whether a server reaches the center, over all the links between (guide §8.2), and who wants to hear when that changes. */
export class CenterConnection {
  readonly #listeners = new Set<() => void>();
  #isConnected: boolean;

  constructor(isConnected: boolean) {
    this.#isConnected = isConnected;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  set(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls back at every change; gives a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
