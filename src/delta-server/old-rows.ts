import { BATCH_BYTES_MAX } from "../base/limits.js";
import { traceOf } from "../delta/delta-buffer.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { DeltaServer } from "./delta-server.js";
import { readLogRow } from "./read-log-row.js";
import { RowHits } from "./row-frame.js";
import { windowDelta, windowRow } from "./window-row.js";

const ROWS_MAX = 1_000;

/** Frames, and the position that they lead to. */
export interface OldRows {
  readonly frames: readonly Uint8Array[];
  readonly sequence: number;
}

/**
 * Gives what clients in mode `none` are given of rows that have left the window, read from the database. Their decisions hang
 * on nothing but the delta and the slice, so that they come out as they did when the rows were new.
 */
export async function oldRows(server: DeltaServer, slice: TopicsSlice, position: number): Promise<OldRows> {
  const { log, schemas, window } = server;
  // The window may move on meanwhile; what stands in it is never taken from here.
  const throughSequence = window.startSequence;
  const frames: Uint8Array[] = [];
  let sequence = throughSequence;
  const rows = await log.read(position, { rowsMax: ROWS_MAX, bytesMax: BATCH_BYTES_MAX });
  for (const row of rows) {
    if (row.sequence > throughSequence) break;
    sequence = row.sequence;
    const read = await readLogRow(row, schemas);
    if (read === undefined) continue;
    const deltas = read.map((delta) => windowDelta(delta, undefined, row.sequence));
    const oldRow = windowRow(sequence, deltas, 0, 0, traceOf(row.deltaBuffer));
    const hits = RowHits.of(oldRow, "none", slice);
    if (!hits.isEmpty) frames.push(hits.sharedEntry(oldRow).frame);
  }
  return { frames, sequence };
}
