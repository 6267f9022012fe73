import { DeltaBufferError } from "./errors.js";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Up to this length a string of ASCII is made several times faster by hand than through the decoder. */
const SHORT_BYTES = 32;
const ASCII_MAX = 0x7f;
const { fromCharCode } = String;

/** Gives the string that `size` bytes hold. Throws DeltaBufferError where they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array, at: number, size: number): string {
  if (size > SHORT_BYTES) return decodeAny(bytes, at, size);
  let text = "";
  let index = at;
  const end = at + size;
  // Many characters in one call, and no arrays.
  for (; index + 8 <= end; index += 8) {
    const a = bytes[index]!;
    const b = bytes[index + 1]!;
    const c = bytes[index + 2]!;
    const d = bytes[index + 3]!;
    const e = bytes[index + 4]!;
    const f = bytes[index + 5]!;
    const g = bytes[index + 6]!;
    const h = bytes[index + 7]!;
    if ((a | b | c | d | e | f | g | h) > ASCII_MAX) return decodeAny(bytes, at, size);
    text += fromCharCode(a, b, c, d, e, f, g, h);
  }
  if (index + 4 <= end) {
    const a = bytes[index]!;
    const b = bytes[index + 1]!;
    const c = bytes[index + 2]!;
    const d = bytes[index + 3]!;
    if ((a | b | c | d) > ASCII_MAX) return decodeAny(bytes, at, size);
    text += fromCharCode(a, b, c, d);
    index += 4;
  }
  for (; index < end; index++) {
    const byte = bytes[index]!;
    if (byte > ASCII_MAX) return decodeAny(bytes, at, size);
    text += fromCharCode(byte);
  }
  return text;
}

function decodeAny(bytes: Uint8Array, at: number, size: number): string {
  try {
    return decoder.decode(bytes.subarray(at, at + size));
  } catch (error) {
    throw new DeltaBufferError("a string is not valid UTF-8", { cause: error });
  }
}
