import { ByteReader } from "../base/byte-reader.js";
import { ByteWriter } from "../base/byte-writer.js";
import type { Clock } from "../base/clock.js";
import { BODIES_READ_MAX } from "../base/limits.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import { readEncodedDelta } from "../delta/encoded-delta.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import type { Schema } from "../delta/schema.js";
import { beginFrame, endFrame, finishFrame, goneFrame, headFrame, type Head } from "../wire/frames.js";
import { bodyFrames } from "./body-frames.js";
import type { MayGive } from "./body-reader.js";
import type { CacheSelection } from "./cache.js";
import { isHeaderOnly } from "./header-record.js";

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
  readonly owed?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /** Decides on bodies that are read when they are sent. Default: all may be given. */
  readonly mayGive?: MayGive;
}

/** Bytes of one GONE frame. */
const GONE_BYTES = 64 * 1024;

/**
 * Gives the answer of a load in pieces: HEAD, GONE*, ROW*, ENTITIES*, END. Between two pieces other work gets its turn; the
 * entities are those of the selection, whatever is written meanwhile. Those of which the cache holds only the headers are read
 * in batches, nothing being held at the database while pieces wait to be taken; rejects where that fails.
 */
export async function* loadFrames(
  where: Pick<Head, "epoch" | "connectedToCenter">,
  { sequence, selection, stamp, gone = noBytes, owed = [], mayGive = all }: LoadAnswer,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const { count } = selection.records;
  yield headFrame({ ...where, sequence, count, ...(stamp !== undefined && { stamp }) });
  for (let at = 0; at < gone.length; at += GONE_BYTES) yield goneFrame(gone.subarray(at, at + GONE_BYTES));
  yield* owed;
  let headers: SchemaDelta[] = [];
  for (let from = 0; from < count;) {
    const writer = new ByteWriter(PIECE_BYTES + PIECE_BYTES / 4);
    from = writePiece(writer, selection, from, headers);
    if (writer.length > 0) yield writer.view();
    await new Promise<void>((resolve) => clock.soon(resolve));
    if (headers.length < BODIES_READ_MAX && from < count) continue;
    yield* headerPieces(selection, headers, mayGive);
    headers = [];
  }
  yield endFrame();
}

const all = (): boolean => true;

/** Writes one ENTITIES frame from a record on, all of one schema; notes headers instead. Gives the record to go on from. */
function writePiece(
  writer: ByteWriter,
  { records, schemaOf, bodies }: CacheSelection,
  from: number,
  headers: SchemaDelta[],
): number {
  let schema: Schema | undefined;
  let frameAt = 0;
  let index = from;
  for (; index < records.count && writer.length < PIECE_BYTES && headers.length < BODIES_READ_MAX; index++) {
    const record = records.record(index);
    const recordSchema = schemaOf(index);
    if (bodies !== undefined && isHeaderOnly(record)) {
      headers.push({ encoded: readEncodedDelta(new ByteReader(record)), schema: recordSchema });
      continue;
    }
    if (schema === undefined) {
      schema = recordSchema;
      frameAt = beginFrame(writer, "ENTITIES");
      writeBufferHead(writer, schema.name);
    } else if (recordSchema !== schema) break;
    writer.bytes(record);
  }
  if (schema !== undefined) finishFrame(writer, frameAt);
  return index;
}

/** Gives the entities of headers, read now. */
async function* headerPieces(
  { bodies }: CacheSelection,
  headers: readonly SchemaDelta[],
  mayGive: MayGive,
): AsyncGenerator<Uint8Array> {
  if (bodies === undefined) return;
  for await (const read of bodies.readAll(headers, mayGive)) yield* bodyFrames(read, PIECE_BYTES);
}
