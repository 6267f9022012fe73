import { ByteWriter } from "../../base/byte-writer.js";
import { LiveDistError } from "../../base/errors.js";
import { PROXY_ROW_BYTES_MAX } from "../../base/limits.js";
import { writeBufferHead } from "../../delta/delta-buffer.js";

/** Puts delta-objects of any schemas into the delta-buffers of one row, in their order. */
export class RowBuffers {
  readonly #buffers: Uint8Array[] = [];
  #writer = new ByteWriter();
  #schemaName: string | undefined;
  #bytes = 0;

  /** Adds a delta-object, which `write` writes. Throws Limit above PROXY_ROW_BYTES_MAX. */
  add(schemaName: string, write: (writer: ByteWriter) => void): void {
    if (schemaName !== this.#schemaName) this.#begin(schemaName);
    const before = this.#writer.length;
    write(this.#writer);
    this.#bytes += this.#writer.length - before;
    if (this.#bytes > PROXY_ROW_BYTES_MAX) {
      throw new LiveDistError(
        "Limit",
        `what a proxy missed has more than PROXY_ROW_BYTES_MAX, ${PROXY_ROW_BYTES_MAX}, bytes`,
      );
    }
  }

  /** Gives the delta-buffers; nothing can be added any more. */
  finish(): readonly Uint8Array[] {
    this.#end();
    return this.#buffers;
  }

  #begin(schemaName: string): void {
    this.#end();
    this.#schemaName = schemaName;
    writeBufferHead(this.#writer, schemaName);
  }

  #end(): void {
    if (this.#schemaName === undefined) return;
    this.#buffers.push(this.#writer.view());
    this.#writer = new ByteWriter();
    this.#schemaName = undefined;
  }
}
