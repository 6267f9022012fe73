import { LiveDistError } from "../../base/errors.js";
import { RECEIVED_BYTES_MAX } from "../../base/limits.js";
import { type AnswerFrames, unexpectedFrame } from "../../edge/answer-frames.js";
import type { DeltaLogRow } from "../../delta-server/delta-log.js";
import type { Frame } from "../../wire/frames.js";
import { receivedRow } from "./received-row.js";
import type { Span } from "./spans.js";

/** Rows of the mother's log as a proxy is given them, in order. */
export class ReceivedRows {
  readonly rows: DeltaLogRow[] = [];
  readonly spans: Span[] = [];
  readonly #afterSequence: number;
  #bytes = 0;

  constructor(afterSequence: number) {
    this.#afterSequence = afterSequence;
  }

  /**
   * Takes a frame where it is a ROW or a SPAN, and tells whether it was. What comes under one sequence-number is one row. Throws
   * Request where rows are out of order, Limit above RECEIVED_BYTES_MAX, DeltaBufferError.
   */
  take(frame: Frame): boolean {
    if (frame.kind === "SPAN") {
      this.spans.push({ from: frame.from, to: frame.to });
      return true;
    }
    if (frame.kind !== "ROW") return false;
    this.#add(frame);
    return true;
  }

  #add({ sequence, deltaBuffer }: Extract<Frame, { kind: "ROW" }>): void {
    const last = this.rows.at(-1);
    const least = last?.sequence ?? this.#afterSequence + 1;
    if (sequence < least) throw new LiveDistError("Request", `sequence-number ${sequence} came after ${least}`);
    this.#bytes += deltaBuffer.length;
    if (this.#bytes > RECEIVED_BYTES_MAX) {
      throw new LiveDistError("Limit", `a batch is above RECEIVED_BYTES_MAX, ${RECEIVED_BYTES_MAX} bytes`);
    }
    const received = receivedRow(deltaBuffer);
    if (last?.sequence === sequence)
      this.rows[this.rows.length - 1] = { ...last, more: [...(last.more ?? []), received] };
    else this.rows.push({ sequence, deltaBuffer: received });
  }
}

/** What a mother gives at once: everything up to and including `sequence`. */
export interface MotherBatch extends Pick<ReceivedRows, "rows" | "spans"> {
  readonly sequence: number;
  readonly connectedToCenter: boolean;
}

/** Reads the frames up to a POSITION. Rejects as these do, and as `ReceivedRows.take`. */
export async function readMotherBatch(frames: AnswerFrames, afterSequence: number): Promise<MotherBatch> {
  const received = new ReceivedRows(afterSequence);
  for (;;) {
    const frame = await frames.next();
    if (received.take(frame)) continue;
    if (frame.kind !== "POSITION") throw unexpectedFrame(frame);
    const { sequence, connectedToCenter } = frame;
    if (sequence < (received.rows.at(-1)?.sequence ?? afterSequence)) {
      throw new LiveDistError("Request", `position ${sequence} came behind rows of a later sequence-number`);
    }
    return { rows: received.rows, spans: received.spans, sequence, connectedToCenter };
  }
}
