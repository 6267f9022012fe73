import { describe, expect, it } from "vitest";
import type { RecordChunk } from "../../src/cache-server/record-chunk.js";
import { RecordChunks } from "../../src/cache-server/record-chunks.js";

const CHUNK_BYTES = 1024;
/** 16 of these, with their slots, fill a chunk. */
const RECORD_BYTES = 60;

/** Appends records that fill a number of chunks, and gives these; a further one is current then. */
function fill(chunks: RecordChunks, count: number): RecordChunk[] {
  const filled = new Set<RecordChunk>();
  for (let record = 0; record <= count * 16; record++) {
    const chunk = chunks.withRoom(RECORD_BYTES);
    chunk.append(record, RECORD_BYTES);
    filled.add(chunk);
  }
  return [...filled].slice(0, -1);
}

function release(chunks: RecordChunks, chunk: RecordChunk, records: number): void {
  for (let record = 0; record < records; record++) chunks.release(chunk, RECORD_BYTES);
}

describe("RecordChunks", () => {
  it("drops a full chunk with its last record and gives its id to another", () => {
    const chunks = new RecordChunks(CHUNK_BYTES);
    const filled = fill(chunks, 3);
    expect(filled.length).toBe(3);
    expect([chunks.heldBytes, chunks.bytesById().length]).toEqual([4 * CHUNK_BYTES, 4]);
    release(chunks, filled[1]!, 16);
    expect(chunks.heldBytes).toBe(3 * CHUNK_BYTES);
    expect(chunks.withRoom(100).id).toBe(1);
    expect(chunks.bytesById().length).toBe(4);
  });

  it("gives a chunk to be emptied when less than two thirds of it are live, the same one until it is dropped", () => {
    const chunks = new RecordChunks(CHUNK_BYTES);
    const [first, second] = fill(chunks, 2);
    release(chunks, second!, 5);
    expect(chunks.sparse()).toBeUndefined();
    release(chunks, second!, 1);
    release(chunks, first!, 6);
    expect(chunks.sparse()).toBe(second);
    release(chunks, second!, 9);
    expect(chunks.sparse()).toBe(second);
    release(chunks, second!, 1);
    expect(chunks.sparse()).toBe(first);
    release(chunks, first!, 10);
    expect(chunks.sparse()).toBeUndefined();
  });

  it("does not give a chunk that lost its last record while it waited to be emptied", () => {
    const chunks = new RecordChunks(CHUNK_BYTES);
    const filled = fill(chunks, 3);
    for (const chunk of filled) release(chunks, chunk, 10);
    expect(chunks.sparse()).toBe(filled[0]);
    release(chunks, filled[1]!, 6);
    release(chunks, filled[0]!, 6);
    expect(chunks.sparse()).toBe(filled[2]);
  });

  it("leaves the current chunk alone, and looks at it once it is full", () => {
    const chunks = new RecordChunks(CHUNK_BYTES);
    const [full] = fill(chunks, 1);
    const current = chunks.withRoom(RECORD_BYTES);
    release(chunks, current, 1);
    expect([chunks.withRoom(RECORD_BYTES), chunks.heldBytes]).toEqual([current, 2 * CHUNK_BYTES]);
    release(chunks, full!, 16);
    for (let record = 0; record < 15; record++) {
      chunks.withRoom(RECORD_BYTES).append(record, RECORD_BYTES);
      release(chunks, current, 1);
    }
    expect(chunks.withRoom(RECORD_BYTES)).not.toBe(current);
    expect(chunks.heldBytes).toBe(CHUNK_BYTES);
  });
});
