import { ByteWriter } from "../base/byte-writer.js";
import { writeBufferHead } from "../delta/delta-buffer.js";
import { beginFrame, finishFrame } from "../wire/frames.js";

/** What stands in front of the delta-objects, about: most schema-names are short. */
const HEAD_BYTES = 64;
/** A frame that has become as long as this is ended. */
const FRAME_BYTES = 1024 * 1024;

/**
 * Puts delta-objects of one sequence into ROW frames, one behind the other: each is of one schema and of limited length, so
 * that what a client is given of one transaction may be larger than a frame can be.
 */
export class RowFrames {
  readonly #sequence: number;
  readonly #trace: Uint8Array | undefined;
  readonly #writer: ByteWriter;
  #schemaName: string | undefined;
  #frameAt = 0;

  /** `bytes` is about how much will be added: what is known need not be copied when it grows. `trace` goes with each frame. */
  constructor(sequence: number, { bytes = 0, trace }: { bytes?: number; trace?: Uint8Array | undefined } = {}) {
    this.#sequence = sequence;
    this.#trace = trace;
    this.#writer = new ByteWriter(HEAD_BYTES + bytes);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#writer.length;
  }

  /** Adds a delta-object of a schema, which `write` writes. */
  add(schemaName: string, write: (writer: ByteWriter) => void): void {
    if (this.#schemaName !== schemaName || this.#writer.length - this.#frameAt > FRAME_BYTES) this.#begin(schemaName);
    write(this.#writer);
  }

  /** Gives the frames; nothing can be added any more. */
  finish(): Uint8Array {
    this.#end();
    return this.#writer.view();
  }

  #begin(schemaName: string): void {
    this.#end();
    this.#schemaName = schemaName;
    this.#frameAt = beginFrame(this.#writer, "ROW");
    this.#writer.varint(this.#sequence);
    writeBufferHead(this.#writer, schemaName, this.#trace);
  }

  #end(): void {
    if (this.#schemaName !== undefined) finishFrame(this.#writer, this.#frameAt);
    this.#schemaName = undefined;
  }
}
