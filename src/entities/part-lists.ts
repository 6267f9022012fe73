import type { PartDelta } from "../delta/delta-class.js";
import type { LooseFields, LoosePart } from "./entity.js";
import { entityError } from "./entity-error.js";
import type { FieldsTable, PartTable } from "./sql/entity-table.js";

/** Gives what a field of parts holds as a list, also where it holds one part or none. */
export function partsIn(value: unknown): readonly LoosePart[] {
  return listOf(value) as LoosePart[];
}

/** Gives the second-class deltas of a field of parts as a list. */
export function deltasIn(value: unknown): readonly PartDelta[] {
  return listOf(value) as PartDelta[];
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return value === null || value === undefined ? [] : [value];
}

/** Throws Entity where two parts of an entity that stand in one table have the same tech-id. */
export function checkPartTechIds(table: FieldsTable, fields: LooseFields): void {
  for (const one of table.parts) checkInnerTechIds(one, partsIn(fields[one.field.name]));
}

/** Within one list they were found to differ already. */
function checkInnerTechIds(table: PartTable, owners: readonly LoosePart[]): void {
  for (const one of table.parts) {
    const parts = owners.flatMap((owner) => partsIn(owner[one.field.name]));
    if (new Set(parts.map(({ techId }) => techId)).size < parts.length) {
      throw entityError(`two parts in ${one.field.name} of ${table.deltaClass.name} have the same techId`);
    }
    checkInnerTechIds(one, parts);
  }
}
