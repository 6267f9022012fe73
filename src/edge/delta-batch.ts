import { LiveDistError } from "../base/errors.js";
import { RECEIVED_BYTES_MAX } from "../base/limits.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { type AnswerFrames, unexpectedFrame } from "./answer-frames.js";
import type { KnownSchemas } from "./known-schemas.js";
import type { ReceivedBatch } from "./standing.js";

/** Whole transactions: everything from the position before up to and including `sequence` (guide §2.5). */
export interface DeltaBatch {
  readonly sequence: number;
  /** In the order in which they happened; each says its own `sequence`. */
  readonly deltas: readonly DeltaObject[];
}

/** Reads the frames up to a POSITION. Rejects as these do, and with Request where a sequence-number is out of order. */
export async function readBatch(
  frames: AnswerFrames,
  afterSequence: number,
  schemas: KnownSchemas,
  signal: AbortSignal,
): Promise<ReceivedBatch> {
  const deltas: DeltaObject[] = [];
  let last = afterSequence;
  let bytes = 0;
  for (;;) {
    const frame = await frames.next();
    if (frame.kind === "POSITION") {
      const { sequence, connectedToCenter } = frame;
      if (sequence < last) throw outOfOrder(sequence, last);
      return { sequence, connectedToCenter, deltas };
    }
    if (frame.kind !== "ROW") throw unexpectedFrame(frame);
    const { sequence, deltaBuffer } = frame;
    if (sequence <= afterSequence || sequence < last) throw outOfOrder(sequence, last);
    last = sequence;
    bytes += deltaBuffer.length;
    if (bytes > RECEIVED_BYTES_MAX) {
      throw new LiveDistError("Limit", `a batch is above RECEIVED_BYTES_MAX, ${RECEIVED_BYTES_MAX} bytes`);
    }
    for (const delta of await schemas.decode(deltaBuffer, signal)) deltas.push({ ...delta, sequence });
  }
}

function outOfOrder(sequence: number, last: number): LiveDistError {
  return new LiveDistError("Request", `sequence-number ${sequence} came after ${last}`);
}
