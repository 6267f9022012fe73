import { ByteWriter } from "../base/byte-writer.js";
import type { Clock } from "../base/clock.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import { beginFrame, endFrame, finishFrame, goneFrame, headFrame, type Head } from "../wire/frames.js";
import type { CacheSelection } from "./cache.js";

/** Bytes of one ENTITIES frame, about: large enough to cost little each, small enough to let live deltas through between two. */
const PIECE_BYTES = 128 * 1024;

const noBytes = new Uint8Array(0);

/** What a load found. */
export interface LoadAnswer {
  /** The sequence-number at which it is a snapshot. */
  readonly sequence: number;
  readonly selection: CacheSelection;
  /** The stamp that is in force from then on: of a registered client only. */
  readonly stamp?: string;
  /** Tech-ids that the client named and that are not held, 16 bytes each. */
  readonly gone?: Uint8Array;
  /** ROW frames that the client was still owed under its slice before. */
  readonly owed?: readonly Uint8Array[];
}

/** Bytes of one GONE frame. */
const GONE_BYTES = 64 * 1024;

/**
 * Gives the answer of a load in pieces: HEAD, GONE*, ROW*, ENTITIES*, END. Between two pieces other work gets its turn; the
 * entities are those of the selection, whatever is written meanwhile.
 */
export async function* loadFrames(
  where: Pick<Head, "epoch" | "connectedToCenter">,
  { sequence, selection, stamp, gone = noBytes, owed = [] }: LoadAnswer,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const { count } = selection.records;
  yield headFrame({ ...where, sequence, count, ...(stamp !== undefined && { stamp }) });
  for (let at = 0; at < gone.length; at += GONE_BYTES) yield goneFrame(gone.subarray(at, at + GONE_BYTES));
  yield* owed;
  for (let from = 0; from < count;) {
    const writer = new ByteWriter(PIECE_BYTES + PIECE_BYTES / 4);
    from = writePiece(writer, selection, from);
    yield writer.view();
    await new Promise<void>((resolve) => clock.soon(resolve));
  }
  yield endFrame();
}

/** Writes one ENTITIES frame from a record on, all of one schema, and gives the record to go on from. */
function writePiece(writer: ByteWriter, { records, schemaOf }: CacheSelection, from: number): number {
  const schema = schemaOf(from);
  const frameAt = beginFrame(writer, "ENTITIES");
  writeBufferHead(writer, schema.name);
  let index = from;
  while (index < records.count && writer.length < PIECE_BYTES && schemaOf(index) === schema)
    writer.bytes(records.record(index++));
  finishFrame(writer, frameAt);
  return index;
}
