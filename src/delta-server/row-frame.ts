import { assert } from "../base/assert.js";
import { ByteReader } from "../base/byte-reader.js";
import type { ByteWriter } from "../base/byte-writer.js";
import { givenBody, isGiven, type MayGive } from "../cache-server/body-reader.js";
import { writeEncoded } from "../delta/delta-codec.js";
import { deltaFlags, readEncodedDelta, TECH_ID_BYTES, type EncodedDelta } from "../delta/encoded-delta.js";
import { operNumbers } from "../delta/oper.js";
import { decide, type Decision, type UnregisteredTracking } from "./decide.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { LateBody } from "./late-body.js";
import { LateFrame } from "./late-frame.js";
import { RowFrames } from "./row-frames.js";
import type { StreamEntry } from "./stream-entries.js";
import type { WindowDelta, WindowRow } from "./window-row.js";

/** What is given of a delta; "empty" is in full, but for the fields, which are none of the client's any more. */
type Given = Exclude<Decision, "nothing"> | "empty";

/** What a group is given of a row: only the deltas that it gets, in their order. */
export class RowHits {
  readonly #indices: number[] = [];
  readonly #decisions: Given[] = [];

  /** Decides on every delta of a row for one slice. */
  static of(row: WindowRow, tracking: UnregisteredTracking, slice: TopicsSlice): RowHits {
    const hits = new RowHits();
    row.deltas.forEach((delta, index) => hits.add(index, decide(tracking, slice, delta)));
    return hits;
  }

  get isEmpty(): boolean {
    return this.#indices.length === 0;
  }

  /** Gives hits of their own to those who go on with others. */
  copy(): RowHits {
    const copy = new RowHits();
    this.#indices.forEach((index, at) => copy.add(index, this.#decisions[at]!));
    return copy;
  }

  add(index: number, decision: Decision | "empty"): void {
    if (decision === "nothing") return;
    this.#indices.push(index);
    this.#decisions.push(decision);
  }

  /** Gives the bodies that have to be read before there can be a frame. */
  late(row: WindowRow): readonly LateBody[] {
    const late: LateBody[] = [];
    this.#indices.forEach((index, at) => {
      const one = this.#decisions[at] === "full" ? row.deltas[index]!.late : undefined;
      if (one) late.push(one);
    });
    return late;
  }

  /** Gives the entry of these hits for a stream: with its frame or, where bodies have to be read, with one that is made later. */
  entry(row: WindowRow, mayGive: MayGive): StreamEntry {
    const { sequence } = row;
    const late = this.late(row);
    if (late.length === 0) return { sequence, frame: this.frame(row) };
    return { sequence, frame: new LateFrame(late, () => this.#withoutHidden(row, mayGive).frame(row)) };
  }

  #withoutHidden(row: WindowRow, mayGive: MayGive): RowHits {
    const hits = new RowHits();
    this.#indices.forEach((index, at) => {
      const decision = this.#decisions[at]!;
      const body = decision === "full" ? row.deltas[index]!.late?.body : undefined;
      hits.add(index, body && !isGiven(body, mayGive) ? "empty" : decision);
    });
    return hits;
  }

  /** Gives the ROW frames of these hits, as one piece: made once for all groups that are given the same of the row. */
  frame(row: WindowRow): Uint8Array {
    const key = this.#indices.map((index, at) => `${index}${this.#decisions[at]!}`).join();
    let frame = row.frames.get(key);
    if (frame === undefined) row.frames.set(key, (frame = this.#makeFrame(row)));
    return frame;
  }

  #makeFrame(row: WindowRow): Uint8Array {
    const frames = new RowFrames(row.sequence);
    this.#indices.forEach((index, at) => {
      const delta = row.deltas[index]!;
      const { encoded, schemaName } = delta;
      const decision = this.#decisions[at]!;
      if (decision === "full" || decision === "empty") addFull(frames, delta, decision === "full");
      else if (decision === "leaves") frames.add(schemaName, (writer) => writeLeaves(writer, encoded));
      else frames.add(schemaName, (writer) => writer.bytes(encoded.bytes.subarray(encoded.start, encoded.end)));
    });
    return frames.finish();
  }
}

/** Adds the entity of a delta as FULL; what its header stands for was read. */
function addFull(frames: RowFrames, { late, record, recordSchemaName }: WindowDelta, mayGive: boolean): void {
  if (late === undefined) {
    assert(record !== undefined && recordSchemaName !== undefined, "what is decided to be given in full is held");
    frames.add(recordSchemaName, (writer) => writeFull(writer, record));
    return;
  }
  assert(late.body !== undefined, "a frame is made when its bodies were read");
  const body = givenBody(late.header, late.body, () => mayGive);
  frames.add(body.schemaName, (writer) => writeFull(writer, body.record));
}

/** Writes a record of the cache as FULL: the same bytes but for the oper and, where some are given, further flags. */
export function writeFull(writer: ByteWriter, record: Uint8Array, flags = 0): void {
  const at = writer.length;
  writer.bytes(record);
  const encoded = readEncodedDelta(new ByteReader(record));
  writer.setU8(at + encoded.operAt, operNumbers.FULL);
  writer.setU8(at + encoded.operAt + 1, encoded.flags | flags);
}

const NO_BYTES = new Uint8Array(0);

/** Writes a delta as one that tells its entity to leave: without fields, which are none of the client's any more. */
export function writeLeaves(writer: ByteWriter, encoded: EncodedDelta): void {
  const techId = encoded.bytes.subarray(encoded.techIdAt, encoded.techIdAt + TECH_ID_BYTES);
  const header = { ...encoded, flags: encoded.flags | deltaFlags.leaves, fieldVersions: [] };
  writeEncoded(writer, header, techId, NO_BYTES, NO_BYTES);
}
