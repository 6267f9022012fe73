import { DeltaBufferError } from "./errors.js";
import { bytesToGuid, GUID_BYTES } from "./guid.js";
import { decodeUtf8 } from "./utf8.js";

/** Numbers of several bytes are put together here: to make a DataView for each buffer costs more than to copy eight bytes. */
const eight = new Uint8Array(8);
const eightView = new DataView(eight.buffer);

const LOW_BITS = 28;
const LOW_RANGE = 2 ** LOW_BITS;
const VARINT_BYTES_MAX = 8;

/**
 * Reads the primitives of the binary formats from bytes that may be hostile: whatever stands there, a read gives a value
 * or throws DeltaBufferError, and never reads beyond the end or allocates more than the bytes are long.
 */
export class ByteReader {
  bytes: Uint8Array;
  offset: number;
  end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** Reads from elsewhere from now on; `end` is not beyond the bytes. */
  move(bytes: Uint8Array, offset: number, end: number): void {
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
    if (count > this.end - at) throw truncated(count, this.end - at);
    this.offset = at + count;
    return at;
  }

  u8(): number {
    return this.bytes[this.skip(1)]!;
  }

  i32(): number {
    const { bytes } = this;
    const at = this.skip(4);
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  i64(): bigint {
    this.#takeEight();
    return eightView.getBigInt64(0, true);
  }

  f64(): number {
    this.#takeEight();
    return eightView.getFloat64(0, true);
  }

  #takeEight(): void {
    const { bytes } = this;
    const at = this.skip(8);
    for (let index = 0; index < 8; index++) eight[index] = bytes[at + index]!;
  }

  varint(): number {
    const at = this.offset;
    if (at < this.end) {
      const byte = this.bytes[at]!;
      if (byte < 0x80) {
        this.offset = at + 1;
        return byte;
      }
    }
    return this.#longVarint();
  }

  /** Puts up to four bytes together as an integer, which is fast, and what is above them as a double. */
  #longVarint(): number {
    const { bytes, offset, end } = this;
    let low = 0;
    let high = 0;
    for (let count = 0; count < VARINT_BYTES_MAX; count++) {
      if (offset + count >= end) throw truncated(1, 0);
      const byte = bytes[offset + count]!;
      const shift = count * 7;
      if (shift < LOW_BITS) low |= (byte & 0x7f) << shift;
      else high |= (byte & 0x7f) << (shift - LOW_BITS);
      if (byte < 0x80) {
        this.offset = offset + count + 1;
        const value = low + high * LOW_RANGE;
        if (value > Number.MAX_SAFE_INTEGER) throw new DeltaBufferError("a number is above 2^53-1");
        return value;
      }
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
    if (count * bytesEach > this.end - this.offset)
      throw new DeltaBufferError(`a count of ${count} cannot fit into ${this.remaining} bytes`);
    return count;
  }

  utf8(size: number): string {
    return decodeUtf8(this.bytes, this.skip(size), size);
  }

  string(): string {
    return this.utf8(this.varint());
  }

  guid(): string {
    return bytesToGuid(this.bytes, this.skip(GUID_BYTES));
  }

  /** Gives a view of `size` bytes, without a copy. */
  view(size: number): Uint8Array {
    const at = this.skip(size);
    return this.bytes.subarray(at, at + size);
  }
}

function truncated(count: number, left: number): DeltaBufferError {
  return new DeltaBufferError(`truncated: ${count} bytes expected, ${left} left`);
}
