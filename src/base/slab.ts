const SLAB_BYTES = 16_384;
/** What is larger would waste too much of a slab. */
const SMALL_BYTES = SLAB_BYTES / 8;

let slab = new Uint8Array(0);
let used = 0;

/** Copies bytes; small ones into memory that many share, since to allocate some for each costs more than all else. */
export function copyIntoSlab(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  if (bytes.length > SMALL_BYTES) return new Uint8Array(bytes);
  if (used + bytes.length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  slab.set(bytes, used);
  return slab.subarray(used, (used += bytes.length));
}
