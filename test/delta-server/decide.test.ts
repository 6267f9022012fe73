import { describe, expect, it } from "vitest";
import { decide, type Decision } from "../../src/delta-server/decide.js";
import { windowDelta, type WindowDelta } from "../../src/delta-server/window-row.js";
import { ByteReader } from "../../src/base/byte-reader.js";
import { ByteWriter } from "../../src/base/byte-writer.js";
import type { CacheChange } from "../../src/cache-server/cache.js";
import { writeDelta } from "../../src/delta/delta-codec.js";
import { readEncodedDelta } from "../../src/delta/encoded-delta.js";
import type { Oper } from "../../src/delta/oper.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { delta, schema } from "../support/one-site.js";

const opers = ["CREATE", "PARTIAL", "FULL", "UPDATE", "REGISTER", "DELETE"] as const satisfies readonly Oper[];
const record = new Uint8Array(1);

interface Case {
  readonly oper: Oper;
  readonly topics: readonly string[];
  /** What the delta says of the past. */
  readonly told?: readonly string[] | null;
  /** What the cache knows of the past; null where it did not hold the entity. */
  readonly cached?: readonly string[] | null;
  readonly isHeld?: boolean;
}

function windowOf({ oper, topics, told = null, cached = null, isHeld = true }: Case): WindowDelta {
  const writer = new ByteWriter();
  writeDelta(writer, schema, delta(oper, 1, { topics, oldTopics: told }));
  const change: CacheChange = { oldTopics: cached, record: isHeld ? record : undefined, isHeaderOnly: false, schema };
  const encoded = readEncodedDelta(new ByteReader(writer.copy()));
  return windowDelta({ encoded, schema }, change, 1);
}

const slice = parseTopicsSlice("A*!V");
const selected = ["A"];
const others = ["A", "V"];

describe("decide in transition mode", () => {
  // Per oper: (was, is) = neither, entered, left, stayed.
  const table: Record<Oper, readonly [Decision, Decision, Decision, Decision]> = {
    CREATE: ["nothing", "asItIs", "leaves", "asItIs"],
    PARTIAL: ["nothing", "full", "leaves", "asItIs"],
    UPDATE: ["nothing", "full", "leaves", "asItIs"],
    FULL: ["nothing", "nothing", "nothing", "nothing"],
    REGISTER: ["nothing", "nothing", "nothing", "nothing"],
    DELETE: ["nothing", "nothing", "leaves", "leaves"],
  };
  for (const oper of opers) {
    for (const [at, expected] of table[oper].entries()) {
      const was = at >= 2;
      const is = at % 2 === 1;
      it(`R10: ${oper}, ${was ? "was" : "was not"} selected, ${is ? "is" : "is not"}: ${expected}`, () => {
        const cached = was ? selected : others;
        const topics = is ? selected : others;
        expect(decide("transition", slice, windowOf({ oper, topics, cached, isHeld: oper !== "DELETE" }))).toBe(
          expected,
        );
      });
    }
  }

  it("believes the delta of the past only where the cache did not hold the entity", () => {
    const leaving = { oper: "DELETE", topics: others, isHeld: false } as const;
    expect(decide("transition", slice, windowOf({ ...leaving, told: selected, cached: null }))).toBe("leaves");
    expect(decide("transition", slice, windowOf({ ...leaving, told: selected, cached: others }))).toBe("nothing");
    expect(decide("transition", slice, windowOf({ ...leaving, told: others, cached: selected }))).toBe("leaves");
    expect(decide("transition", slice, windowOf({ ...leaving, told: selected, cached: [] }))).toBe("nothing");
  });

  it("gives no update of what the cache does not hold", () => {
    for (const oper of ["PARTIAL", "UPDATE"] as const) {
      for (const told of [null, selected, others]) {
        expect(decide("transition", slice, windowOf({ oper, topics: selected, told, isHeld: false }))).toBe("nothing");
      }
      const left = windowOf({ oper, topics: others, told: selected, isHeld: false });
      expect(decide("transition", slice, left)).toBe("leaves");
    }
  });

  it("R10: does not see routing topics", () => {
    const told = { oper: "UPDATE", cached: selected } as const;
    expect(decide("transition", slice, windowOf({ ...told, topics: ["A", "#V"] }))).toBe("asItIs");
    expect(decide("transition", slice, windowOf({ ...told, topics: ["#A"] }))).toBe("leaves");
    const fromDelta = windowOf({ oper: "DELETE", topics: [], told: ["#A"], cached: null, isHeld: false });
    expect(decide("transition", slice, fromDelta)).toBe("nothing");
  });

  it("R10, R26: takes time-windows as true", () => {
    const windowed = parseTopicsSlice("A*TimeWindow1");
    expect(decide("transition", windowed, windowOf({ oper: "CREATE", topics: ["A"] }))).toBe("asItIs");
  });
});

describe("decide in mode none", () => {
  const given = new Set<Oper>(["CREATE", "PARTIAL", "UPDATE"]);
  for (const oper of opers) {
    it(`R9: ${oper}: ${given.has(oper) ? "as it is where all topics select it" : "nothing"}`, () => {
      for (const cached of [null, selected, others]) {
        const ofTopics = (topics: readonly string[]): Decision =>
          decide("none", slice, windowOf({ oper, topics, cached }));
        expect(ofTopics(["A"])).toBe(given.has(oper) ? "asItIs" : "nothing");
        expect(ofTopics(["#A"])).toBe(given.has(oper) ? "asItIs" : "nothing");
        expect(ofTopics(["A", "#V"])).toBe("nothing");
        expect(ofTopics(["A", "V"])).toBe("nothing");
        expect(ofTopics([])).toBe("nothing");
      }
    });
  }
});
