import { type Child, startChild } from "./child.js";
import { besideLast, type BenchOptions, inTurns, linesOf, planOf, race, rowOf, type Table } from "./measure.js";
import { seededRandom } from "./random.js";
import { raceDecisions } from "./registered-decisions.js";
import type { FillArgument, KeeperKind } from "./registration-keeper.js";

/*
 * Goals: what it costs to keep which of 64 clients are registered, and synchronized, on which entities: time, and memory;
 * what it costs to decide a delta for one and for 64 registered clients. Beside it stands what one would write first.
 *
 * Non-goals: what a delta costs a server in all; making texts of tech-ids, which the Maps are given ready for use, though a
 * server meets tech-ids as bytes.
 *
 * The Maps are measured at a tenth of the size only. Each contestant has a process of its own.
 */

interface Sizes {
  readonly large: number;
  readonly small: number;
  readonly clearings: number;
}

const sizes: Record<BenchOptions["size"], Sizes> = {
  full: { large: 10_000_000, small: 1_000_000, clearings: 3 },
  tiny: { large: 20_000, small: 10_000, clearings: 1 },
};

interface Keeper {
  readonly name: string;
  readonly child: Child;
  readonly entityBytes: number;
}

export async function benchRegistration({ size, seed }: BenchOptions): Promise<Table[]> {
  return [...(await benchKeeping({ size, seed })), ...(await raceDecisions(seededRandom(seed), size))];
}

async function benchKeeping({ size, seed }: BenchOptions): Promise<Table[]> {
  const { large, small, clearings } = sizes[size];
  const keepers: Keeper[] = [];
  const start = async (name: string, kind: KeeperKind, entities: number): Promise<void> => {
    const child = startChild("./registration-keeper.js");
    const entityBytes = child.call("fill", { kind, entities, seed } satisfies FillArgument) as Promise<number>;
    keepers.push({
      name: `${name}, ${entities.toLocaleString("en-US")} entities`,
      child,
      entityBytes: await entityBytes,
    });
  };
  try {
    await start("RegistrationTable", "table", large);
    await start("RegistrationTable", "table", small);
    await start("Map of two BitSets", "bitSets", small);
    await start("Map of two bigints", "bigints", small);
    return await compare(keepers, size, clearings);
  } finally {
    await Promise.all(keepers.map(({ child }) => child.end()));
  }
}

async function compare(keepers: readonly Keeper[], size: BenchOptions["size"], clearings: number): Promise<Table[]> {
  const bytes = keepers.map(({ name, entityBytes }) => rowOf(name, "bytes/entity", [entityBytes]));
  const putting = keepers.map(({ name, child }) => ({
    name,
    run: (ms: number) => child.call("put", ms) as Promise<number>,
  }));
  const tables = keepers.filter(({ name }) => name.startsWith("RegistrationTable"));
  const probing = tables.map(({ name, child }) => ({
    name,
    run: (ms: number) => child.call("probe", ms) as Promise<number>,
  }));
  const clearing = keepers.map(({ name, child }) => ({
    name,
    run: async () => ({ speed: (await child.call("clear")) as number }),
  }));
  return [
    {
      title: "memory, one or two of 64 clients on each entity",
      target: "at most 60 bytes with 10 million entities",
      rows: besideLast(bytes),
    },
    {
      title: "read all masks of a random entity; one in ten tech-ids is unknown",
      target: "at least 4 million/s with 10 million entities",
      rows: await race("probes/s", probing, planOf(size)),
    },
    {
      title: "register a random client on a random entity",
      rows: await race("registrations/s", putting, planOf(size)),
    },
    {
      title: "end a client that is registered on all entities, the only one on half of them",
      rows: linesOf("speed", "entities/s", await inTurns(clearing, clearings)),
    },
  ];
}
