import { LiveDistError } from "../base/errors.js";
import { halfSipHash, type HashSeed } from "../base/half-sip-hash.js";
import { HashIndex, NO_ID } from "../base/hash-index.js";
import { Int32Column } from "../base/int32-column.js";
import { TOPICS_LIST_TOPICS_MAX } from "../base/limits.js";
import { NumberPool } from "../base/number-pool.js";
import { checkTopicLength } from "../topics/topic.js";
import { Chains, NO_ITEM } from "./chains.js";
import { TopicNames } from "./topic-names.js";

/**
 * Gives each distinct topics-list a small number, and finds the lists that have a topic. The order of topics counts: `,A,B,` and
 * `,B,A,` are different. A list is a row of cells, one for each of its topics; the cells of one topic are chained, so that a
 * list comes and goes at a cost of its own length. There may be as many lists as entities: none of them is a JavaScript object.
 */
export class DistinctTopicsLists {
  readonly #seed: HashSeed;
  readonly #names: TopicNames;
  readonly #index = new HashIndex();
  readonly #lists = new NumberPool();
  readonly #cells = new NumberPool();

  /** By list: its first cell + 1 (0 where it has none). */
  readonly #firstCells = new Int32Column();
  /** By cell: its list, its topic, and the next cell of its list + 1 (0 in the last one). */
  readonly #listOfCell = new Int32Column();
  readonly #topicOfCell = new Int32Column();
  readonly #nextCells = new Int32Column();
  readonly #cellsOfTopic = new Chains();

  /** The topic ids of the list at hand. */
  readonly #ids = new Int32Array(TOPICS_LIST_TOPICS_MAX);

  constructor(seed: HashSeed) {
    this.#seed = seed;
    this.#names = new TopicNames(seed);
  }

  /** The number of distinct lists. */
  get count(): number {
    return this.#index.count;
  }

  /** The number of distinct topics. */
  get topicCount(): number {
    return this.#names.count;
  }

  /** The number of topics in all lists. */
  get cellCount(): number {
    return this.#cells.count;
  }

  /** Bytes of the tables; the texts of the topics do not count. */
  get heldBytes(): number {
    const pools = this.#lists.heldBytes + this.#cells.heldBytes;
    const columns = this.#firstCells.heldBytes + this.#listOfCell.heldBytes + this.#topicOfCell.heldBytes;
    const chains = this.#nextCells.heldBytes + this.#cellsOfTopic.heldBytes;
    return this.#names.heldBytes + this.#index.heldBytes + pools + columns + chains;
  }

  /** Gives the number of a list, a new one where it is new. Throws Limit where it, or the table, is too large; nothing changes then. */
  intern(topics: readonly string[]): number {
    checkLengths(topics);
    const known = this.#find(topics);
    return known === NO_ID ? this.#add(topics) : known;
  }

  /** Forgets a list; its number may be given to another. Topics that no list has any more are forgotten with it. */
  remove(list: number): void {
    const length = this.#readIds(list);
    this.#index.remove(this.#hash(length), list);
    for (let cell = this.#firstCells.get(list) - 1; cell !== NO_ITEM; cell = this.#nextCells.get(cell) - 1) {
      const topic = this.#topicOfCell.get(cell);
      this.#cellsOfTopic.remove(topic, cell);
      if (this.#cellsOfTopic.first(topic) === NO_ITEM) this.#names.remove(topic);
      this.#cells.give(cell);
    }
    this.#lists.give(list);
  }

  /** Gives the topics of a list, in their order. */
  topics(list: number): string[] {
    const topics: string[] = [];
    for (let cell = this.#firstCells.get(list) - 1; cell !== NO_ITEM; cell = this.#nextCells.get(cell) - 1) {
      topics.push(this.#names.text(this.#topicOfCell.get(cell)));
    }
    return topics;
  }

  /** Calls back once for each list that has at least one of the topics. The callback must not change the table. */
  forEachWithAny(topics: Iterable<string>, callback: (list: number) => void): void {
    const wanted = new Set<number>();
    for (const topic of topics) wanted.add(this.#names.find(topic));
    wanted.delete(NO_ID);
    for (const topic of wanted) {
      for (let cell = this.#cellsOfTopic.first(topic); cell !== NO_ITEM; cell = this.#cellsOfTopic.next(cell)) {
        const list = this.#listOfCell.get(cell);
        // A list that has several of the topics is met under each of them, and is told at the first it has.
        if (this.#firstCellWithAny(list, wanted) === cell) callback(list);
      }
    }
  }

  #firstCellWithAny(list: number, wanted: ReadonlySet<number>): number {
    let cell = this.#firstCells.get(list) - 1;
    while (!wanted.has(this.#topicOfCell.get(cell))) cell = this.#nextCells.get(cell) - 1;
    return cell;
  }

  #find(topics: readonly string[]): number {
    for (let index = 0; index < topics.length; index++) {
      const id = this.#names.find(topics[index]!);
      // A list with a topic that no list has is new.
      if (id === NO_ID) return NO_ID;
      this.#ids[index] = id;
    }
    const hash = this.#hash(topics.length);
    let list = this.#index.first(hash);
    while (list !== NO_ID && !this.#hasIds(list, topics.length)) list = this.#index.next(hash, list);
    return list;
  }

  #add(topics: readonly string[]): number {
    this.#names.requireRoom(topics.length);
    this.#cells.requireRoom(topics.length);
    const list = this.#lists.take();
    let nextCell = NO_ITEM;
    for (let index = topics.length - 1; index >= 0; index--) {
      const topic = this.#names.intern(topics[index]!);
      this.#ids[index] = topic;
      nextCell = this.#addCell(list, topic, nextCell);
    }
    this.#firstCells.reserve(list + 1);
    this.#firstCells.set(list, nextCell + 1);
    this.#index.insert(this.#hash(topics.length), list);
    return list;
  }

  #addCell(list: number, topic: number, nextCell: number): number {
    const cell = this.#cells.take();
    this.#listOfCell.reserve(cell + 1);
    this.#topicOfCell.reserve(cell + 1);
    this.#nextCells.reserve(cell + 1);
    this.#listOfCell.set(cell, list);
    this.#topicOfCell.set(cell, topic);
    this.#nextCells.set(cell, nextCell + 1);
    this.#cellsOfTopic.add(topic, cell);
    return cell;
  }

  /** Tells whether a list has the first `length` of the ids at hand, and no others. */
  #hasIds(list: number, length: number): boolean {
    let cell = this.#firstCells.get(list) - 1;
    for (let index = 0; index < length; index++) {
      if (cell === NO_ITEM || this.#topicOfCell.get(cell) !== this.#ids[index]) return false;
      cell = this.#nextCells.get(cell) - 1;
    }
    return cell === NO_ITEM;
  }

  /** Makes the ids of a list those at hand, and gives their number. */
  #readIds(list: number): number {
    let length = 0;
    for (let cell = this.#firstCells.get(list) - 1; cell !== NO_ITEM; cell = this.#nextCells.get(cell) - 1) {
      this.#ids[length++] = this.#topicOfCell.get(cell);
    }
    return length;
  }

  #hash(length: number): number {
    return halfSipHash(this.#seed, this.#ids, length);
  }
}

function checkLengths(topics: readonly string[]): void {
  if (topics.length > TOPICS_LIST_TOPICS_MAX) {
    throw new LiveDistError(
      "Limit",
      `a topics-list has more topics than TOPICS_LIST_TOPICS_MAX, ${TOPICS_LIST_TOPICS_MAX}`,
    );
  }
  for (const topic of topics) checkTopicLength(topic);
}
