import { DeltaBufferError } from "../base/errors.js";
import { DELTA_CLASSES_MAX } from "../base/limits.js";
import { deltaClass, type DeltaClass, type Field } from "./delta-class.js";
import { isPart, type FieldType } from "./field-type.js";
import { part, parts, valueTypes } from "./field-types.js";

/** One delta-class in a schema's text. */
interface ClassText {
  readonly name: string;
  readonly base?: string;
  readonly inCache: boolean;
  /** Its own fields, without those of the base: [name, kind] or [name, "part" | "parts", class name]. */
  readonly fields: readonly (readonly string[])[];
}

/** Writes delta-classes as text: JSON, one class a line, the same for the same classes. */
export function formatSchemaText(classes: readonly DeltaClass[]): string {
  const lines = classes.map((one) => {
    const own = one.fields.slice(one.base?.fields.length ?? 0);
    const text: ClassText = {
      name: one.name,
      ...(one.base && { base: one.base.name }),
      inCache: one.inCache,
      fields: own.map(formatField),
    };
    return JSON.stringify(text);
  });
  return `[\n${lines.join(",\n")}\n]\n`;
}

function formatField({ name, type }: Field): string[] {
  return isPart(type) ? [name, type.kind, type.deltaClass.name] : [name, type.kind];
}

/**
 * Reads delta-classes from text that may come from a network. Throws DeltaBufferError where it is malformed; a class must
 * stand before it is named, so that no text can make classes contain themselves.
 */
export function parseSchemaText(text: string): DeltaClass[] {
  const known = new Map<string, DeltaClass>();
  for (const classText of readClasses(text)) {
    const base = classText.base === undefined ? undefined : named(known, classText.base);
    const fields = classText.fields.map((field) => parseField(known, field));
    if (known.has(classText.name)) throw malformed(`${classText.name} stands twice`);
    const options = { inCache: classText.inCache, ...(base && { base }) };
    known.set(classText.name, deltaClass(classText.name, Object.fromEntries(fields), options));
  }
  return [...known.values()];
}

function readClasses(text: string): ClassText[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw malformed((error as Error).message);
  }
  if (!Array.isArray(value) || value.length > DELTA_CLASSES_MAX || !value.every(isClassText))
    throw malformed("not a list of delta-classes");
  return value;
}

function isClassText(value: unknown): value is ClassText {
  const { name, base, inCache, fields } = (value ?? {}) as Partial<ClassText>;
  return (
    typeof name === "string" &&
    (base === undefined || typeof base === "string") &&
    typeof inCache === "boolean" &&
    Array.isArray(fields) &&
    fields.every((field) => Array.isArray(field) && field.every((item) => typeof item === "string"))
  );
}

function parseField(
  known: ReadonlyMap<string, DeltaClass>,
  [name, kind, className]: readonly string[],
): [string, FieldType] {
  if (name === undefined || kind === undefined) throw malformed("a field without name or kind");
  if (kind === "part" || kind === "parts") {
    const deltaClass = named(known, className ?? "");
    return [name, kind === "part" ? part(deltaClass) : parts(deltaClass)];
  }
  if (!Object.hasOwn(valueTypes, kind)) throw malformed(`unknown kind ${kind} of field ${name}`);
  return [name, valueTypes[kind as keyof typeof valueTypes]];
}

function named(known: ReadonlyMap<string, DeltaClass>, name: string): DeltaClass {
  const found = known.get(name);
  if (found === undefined) throw malformed(`delta-class ${name} is named before it stands`);
  return found;
}

function malformed(what: string): DeltaBufferError {
  return new DeltaBufferError(`the schema's text is malformed: ${what}`);
}
