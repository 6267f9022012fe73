import { DeltaBufferError, LiveDistError } from "../base/errors.js";
import { DELTA_CLASSES_MAX, NAME_LENGTH_MAX } from "../base/limits.js";
import type { DeltaClass } from "./delta-class.js";
import { isPart } from "./field-type.js";
import { formatSchemaText, parseSchemaText } from "./schema-text.js";

/** The distribution schema: delta-classes under a schema-name that stands in every delta-buffer (guide §4.4). */
export interface Schema {
  /** A short text with a version number; another text needs another name. */
  readonly name: string;
  /** All delta-classes; a class's index here stands for it in delta-buffers. Bases and parts come before their users. */
  readonly classes: readonly DeltaClass[];
  /** What the database stores under the name. */
  readonly text: string;
  /** Gives a class by its name, or undefined. */
  classNamed(name: string): DeltaClass | undefined;
  /** Gives the index of a class, or undefined where it is not of this schema. */
  indexOf(deltaClass: DeltaClass): number | undefined;
}

/**
 * Makes a schema of delta-classes (guide §4.4). A base class must stand before what derives from it, and every class of
 * parts must be listed. Throws Config where that does not hold, or a class stands twice.
 */
export function makeSchema(name: string, classes: readonly DeltaClass[]): Schema {
  checkSchemaName(name);
  if (classes.length > DELTA_CLASSES_MAX)
    throw new LiveDistError("Limit", `schema ${name} has more than ${DELTA_CLASSES_MAX} delta-classes`);
  const ordered = orderClasses(classes);
  const byName = new Map(ordered.map((deltaClass) => [deltaClass.name, deltaClass]));
  const indices = new Map(ordered.map((deltaClass, index) => [deltaClass, index]));
  return Object.freeze({
    name,
    classes: Object.freeze(ordered),
    text: formatSchemaText(ordered),
    classNamed: (className: string) => byName.get(className),
    indexOf: (deltaClass: DeltaClass) => indices.get(deltaClass),
  });
}

/** Throws Config where a text cannot be a schema-name. */
export function checkSchemaName(name: string): void {
  if (typeof name !== "string" || !/^[\w.:-]+$/.test(name) || name.length > NAME_LENGTH_MAX) {
    throw new LiveDistError(
      "Config",
      `a schema-name must be 1 to ${NAME_LENGTH_MAX} letters, digits and _ . : - : ${JSON.stringify(name)}`,
    );
  }
}

/** Checks the list and puts bases and parts before their users, so that a reader of the text meets a class before its name. */
function orderClasses(classes: readonly DeltaClass[]): DeltaClass[] {
  const positions = new Map(classes.map((deltaClass, at) => [deltaClass, at]));
  const names = new Set<string>();
  const ordered = new Set<DeltaClass>();
  const visit = (deltaClass: DeltaClass): void => {
    if (ordered.has(deltaClass)) return;
    if (deltaClass.base !== undefined) visit(deltaClass.base);
    for (const { type } of deltaClass.fields) {
      if (!isPart(type)) continue;
      if (!positions.has(type.deltaClass))
        throw notListed(type.deltaClass, `a part of ${deltaClass.name}, must be listed in the schema`);
      visit(type.deltaClass);
    }
    ordered.add(deltaClass);
  };
  for (const [at, deltaClass] of classes.entries()) {
    const { name, base } = deltaClass;
    if (names.has(name)) throw new LiveDistError("Config", `delta-class ${name} is listed twice in the schema`);
    names.add(name);
    if (base !== undefined && (positions.get(base) ?? at) >= at)
      throw notListed(base, `the base of ${name}, must be listed before it`);
    visit(deltaClass);
  }
  return [...ordered];
}

function notListed(deltaClass: DeltaClass, what: string): LiveDistError {
  return new LiveDistError("Config", `delta-class ${deltaClass.name}, ${what}`);
}

/** Makes a schema of a text that may come from a network. Throws DeltaBufferError where it is malformed. */
export function parseSchema(name: string, text: string): Schema {
  try {
    return makeSchema(name, parseSchemaText(text));
  } catch (error) {
    throw error instanceof DeltaBufferError
      ? error
      : new DeltaBufferError(`schema ${name} is malformed: ${(error as Error).message}`, { cause: error });
  }
}
