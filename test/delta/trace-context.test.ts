import { describe, expect, it } from "vitest";
import { decodeDeltaBuffer, encodeDeltaBuffer, schemaNameOf, traceOf } from "../../src/delta/delta-buffer.js";
import { TRACE_BYTES, traceFromBytes, traceToBytes } from "../../src/delta/trace-context.js";
import { delta, schema } from "../support/one-site.js";

const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
const deltas = [delta("CREATE", 1, { topics: ["A"], fields: { name: "Lima", size: 9 } })];

describe("the span of a delta-buffer", () => {
  it("takes 25 bytes behind the schema-name, and nothing where there is none", () => {
    const plain = encodeDeltaBuffer(schema, deltas);
    const traced = encodeDeltaBuffer(schema, deltas, traceToBytes(span));
    expect(traced.length - plain.length).toBe(TRACE_BYTES);
    const headBytes = 2 + schema.name.length;
    expect([...traced.subarray(0, headBytes)]).toEqual([3, ...plain.subarray(1, headBytes)]);
    expect([...traced.subarray(headBytes + TRACE_BYTES)]).toEqual([...plain.subarray(headBytes)]);
    expect(traceOf(plain)).toBeUndefined();
    expect(traceFromBytes(traceOf(traced)!)).toEqual(span);
  });

  it("changes nothing of what the delta-buffer says", () => {
    const traced = encodeDeltaBuffer(schema, deltas, traceToBytes(span));
    expect(schemaNameOf(traced)).toBe(schema.name);
    expect(decodeDeltaBuffer(schema, traced)).toEqual(decodeDeltaBuffer(schema, encodeDeltaBuffer(schema, deltas)));
  });

  it("is left out where it is not well-formed", () => {
    for (const wrong of [{ traceId: "" }, { spanId: "zz" }, { traceId: span.traceId.toUpperCase() }]) {
      expect(traceToBytes({ ...span, ...wrong })).toBeUndefined();
    }
  });

  it("is damage where the bytes end within it", () => {
    const traced = encodeDeltaBuffer(schema, deltas, traceToBytes(span));
    expect(() => traceOf(traced.subarray(0, 10))).toThrow("truncated");
  });
});
