import { LiveDistError } from "../base/errors.js";
import { RECEIVED_BYTES_MAX } from "../base/limits.js";
import { traceOf } from "../delta/delta-buffer.js";
import type { DeltaObject } from "../delta/delta-object.js";
import { type TraceContext, traceFromBytes } from "../delta/trace-context.js";
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
  /**
   * The spans of the transactions that said one, in their order, for an application with OpenTelemetry: each is a SpanContext that a
   * span of its own may link to (`links: [{ context: trace }]`). Absent where none did.
   */
  readonly traces?: readonly BatchTrace[];
}

/** The span in which a transaction of a batch was appended. */
export interface BatchTrace extends TraceContext {
  /** The sequence-number of the transaction, which its deltas say too. */
  readonly sequence: number;
  /** As OpenTelemetry has it: the span comes from another process. */
  readonly isRemote: true;
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
  let traces: BatchTrace[] | undefined;
  let bytes = 0;
  for (;;) {
    const frame = await frames.next();
    if (frame.kind === "POSITION") {
      const { sequence, connectedToCenter } = frame;
      rows.checkEnd(sequence);
      return { sequence, connectedToCenter, deltas, gone: NONE_GONE, ...(traces && { traces }) };
    }
    if (frame.kind === "SPAN") continue;
    if (frame.kind !== "ROW") throw unexpectedFrame(frame);
    bytes += frame.deltaBuffer.length;
    if (bytes > RECEIVED_BYTES_MAX) {
      throw new LiveDistError("Limit", `a batch is above RECEIVED_BYTES_MAX, ${RECEIVED_BYTES_MAX} bytes`);
    }
    for (const delta of await rows.decode(frame)) deltas.push(delta);
    const trace = traceOf(frame.deltaBuffer);
    // A transaction may come in several frames, which say the same.
    if (trace && traces?.at(-1)?.sequence !== frame.sequence) (traces ??= []).push(batchTrace(frame.sequence, trace));
  }
}

function batchTrace(sequence: number, trace: Uint8Array): BatchTrace {
  return { ...traceFromBytes(trace), isRemote: true, sequence };
}
