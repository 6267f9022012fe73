import { performance } from "node:perf_hooks";
import { type Child, startChild } from "./child.js";
import { connectEdges, connectPlain, Deliveries } from "./fan-out-clients.js";
import { CLIENTS, WANTED_BY } from "./fan-out-deltas.js";
import { type BenchOptions, inTurns, linesOf, quantile, type Table, type Trial } from "./measure.js";

/*
 * Goals: what it costs a server to give live deltas with bodies of 200 bytes to 50 clients over WebSockets, each delta wanted
 * by 10 of them and every slice another one: where 10,000 committed deltas wait in the log, and at a steady rate, with a few
 * deltas at a time. And how long a delta takes at that rate, from before the transaction that appends it (to SQLite, synchronous
 * normal) until the client has it decoded. Beside a plain `ws` loop in its own process that asks the same slices and joins
 * what a client gets in one turn; it keeps no log, no cache and no positions, so that it shows the floor and no alternative.
 *
 * Non-goals: networks; clients on other machines: all 50 live in this process and decode everything, which bounds the
 * deliveries per second, so that the server's CPU time says more. It is taken from when the server is told of
 * committed deltas until the last client has the last of them; appending is measured in append.ts.
 */

interface FanOutPlan {
  readonly deltas: number;
  readonly runs: number;
  readonly perSecond: number;
  readonly seconds: number;
}

const plans: Record<BenchOptions["size"], FanOutPlan> = {
  full: { deltas: 10_000, runs: 7, perSecond: 2_000, seconds: 2 },
  tiny: { deltas: 50, runs: 1, perSecond: 500, seconds: 0.1 },
};

interface Side {
  readonly name: string;
  readonly server: Child;
  readonly deliveries: Deliveries;
}

export async function benchFanOut({ size, seed }: BenchOptions): Promise<Table[]> {
  const plan = plans[size];
  const [liveDist, plain] = [side("LiveDist", "./fan-out-live-dist.js"), side("plain ws loop", "./fan-out-plain.js")];
  const disconnect: (() => Promise<void>)[] = [];
  try {
    disconnect.push(await connectEdges((await liveDist.server.call("start", { seed })) as string, liveDist.deliveries));
    disconnect.push(await connectPlain((await plain.server.call("start", { seed })) as string, plain.deliveries));
    const bursts = await inTurns([burst(liveDist, plan), burst(plain, plan)], plan.runs);
    const steady = await inTurns([paced(liveDist, plan), paced(plain, plan)], plan.runs);
    const streams = await inTurns([atRate(liveDist, plan), atRate(plain, plan)], plan.runs);
    const what = `${CLIENTS} clients, each delta wanted by ${WANTED_BY}`;
    const rate = `at ${plan.perSecond} deltas/s, ${plan.perSecond * WANTED_BY} deliveries/s`;
    const target = "at most 1.25 ×";
    return [
      {
        title: `${what}: CPU time of the server, ${plan.deltas} deltas at once`,
        target,
        rows: linesOf("cpuMicros", "µs/delivery", bursts),
      },
      { title: `${what}: CPU time of the server, ${rate}`, target, rows: linesOf("cpuMicros", "µs/delivery", steady) },
      { title: `${what}: as fast as it goes`, rows: linesOf("perSecond", "deliveries/s", bursts) },
      {
        title: `${what}: half arrive within, ${rate}`,
        target: "LiveDist under 1 ms",
        rows: linesOf("p50", "ms", streams),
      },
      { title: `${what}: 99 of 100 arrive within, ${rate}`, rows: linesOf("p99", "ms", streams) },
    ];
  } finally {
    await Promise.all(disconnect.map((end) => end()));
    await Promise.all([liveDist.server.end(), plain.server.end()]);
  }
}

function side(name: string, file: string): Side {
  return { name, server: startChild(file), deliveries: new Deliveries() };
}

/** Lets the server give prepared deltas; what it does until all have arrived counts. */
function given(
  { name, server, deliveries }: Side,
  deltas: number,
  give: () => Promise<unknown>,
): Trial<"cpuMicros" | "perSecond"> {
  const expected = deltas * WANTED_BY;
  return {
    name,
    async run() {
      await server.call("prepare", deltas);
      const cpuBefore = (await server.call("cpuSeconds")) as number;
      const start = performance.now();
      const arrived = deliveries.wait(expected);
      await give();
      await arrived;
      const seconds = (performance.now() - start) / 1000;
      const cpu = ((await server.call("cpuSeconds")) as number) - cpuBefore;
      return { cpuMicros: (cpu * 1e6) / expected, perSecond: expected / seconds };
    },
  };
}

function burst(side: Side, { deltas }: FanOutPlan): Trial<"cpuMicros" | "perSecond"> {
  return given(side, deltas, () => side.server.call("release"));
}

function paced(side: Side, { perSecond, seconds }: FanOutPlan): Trial<"cpuMicros" | "perSecond"> {
  return given(side, perSecond * seconds, () => side.server.call("releaseAtRate", { perSecond }));
}

function atRate({ name, server, deliveries }: Side, { perSecond, seconds }: FanOutPlan): Trial<"p50" | "p99"> {
  const count = perSecond * seconds;
  return {
    name,
    async run() {
      const arrived = deliveries.wait(count * WANTED_BY);
      await server.call("sendAtRate", { count, perSecond });
      const latenciesMs = (await arrived).toSorted((a, b) => a - b);
      return { p50: quantile(latenciesMs, 0.5), p99: quantile(latenciesMs, 0.99) };
    },
  };
}
