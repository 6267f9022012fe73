import { performance } from "node:perf_hooks";
import { type Child, startChild } from "./child.js";
import { connectEdges, connectPlain, Deliveries } from "./fan-out-clients.js";
import { CLIENTS, WANTED_BY } from "./fan-out-deltas.js";
import { type BenchOptions, inTurns, linesOf, quantile, type Table, type Trial } from "./measure.js";

/*
 * Goals: what it costs a server to give live deltas with bodies of 200 bytes to 50 clients over WebSockets, each delta wanted
 * by 10 of them and every slice another one; and how long a delta takes at a moderate rate, from before the transaction that
 * appends it (to SQLite, synchronous normal) until the client has it decoded. Beside a plain `ws` loop in its own process that asks the same slices and joins
 * what a client gets in one turn; it keeps no log, no cache and no positions, so that it shows the floor and no alternative.
 *
 * Non-goals: networks; clients on other machines: all 50 live in this process and decode everything, which bounds the
 * deliveries per second, so that those per CPU second of the server say more. Its CPU time is taken from when it is told of
 * committed deltas until the last client has the last of them; appending is measured in append.ts.
 */

interface FanOutPlan {
  readonly deltas: number;
  readonly runs: number;
  readonly perSecond: number;
  readonly seconds: number;
}

const plans: Record<BenchOptions["size"], FanOutPlan> = {
  full: { deltas: 10_000, runs: 7, perSecond: 300, seconds: 2 },
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
    const streams = await inTurns([atRate(liveDist, plan), atRate(plain, plan)], plan.runs);
    const what = `${CLIENTS} clients, each delta wanted by ${WANTED_BY}`;
    const rate = `at ${plan.perSecond} deltas/s, ${plan.perSecond * WANTED_BY} deliveries/s`;
    return [
      { title: `${what}: by the CPU time of the server`, rows: linesOf("perCpuSecond", "deliveries/CPU-s", bursts) },
      { title: `${what}: as fast as it goes`, rows: linesOf("perSecond", "deliveries/s", bursts) },
      { title: `${what}: half arrive within, ${rate}`, rows: linesOf("p50", "ms", streams) },
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

function burst({ name, server, deliveries }: Side, { deltas }: FanOutPlan): Trial<"perCpuSecond" | "perSecond"> {
  const expected = deltas * WANTED_BY;
  return {
    name,
    async run() {
      await server.call("prepare", deltas);
      const cpuBefore = (await server.call("cpuSeconds")) as number;
      const start = performance.now();
      const arrived = deliveries.wait(expected);
      await server.call("release");
      await arrived;
      const seconds = (performance.now() - start) / 1000;
      const cpu = ((await server.call("cpuSeconds")) as number) - cpuBefore;
      return { perCpuSecond: expected / cpu, perSecond: expected / seconds };
    },
  };
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
