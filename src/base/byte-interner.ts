const SLOTS = 4_096;
/** What is longer is decoded each time: it is rare, and would have to be held in memory. */
const KEY_BYTES_MAX = 64;

/**
 * Remembers what bytes were decoded to, for what stands in very many delta-objects and comes in few kinds: one look is faster
 * than to decode it again, and all who keep it keep the same object. Holds a fixed number of the newest; bytes are compared,
 * so that nobody can bring others to be taken for them.
 */
export class ByteInterner<T> {
  readonly #decode: (bytes: Uint8Array, from: number, to: number) => T;
  readonly #keys = new Uint8Array(SLOTS * KEY_BYTES_MAX);
  readonly #sizes = new Uint8Array(SLOTS);
  readonly #values: (T | undefined)[] = new Array<undefined>(SLOTS).fill(undefined);

  /** `decode` must give for the same bytes what may be used in each other's place, and is not called with none. */
  constructor(decode: (bytes: Uint8Array, from: number, to: number) => T) {
    this.#decode = decode;
  }

  /** Gives what the bytes from `from` to before `to` are decoded to. Throws what decoding them throws. */
  get(bytes: Uint8Array, from: number, to: number): T {
    const size = to - from;
    if (size > KEY_BYTES_MAX) return this.#decode(bytes, from, to);
    const slot = hashOf(bytes, from, to) & (SLOTS - 1);
    if (this.#sizes[slot] === size && this.#isKey(slot, bytes, from, size)) return this.#values[slot]!;
    const value = this.#decode(bytes, from, to);
    this.#keep(slot, value, bytes, from, size);
    return value;
  }

  #keep(slot: number, value: T, bytes: Uint8Array, from: number, size: number): void {
    const at = slot * KEY_BYTES_MAX;
    for (let index = 0; index < size; index++) this.#keys[at + index] = bytes[from + index]!;
    this.#sizes[slot] = size;
    this.#values[slot] = value;
  }

  #isKey(slot: number, bytes: Uint8Array, from: number, size: number): boolean {
    const keys = this.#keys;
    const at = slot * KEY_BYTES_MAX;
    for (let index = 0; index < size; index++) if (keys[at + index] !== bytes[from + index]) return false;
    return true;
  }
}

/** Need not withstand anybody: who makes hashes collide has his bytes decoded each time, as all would be without this. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  let index = from;
  for (; index + 4 <= to; index += 4) {
    const word = bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; index < to; index++) hash = Math.imul(hash ^ bytes[index]!, 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
