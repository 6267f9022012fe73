import { assert } from "./assert.js";
import { DeltaBufferError } from "./errors.js";

/** Bytes of a GUID. */
export const GUID_BYTES = 16;
const GUID_CHARACTERS = 36;
const HYPHEN = "-".charCodeAt(0);
/** Where the two digits of each byte stand in the text; bytes and digits have the same order (RFC 9562). */
const DIGITS_AT = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

const NO_DIGIT = 0xff;
const digitOfCode = new Uint8Array(256).fill(NO_DIGIT);
/** The codes of the two digits of each byte. */
const highCodes = new Uint8Array(256);
const lowCodes = new Uint8Array(256);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  digitOfCode[text.charCodeAt(0)] = digit;
  digitOfCode[text.toUpperCase().charCodeAt(0)] = digit;
  for (let other = 0; other < 16; other++) {
    highCodes[(digit << 4) | other] = text.charCodeAt(0);
    lowCodes[(other << 4) | digit] = text.charCodeAt(0);
  }
}

/** Tells whether a text is a GUID: 32 hexadecimal digits of either case with hyphens, and nothing around them. */
export function isGuid(text: string): boolean {
  if (!hasHyphens(text)) return false;
  let digits = 0;
  for (let index = 0; index < GUID_BYTES; index++)
    digits |= digitAt(text, DIGITS_AT[index]!) | digitAt(text, DIGITS_AT[index]! + 1);
  return digits < 16;
}

/**
 * Writes the 16 bytes of a GUID, of either case, in the order of its digits. Throws DeltaBufferError where the text is no
 * GUID; the 16 bytes of the target are then undefined.
 */
export function guidToBytes(guid: string, target: Uint8Array, offset: number): void {
  assert(offset + GUID_BYTES <= target.length, "16 bytes are free for a GUID");
  let digits = hasHyphens(guid) ? 0 : NO_DIGIT;
  let codes = 0;
  for (let index = 0; index < GUID_BYTES; index++) {
    const at = DIGITS_AT[index]!;
    const highCode = guid.charCodeAt(at);
    const lowCode = guid.charCodeAt(at + 1);
    const high = digitOfCode[highCode & 0xff]!;
    const low = digitOfCode[lowCode & 0xff]!;
    codes |= highCode | lowCode;
    digits |= high | low;
    target[offset + index] = (high << 4) | low;
  }
  // No digit has a bit above 15, and none of their codes above 255, so one test after the loop finds a wrong character anywhere.
  if (digits >= 16 || codes > 0xff)
    throw new DeltaBufferError(`not a GUID: ${JSON.stringify(guid.slice(0, GUID_CHARACTERS + 1))}`);
}

/** Gives the GUID in 16 bytes as lower-case text. */
export function bytesToGuid(bytes: Uint8Array, offset: number): string {
  assert(offset + GUID_BYTES <= bytes.length, "16 bytes are there for a GUID");
  const h = highCodes;
  const l = lowCodes;
  const b0 = bytes[offset]!;
  const b1 = bytes[offset + 1]!;
  const b2 = bytes[offset + 2]!;
  const b3 = bytes[offset + 3]!;
  const b4 = bytes[offset + 4]!;
  const b5 = bytes[offset + 5]!;
  const b6 = bytes[offset + 6]!;
  const b7 = bytes[offset + 7]!;
  const b8 = bytes[offset + 8]!;
  const b9 = bytes[offset + 9]!;
  const ba = bytes[offset + 10]!;
  const bb = bytes[offset + 11]!;
  const bc = bytes[offset + 12]!;
  const bd = bytes[offset + 13]!;
  const be = bytes[offset + 14]!;
  const bf = bytes[offset + 15]!;
  // Made in one piece, of arguments that are no array, which takes half the time. Joined from parts, the string would be a
  // tree that its first use as a key has to flatten.
  // prettier-ignore
  return String.fromCharCode(
    h[b0]!, l[b0]!, h[b1]!, l[b1]!, h[b2]!, l[b2]!, h[b3]!, l[b3]!, HYPHEN,
    h[b4]!, l[b4]!, h[b5]!, l[b5]!, HYPHEN, h[b6]!, l[b6]!, h[b7]!, l[b7]!, HYPHEN,
    h[b8]!, l[b8]!, h[b9]!, l[b9]!, HYPHEN,
    h[ba]!, l[ba]!, h[bb]!, l[bb]!, h[bc]!, l[bc]!, h[bd]!, l[bd]!, h[be]!, l[be]!, h[bf]!, l[bf]!,
  );
}

const RANDOM_GUIDS = 256;
const random = new Uint8Array(RANDOM_GUIDS * GUID_BYTES);
let randomUsed = random.length;

/** Makes a new tech-id: a random GUID (version 4), lower-case. Needs no secure context in a browser. */
export function newTechId(): string {
  if (randomUsed === random.length) {
    // One call for many GUIDs: each call costs more than all else here.
    crypto.getRandomValues(random);
    randomUsed = 0;
  }
  const at = randomUsed;
  randomUsed += GUID_BYTES;
  random[at + 6] = (random[at + 6]! & 0x0f) | 0x40;
  random[at + 8] = (random[at + 8]! & 0x3f) | 0x80;
  return bytesToGuid(random, at);
}

function hasHyphens(text: string): boolean {
  return (
    text.length === GUID_CHARACTERS &&
    isHyphen(text, 8) &&
    isHyphen(text, 13) &&
    isHyphen(text, 18) &&
    isHyphen(text, 23)
  );
}

function isHyphen(text: string, index: number): boolean {
  return text.charCodeAt(index) === HYPHEN;
}

function digitAt(text: string, index: number): number {
  const code = text.charCodeAt(index);
  return code < digitOfCode.length ? digitOfCode[code]! : NO_DIGIT;
}
