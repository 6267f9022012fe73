import type { PlantedBug } from "../support/planted-bug.js";

/** A bug, and the scenario (regressions.ts) that fails with it. */
export interface TreeBug extends PlantedBug {
  readonly rule: string;
}

/** Bugs of the kinds that a tree of sites has to be without, named as the model's rules are; the simulation has to notice each. */
export const plantedBugs: readonly TreeBug[] = [
  {
    name: "a drop does not ask what sons are registered on",
    rule: "dropKeep",
    file: "site/links/drops.ts",
    find: 'if (registered.isHeldBy(bytes, 0, this.#sons())) return "keep";',
    replace: "",
  },
  {
    name: "a drop does not ask what the father has acknowledged",
    rule: "dropSent",
    file: "site/links/drops.ts",
    find: 'if (sequence <= this.#acknowledged()) return "drop";',
    replace: 'if (sequence <= Infinity) return "drop";',
  },
  {
    name: "the topic is left out that keeps a change from the son that it came from",
    rule: "notSite",
    file: "entities/routes.ts",
    find: "onward: [...fatherTopics, forRouting(notSiteTopic(siteId))]",
    replace: "onward: notSiteTopic(siteId) === undefined ? [] : [...fatherTopics]",
  },
  {
    name: "a son is not registered on what came from it",
    rule: "regOnCreate",
    file: "entities/receive-work.ts",
    find: "if (toSender.length > 0)",
    replace: "if (toSender.length > 9)",
  },
  {
    name: "partial deltas leave out the versions of their fields",
    rule: "uVer",
    file: "entities/entity-deltas.ts",
    find: 'return [{ ...change, fieldVersions, oper: "PARTIAL" }',
    replace: 'return [{ ...change, fieldVersions: noFieldVersions, oper: "PARTIAL" }',
  },
  {
    name: "a SyncLoad leaves out the row behind the position",
    rule: "syncSeq",
    file: "delta-server/is-changed-since.ts",
    find: "cache.changeSequence(slot) > sequence",
    replace: "cache.changeSequence(slot) > sequence + 1",
  },
];
