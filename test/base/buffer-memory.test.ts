import fc from "fast-check";
import { expect, it } from "vitest";
import { BufferMemory, type OpenBuffer } from "../../src/base/buffer-memory.js";

it("leaves every buffer as it was written, whatever is written after it or meanwhile", () => {
  const sizes = fc.array(fc.tuple(fc.oneof(fc.nat(300), fc.nat(40_000)), fc.boolean(), fc.boolean()), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(sizes, (buffers) => {
      const memory = new BufferMemory();
      const open: { readonly buffer: OpenBuffer; readonly bytes: Uint8Array }[] = [];
      const ended: { readonly given: Uint8Array; readonly bytes: Uint8Array }[] = [];
      buffers.forEach(([size, staysOpen, isGivenUp], index) => {
        const buffer = memory.begin();
        const bytes = new Uint8Array(size).fill(index + 1);
        buffer.writer.bytes(bytes);
        if (isGivenUp) return;
        open.push({ buffer, bytes });
        if (staysOpen) return;
        for (const one of open.splice(0)) ended.push({ given: memory.end(one.buffer), bytes: one.bytes });
      });
      for (const { given, bytes } of ended) expect(Buffer.compare(given, bytes)).toBe(0);
    }),
    { numRuns: 200 },
  );
});
