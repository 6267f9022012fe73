import type { SqlValue } from "../store.js";

/** Makes parameters of what pg sends: everything as text, bytes as they are. */
export function toPostgresql(parameters: readonly SqlValue[]): SqlValue[] {
  // As a text, -0 would be 0.
  return parameters.map((value) => (Object.is(value, -0) ? "-0" : value));
}

/** How the values of columns are read, instead of by pg's own parsers, which an application may have replaced. */
export const sqlTypes = {
  getTypeParser: (oid: number): ((text: string) => SqlValue) => parsers.get(oid) ?? asText,
};

/** By the type's oid, which is the same in every database (src/include/catalog/pg_type.dat). */
const parsers: ReadonlyMap<number, (text: string) => SqlValue> = new Map<number, (text: string) => SqlValue>([
  [16, (text) => (text === "t" ? 1 : 0)],
  [17, bytesOfHex],
  [20, wholeNumber],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  // Sums of bigint are numeric, too. What has decimals stays text: no number holds them all.
  [1700, (text) => (/^-?\d+$/.test(text) ? wholeNumber(text) : text)],
]);

function asText(text: string): string {
  return text;
}

function wholeNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function bytesOfHex(text: string): Uint8Array {
  // Behind "\x".
  const bytes = Buffer.from(text.slice(2), "hex");
  // A Buffer is a Uint8Array whose `slice` means something else; give what the type says.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
