import type { DeltaClass } from "../delta/delta-class.js";
import { isPart } from "../delta/field-type.js";
import type { LooseFields, LoosePart } from "./entity.js";

/**
 * Gives the fields of an entity or part as a CREATE carries them: without those that are null, also inside its parts. A list of
 * no parts stays, so that a copy holds the same `[]` as after an update that removed the last one.
 */
export function presentFields(deltaClass: DeltaClass, fields: LooseFields): LooseFields {
  const present: Record<string, unknown> = {};
  for (const { name, type } of deltaClass.fields) {
    const value = fields[name];
    if (value === null || value === undefined) continue;
    if (!isPart(type)) present[name] = value;
    else if (type.kind === "part") present[name] = presentPart(type.deltaClass, value as LoosePart);
    else present[name] = (value as readonly LoosePart[]).map((part) => presentPart(type.deltaClass, part));
  }
  return present;
}

function presentPart(deltaClass: DeltaClass, part: LoosePart): LoosePart {
  return { techId: part.techId, ...presentFields(deltaClass, part) };
}
