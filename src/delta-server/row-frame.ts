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

const givens: readonly Given[] = ["asItIs", "full", "leaves", "empty"];
const codes: Readonly<Record<Given, number>> = { asItIs: 0, full: 1, leaves: 2, empty: 3 };
/** What is given of a delta is one number: its index in the row, times the number of what can be given, plus the code. */
const CODES = givens.length;

/** What a group is given of a row: only the deltas that it gets, in their order. */
export class RowHits {
  readonly #hits: number[] = [];

  /** Decides on every delta of a row for one slice. */
  static of(row: WindowRow, tracking: UnregisteredTracking, slice: TopicsSlice): RowHits {
    const hits = new RowHits();
    row.deltas.forEach((delta, index) => hits.add(index, decide(tracking, slice, delta)));
    return hits;
  }

  /** Gives the hits of a row with a single delta, as most rows are. */
  static ofSingle(decision: Exclude<Decision, "nothing">): RowHits {
    return singles[decision];
  }

  get isEmpty(): boolean {
    return this.#hits.length === 0;
  }

  /** Gives hits of their own to those who go on with others. */
  copy(): RowHits {
    const copy = new RowHits();
    for (const hit of this.#hits) copy.#hits.push(hit);
    return copy;
  }

  add(index: number, decision: Decision | "empty"): void {
    if (decision !== "nothing") this.#hits.push(index * CODES + codes[decision]);
  }

  /** Tells whether bodies have to be read before there can be a frame. */
  isLate(row: WindowRow): boolean {
    return this.#hits.some((hit) => lateOf(hit, row) !== undefined);
  }

  /** Gives the entry of these hits for a stream: with its frame or, where bodies have to be read, with one that is made later. */
  entry(row: WindowRow, mayGive: MayGive): StreamEntry {
    if (!this.isLate(row)) return this.sharedEntry(row);
    const late = this.#hits.map((hit) => lateOf(hit, row)).filter((body) => body !== undefined);
    return {
      sequence: row.sequence,
      frame: new LateFrame(late, () => this.#withoutHidden(row, mayGive).#makeFrame(row)),
    };
  }

  /** Gives the entry for all who are given the same of the row; made once. Nothing of it may be late. */
  sharedEntry(row: WindowRow): StreamEntry & { readonly frame: Uint8Array } {
    const key = this.#hits.length === 1 ? this.#hits[0]! : this.#hits.join();
    let entry = row.entries.get(key);
    if (entry === undefined) {
      entry = { sequence: row.sequence, frame: this.#makeFrame(row) };
      row.entries.set(key, entry);
      row.frameBytes += entry.frame.length;
    }
    return entry;
  }

  #withoutHidden(row: WindowRow, mayGive: MayGive): RowHits {
    const hits = new RowHits();
    for (const hit of this.#hits) {
      const body = lateOf(hit, row)?.body;
      hits.add(indexOf(hit), body && !isGiven(body, mayGive) ? "empty" : givenOf(hit));
    }
    return hits;
  }

  /** Makes the ROW frames of these hits, as one piece. */
  #makeFrame(row: WindowRow): Uint8Array {
    const frames = new RowFrames(row.sequence, { bytes: this.#bytesIn(row), trace: row.trace });
    for (const hit of this.#hits) {
      const delta = row.deltas[indexOf(hit)]!;
      const { encoded, schemaName } = delta;
      const given = givenOf(hit);
      if (given === "full" || given === "empty") addFull(frames, delta, given === "full");
      else if (given === "leaves") frames.add(schemaName, (writer) => writeLeaves(writer, encoded));
      else frames.add(schemaName, (writer) => writer.bytes(encoded.bytes.subarray(encoded.start, encoded.end)));
    }
    return frames.finish();
  }

  /** Gives about how many bytes the frame will have. */
  #bytesIn(row: WindowRow): number {
    let bytes = 0;
    for (const hit of this.#hits) {
      const { encoded, record } = row.deltas[indexOf(hit)]!;
      bytes += codes.full === hit % CODES && record ? record.length : encoded.end - encoded.start;
    }
    return bytes;
  }
}

function single(decision: Given): RowHits {
  const hits = new RowHits();
  hits.add(0, decision);
  return hits;
}

const singles = { asItIs: single("asItIs"), full: single("full"), leaves: single("leaves") };

function indexOf(hit: number): number {
  return Math.floor(hit / CODES);
}

function givenOf(hit: number): Given {
  return givens[hit % CODES]!;
}

/** Gives the body that has to be read where a delta is given in full and the cache held only its header. */
function lateOf(hit: number, { deltas }: WindowRow): LateBody | undefined {
  return hit % CODES === codes.full ? deltas[indexOf(hit)]!.late : undefined;
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
