import { deltaClass } from "../src/delta/delta-class.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { int32, string } from "../src/delta/field-types.js";
import type { Oper } from "../src/delta/oper.js";
import { makeSchema } from "../src/delta/schema.js";
import { below, seededGuid, seededRandom, seededText } from "./random.js";

const Item = deltaClass("Item", { number: int32(), text: string() });

export const itemSchema = makeSchema("items-1", [Item]);

/** Each subscriber wants one of so many parts of the rows. */
export const PARTS = 4;
/** Connections of the application that write at once. */
export const WRITERS = 8;

const ITEMS = 4_000;
const TEXT_BYTES = 192;
const UPDATED_MS = Date.UTC(2026, 0, 1);

/** One row as a change leaves it. */
export interface Item {
  readonly techId: string;
  readonly part: number;
  readonly number: number;
  readonly text: string;
}

/** The changes of one burst. */
export interface Burst {
  /** What each writer commits, a transaction each; no two write the same row. */
  readonly changes: readonly (readonly Item[])[];
  /** Committed behind all of these, one of each part: who holds it holds all. */
  readonly last: readonly Item[];
  /** The sum of the numbers in each part afterwards. */
  readonly sums: readonly number[];
}

/** Makes rows and changes of them, the same ones from the same seed. */
export class ItemSource {
  readonly #random;
  readonly #items: Item[];
  #number = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    this.#items = Array.from({ length: ITEMS }, (_, index) => ({
      techId: seededGuid(this.#random),
      part: index % PARTS,
      number: 0,
      text: seededText(this.#random, TEXT_BYTES),
    }));
  }

  get items(): readonly Item[] {
    return this.#items;
  }

  burst(count: number): Burst {
    const perWriter = Math.max(1, Math.floor(count / WRITERS));
    const changes = Array.from({ length: WRITERS }, (_, writer) =>
      Array.from({ length: perWriter }, () => this.#change(below(this.#random, ITEMS / WRITERS) * WRITERS + writer)),
    );
    const last = Array.from({ length: PARTS }, (_, part) => this.#change(part));
    const sums = last.map(({ part }) =>
      this.#items.reduce((sum, one) => sum + (one.part === part ? one.number : 0), 0),
    );
    return { changes, last, sums };
  }

  #change(index: number): Item {
    return (this.#items[index] = { ...this.#items[index]!, number: ++this.#number });
  }
}

export function deltaOf(oper: Oper, { techId, part, number, text }: Item): DeltaObject {
  const topics = [topicOf(part), "item"];
  const oldTopics = oper === "CREATE" ? null : topics;
  return Item.delta({ oper, techId, updateTime: new Date(UPDATED_MS), topics, oldTopics, fields: { number, text } });
}

/** The slice of who wants a part. */
export function topicOf(part: number): string {
  return `part${part}`;
}
