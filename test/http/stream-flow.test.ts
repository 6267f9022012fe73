import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { StreamFlow } from "../../src/http/stream-flow.js";

const limits = { windowBytesMax: 100, windowBatchesMax: 5, batchBytesMax: 40 };

describe("StreamFlow", () => {
  it("lets batches go until the window is full, and on when they are acknowledged", () => {
    const flow = new StreamFlow(limits, 0);
    flow.send({ sequence: 1, bytes: 40 });
    flow.send({ sequence: 2, bytes: 40 });
    expect(flow.maySend(20)).toBe(true);
    expect(flow.maySend(21)).toBe(false);
    expect(flow.mayAsk).toBe(false);
    flow.acknowledge(1);
    expect(flow.bytesInFlight).toBe(40);
    expect(flow.mayAsk).toBe(true);
  });

  it("lets one batch go always, however large", () => {
    const flow = new StreamFlow(limits, 0);
    expect(flow.maySend(1_000)).toBe(true);
    flow.send({ sequence: 1, bytes: 1_000 });
    expect(flow.maySend(0)).toBe(false);
    flow.acknowledge(1);
    expect(flow.maySend(1_000)).toBe(true);
  });

  it("lets a batch that is larger than the window go beside what clients need not acknowledge soon", () => {
    const flow = new StreamFlow(limits, 0);
    flow.send({ sequence: 1, bytes: 12 });
    expect(flow.maySend(1_000)).toBe(true);
    flow.send({ sequence: 2, bytes: 1 });
    expect(flow.maySend(1_000)).toBe(false);
    expect(flow.maySend(80)).toBe(true);
  });

  it("counts batches too, for those that tell only a position", () => {
    const flow = new StreamFlow(limits, 7);
    for (let count = 0; count < limits.windowBatchesMax; count++) flow.send({ sequence: 7, bytes: 1 });
    expect(flow.maySend(1)).toBe(false);
    flow.acknowledge(7);
    expect(flow.bytesInFlight).toBe(0);
    expect(flow.mayAsk).toBe(true);
  });

  it("takes repeated and old acknowledgements, and refuses those of what was not sent", () => {
    const flow = new StreamFlow(limits, 5);
    flow.acknowledge(5);
    flow.send({ sequence: 8, bytes: 10 });
    flow.acknowledge(4);
    flow.acknowledge(7);
    expect(flow.bytesInFlight).toBe(10);
    flow.acknowledge(8);
    flow.acknowledge(8);
    expect(flow.bytesInFlight).toBe(0);
    expect(() => flow.acknowledge(9)).toThrow(LiveDistError);
  });

  it("stops at a batch that goes back", () => {
    const flow = new StreamFlow(limits, 5);
    expect(() => flow.send({ sequence: 4, bytes: 1 })).toThrow(/assertion/);
  });

  it("keeps the window whatever the order of batches and acknowledgements", () => {
    const step = fc.oneof(
      fc.record({ bytes: fc.nat(150), advance: fc.nat(3) }),
      fc.record({ acknowledge: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const flow = new StreamFlow(limits, 0);
        let inFlight: { sequence: number; bytes: number }[] = [];
        let last = 0;
        for (const one of steps) {
          if ("bytes" in one) {
            if (!flow.maySend(one.bytes)) continue;
            last += one.advance;
            flow.send({ sequence: last, bytes: one.bytes });
            inFlight.push({ sequence: last, bytes: one.bytes });
          } else {
            const sequence = Math.floor(one.acknowledge * last);
            flow.acknowledge(sequence);
            inFlight = inFlight.filter((sent) => sent.sequence > sequence);
          }
          const bytes = inFlight.reduce((sum, sent) => sum + sent.bytes, 0);
          expect(flow.bytesInFlight).toBe(bytes);
          const largest = Math.max(0, ...inFlight.map((sent) => sent.bytes));
          const little = limits.windowBytesMax / 8;
          expect(bytes <= limits.windowBytesMax || bytes - largest <= little).toBe(true);
          expect(inFlight.length).toBeLessThanOrEqual(limits.windowBatchesMax);
          if (inFlight.length === 0) expect(flow.mayAsk).toBe(true);
        }
      }),
    );
  });
});
