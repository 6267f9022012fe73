import { DeltaBufferError } from "./errors.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the primitives of the binary formats from bytes that may be hostile: whatever stands there, a read gives a value
 * or throws DeltaBufferError, and never reads beyond the end or allocates more than the bytes are long.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  #view: DataView | undefined;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.offset;
  }

  /** Steps over `count` bytes and gives where they began. */
  skip(count: number): number {
    const at = this.offset;
    if (count > this.end - at) throw new DeltaBufferError(`truncated: ${count} bytes expected, ${this.end - at} left`);
    this.offset = at + count;
    return at;
  }

  /** Made when it is needed: most readers read nothing but varints and bytes. */
  #dataView(): DataView {
    return (this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength));
  }

  u8(): number {
    return this.bytes[this.skip(1)]!;
  }

  u32(): number {
    return this.#dataView().getUint32(this.skip(4), true);
  }

  i32(): number {
    return this.#dataView().getInt32(this.skip(4), true);
  }

  i64(): bigint {
    return this.#dataView().getBigInt64(this.skip(8), true);
  }

  f64(): number {
    return this.#dataView().getFloat64(this.skip(8), true);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) throw new DeltaBufferError("a number is above 2^53-1");
        return value;
      }
      scale *= 0x80;
    }
    throw new DeltaBufferError("a number is longer than 8 bytes");
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Reads a count of things that take at least `bytesEach` bytes, so that a hostile count cannot make us allocate. */
  count(bytesEach: number): number {
    const count = this.varint();
    if (count * bytesEach > this.remaining)
      throw new DeltaBufferError(`a count of ${count} cannot fit into ${this.remaining} bytes`);
    return count;
  }

  utf8(size: number): string {
    const at = this.skip(size);
    return decodeUtf8(this.bytes, at, size);
  }

  string(): string {
    return this.utf8(this.count(1));
  }

  /** Gives a view of `size` bytes, without a copy. */
  view(size: number): Uint8Array {
    const at = this.skip(size);
    return this.bytes.subarray(at, at + size);
  }
}

const SHORT_ASCII_BYTES = 24;

function decodeUtf8(bytes: Uint8Array, at: number, size: number): string {
  if (size <= SHORT_ASCII_BYTES) {
    // A short ASCII string is made several times faster by hand than through the decoder.
    let text = "";
    let index = at;
    const end = at + size;
    for (; index < end; index++) {
      const byte = bytes[index]!;
      if (byte > 0x7f) break;
      text += String.fromCharCode(byte);
    }
    if (index === end) return text;
  }
  try {
    return decoder.decode(bytes.subarray(at, at + size));
  } catch (error) {
    throw new DeltaBufferError("a string is not valid UTF-8", { cause: error });
  }
}
