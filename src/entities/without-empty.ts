import type { DeltaClass } from "../delta/delta-class.js";
import { isPart } from "../delta/field-type.js";
import type { LooseFields, LoosePart } from "./entity.js";

/** Gives the fields of an entity or part as a CREATE carries them: without those that have no value, also inside its parts. */
export function withoutEmpty(deltaClass: DeltaClass, fields: LooseFields): LooseFields {
  const present: Record<string, unknown> = {};
  for (const { name, type } of deltaClass.fields) {
    const value = fields[name];
    if (value === null || value === undefined) continue;
    if (!isPart(type)) present[name] = value;
    else if (type.kind === "part") present[name] = wholePart(type.deltaClass, value as LoosePart);
    else if ((value as LoosePart[]).length > 0)
      present[name] = (value as LoosePart[]).map((part) => wholePart(type.deltaClass, part));
  }
  return present;
}

function wholePart(deltaClass: DeltaClass, part: LoosePart): LoosePart {
  return { techId: part.techId, ...withoutEmpty(deltaClass, part) };
}
