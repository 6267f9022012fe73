import { ByteWriter } from "../base/byte-writer.js";
import type { Clock } from "../base/clock.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import { beginFrame, endFrame, finishFrame, headFrame, type Head } from "../wire/frames.js";
import type { CacheSelection } from "./cache.js";

/** Bytes of one ENTITIES frame, about: large enough to cost little each, small enough to let live deltas through between two. */
const PIECE_BYTES = 128 * 1024;

/**
 * Gives the answer of a load in pieces: HEAD, ENTITIES*, END. Between two pieces other work gets its turn; the entities are
 * those of the selection, whatever is written meanwhile.
 */
export async function* loadFrames(head: Head, selection: CacheSelection, clock: Clock): AsyncGenerator<Uint8Array> {
  yield headFrame(head);
  const { count } = selection.records;
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
