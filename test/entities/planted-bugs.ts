import type { PlantedBug } from "../support/planted-bug.js";

/** Bugs that merging has to be without; sites that exchange what they write have to notice each. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "an older version wins",
    file: "entities/merge-run.ts",
    find: "return order > 0;",
    replace: "return order !== 0;",
  },
  {
    name: "PARTIAL and UPDATE leave out the versions of fields",
    file: "entities/entity-deltas.ts",
    find: "changeVersions(entity.deltaClass, versions, modified, version)",
    replace: "[]",
  },
  {
    name: "whole objects do not tell what was deleted",
    file: "delta/encode-versions.ts",
    find: 'type.kind === "parts" && (part.fields.size === 0 || !isSame(part.version, field.version))',
    replace: 'type.kind === "parts" && part.fields.size > 0 && !isSame(part.version, field.version)',
  },
  {
    name: "the cache forgets where parts stand",
    file: "delta/merge-nodes.ts",
    find: "place: placeOf(change.node, node) }",
    replace: "place: node.version }",
  },
];
