import { type Child, startChild } from "./child.js";
import { WANTED_BY } from "./fan-out-deltas.js";
import type { ManyEdges } from "./many-edges-clients.js";
import { type BenchOptions, inTurns, linesOf, rowOf, type Table, type Trial } from "./measure.js";

/*
 * Goals: what a delta costs a server where 10,000 unregistered edges are connected over WebSockets, in 2,000 subscription groups
 * of 5, beside 50 edges in 50 groups. Each delta is wanted by 10 edges on both sides, and comes at the same steady rate, at which
 * it goes out alone or with one or two others: so neither side can put more of them together. And what an edge takes in memory.
 *
 * Non-goals: what clients do with deltas: here they count frames and acknowledge every 5 seconds, as an Edge does.
 * How fast it goes; bursts, in which a message to one of 50 edges holds 200 times as many deltas.
 */

interface ManyPlan {
  readonly edges: number;
  readonly groups: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly runs: number;
}

const plans: Record<BenchOptions["size"], ManyPlan> = {
  full: { edges: 10_000, groups: 2_000, perSecond: 2_000, seconds: 3, runs: 5 },
  tiny: { edges: 100, groups: 20, perSecond: 500, seconds: 0.1, runs: 1 },
};

const FEW = { edges: 50, groups: 50 };

interface Side {
  readonly name: string;
  readonly server: Child;
  readonly clients: Child;
  readonly bytesPerEdge: number;
}

export async function benchManyEdges({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const sides: Side[] = [];
  try {
    for (const { edges, groups } of [plan, FEW]) sides.push(await startSide(edges, groups, seed));
    const results = await inTurns(
      sides.map((side) => paced(side, plan)),
      plan.runs,
    );
    const rate = `${plan.perSecond} deltas/s, each wanted by ${WANTED_BY} edges`;
    const [many] = sides;
    return [
      {
        title: `CPU time of the server at ${rate}`,
        target: "at most 2 ×",
        rows: linesOf("cpuMicros", "µs/delta", results),
      },
      { title: "memory of the server", rows: [rowOf(many!.name, "bytes/edge", [many!.bytesPerEdge])] },
    ];
  } finally {
    await Promise.all(sides.flatMap(({ server, clients }) => [clients.end(), server.end()]));
  }
}

async function startSide(edges: number, groups: number, seed: number): Promise<Side> {
  const [server, clients] = [startChild("./fan-out-live-dist.js"), startChild("./many-edges-clients.js")];
  const regions = edges / WANTED_BY;
  const url = (await server.call("start", { seed, regions })) as string;
  const position = (await server.call("position")) as ManyEdges["position"];
  const bytesBefore = (await server.call("heldBytes")) as number;
  await clients.call("connect", { url, edges, groups, regions, position } satisfies ManyEdges);
  const bytes = ((await server.call("heldBytes")) as number) - bytesBefore;
  const name = `${edges.toLocaleString("en-US")} edges in ${groups.toLocaleString("en-US")} groups`;
  return { name, server, clients, bytesPerEdge: Math.max(1, bytes) / edges };
}

function paced({ name, server, clients }: Side, { perSecond, seconds }: ManyPlan): Trial<"cpuMicros"> {
  const deltas = perSecond * seconds;
  return {
    name,
    async run() {
      await server.call("prepare", deltas);
      const cpuBefore = (await server.call("cpuSeconds")) as number;
      await server.call("releaseAtRate", { perSecond });
      await clients.call("arrived", deltas * WANTED_BY);
      const cpu = ((await server.call("cpuSeconds")) as number) - cpuBefore;
      return { cpuMicros: (cpu * 1e6) / deltas };
    },
  };
}
