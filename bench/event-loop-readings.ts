import { deltaClass } from "../src/delta/delta-class.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { int32, string } from "../src/delta/field-types.js";
import { makeSchema } from "../src/delta/schema.js";

const Reading = deltaClass("Reading", { place: string(), value: int32() });

export const loopSchema = makeSchema("loop-1", [Reading]);

const UPDATED_MS = Date.UTC(2026, 0, 1);

/** Makes a delta-object of the entity with a number: no process has to keep the tech-ids of millions. */
export function reading(oper: "CREATE" | "UPDATE", entity: number): DeltaObject {
  const topics = ["all", `region${entity % 100}`];
  return Reading.delta({
    oper,
    techId: `00000000-0000-4000-8000-${entity.toString(16).padStart(12, "0")}`,
    updateTime: new Date(UPDATED_MS),
    topics,
    oldTopics: oper === "CREATE" ? null : topics,
    fields: oper === "CREATE" ? { place: `place ${entity}`, value: entity } : { value: entity },
  });
}
