import { BATCH_BYTES_MAX } from "../base/limits.js";
import { readEncodedDeltaBuffer } from "../delta/delta-buffer.js";
import type { Store } from "../store/store.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import { RowHits } from "./row-frame.js";
import { windowDelta } from "./window-row.js";

const ROWS_MAX = 1_000;

/**
 * Gives what clients in mode `none` are given of rows that have left the window, read from the database. Their decisions hang
 * on nothing but the delta and the slice, so that they come out as they did when the rows were new.
 */
export async function oldRows(store: Store, slice: TopicsSlice, position: number): Promise<{ frames: Uint8Array[]; sequence: number }> {
  const frames: Uint8Array[] = [];
  let sequence = position;
  for (const row of await store.log.read(position, { rowsMax: ROWS_MAX, bytesMax: BATCH_BYTES_MAX })) {
    const { schemaName, deltas } = readEncodedDeltaBuffer(row.deltaBuffer);
    const read = { sequence: row.sequence, schemaName, deltas: deltas.map((encoded) => windowDelta(encoded, undefined)), bytes: 0, frames: new Map<string, Uint8Array>() };
    const hits = RowHits.of(read, "none", slice);
    if (!hits.isEmpty) frames.push(hits.frame(read));
    sequence = row.sequence;
  }
  return { frames, sequence };
}
