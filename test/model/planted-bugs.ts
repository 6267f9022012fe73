import type { PlantedBug } from "../support/planted-bug.js";

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
    file: "cache-server/load-frames.ts",
    find: "yield [headFrame({ ...where, sequence, count:",
    replace: "yield [headFrame({ ...where, sequence: sequence + 1, count:",
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
      if (error.code !== "Network" || deltas.length === 0) throw error;
      return { kind: "POSITION" as const, sequence: deltas.at(-1)!.sequence! + 1, connectedToCenter: true };
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
    find: "if (changeState === fieldStates.null) return undefined;",
    replace:
      "if (changeState === fieldStates.null) return held && sourceOf(target, field, held, indexIn(held, target, field));",
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
    name: "a stream's slice excludes nothing",
    file: "topics/slice-steps.ts",
    find: "ifHeld: whenFalse, ifNot: whenTrue",
    replace: "ifHeld: whenTrue, ifNot: whenTrue",
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
    find: "oldAppTopics: old && (sameTopics(app, old) ? app : old),",
    replace: "oldAppTopics: app,",
  },
  {
    name: "vetoSel: a !T vetoes also what the slice selects",
    file: "registration/client-slices.ts",
    find: "masks.vetoApp = excludingApp & ~selApp;",
    replace: "masks.vetoApp = excludingApp;",
  },
  {
    name: "regVeto: SyncLoad takes what is vetoed now for synchronized",
    file: "delta-server/command-executor.ts",
    find: "vetoUnsynchronizes: true",
    replace: "vetoUnsynchronizes: false",
  },
  {
    name: "plUnsync: PartialLoad leaves out what is registered and not synchronized",
    file: "delta-server/owed-entities.ts",
    find: "} else if (!this.#table.isSynchronized(slot, bit) || isChanged(slot)) {",
    replace: "} else if (isChanged(slot)) {",
  },
  {
    name: "plDrain: PartialLoad forgets the deltas that are owed",
    file: "delta-server/command-executor.ts",
    find: "lateBodies.framesOf(before.after(position.sequence))",
    replace: "lateBodies.framesOf(before.after(sequence))",
  },
  {
    name: "unregAtU: what is unregistered does not come back where the slice selects it",
    file: "delta-server/command-executor.ts",
    find: "if (held === undefined || !registration.slice.selectsHeld(topicsHeld(held.topics))) continue;",
    replace: "if (held !== null) continue;",
  },
  {
    name: "createVeto: a CREATE that is vetoed leaves the client synchronized",
    file: "registration/decide-registered.ts",
    find: 'oper === "CREATE" || oper === "PARTIAL"',
    replace: 'oper === "PARTIAL"',
  },
  {
    name: "delLeaves: a registered client is not told what is deleted",
    file: "registration/decide-registered.ts",
    find: "asIs = registered;",
    replace: "asIs = 0;",
  },
  {
    name: "cmdNum: a command that comes again is executed again",
    file: "delta-server/sessions.ts",
    find: "if (command <= session.command) {",
    replace: "if (command < 0) {",
  },
];
