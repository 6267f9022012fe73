import { DeltaBufferError } from "./errors.js";
import { GUID_BYTES, guidToBytes } from "./guid.js";

const encoder = new TextEncoder();
const INITIAL_BYTES = 1024;
const ASCII_MAX = 0x7f;
/** Up to this length a string is written faster by hand than by the encoder. */
const SHORT_LENGTH = 40;
/** Up to this length bytes are copied faster one by one than by `set`. */
const SHORT_BYTES = 24;
const UINT28_MAX = 2 ** 28 - 1;

/** Writes the primitives of the binary formats into one growing buffer. Numbers are little-endian. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  /** Made when it is first needed: most writers never write what needs it. */
  #view: DataView<ArrayBuffer> | undefined;
  #length = 0;

  constructor(initialBytes = INITIAL_BYTES) {
    this.#bytes = new Uint8Array(initialBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes that can be written before other memory is taken. */
  get free(): number {
    return this.#bytes.length - this.#length;
  }

  /** Gives what was written from an offset on, without a copy: valid until the next write or reset. */
  view(from = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(from, this.#length);
  }

  /** Gives a copy of what was written from an offset on. */
  copy(from = 0): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(from, this.#length);
  }

  /** Forgets what was written from an offset on. */
  reset(from = 0): void {
    this.#length = from;
  }

  /** Takes the next `count` bytes, whatever stands there, to be written later; gives where they begin. */
  reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) this.#grow(needed);
    this.#length = needed;
    return at;
  }

  #dataView(): DataView<ArrayBuffer> {
    return (this.#view ??= new DataView(this.#bytes.buffer));
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#view = undefined;
  }

  /** Makes `size` bytes that begin at `at` `newSize` bytes, moving what stands behind them. */
  resize(at: number, size: number, newSize: number): void {
    if (size === newSize) return;
    const length = this.#length;
    if (newSize > size) this.reserve(newSize - size);
    else this.#length = length - (size - newSize);
    this.#bytes.copyWithin(at + newSize, at + size, length);
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.#bytes[at] = value;
  }

  /** Overwrites one byte written before. */
  setU8(at: number, value: number): void {
    this.#bytes[at] = value;
  }

  u32(value: number): void {
    this.setU32(this.reserve(4), value);
  }

  /** Overwrites four bytes written before. */
  setU32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
  }

  i32(value: number): void {
    this.setU32(this.reserve(4), value);
  }

  i64(value: bigint): void {
    const at = this.reserve(8);
    this.#dataView().setBigInt64(at, value, true);
  }

  f64(value: number): void {
    const at = this.reserve(8);
    this.#dataView().setFloat64(at, value, true);
  }

  /** Writes a whole number from 0 to 2^53-1 in 1 to 8 bytes, seven bits each, low bits first. */
  varint(value: number): void {
    if (value <= 0x7f) this.u8(value);
    else this.setVarint(this.reserve(varintSize(value)), value);
  }

  /** Overwrites `varintSize(value)` bytes written before. */
  setVarint(at: number, value: number): void {
    const bytes = this.#bytes;
    let index = at;
    let rest = value;
    for (; rest > UINT28_MAX; rest = Math.floor(rest / 0x80)) bytes[index++] = (rest % 0x80) | 0x80;
    // What is left is an integer to the engine, which is faster.
    for (rest |= 0; rest > 0x7f; rest >>= 7) bytes[index++] = rest | 0x80;
    bytes[index] = rest;
  }

  /** Writes a whole number of either sign (up to 2^52) as a varint: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
  zigzag(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  bytes(value: Uint8Array): void {
    this.setBytes(this.reserve(value.length), value);
  }

  /** Writes the bytes from `start` to `end` of others: for a few, no view is made of them. */
  range(source: Uint8Array, start: number, end: number): void {
    const size = end - start;
    const at = this.reserve(size);
    if (size > SHORT_BYTES) this.#bytes.set(source.subarray(start, end), at);
    else for (let index = 0; index < size; index++) this.#bytes[at + index] = source[start + index]!;
  }

  /** Overwrites bytes written before. */
  setBytes(at: number, value: Uint8Array): void {
    const size = value.length;
    if (size > SHORT_BYTES) this.#bytes.set(value, at);
    else for (let index = 0; index < size; index++) this.#bytes[at + index] = value[index]!;
  }

  /** Overwrites bytes written before with all that another writer holds. */
  setWritten(at: number, other: ByteWriter): void {
    const size = other.#length;
    if (size > SHORT_BYTES) this.#bytes.set(other.view(), at);
    else for (let index = 0; index < size; index++) this.#bytes[at + index] = other.#bytes[index]!;
  }

  /** Writes the 16 bytes of a GUID. Throws DeltaBufferError where the text is none. */
  guid(value: string): void {
    const at = this.reserve(GUID_BYTES);
    guidToBytes(value, this.#bytes, at);
  }

  /** Writes a string as UTF-8 without its length and gives the number of bytes. Throws DeltaBufferError for lone surrogates. */
  utf8(value: string): number {
    const size = value.length;
    if (size > SHORT_LENGTH) return this.#encode(value);
    const at = this.reserve(size);
    const bytes = this.#bytes;
    for (let index = 0; index < size; index++) {
      const unit = value.charCodeAt(index);
      if (unit > ASCII_MAX) {
        this.#length = at;
        return this.#encode(value);
      }
      bytes[at + index] = unit;
    }
    return size;
  }

  #encode(value: string): number {
    if (!value.isWellFormed()) throw new DeltaBufferError("a string holds a lone surrogate, which UTF-8 cannot carry");
    // Three bytes a UTF-16 unit is the most that UTF-8 needs.
    const at = this.reserve(value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(at));
    this.#length = at + written;
    return written;
  }

  /** Writes a string as UTF-8 behind its length in bytes (a varint). */
  string(value: string): void {
    const at = this.reserve(1);
    const size = this.utf8(value);
    this.resize(at, 1, varintSize(size));
    this.setVarint(at, size);
  }
}

/** Gives the number of bytes that a varint takes. */
export function varintSize(value: number): number {
  if (value <= 0x7f) return 1;
  let size = 1;
  let rest = value;
  for (; rest > UINT28_MAX; rest = Math.floor(rest / 0x80)) size++;
  for (rest |= 0; rest > 0x7f; rest >>= 7) size++;
  return size;
}
