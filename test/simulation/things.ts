import { deltaClass } from "../../src/delta/delta-class.js";
import { float64, parts, string } from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";

export const Note = deltaClass("Note", { text: string(), size: float64() });
/** What the sites of a simulation share: two fields that make topics, two that do not, and parts. */
export const Thing = deltaClass("Thing", {
  t1: string(),
  t2: string(),
  n: float64(),
  m: float64(),
  notes: parts(Note),
});

export const schema = makeSchema("simulation-1", [Note, Thing]);

/** The fields that hold one value. */
export const plainFields = ["t1", "t2", "n", "m"] as const;

export type PlainField = (typeof plainFields)[number];

export function topicsOf({ fields }: { readonly fields: unknown }): readonly string[] {
  const { t1, t2 } = fields as { t1: string | null; t2: string | null };
  return [t1, t2].filter((topic) => topic !== null && topic !== "") as string[];
}

/** Gives the tech-id of the entity that a scenario calls `E5`. */
export function techIdOf(name: string): string {
  return `00000000-0000-4000-8000-${name.slice(1).padStart(12, "0")}`;
}

/** Gives what a scenario calls the entity with a tech-id. */
export function nameOf(techId: string): string {
  return `E${Number(techId.slice(-12))}`;
}
