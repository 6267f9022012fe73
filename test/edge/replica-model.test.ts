import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Edge } from "../../src/edge/edge.js";
import type { Entity } from "../../src/edge/entity.js";
import type { CopyChanges, CopyState, EntityCopy } from "../../src/edge/entity-copy.js";
import { MapCopy } from "../../src/edge/map-copy.js";
import { Replica } from "../../src/edge/replica.js";
import { ManualClock } from "../support/manual-clock.js";
import { id, schema } from "./answers.js";
import { FakeSite } from "./fake-site.js";

/** A copy as a database has it: every call takes its time. */
class SlowCopy implements EntityCopy {
  readonly inner = new MapCopy();

  async state(): Promise<CopyState | undefined> {
    await Promise.resolve();
    return this.inner.state();
  }

  async *techIds(): AsyncGenerator<string> {
    for (const techId of this.inner.techIds()) {
      await Promise.resolve();
      yield techId;
    }
  }

  async get(techId: string): Promise<Entity | undefined> {
    await Promise.resolve();
    return this.inner.get(techId);
  }

  async apply(changes: CopyChanges): Promise<void> {
    await Promise.resolve();
    this.inner.apply(changes);
  }
}

const SLICES = ["A", "B", "A+B", "A*!C", "C*(A+B)"];
const ENTITIES = 5;

const n = fc.integer({ min: 1, max: ENTITIES });
const topics = fc.option(fc.uniqueArray(fc.constantFrom("A", "B", "C"), { maxLength: 3 }), { nil: undefined, freq: 5 });
const phone = fc.oneof(
  fc.record({
    oper: fc.constantFrom("CREATE" as const, "UPDATE" as const),
    techId: fc.constantFrom(id(11), id(12)),
    fields: fc.record({ number: fc.string({ maxLength: 2 }) }),
  }),
  fc.record({ oper: fc.constant("DELETE" as const), techId: fc.constantFrom(id(11), id(12)) }),
);
const fields = fc.record(
  {
    age: fc.option(fc.nat({ max: 9 })),
    phones: fc.uniqueArray(phone, { selector: (one) => one.techId, maxLength: 2 }),
  },
  { requiredKeys: [] },
);

/** What may happen to a replica. */
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("write" as const), n, topics, fields }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom<number[]>(0, 60, 110, 300, 3_000, 40_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("faults" as const),
      cuts: fc.array(
        fc.oneof(
          fc.constant("refuse" as const),
          fc.constant("none" as const),
          fc.double({ min: 0, max: 1, noNaN: true }),
        ),
        { maxLength: 5 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("slice" as const), slice: fc.constantFrom(...SLICES, "A+", "(") }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...(["trim", "restart", "disable", "enable"] as const).map((kind) => ({ kind }))),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restore" as const), n }) },
);

const changeAndMore = fc
  .tuple(
    fc.constantFrom(...SLICES),
    fc.constantFrom<number[]>(110, 160, 210),
    fc.constantFrom({ kind: "restart" as const }, { kind: "slice" as const, slice: "(" }, { kind: "trim" as const }),
  )
  .map(([slice, ms, last]): Step[] => [
    { kind: "pass", ms: 1_000 },
    { kind: "slice", slice },
    { kind: "pass", ms },
    last,
  ]);

/** Single steps, and changes of the slice that something comes in between of. */
const history = fc
  .array(fc.oneof({ weight: 6, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: changeAndMore }), {
    maxLength: 30,
  })
  .map((steps) => steps.flat());

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class World {
  readonly clock = new ManualClock();
  readonly site = new FakeSite(this.clock);
  readonly copy: EntityCopy;
  readonly inner: MapCopy;
  /** What a listener makes of the changes that it is told. */
  readonly view = new Map<string, Entity>();
  readonly problems: string[] = [];
  replica: Replica;
  slice = SLICES[0]!;

  constructor(isSlow: boolean) {
    const slow = new SlowCopy();
    this.copy = isSlow ? slow : slow.inner;
    this.inner = slow.inner;
    for (const [at, topics] of [["A"], ["B"], ["A", "C"], ["B", "C"]].entries()) this.site.write(at + 1, topics, {});
    this.replica = this.#start();
  }

  #start(): Replica {
    const { clock, copy, view } = this;
    const edge = new Edge(this.site, { schema, clock, random: () => 0.5 });
    const replica = new Replica(edge, { slice: this.slice, copy, clock, random: () => 0.5 });
    replica.on("change", ({ kind, techId, entity }) => {
      if ((kind === "enter") === view.has(techId)) this.problems.push(`${kind} of ${techId}`);
      if (kind === "leave") view.delete(techId);
      else view.set(techId, entity);
    });
    replica.start().catch((error: unknown) => this.#expectStopped(error));
    return replica;
  }

  #expectStopped(error: unknown): void {
    if ((error as { code?: string }).code !== "Closed") this.problems.push(`start rejected with ${String(error)}`);
  }

  async take(one: Step): Promise<void> {
    const { site, clock } = this;
    switch (one.kind) {
      case "write": {
        site.write(one.n, one.topics, this.#fieldsFor(one.n, one.fields));
        return;
      }
      case "pass":
        return clock.advance(one.ms);
      case "faults": {
        const cuts = [...one.cuts];
        site.fault = () => {
          const next = cuts.shift() ?? "none";
          return typeof next === "number" ? { cutAfter: next } : next;
        };
        return;
      }
      case "slice": {
        this.#changeSlice(one.slice);
        return;
      }
      case "trim": {
        site.trim();
        return;
      }
      case "restore": {
        site.restore(one.n);
        return;
      }
      case "disable":
        site.isDisabled = true;
        return;
      case "enable":
        site.isDisabled = false;
        return;
      case "restart":
        await this.replica.stop();
        this.replica = this.#start();
    }
  }

  /** A new entity has its parts whole. */
  #fieldsFor(number: number, given: { phones?: { oper: string; techId: string }[] }): object {
    if (this.site.entities.has(id(number)) || !given.phones) return given;
    return { ...given, phones: given.phones.map(({ techId }) => ({ techId })) };
  }

  #changeSlice(slice: string): void {
    const before = this.slice;
    const isValid = SLICES.includes(slice);
    if (isValid) this.slice = slice;
    this.replica.changeSlice(slice).then(
      () => isValid || this.problems.push(`${slice} was accepted`),
      (error: unknown) => {
        const { code } = error as { code?: string };
        if (isValid ? code !== "Closed" : code !== "TopicsSlice" && code !== "Closed")
          this.problems.push(`${slice} was refused from ${before}: ${String(error)}`);
      },
    );
  }

  async comeToRest(): Promise<void> {
    this.site.fault = () => "none";
    this.site.isDisabled = false;
    await this.clock.advance(300_000);
  }
}

describe("Replica", () => {
  it("holds exactly what its slice selects, whatever happened, and has told of every change", async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), history, async (isSlow, steps) => {
        const world = new World(isSlow);
        for (const one of steps) await world.take(one);
        await world.comeToRest();
        // A slice that was asked for last and is none leaves the one before, which a later one may have superseded.
        const slice = world.replica.topicsSlice;
        expect(world.problems).toEqual([]);
        expect(world.replica.state).toBe("live");
        expect(new Map([...world.inner.techIds()].map((techId) => [techId, world.inner.get(techId)]))).toEqual(
          world.site.selected(slice),
        );
        expect(world.view).toEqual(world.site.selected(slice));
        expect(world.inner.state()?.topicsSlice).toBe(slice);
        await world.replica.stop();
        expect(world.clock.delaysMs).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });
});
