import { makeFunction } from "../base/make-function.js";
import type { DeltaClass } from "./delta-class.js";
import type { FieldSet, ReadObject } from "./field-sets.js";
import { type FieldType, isPart } from "./field-type.js";
import type { ReadParts, WriteObject, WriteParts } from "./fields-codec.js";

/** A class with more fields is written plainly: the code would be too long for the engine to optimise. */
const FIELDS_COMPILED_MAX = 200;

/**
 * Makes code that reads objects with a field set: one object literal, so that all of them have one layout and no name is looked
 * up, which is several times faster. Undefined where the engine makes no code of texts (Content-Security-Policy).
 */
export function compileReader({ fields, nulls }: FieldSet, readParts: ReadParts): ReadObject | undefined {
  const members = fields.map((field, at) => `${field.name}: ${nulls.has(field) ? "null" : readingOf(field.type, at)}`);
  const text = `(cursor, whole) => {
    const { structure, body } = cursor;
    return { ${members.join(", ")} };
  }`;
  const captured = { ...namedTypes(fields.map(({ type }) => type)), parts: readParts };
  return makeFunction(text, captured) as ReadObject | undefined;
}

function readingOf(type: FieldType, at: number): string {
  if (isPart(type)) return `parts(cursor, t${at}, whole)`;
  return `t${at}.read(body, ${type.fixedBytes ?? "structure.varint()"})`;
}

/** Makes code that writes the fields of a class's objects. Undefined where `compileReader` gives it, and for very many fields. */
export function compileWriter({ fields }: DeltaClass, writeParts: WriteParts): WriteObject | undefined {
  const count = fields.length;
  if (count > FIELDS_COMPILED_MAX) return undefined;
  const text = `(writers, fields, whole) => {
    const { structure, body } = writers;
    let nulls = 0, before = 0;
    ${bytesOf(count + 1, (byte) => `let p${byte} = 0;`).join("\n")}
    ${fields.map(({ name }, at) => readMember(name, at)).join("\n")}
    ${bytesOf(count + 1, (byte) => `structure.u8(p${byte}${byte === 0 ? " | nulls" : ""});`).join("\n")}
    if (nulls === 1) {
      ${bytesOf(count, (byte) => `structure.u8(${nullBits(byte, count)});`).join("\n")}
    }
    ${fields.map(({ type }, at) => `if (f${at} != null) { ${writingOf(type, at)} }`).join("\n")}
  }`;
  const captured = { ...namedTypes(fields.map(({ type }) => type)), parts: writeParts };
  return makeFunction(text, captured) as WriteObject | undefined;
}

/** Takes a field and notes in the bitmap that it is there; see `writeFieldStates`. */
function readMember(name: string, at: number): string {
  const bit = at + 1;
  return `const f${at} = fields.${name};
    if (f${at} !== undefined) { p${bit >> 3} |= ${1 << (bit & 7)}; if (f${at} === null) nulls = 1; }`;
}

function nullBits(byte: number, count: number): string {
  const bits: string[] = [];
  for (let at = byte * 8; at < Math.min(count, byte * 8 + 8); at++)
    bits.push(`(f${at} === null ? ${1 << (at & 7)} : 0)`);
  return bits.join(" | ");
}

function writingOf(type: FieldType, at: number): string {
  if (isPart(type)) return `parts(writers, t${at}, f${at}, whole);`;
  const write = `t${at}.write(body, f${at});`;
  return type.fixedBytes === undefined
    ? `before = body.length; ${write} structure.varint(body.length - before);`
    : write;
}

function bytesOf(bits: number, text: (byte: number) => string): string[] {
  return Array.from({ length: (bits + 7) >> 3 }, (_, byte) => text(byte));
}

/** The types of fields by the names that they have in the text. */
function namedTypes(types: readonly FieldType[]): Record<string, FieldType> {
  return Object.fromEntries(types.map((type, at) => [`t${at}`, type]));
}
