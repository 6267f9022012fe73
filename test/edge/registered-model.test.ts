import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegisteredWorld } from "./registered-world.js";

const SLICES = ["A", "B", "A+B", "A*!V", "A*!V+B", "V*(A+B)"];
const ENTITIES = 6;
/** More have been run: this many fit into a test run. */
const RUNS = 40;

const n = fc.integer({ min: 1, max: ENTITIES });
const topics = fc.option(fc.uniqueArray(fc.constantFrom("A", "B", "V"), { maxLength: 3 }), { nil: undefined, freq: 6 });
const fault = fc.oneof(
  fc.constant("refuse" as const),
  fc.constant("none" as const),
  fc.double({ min: 0, max: 0.999, noNaN: true }).map((cutAfter) => ({ cutAfter })),
);

/** What may happen to a registered replica. */
const step = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("write" as const), n, topics, variant: fc.nat({ max: 1 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom<number[]>(0, 10, 10, 30, 30, 600, 3_000, 40_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("faults" as const), faults: fc.array(fault, { maxLength: 6 }) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("slice" as const), slice: fc.constantFrom(...SLICES) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("delay" as const), ms: fc.constantFrom<number[]>(0, 10, 20) }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...(["restart server", "stop server", "restart replica", "new epoch", "trim"] as const).map((kind) => ({ kind })),
    ),
  },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A change of the slice that takes its time, and something written in between. */
const changeAndMore = fc
  .tuple(fc.constantFrom(...SLICES), fc.constantFrom<number[]>(25, 35, 45, 55), n, topics, fc.nat({ max: 1 }))
  .map(([slice, ms, number, list, variant]): Step[] => [
    { kind: "pass", ms: 3_000 },
    { kind: "delay", ms: 10 },
    { kind: "slice", slice },
    { kind: "pass", ms },
    { kind: "write", n: number, topics: list, variant },
    { kind: "pass", ms: 600 },
    { kind: "delay", ms: 0 },
  ]);

/** Single steps, and changes of the slice that something comes in between of. */
const history = fc
  .array(fc.oneof({ weight: 6, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: changeAndMore }), {
    minLength: 10,
    maxLength: 40,
    size: "max",
  })
  .map((steps) => steps.flat());

async function take(world: RegisteredWorld, one: Step): Promise<void> {
  switch (one.kind) {
    case "write":
      return world.write(one.n, one.topics, one.variant);
    case "pass":
      return world.clock.advance(one.ms);
    case "faults": {
      const faults = [...one.faults];
      world.fault = () => faults.shift() ?? "none";
      return;
    }
    case "delay":
      world.delayMs = one.ms;
      return;
    case "slice":
      world.changeSlice(one.slice);
      return;
    case "restart server":
      await world.stopServer();
      return world.startServer();
    case "stop server":
      return world.stopServer();
    case "new epoch":
      await world.stopServer();
      await world.store.log.newEpoch();
      return world.startServer();
    case "trim":
      await world.clock.advance(90_000);
      return;
    case "restart replica":
      await world.replica.stop();
      world.startReplica();
  }
}

describe("a registered Replica", () => {
  it("holds what is selected, and what it holds is current unless vetoed, whatever happened", async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const world = await RegisteredWorld.start(SLICES[0]!);
        for (const one of steps) await take(world, one);
        await world.comeToRest();
        expect(world.problems).toEqual([]);
        expect(world.replica.state).toBe("live");
        expect(world.faultsOfCopy()).toEqual([]);
        expect(world.held).toEqual(world.view);
        await world.close();
      }),
      { numRuns: RUNS },
    );
  });
});
