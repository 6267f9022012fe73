import { ByteWriter } from "../base/byte-writer.js";
import { NO_SLOT } from "../base/guid-table.js";
import { BODIES_READ_MAX } from "../base/limits.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import type { SchemaDelta } from "../delta/merge-record.js";
import { beginFrame, finishFrame } from "../wire/frames.js";
import type { AnswerPiece } from "../wire/live-dist-service.js";
import { isHeaderTag, schemaIdOf, type CacheSelection } from "./cache-selection.js";
import { RecordRuns } from "./record-runs.js";

/** Bytes of one ENTITIES frame, about: what a client decodes in one go. */
export const FRAME_BYTES = 128 * 1024;

/** Bytes of one piece, about: large enough to cost little each, small enough to let live deltas through between two. */
const PIECE_BYTES = 512 * 1024;

const HEAD_BYTES = 128;

/** Makes the ENTITIES frames of a selection one by one, and collects the headers on the way, whose bodies are elsewhere. */
export class EntityPieces {
  readonly #selection: CacheSelection;
  #slot: number;
  #headers: SchemaDelta[] = [];
  #count = 0;

  constructor(selection: CacheSelection) {
    this.#selection = selection;
    this.#slot = selection.slots.next(0);
  }

  /** How many entities were met so far. */
  get count(): number {
    return this.#count;
  }

  get isAtEnd(): boolean {
    return this.#slot === NO_SLOT;
  }

  /** Tells whether as many headers have been met as are read at once. */
  get hasManyHeaders(): boolean {
    return this.#headers.length >= BODIES_READ_MAX;
  }

  /** Gives the headers that were met, once. */
  takeHeaders(): readonly SchemaDelta[] {
    const headers = this.#headers;
    this.#headers = [];
    return headers;
  }

  /** Gives the next frames; none where nothing but headers was met. */
  next(): AnswerPiece {
    const buffers: Uint8Array[] = [];
    let bytes = 0;
    while (!this.isAtEnd && bytes < PIECE_BYTES && !this.hasManyHeaders) {
      for (const buffer of this.#frame()) {
        buffers.push(buffer);
        bytes += buffer.length;
      }
    }
    return buffers;
  }

  /** Gives the next frame, all of one schema. */
  #frame(): readonly Uint8Array[] {
    const { slots, records } = this.#selection;
    const runs = new RecordRuns(records);
    let schemaId = -1;
    while (this.#slot !== NO_SLOT && runs.bytes < FRAME_BYTES && !this.hasManyHeaders) {
      records.lookAt(this.#slot);
      const { tag } = records;
      if (isHeaderTag(tag)) this.#headers.push(this.#selection.headerOf(this.#slot));
      else {
        if (schemaId === -1) schemaId = schemaIdOf(tag);
        else if (schemaIdOf(tag) !== schemaId) break;
        runs.add();
      }
      this.#count++;
      this.#slot = slots.next(this.#slot + 1);
    }
    if (schemaId === -1) return [];
    return runs.finish(frameHead(this.#selection.schemas[schemaId]!.name, runs.bytes));
  }
}

/** Writes what stands in front of the records of an ENTITIES frame. */
function frameHead(schemaName: string, recordBytes: number): Uint8Array {
  const writer = new ByteWriter(HEAD_BYTES);
  const at = beginFrame(writer, "ENTITIES");
  writeBufferHead(writer, schemaName);
  finishFrame(writer, at, recordBytes);
  return writer.view();
}
