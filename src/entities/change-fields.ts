import type { DeltaClass } from "../delta/delta-class.js";
import { isPart } from "../delta/field-type.js";
import { changeParts } from "./change-parts.js";
import type { LooseFields } from "./entity.js";
import { checkedValue, checkNames, ownValue, type NewTechId } from "./whole-fields.js";

/** What an update comes to. */
export interface FieldsChange {
  /** The fields that are really modified, as they stand in an UPDATE delta: parts as second-class deltas. */
  readonly modified: LooseFields;
  /** All fields afterwards. */
  readonly after: LooseFields;
}

/**
 * Compares the fields that an application gives with those that are there; gives undefined where nothing is modified. Throws
 * Entity where a field or part is unknown or a value is of another type.
 */
export function changeFields(
  deltaClass: DeltaClass,
  before: LooseFields,
  given: LooseFields,
  newTechId: NewTechId,
): FieldsChange | undefined {
  checkNames(deltaClass, given);
  const modified: Record<string, unknown> = {};
  const after: Record<string, unknown> = { ...before };
  let isModified = false;
  for (const name of Object.keys(given)) {
    const field = deltaClass.field(name);
    const value = ownValue(given, name);
    if (field === undefined || value === undefined) continue;
    const where = `${deltaClass.name}.${name}`;
    const change = isPart(field.type)
      ? changeParts(field.type, before[name], value, where, newTechId)
      : changeValue(field.type, before[name], value, where);
    if (change === undefined) continue;
    modified[name] = change.modified;
    after[name] = change.after;
    isModified = true;
  }
  return isModified ? { modified, after } : undefined;
}

/** What becomes of one field. */
export interface FieldChange {
  readonly modified: unknown;
  readonly after: unknown;
}

type AnyValueType = Exclude<DeltaClass["fields"][number]["type"], { kind: "part" | "parts" }>;

function changeValue(type: AnyValueType, before: unknown, given: unknown, where: string): FieldChange | undefined {
  const value = checkedValue(type, given, where);
  const isSame = value === null || before === null ? value === before : type.equal(value, before);
  return isSame ? undefined : { modified: value, after: value };
}
