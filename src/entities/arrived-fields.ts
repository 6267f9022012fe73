import type { DeltaClass, PartDelta } from "../delta/delta-class.js";
import type { LooseFields } from "./entity.js";
import { wholeFields } from "./whole-fields.js";
import { entityError } from "./entity-error.js";

/** Gives the fields of a whole entity or part that arrived as they are kept. Throws Entity where a value is of another type. */
export function arrivedFields(deltaClass: DeltaClass, fields: LooseFields): LooseFields {
  return wholeFields(deltaClass, fields, refuse);
}

/** Sites could not agree on a tech-id that each makes by itself. */
function refuse(): string {
  throw entityError("a part that arrived has no tech-id");
}

/** Gives a part that arrived as a second-class delta: a whole one as its CREATE. */
export function arrivedPart(part: LooseFields, whole: boolean): PartDelta {
  if (!whole) return part as unknown as PartDelta;
  const { techId, ...fields } = part;
  return { oper: "CREATE", techId: techId as string, fields: fields };
}
