import { halfSipHash, type HashSeed } from "../base/half-sip-hash.js";
import { HashIndex, NO_ID } from "../base/hash-index.js";
import { TOPIC_LENGTH_MAX } from "../base/limits.js";
import { NumberPool } from "../base/number-pool.js";
import { checkTopicLength } from "../topics/topic.js";

/** Gives each topic in use a small number, and holds its text once. (A Map would end at 16.7 million topics.) */
export class TopicNames {
  readonly #seed: HashSeed;
  readonly #index = new HashIndex();
  readonly #ids = new NumberPool();
  readonly #texts: string[] = [];
  // The same memory, as characters and as what the hash takes in.
  readonly #characters = new Uint16Array(Math.ceil(TOPIC_LENGTH_MAX / 2) * 2);
  readonly #words = new Int32Array(this.#characters.buffer);

  constructor(seed: HashSeed) {
    this.#seed = seed;
  }

  get count(): number {
    return this.#index.count;
  }

  /** Bytes of the tables; the texts themselves do not count. */
  get heldBytes(): number {
    return this.#index.heldBytes + this.#ids.heldBytes;
  }

  /** Throws Limit unless `count` more topics can be interned. */
  requireRoom(count: number): void {
    this.#ids.requireRoom(count);
  }

  /** Gives the id of a topic, or NO_ID where it is not in use. */
  find(topic: string): number {
    return topic.length > TOPIC_LENGTH_MAX ? NO_ID : this.#find(topic, this.#hash(topic));
  }

  /** Gives the id of a topic, a new one where it was not in use. Throws Limit where it is too long or there are too many. */
  intern(topic: string): number {
    checkTopicLength(topic);
    const hash = this.#hash(topic);
    const known = this.#find(topic, hash);
    if (known !== NO_ID) return known;
    const id = this.#ids.take();
    // A copy: the topic may be a part of a longer text, which it would keep in memory.
    this.#texts[id] = Reflect.apply(
      String.fromCharCode,
      undefined,
      this.#characters.subarray(0, topic.length),
    ) as string;
    this.#index.insert(hash, id);
    return id;
  }

  /** Gives the text of a topic in use. */
  text(id: number): string {
    return this.#texts[id]!;
  }

  /** Forgets a topic in use; its id may be given to another. */
  remove(id: number): void {
    this.#index.remove(this.#hash(this.text(id)), id);
    this.#texts[id] = "";
    this.#ids.give(id);
  }

  #find(topic: string, hash: number): number {
    let id = this.#index.first(hash);
    while (id !== NO_ID && this.#texts[id] !== topic) id = this.#index.next(hash, id);
    return id;
  }

  #hash(topic: string): number {
    const length = topic.length;
    for (let index = 0; index < length; index++) this.#characters[index] = topic.charCodeAt(index);
    // The last word is whole, whatever stood there before.
    if (length % 2 === 1) this.#characters[length] = 0;
    return halfSipHash(this.#seed, this.#words, (length + 1) >>> 1);
  }
}
