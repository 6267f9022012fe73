import { deltaClass } from "../src/delta/delta-class.js";
import type { DeltaObject } from "../src/delta/delta-object.js";
import { string } from "../src/delta/field-types.js";
import { makeSchema } from "../src/delta/schema.js";

/** What grows: each in turn, while the others stay. */
export interface GrowthSize {
  readonly entities: number;
  readonly edges: number;
  /** Topics that no slice names, one of which each entity has. */
  readonly topics: number;
  /** Topics in each slice. */
  readonly terms: number;
}

/** Edges that want each delta, where there are so many. */
export const WANTED_BY = 10;
/** Entities of which a load takes a part that does not grow. */
export const LOADED = 1_000;

const Article = deltaClass("Article", { text: string() });

export const growthSchema = makeSchema("growth-1", [Article]);

const TEXT = "x".repeat(190);
const UPDATED_MS = Date.UTC(2026, 0, 1);

/** Makes a delta-object of the entity with a number: no process has to keep the tech-ids of millions. */
export function growthDelta(oper: "CREATE" | "UPDATE", entity: number, { edges, topics }: GrowthSize): DeltaObject {
  const list = [`region${entity % regionsOf(edges)}`, "active", `other${entity % topics}`];
  if (entity < LOADED) list.push("loaded");
  return Article.delta({
    oper,
    // Spread as those are that applications make.
    techId: `${(Math.imul(entity, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}-0000-4000-8000-${entity.toString(16).padStart(12, "0")}`,
    updateTime: new Date(UPDATED_MS),
    topics: list,
    oldTopics: oper === "CREATE" ? null : list,
    fields: { text: TEXT },
  });
}

/** Gives the slice of an edge: one region, as far as one of `terms` topics is there, of which all entities have the first. */
export function growthSlice(edge: number, { edges, terms }: GrowthSize): string {
  const others = Array.from({ length: terms - 1 }, (_, term) => `+own${edge}x${term}`).join("");
  return `region${edge % regionsOf(edges)}*(active${others})*!secret${edge}`;
}

function regionsOf(edges: number): number {
  return Math.max(1, Math.floor(edges / WANTED_BY));
}
