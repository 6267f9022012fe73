/** A bug to be planted in the source: `find` is to stand in the file exactly once. */
export interface PlantedBug {
  readonly name: string;
  /** Relative to src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Bugs of the kinds that this design has to be without; the model has to notice each. */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "leaving is not told",
    file: "delta-server/decide.ts",
    find: 'if (!is) return was ? "leaves" : "nothing";',
    replace: 'if (!is) return was && oper === "DELETE" ? "leaves" : "nothing";',
  },
  {
    name: "entering is given the delta as it is",
    file: "delta-server/decide.ts",
    find: 'return was ? "asItIs" : "full";',
    replace: 'return "asItIs";',
  },
  {
    name: "the resume forgets what was deleted or left",
    file: "delta-server/resume.ts",
    find: "writeLeaves(writer, encoded)",
    replace: "undefined",
  },
  {
    name: "the resume does not notice that trimming overtook it",
    file: "delta-server/group-source.ts",
    find: "await this.#server.refreshBounds();",
    replace: "",
  },
  {
    name: "a load tells a sequence that is one too new",
    file: "site/site-service.ts",
    find: "const head = { epoch, sequence, count:",
    replace: "const head = { epoch, sequence: sequence + 1, count:",
  },
  {
    name: "a group forgets the rows from before it was there",
    file: "delta-server/subscription-group.ts",
    find: "this.#entries.prepend(missed, position);",
    replace: "this.#entries.prepend([], position);",
  },
  {
    name: "the position moves although the answer was lost",
    file: "edge/delta-batch.ts",
    find: "const frame = await frames.next();",
    replace: `const frame = await frames.next().catch((error) => {
      if (error.code !== "Network" || last === afterSequence) throw error;
      return { kind: "POSITION" as const, sequence: last + 1, connectedToCenter: true };
    });`,
  },
  {
    name: "the merge keeps deleted parts",
    file: "delta/merge-fields.ts",
    find: 'if (oper === "DELETE") merged.delete(key);',
    replace: 'if (oper === "DELETE") continue;',
  },
  {
    name: "the merge keeps values that were taken away",
    file: "delta/merge-fields.ts",
    find: "if (stateAt(changePlace) === fieldStates.null) return undefined;",
    replace: "if (stateAt(changePlace) === fieldStates.null) return under && { ...under, under: undefined };",
  },
  {
    name: "a load leaves in the copy what it did not bring",
    file: "edge/copy-writer.ts",
    find: "held.delete(delta.techId)",
    replace: "held.delete(delta.techId) || (held.clear(), false)",
  },
  {
    name: "a slice excludes nothing",
    file: "topics/evaluate.ts",
    find: "return !topics.has(node.topic);",
    replace: "return true;",
  },
  {
    name: "the window reaches back one row further than it does",
    file: "delta-server/log-window.ts",
    find: "this.#startSequence = this.#rows[count - 1]!.sequence;",
    replace: "this.#startSequence = this.#rows[count - 1]!.sequence - 1;",
  },
  {
    name: "a delta that an entity enters by is taken for one that it changes by",
    file: "delta-server/window-row.ts",
    find: "oldAppTopics: old && topicsHeld(old),",
    replace: "oldAppTopics: topicsHeld(app),",
  },
];
