import type { ReplicaChange } from "livedist";
import type { CityEdge } from "./edges.js";
import type { TreeEdits } from "./tree-edits.js";
import { count, duration } from "./say.js";

type Kind = ReplicaChange["kind"];

/** What arrives at one edge: counted from one report to the next, with how long after its commit. */
export class Arrivals {
  /** How many arrived in all. */
  total = 0;
  readonly #edge: CityEdge;
  #counts: Record<Kind, number> = { update: 0, enter: 0, leave: 0 };
  #latenciesMs: number[] = [];
  #last: ReplicaChange | undefined;

  constructor(edge: CityEdge, edits: TreeEdits) {
    this.#edge = edge;
    edge.replica.on("change", (change) => {
      this.total++;
      this.#counts[change.kind]++;
      this.#last = change;
      const committedMs = edits.committedMs(change.techId);
      if (committedMs !== undefined) this.#latenciesMs.push(performance.now() - committedMs);
    });
  }

  /** Gives the lines that tell what arrived since the last report. */
  report(): string[] {
    const { update, enter, leave } = this.#counts;
    const counts = [`${update} changed`, `${enter} entered`, `${leave} left`].map((text) => text.padStart(11)).join("");
    const latencyMs = median(this.#latenciesMs);
    const latency = latencyMs === undefined ? "" : `  (median ${duration(Math.max(0, latencyMs))} after the commit)`;
    const lines = [`   ${this.#edge.name.padEnd(27)}${counts}  holds ${count(this.#edge.replica.copy.size)}${latency}`];
    if (this.#last) lines.push(`      for example: ${describeChange(this.#last)}`);
    this.#counts = { update: 0, enter: 0, leave: 0 };
    this.#latenciesMs = [];
    this.#last = undefined;
    return lines;
  }
}

/** Says in words what an edge was told. */
export function describeChange({ kind, entity, delta }: ReplicaChange): string {
  const city = `${String(entity.fields["name"])} (${String(entity.fields["country"])})`;
  switch (kind) {
    case "update":
      return `${city} changed: ${JSON.stringify(delta?.fields ?? {})}`;
    case "enter":
      return `${city} entered, with ${count(Number(entity.fields["population"]))} inhabitants`;
    case "leave":
      return `${city} left`;
  }
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
