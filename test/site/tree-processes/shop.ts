import { deltaClass } from "../../../src/delta/delta-class.js";
import { int32, parts, string } from "../../../src/delta/field-types.js";
import { makeSchema } from "../../../src/delta/schema.js";

export const siteIds = ["center", "son", "grandson"] as const;
export type SiteId = (typeof siteIds)[number];

export const Line = deltaClass("Line", { text: string(), count: int32() });

/**
 * What the three sites share: fields that all of them write, `t1` and `t2` of which are topics, parts, and for each site a
 * count of its own writes, which can only grow.
 */
export const Order = deltaClass("Order", {
  t1: string(),
  t2: string(),
  name: string(),
  size: int32(),
  lines: parts(Line),
  center: int32(),
  son: int32(),
  grandson: int32(),
});

export const schema = makeSchema("tree-processes-1", [Line, Order]);

export function topicsOf({ fields }: { readonly fields: unknown }): readonly string[] {
  const { t1, t2 } = fields as { t1: string | null; t2: string | null };
  return [...new Set([t1, t2])].filter((topic) => topic !== null && topic !== "") as string[];
}
