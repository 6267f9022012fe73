import type { DeltaClass } from "../../src/delta/delta-class.js";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import type { IDeltaObjectsReader } from "../../src/plugs/delta-objects-reader.js";
import { delta } from "./one-site.js";

interface Row {
  readonly topics: readonly string[];
  readonly fields: { readonly name?: string | null; readonly size?: number | null };
  readonly inCache: boolean;
}

/** The table of an application that makes its own deltas, and reads its entities for the server. */
export class CityDatabase implements Required<IDeltaObjectsReader> {
  readonly #rows = new Map<number, Row>();
  /** The tech-ids of each call of `read`, as numbers. */
  readonly calls: number[][] = [];
  /** How many calls of `read` are not over. */
  running = 0;
  /** What the next call of `read` rejects with. */
  failure: Error | undefined;
  /** What calls of `read` wait for before they look. */
  gate: Promise<void> = Promise.resolve();
  /** Rows of one batch. */
  batchRows = 100;

  create(number: number, topics: readonly string[], fields: Row["fields"] = {}, inCache = false): DeltaObject {
    this.#rows.set(number, { topics, fields, inCache });
    return delta("CREATE", number, { topics, fields, inCache });
  }

  update(number: number, topics: readonly string[], fields: Row["fields"]): DeltaObject {
    const before = this.#rows.get(number)!;
    this.#rows.set(number, { ...before, topics, fields: { ...before.fields, ...fields } });
    return delta("UPDATE", number, { topics, oldTopics: before.topics, fields, inCache: before.inCache });
  }

  remove(number: number): DeltaObject {
    const { topics, inCache } = this.#rows.get(number)!;
    this.#rows.delete(number);
    return delta("DELETE", number, { topics, oldTopics: topics, inCache });
  }

  async *readAll(): AsyncGenerator<readonly DeltaObject[]> {
    yield await Promise.resolve([...this.#rows.keys()].map((number) => this.#whole(number)!));
  }

  async *read(_deltaClass: DeltaClass, techIds: readonly string[]): AsyncGenerator<readonly DeltaObject[]> {
    const numbers = techIds.map((techId) => Number(techId.slice(-12)));
    this.calls.push(numbers);
    this.running++;
    try {
      await this.gate;
      const { failure } = this;
      this.failure = undefined;
      if (failure) throw failure;
      for (let at = 0; at < numbers.length; at += this.batchRows) {
        yield numbers.slice(at, at + this.batchRows).flatMap((number) => this.#whole(number) ?? []);
      }
    } finally {
      this.running--;
    }
  }

  #whole(number: number): DeltaObject | undefined {
    const row = this.#rows.get(number);
    return row && delta("CREATE", number, row);
  }
}
