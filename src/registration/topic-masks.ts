import { type Half, halfOf, maskOf } from "./client-bit.js";

/** Keeps for each topic a set of clients. */
export class TopicMasks {
  /** By topic, the clients of either half; never none. */
  readonly #clients = new Map<string, [low: number, high: number]>();

  /** Adds a client to the sets of these topics. */
  add(topics: Iterable<string>, bit: number): void {
    const half = halfOf(bit);
    for (const topic of topics) {
      let clients = this.#clients.get(topic);
      if (!clients) this.#clients.set(topic, (clients = [0, 0]));
      clients[half] |= maskOf(bit);
    }
  }

  /** Takes a client out of the sets of these topics. */
  remove(topics: Iterable<string>, bit: number): void {
    const half = halfOf(bit);
    for (const topic of topics) {
      const clients = this.#clients.get(topic);
      if (!clients) continue;
      clients[half] &= ~maskOf(bit);
      if ((clients[0] | clients[1]) === 0) this.#clients.delete(topic);
    }
  }

  /** Gives the clients of a half that are in the set of one of these topics. */
  ofAny(topics: Iterable<string>, half: Half): number {
    let mask = 0;
    for (const topic of topics) mask |= this.#clients.get(topic)?.[half] ?? 0;
    return mask;
  }
}
