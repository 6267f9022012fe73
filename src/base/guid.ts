import { assert } from "./assert.js";
import { DeltaBufferError } from "./errors.js";

/** Bytes of a GUID. */
export const GUID_BYTES = 16;
const GUID_CHARACTERS = 36;
const HYPHEN = "-".charCodeAt(0);
/** Where the two digits of each byte stand in the text; bytes and digits have the same order (RFC 9562). */
const DIGITS_AT = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);

const NO_DIGIT = 0xff;
const digitOfCode = new Uint8Array(128).fill(NO_DIGIT);
const codeOfDigit = new Uint8Array(16);
for (let digit = 0; digit < 16; digit++) {
  const text = digit.toString(16);
  codeOfDigit[digit] = text.charCodeAt(0);
  digitOfCode[text.charCodeAt(0)] = digit;
  digitOfCode[text.toUpperCase().charCodeAt(0)] = digit;
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
  for (let index = 0; index < GUID_BYTES; index++) {
    const at = DIGITS_AT[index]!;
    const high = digitAt(guid, at);
    const low = digitAt(guid, at + 1);
    digits |= high | low;
    target[offset + index] = (high << 4) | low;
  }
  // No digit has a bit above 15, so one test after the loop finds a wrong character anywhere.
  if (digits >= 16) throw new DeltaBufferError(`not a GUID: ${JSON.stringify(guid.slice(0, GUID_CHARACTERS + 1))}`);
}

const codes = new Array<number>(GUID_CHARACTERS).fill(HYPHEN);

/** Gives the GUID in 16 bytes as lower-case text. */
export function bytesToGuid(bytes: Uint8Array, offset: number): string {
  assert(offset + GUID_BYTES <= bytes.length, "16 bytes are there for a GUID");
  for (let index = 0; index < GUID_BYTES; index++) {
    const byte = bytes[offset + index]!;
    const at = DIGITS_AT[index]!;
    codes[at] = codeOfDigit[byte >> 4]!;
    codes[at + 1] = codeOfDigit[byte & 15]!;
  }
  // Made in one piece: joined from parts, the string would be a tree that its first use as a key has to flatten.
  return String.fromCharCode(...codes);
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
