import { DeltaBufferError } from "./errors.js";

const encoder = new TextEncoder();
const INITIAL_BYTES = 1024;

/** Writes the primitives of the binary formats into one growing buffer. Numbers are little-endian. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView<ArrayBuffer>;
  #length = 0;

  constructor(initialBytes = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** Gives what was written, without a copy: valid until the next write or reset. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Gives a copy of what was written. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      bytes.set(this.#bytes.subarray(0, at));
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer);
    }
    this.#length = needed;
    return at;
  }

  u8(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  /** Overwrites one byte written before. */
  setU8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  /** Overwrites four bytes written before. */
  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  i32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setInt32(at, value, true);
  }

  i64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigInt64(at, value, true);
  }

  f64(value: number): void {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Writes a whole number from 0 to 2^53-1 in 1 to 8 bytes, seven bits each, low bits first. */
  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** Writes a whole number of either sign (up to 2^52) as a varint: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  /** Writes a string as UTF-8 without its length and gives the number of bytes. Throws DeltaBufferError for lone surrogates. */
  utf8(value: string): number {
    const size = value.length;
    // Three bytes a UTF-16 unit is the most that UTF-8 needs.
    const at = this.#reserve(size * 3);
    let ascii = 0;
    while (ascii < size) {
      const unit = value.charCodeAt(ascii);
      if (unit > 0x7f) break;
      this.#bytes[at + ascii] = unit;
      ascii++;
    }
    if (ascii < size) {
      if (!value.isWellFormed())
        throw new DeltaBufferError("a string holds a lone surrogate, which UTF-8 cannot carry");
      ascii += encoder.encodeInto(value.slice(ascii), this.#bytes.subarray(at + ascii)).written;
    }
    this.#length = at + ascii;
    return ascii;
  }

  /** Writes a string as UTF-8 behind its length in bytes (a varint). */
  string(value: string): void {
    const at = this.#length;
    this.u8(0);
    const size = this.utf8(value);
    if (size <= 0x7f) {
      this.#bytes[at] = size;
      return;
    }
    const extra = varintSize(size) - 1;
    this.#reserve(extra);
    this.#bytes.copyWithin(at + 1 + extra, at + 1, at + 1 + size);
    this.#length = at;
    this.varint(size);
    this.#length += size;
  }
}

/** Gives the number of bytes that a varint takes. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
