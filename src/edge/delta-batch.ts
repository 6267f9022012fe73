import { LiveDistError } from "../base/errors.js";
import { RECEIVED_BYTES_MAX } from "../base/limits.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { type AnswerFrames, unexpectedFrame } from "./answer-frames.js";
import type { KnownSchemas } from "./known-schemas.js";
import { Rows } from "./rows.js";
import type { ReceivedBatch } from "./standing.js";

/** Whole transactions: everything from the position before up to and including `sequence` (guide §2.5). */
export interface DeltaBatch {
  readonly sequence: number;
  /** In the order in which they happened; each says its own `sequence`, but for the whole entities of `registerEntities`. */
  readonly deltas: readonly DeltaObject[];
  /** The tech-ids given to `registerEntities` that the server does not hold; empty in all other batches. */
  readonly gone: readonly string[];
}

const NONE_GONE: readonly string[] = Object.freeze([]);

/** Reads the frames up to a POSITION. Rejects as these do, and with Request where a sequence-number is out of order. */
export async function readBatch(
  frames: AnswerFrames,
  afterSequence: number,
  schemas: KnownSchemas,
  signal: AbortSignal,
): Promise<ReceivedBatch> {
  const rows = new Rows(afterSequence, schemas, signal);
  const deltas: DeltaObject[] = [];
  let bytes = 0;
  for (;;) {
    const frame = await frames.next();
    if (frame.kind === "POSITION") {
      const { sequence, connectedToCenter } = frame;
      rows.checkEnd(sequence);
      return { sequence, connectedToCenter, deltas, gone: NONE_GONE };
    }
    if (frame.kind === "SPAN") continue;
    if (frame.kind !== "ROW") throw unexpectedFrame(frame);
    bytes += frame.deltaBuffer.length;
    if (bytes > RECEIVED_BYTES_MAX) {
      throw new LiveDistError("Limit", `a batch is above RECEIVED_BYTES_MAX, ${RECEIVED_BYTES_MAX} bytes`);
    }
    for (const delta of await rows.decode(frame)) deltas.push(delta);
  }
}
