import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import { TOPIC_LENGTH_MAX, TOPICS_LIST_TOPICS_MAX } from "../../src/base/limits.js";
import { NO_LIST, TopicsTable } from "../../src/cache-server/topics-table.js";

const seed = { k0: 11, k1: 22 };

/** A table beside a Map that says the same. */
class Pair {
  readonly table = new TopicsTable(seed);
  readonly model = new Map<number, readonly string[]>();

  assign(slot: number, topics: readonly string[]): void {
    this.table.assign(slot, topics);
    this.model.set(slot, topics);
  }

  remove(slot: number): void {
    this.table.remove(slot);
    this.model.delete(slot);
  }

  /** Compares everything that can be asked. */
  check(topics: readonly string[]): void {
    const slotsByList = new Map<string, Set<number>>();
    for (const [slot, list] of this.model) {
      expect(this.table.topicsOf(slot)).toEqual(list);
      const slots = slotsByList.get(list.join());
      if (slots) slots.add(slot);
      else slotsByList.set(list.join(), new Set([slot]));
    }
    expect(this.table.listCount).toBe(slotsByList.size);
    const lists: number[] = [];
    this.table.allLists((list) => lists.push(list));
    expect(new Set(lists)).toEqual(new Set([...this.model.keys()].map((slot) => this.table.listOf(slot))));
    expect(lists.length).toBe(slotsByList.size);
    expect(this.table.topicCount).toBe(new Set([...this.model.values()].flat()).size);
    for (const slots of slotsByList.values()) this.#checkList(slots);
    for (const topic of topics) expect(this.#slotsWith([topic])).toEqual(this.#modelSlotsWith([topic]));
    for (let count = 0; count < topics.length; count++) {
      const some = topics.slice(count, count + 3);
      expect(this.#slotsWith(some)).toEqual(this.#modelSlotsWith(some));
    }
  }

  #checkList(slots: ReadonlySet<number>): void {
    const [list, ...others] = new Set([...slots].map((slot) => this.table.listOf(slot)));
    expect(others).toEqual([]);
    expect(this.table.countOfList(list!)).toBe(slots.size);
    const found: number[] = [];
    const set = this.table.slotsOfLists([list!]);
    set.forEach((slot) => found.push(slot));
    expect(set.count).toBe(slots.size);
    expect(new Set(found)).toEqual(slots);
  }

  #slotsWith(topics: readonly string[]): number[] {
    const lists: number[] = [];
    if (topics.length === 1) this.table.listsWithTopic(topics[0]!, (list) => lists.push(list));
    else this.table.listsWithAnyTopic(topics, (list) => lists.push(list));
    expect(new Set(lists).size).toBe(lists.length);
    const slots: number[] = [];
    this.table.slotsOfLists(lists).forEach((slot) => slots.push(slot));
    return slots;
  }

  #modelSlotsWith(topics: readonly string[]): number[] {
    const found = [...this.model].filter(([, list]) => topics.some((topic) => list.includes(topic)));
    return found.map(([slot]) => slot).sort((a, b) => a - b);
  }
}

// Short and long, odd and even, one the beginning of another, outside ASCII.
const topics = [
  "A",
  "AB",
  "ABC",
  "a",
  "B",
  "é",
  "日本",
  "x".repeat(TOPIC_LENGTH_MAX),
  `${"x".repeat(TOPIC_LENGTH_MAX - 1)}y`,
  "😀",
];
const topicsList = fc.array(fc.constantFrom(...topics), { maxLength: 4 });

describe("TopicsTable", () => {
  it("does what a Map does over random operations, and holds nothing after everything is removed", () => {
    const step = fc.record({ slot: fc.nat({ max: 200 }), list: topicsList, remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 300, maxLength: 4000, size: "max" }), (steps) => {
        const pair = new Pair();
        for (const [number, { slot, list, remove }] of steps.entries()) {
          if (remove) pair.remove(slot);
          else pair.assign(slot, list);
          if (number % 400 === 0) pair.check(topics);
        }
        pair.check(topics);
        for (const slot of [...pair.model.keys()]) pair.remove(slot);
        pair.check(topics);
        expect(pair.table.listCount + pair.table.topicCount).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  it("keeps the order of topics: lists of the same topics in another order are different", () => {
    const pair = new Pair();
    pair.assign(0, ["A", "B"]);
    pair.assign(1, ["B", "A"]);
    pair.assign(2, ["A", "B"]);
    pair.assign(3, []);
    expect(pair.table.listOf(0)).toBe(pair.table.listOf(2));
    expect(pair.table.listOf(0)).not.toBe(pair.table.listOf(1));
    pair.check(["A", "B", "C"]);
  });

  it("leaves a slot in its list where the same topics are assigned again", () => {
    const table = new TopicsTable(seed);
    table.assign(5, ["A", "B"]);
    const list = table.listOf(5);
    table.assign(5, ["A", "B"]);
    expect(table.listOf(5)).toBe(list);
    expect(table.countOfList(list)).toBe(1);
  });

  it("knows slots without a list", () => {
    const table = new TopicsTable(seed);
    expect(table.listOf(7)).toBe(NO_LIST);
    table.assign(3, ["A"]);
    table.remove(7);
    table.remove(1_000_000);
    expect([0, 3, 7, 1_000_000].map((slot) => table.listOf(slot) === NO_LIST)).toEqual([true, false, true, true]);
    expect(() => table.topicsOf(7)).toThrow("assertion failed");
    const lists: number[] = [];
    table.listsWithAnyTopic(["B", "x".repeat(TOPIC_LENGTH_MAX + 1)], (list) => lists.push(list));
    expect(lists).toEqual([]);
  });

  it("takes the numbers of forgotten lists, topics and cells again", () => {
    const table = new TopicsTable(seed);
    const churn = (round: number): void => {
      for (let slot = 0; slot < 2000; slot++)
        table.assign(slot, [`user${round}-${slot}`, `group${slot % 7}`, `round${round}`]);
    };
    churn(0);
    churn(1);
    const held = table.heldBytes;
    for (let round = 2; round < 20; round++) churn(round);
    expect(table.heldBytes).toBe(held);
    expect(table.topicCount).toBe(2008);
    for (let slot = 0; slot < 2000; slot++) table.remove(slot);
    expect(table.listCount + table.topicCount).toBe(0);
  });

  it("refuses what is too large, and changes nothing then", () => {
    const pair = new Pair();
    pair.assign(0, ["A"]);
    const tooMany = Array.from({ length: TOPICS_LIST_TOPICS_MAX + 1 }, (_, index) => `T${index}`);
    for (const wrong of [
      tooMany,
      ["new", "x".repeat(TOPIC_LENGTH_MAX + 1)],
      ["x".repeat(TOPIC_LENGTH_MAX + 1), "new"],
    ]) {
      for (const slot of [0, 1]) {
        let error: unknown;
        try {
          pair.table.assign(slot, wrong);
        } catch (thrown) {
          error = thrown;
        }
        expect(codeOf(error)).toBe("Limit");
      }
      pair.check(["A", "new"]);
    }
    pair.assign(1, tooMany.slice(1));
    pair.check(["A", "T1", "T1000"]);
  });

  it("holds a million entities in few bytes each, with few lists and with many", () => {
    const few = new TopicsTable(seed);
    for (let slot = 0; slot < 1_000_000; slot++) few.assign(slot, FEW_LISTS[slot % FEW_LISTS.length]!);
    expect(few.heldBytes / 1_000_000).toBeLessThan(14);
    expect(few.listCount).toBe(FEW_LISTS.length);

    const many = new TopicsTable(seed);
    const entities = 200_000;
    for (let slot = 0; slot < entities; slot++) many.assign(slot, [`user${slot}`, "all"]);
    expect(many.heldBytes / entities).toBeLessThan(160);
    expect(many.listCount).toBe(entities);
    // Among so many there are lists and topics of the same hash.
    for (let slot = 0; slot < entities; slot++) many.assign(entities + slot, [`user${slot}`, "all"]);
    let apart = 0;
    for (let slot = 0; slot < entities; slot++) if (many.listOf(slot) !== many.listOf(entities + slot)) apart++;
    expect(apart).toBe(0);
    for (let slot = 0; slot < entities; slot++) many.remove(entities + slot);
    for (let slot = 0; slot < entities; slot++) many.remove(slot);
    expect(many.listCount + many.topicCount).toBe(0);
  });
});

const FEW_LISTS = Array.from({ length: 500 }, (_, index) => [`region${index}`, `kind${index % 7}`, "all"]);
