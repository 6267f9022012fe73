import { classOf } from "./delta-codec.js";
import type { DeltaClass } from "./delta-class.js";
import { isPart } from "./field-type.js";
import type { SchemaDelta } from "./merge-record.js";
import { isWhole } from "./oper.js";
import type { Schema } from "./schema.js";

/**
 * Gives the schema in which the record that results from `change` on `held` is kept: that of the change, unless this would
 * take fields away which its writer, of an older version of the application, does not know.
 */
export function recordSchema(held: SchemaDelta | undefined, change: SchemaDelta): Schema {
  if (held === undefined || held.schema === change.schema || isWhole(change.encoded.oper)) return change.schema;
  const heldClass = classOf(held.encoded, held.schema);
  const changeClass = classOf(change.encoded, change.schema);
  const isOlder =
    heldClass.name === changeClass.name && covers(heldClass, changeClass) && !covers(changeClass, heldClass);
  return isOlder ? held.schema : change.schema;
}

/** Tells whether a class has a place for every field of another. */
function covers(deltaClass: DeltaClass, other: DeltaClass): boolean {
  return other.fields.every(({ name, type }) => {
    const own = deltaClass.field(name)?.type;
    if (own?.kind !== type.kind) return false;
    return !isPart(own) || !isPart(type) || covers(own.deltaClass, type.deltaClass);
  });
}
